/** What happened to a conversation, as a sentence. Pure: it knows events and words, nothing of the screen. */
import type { ConversationView, EventView } from '../../../core/types';
import { momentInWords } from '../../../i18n/dates';
import { listInWords, spanInWords } from '../../../i18n/durations';
import { historyInWords, timerInWords } from '../../../i18n/terms';
import { words } from '../../../i18n/words';

function namesOf({ whom }: EventView): string {
  const { events } = words;
  return listInWords(whom.map((person) => (person.isMe ? events.youObject : person.name)));
}

/** As a sentence begins. */
function atStart(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

function cameInWords(event: EventView): string {
  const { events } = words;
  const isMe = event.whoIsMe || event.whom.some((person) => person.isMe);
  if (event.what === 'joined' && isMe) return events.youJoined;
  return events.joined(event.whom.length > 0 ? atStart(namesOf(event)) : event.whoName);
}

function roleInWords(event: EventView, who: string, whom: string): string {
  const { events } = words;
  if (event.role !== 'read_only') return events.role(who, whom, event.role ?? 'member');
  return event.whom.some((person) => person.isMe) ? events.youMuted(who) : events.muted(who, whom);
}

/** What was changed, without by whom. */
function changeInWords(event: EventView): string | undefined {
  const { events } = words;
  switch (event.what) {
    case 'topic_changed':
      return events.topic;
    case 'picture_changed':
      return events.picture;
    case 'timer_set':
      return events.timer(timerInWords(event.timer));
    case 'timer_off':
      return events.timerOff;
    case 'history_changed':
      return events.history(historyInWords(event.history ?? 'nothing'));
    case 'slow_mode_changed':
      return event.slowModeSeconds ? events.slow(spanInWords(event.slowModeSeconds)) : events.slowOff;
    case 'retention_changed':
      return event.retentionSeconds === undefined ? events.keptUsual : events.kept(spanInWords(event.retentionSeconds));
    case 'locked':
      return events.locked;
    case 'unlocked':
      return events.unlocked;
    case 'knock_on':
      return events.knock;
    case 'knock_off':
      return events.knockOff;
    case 'capacity_changed':
      return events.capacity(words.terms.peopleMax(event.capacity ?? 0));
    case 'closing_changed':
      return event.endsAtMs === undefined ? events.closesNever : events.closes(momentInWords(event.endsAtMs));
    default:
      return undefined;
  }
}

/** The sentence of an event in a conversation of a kind. */
export function eventInWords(event: EventView, kind: ConversationView['kind']): string {
  const { events } = words;
  const who = event.whoIsMe ? events.you : event.whoName || events.somebody;
  const whom = namesOf(event);
  const change = changeInWords(event);
  if (change !== undefined) return events.setBy(change, event.whoIsMe ? events.youObject : who);
  switch (event.what) {
    case 'founded':
      return kind === 'room' ? events.foundedRoom(who) : events.foundedGroup(who);
    case 'added':
      return events.added(who, whom);
    case 'left':
      return events.left(whom === '' ? who : atStart(whom));
    case 'removed':
      return event.whom.some((person) => person.isMe) ? events.youRemoved(who) : events.removed(who, whom);
    case 'banned':
      return event.whom.some((person) => person.isMe) ? events.youRemoved(who) : events.banned(who, whom);
    case 'unbanned':
      return events.unbanned(who, whom);
    case 'role_changed':
      return roleInWords(event, who, whom);
    case 'title_changed':
      return events.title(who, event.title ?? '');
    case 'link_changed':
      return events.linkReplaced(who);
    case 'became_account':
      return events.becameAccount(who);
    case 'voided':
      return events.voided(who);
    case 'kept_out':
      return events.keptOut(who);
    case 'left_behind':
      return events.leftBehind(who);
    default:
      return cameInWords(event);
  }
}

/** What people chose themselves in the sentence of an event: it may be written in another direction than the rest. */
export function chosenIn(event: EventView): readonly string[] {
  const all = [event.title ?? '', event.whoName, ...event.whom.map(({ name }) => name)];
  return all.filter((text) => text !== '');
}

/** A sentence in pieces: every second one is one of what was chosen. */
export function pieces(sentence: string, chosen: readonly string[]): readonly string[] {
  if (chosen.length === 0) return [sentence];
  const longestFirst = chosen.toSorted((one, other) => other.length - one.length);
  const either = longestFirst.map((text) => text.replaceAll(/[$()*+./?[\\\]^{|}]/gu, String.raw`\$&`)).join('|');
  return sentence.split(new RegExp(`(${either})`, 'u'));
}
