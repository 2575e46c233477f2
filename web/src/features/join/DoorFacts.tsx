/** What a room permits and keeps, told to whoever stands before it. */
import { Clock, Hand, History, Hourglass, Lock, type LucideIcon, Timer, Users } from 'lucide-react';
import type { ReactNode } from 'react';
import type { RoomDoorView } from '../../core/types';
import { momentInWords } from '../../i18n/dates';
import { spanInWords } from '../../i18n/durations';
import { timerInWords } from '../../i18n/terms';
import { words } from '../../i18n/words';

interface DoorFactsProps {
  readonly door: RoomDoorView;
  /** Whoever is signed in has a name already. */
  readonly isSignedIn: boolean;
}

const HOUR_SECONDS = 3600;

function Fact({ icon: Icon, children }: { readonly icon: LucideIcon; readonly children: ReactNode }) {
  return (
    <li className="flex gap-3 py-2.25 text-sm">
      <Icon aria-hidden="true" size={18} strokeWidth={1.75} className="mt-px flex-none text-ink-2" />
      <span>{children}</span>
    </li>
  );
}

function history({ history: shared }: RoomDoorView): string {
  const { join } = words;
  if (shared === 'nothing') return join.afterJoining;
  return 'messages' in shared
    ? join.lastMessages(shared.messages)
    : join.lastHours(spanInWords(shared.hours * HOUR_SECONDS));
}

export function DoorFacts({ door, isSignedIn }: DoorFactsProps) {
  const { join } = words;
  const { timer, slowModeSeconds, expiresAtMs } = door;
  return (
    <ul className="divide-y divide-line">
      <Fact icon={Lock}>
        <b className="font-semibold">{join.only}</b> {join.notServer}
      </Fact>
      <Fact icon={Users}>
        {isSignedIn ? join.hereSignedIn(door.people) : join.here(door.people)} {join.most(door.capacity)}
      </Fact>
      {timer ? (
        <Fact icon={Timer}>
          {join.disappear(timerInWords(timer))} {history(door)}
        </Fact>
      ) : (
        <Fact icon={History}>{history(door)}</Fact>
      )}
      <Fact icon={Clock}>
        {join.kept(spanInWords(door.retentionSeconds))}
        {expiresAtMs !== undefined && ` ${join.closes(momentInWords(expiresAtMs))}`}
      </Fact>
      {slowModeSeconds > 0 && <Fact icon={Hourglass}>{join.slow(spanInWords(slowModeSeconds))}</Fact>}
      {door.knock && <Fact icon={Hand}>{join.asks}</Fact>}
    </ul>
  );
}
