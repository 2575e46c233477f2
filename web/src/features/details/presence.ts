/** How present somebody is, in words. */
import type { MemberView, PersonView } from '../../core/types';
import { briefly, momentInWords, timeOf } from '../../i18n/dates';
import { words } from '../../i18n/words';

/** `nowMs` decides between a time of day and a date. */
export function presenceInWords({ presence, online }: Pick<PersonView | MemberView, 'presence' | 'online'>, nowMs: number): string {
  const { people } = words;
  switch (presence.state) {
    case 'here':
      return people.here;
    case 'away':
      return people.away(timeOf(presence.sinceMs));
    case 'gone':
      return people.seen(nowMs - presence.lastSeenMs < 86_400_000 ? briefly(presence.lastSeenMs, nowMs) : momentInWords(presence.lastSeenMs));
    case 'unknown':
      return online ? people.online : people.offline;
  }
}
