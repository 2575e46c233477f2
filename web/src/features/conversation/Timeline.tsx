/** The messages of a conversation, oldest first, with the lines between them. */
import { ArrowDown } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { ConversationView, EventView, MessageKey, TimelineView } from '../../core/types';
import { dayInWords, timeOf } from '../../i18n/dates';
import { words } from '../../i18n/words';
import { useMinute } from '../../platform/clock';
import { eventInWords } from './events';
import { layOut, type Row, type UnreadLine } from './layout';
import { MessageRow } from './MessageRow';
import { useStickyEnd } from './useStickyEnd';

interface TimelineProps {
  readonly timeline: TimelineView;
  readonly kind: ConversationView['kind'];
  /** The name of the conversation: of two, the other person's. */
  readonly name: string;
  readonly unread: UnreadLine | undefined;
  readonly isOffline: boolean;
  readonly onOlder: () => void;
  readonly onRetry: (key: MessageKey) => void;
  readonly onDiscard: (key: MessageKey) => void;
}

function DayLine({ atMs }: { readonly atMs: number }) {
  return <p className="pt-3 pb-1 text-center text-2xs font-label text-ink-3">{dayInWords(atMs, useMinute())}</p>;
}

function NewLine({ count, sinceMs }: { readonly count: number; readonly sinceMs: number }) {
  const line = 'h-0.5 flex-1 rounded-full bg-ember-line';
  return (
    <p className="flex items-center gap-3 pt-3 pb-1.5 text-2xs font-semibold text-ember">
      <span className={line} aria-hidden="true" />
      {words.conversation.newSince(count, timeOf(sinceMs))}
      <span className={line} aria-hidden="true" />
    </p>
  );
}

function EventLine({ event, kind }: { readonly event: EventView; readonly kind: ConversationView['kind'] }) {
  return <p className="mx-auto max-w-words px-4 py-2 text-center text-xs wrap-anywhere text-ink-3">{eventInWords(event, kind)}</p>;
}

interface RowContentProps extends Pick<TimelineProps, 'kind' | 'isOffline' | 'onRetry' | 'onDiscard'> {
  readonly row: Row;
}

function RowContent({ row, kind, ...rest }: RowContentProps) {
  switch (row.kind) {
    case 'event':
      return <EventLine event={row.event} kind={kind} />;
    case 'day':
      return <DayLine atMs={row.atMs} />;
    case 'unread':
      return <NewLine count={row.count} sinceMs={row.sinceMs} />;
    case 'message':
      return (
        <MessageRow message={row.message} isContinued={row.isContinued} tellsFate={row.tellsFate} {...rest} />
      );
  }
}

/** A hidden region that reads out what arrives from others in the open conversation. */
function Announcer({ timeline, kind }: Pick<TimelineProps, 'timeline' | 'kind'>) {
  const region = useRef<HTMLParagraphElement>(null);
  const last = timeline.messages.at(-1);
  const seen = useRef(last?.key);
  useEffect(() => {
    if (!last || last.key === seen.current) return;
    seen.current = last.key;
    if (!last.own && region.current) {
      region.current.textContent = last.event
        ? eventInWords(last.event, kind)
        : words.conversation.announce(last.senderName, last.text);
    }
  }, [last, kind]);
  return <p ref={region} aria-live="polite" className="sr-only" />;
}

/** How many messages of others came below the place where the reader left the end. */
function useNewBelow(timeline: TimelineView, isAtEnd: boolean): number {
  const lastKey = timeline.messages.at(-1)?.key;
  const [leftAt, setLeftAt] = useState<MessageKey>();
  if (isAtEnd && leftAt !== lastKey) setLeftAt(lastKey);
  if (isAtEnd) return 0;
  const at = timeline.messages.findIndex((message) => message.key === leftAt);
  return timeline.messages.slice(at + 1).filter((message) => !message.own && !message.event).length;
}

export function Timeline(props: TimelineProps) {
  const { timeline, kind, name, unread } = props;
  const beginning = kind === 'direct' ? words.conversation.beginning(name) : words.talk.beginsHere;
  const rows = layOut(timeline.messages, unread);
  const older = () => {
    if (timeline.more) props.onOlder();
  };
  const { log, content, isAtEnd, toEnd, onScroll } = useStickyEnd(timeline.messages[0]?.key, older);
  const newBelow = useNewBelow(timeline, isAtEnd);
  return (
    <div className="relative min-h-0">
      <div
        ref={log}
        role="log"
        aria-label={words.conversation.log}
        aria-live="off"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must do so by keyboard
        tabIndex={0}
        onScroll={onScroll}
        className="flex h-full flex-col overflow-auto px-3.5 pt-3 pb-1 quiet-scroll focus-visible:-outline-offset-2 md:px-6"
      >
        <ol ref={content} className="mx-auto mt-auto w-full max-w-measure">
          {timeline.more ? (
            <li className="grid justify-center">
              <button type="button" className="min-h-target px-3 text-xs font-label text-accent" onClick={older}>
                {words.conversation.older}
              </button>
            </li>
          ) : (
            <li className="px-8 py-2 text-center text-xs text-ink-3">{beginning}</li>
          )}
          {rows.map((row) => (
            <li key={row.id} className={row.kind === 'message' ? 'lazy-row' : undefined}>
              <RowContent
                row={row}
                kind={kind}
                isOffline={props.isOffline}
                onRetry={props.onRetry}
                onDiscard={props.onDiscard}
              />
            </li>
          ))}
        </ol>
      </div>
      {!isAtEnd && (
        <button
          type="button"
          onClick={toEnd}
          className="absolute start-1/2 bottom-3 flex min-h-target -translate-x-1/2 items-center gap-2 rounded-full bg-raised px-4 text-xs font-label text-accent floating rtl:translate-x-1/2"
        >
          {newBelow > 0 ? words.conversation.newBelow(newBelow) : words.conversation.toEnd}
          <ArrowDown aria-hidden="true" size={15} strokeWidth={1.75} />
        </button>
      )}
      <Announcer timeline={timeline} kind={kind} />
    </div>
  );
}
