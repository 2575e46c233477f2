/** The lines between messages: days, where the unread ones begin, what happened. And the hidden region that reads out what arrives. */
import { useEffect, useRef } from 'react';
import { gist } from '../../../core/plain';
import type { ConversationView, EventView, TimelineView } from '../../../core/types';
import { dayInWords, timeOf } from '../../../i18n/dates';
import { words } from '../../../i18n/words';
import { useMinute } from '../../../platform/clock';
import { chosenIn, eventInWords, pieces } from './events';

type Kind = ConversationView['kind'];

export function DayLine({ atMs }: { readonly atMs: number }) {
  return <p className="pt-3 pb-1 text-center text-2xs font-label text-ink-3">{dayInWords(atMs, useMinute())}</p>;
}

export function NewLine({ count, sinceMs }: { readonly count: number; readonly sinceMs: number }) {
  const line = 'h-0.5 flex-1 rounded-full bg-ember-line';
  return (
    <p className="flex items-center gap-3 pt-3 pb-1.5 text-2xs font-semibold text-ember">
      <span className={line} aria-hidden="true" />
      {words.conversation.newSince(count, timeOf(sinceMs))}
      <span className={line} aria-hidden="true" />
    </p>
  );
}

export function EventLine({ event, kind }: { readonly event: EventView; readonly kind: Kind }) {
  return (
    <p className="mx-auto max-w-words px-4 py-2 text-center text-xs wrap-anywhere text-ink-3">
      {pieces(eventInWords(event, kind), chosenIn(event)).map((piece, at) =>
        // Every second one is a name or a title. An event never changes.
        // oxlint-disable-next-line react/no-array-index-key
        at % 2 === 0 ? piece : <bdi key={at}>{piece}</bdi>,
      )}
    </p>
  );
}

/** A hidden region that reads out what arrives from others in the open conversation: the newest, however many came. */
export function Announcer({ timeline, kind }: { readonly timeline: TimelineView; readonly kind: Kind }) {
  const region = useRef<HTMLParagraphElement>(null);
  const last = timeline.messages.at(-1);
  const seen = useRef(last?.key);
  useEffect(() => {
    if (!last || last.key === seen.current || timeline.moreAfter) return;
    seen.current = last.key;
    if (last.own || !region.current) return;
    region.current.textContent = last.event ? eventInWords(last.event, kind) : words.conversation.announce(last.senderName, gist(last));
  }, [last, kind, timeline.moreAfter]);
  return <p ref={region} aria-live="polite" className="sr-only" />;
}
