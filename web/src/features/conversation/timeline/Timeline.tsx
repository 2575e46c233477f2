/** The messages of a conversation, oldest first, with the lines between them. Only a window of them is held. */
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useEffect, useLayoutEffect, useState, useSyncExternalStore } from 'react';
import { Bounded } from '../../../components/Bounded';
import { cx } from '../../../components/cx';
import type { TimelineWindow } from '../../../core/timeline';
import type { ConversationView, MessageKey, MessageView, TimelineView } from '../../../core/types';
import { words } from '../../../i18n/words';
import type { Allowed, MessageActs } from '../../../actions/message-acts';
import { MessageRow } from '../message/MessageRow';
import { layOut, type Row, type UnreadLine } from './layout';
import { Announcer, DayLine, EventLine, NewLine } from './Lines';
import { useLongPress } from './useLongPress';
import { useRowFocus } from './useRowFocus';
import { useTimelineScroll } from './useTimelineScroll';

interface TimelineProps {
  readonly timeline: TimelineView;
  readonly window: TimelineWindow;
  readonly conversation: ConversationView;
  readonly unread: UnreadLine | undefined;
  readonly isOffline: boolean;
  /** The user's own id. */
  readonly me: string;
  readonly mayOf: (message: MessageView) => Allowed;
  readonly acts: MessageActs;
  /** The chosen ones, while several are chosen. */
  readonly chosen: ReadonlySet<MessageKey> | undefined;
  /** What the reader has seen. */
  readonly onSeen: (key: MessageKey, isAll: boolean) => void;
  readonly onLeave: () => void;
}

/** For so long the message that was jumped to stands out. */
const MARKED_MS = 1800;

/** The message that is jumped to, for a moment. */
function useMarked() {
  const [marked, setMarked] = useState<MessageKey>();
  useEffect(() => {
    if (marked === undefined) return;
    const timer = setTimeout(() => setMarked(undefined), MARKED_MS);
    return () => clearTimeout(timer);
  }, [marked]);
  return { marked, mark: setMarked };
}

function FloatingButton({ text, up = false, onClick }: { readonly text: string; readonly up?: boolean; readonly onClick: () => void }) {
  const Icon = up ? ArrowUp : ArrowDown;
  return (
    <button
      type="button"
      onClick={onClick}
      className={cx(
        'absolute start-1/2 z-10 flex min-h-target -translate-x-1/2 items-center gap-2 rounded-full bg-raised px-4 text-xs font-label text-accent floating rtl:translate-x-1/2',
        up ? 'top-3' : 'bottom-3',
      )}
    >
      {text}
      <Icon aria-hidden="true" size={15} strokeWidth={1.75} />
    </button>
  );
}

interface JumpActs {
  readonly toRow: (id: string, block: ScrollLogicalPosition) => boolean;
  readonly toEnd: () => void;
  readonly mark: (key: MessageKey) => void;
}

/** Follows a jump, as soon as the row is there: it comes to the middle, is marked and gets the focus. */
function useJump(held: TimelineWindow, { toRow, toEnd, mark }: JumpActs): void {
  const target = useSyncExternalStore(held.jump.subscribe, held.jump.snapshot);
  useLayoutEffect(() => {
    if (target === undefined) return;
    if (target === 'end') {
      held.onArrived();
      toEnd();
      return;
    }
    if (!toRow(target, 'center')) return;
    held.onArrived();
    mark(target);
    document.querySelector<HTMLElement>(`[data-message="${CSS.escape(target)}"]`)?.focus({ preventScroll: true });
  });
}

function BrokenMessage() {
  return <p className="px-2 py-1 text-sm text-danger">{words.chat.message.broken}</p>;
}

function rowAttributes(row: Row, stop: MessageKey | undefined, isChoosing: boolean) {
  if (row.kind !== 'message') return { 'data-row': row.id };
  return { 'data-row': row.id, 'data-message': row.id, tabIndex: isChoosing ? undefined : row.id === stop ? 0 : -1 };
}

export function Timeline(props: TimelineProps) {
  const { timeline, window: held, conversation, unread, acts, mayOf, chosen } = props;
  const { kind, title } = conversation;
  const beginning = kind === 'direct' ? words.conversation.beginning(title) : words.talk.beginsHere;
  const rows = layOut(timeline.messages, unread);
  const { marked, mark } = useMarked();
  const isAllSeen = !timeline.moreAfter;
  const { log, content, isAtEnd, toEnd, toRow, onScroll, tellSeen } = useTimelineScroll({
    more: timeline.more,
    moreAfter: timeline.moreAfter,
    rows: timeline.messages,
    begin: unread && 'unread',
    onNearBorder: (id) => {
      const near = timeline.messages.find(({ key }) => key === id);
      if (near) held.follow(near.key);
    },
    onEnd: held.toEnd,
    onSeen: (id) => {
      const seen = timeline.messages.find(({ key }) => key === id);
      if (seen) props.onSeen(seen.key, isAllSeen && seen === timeline.messages.at(-1));
    },
  });
  const { onSeen } = props;
  useEffect(tellSeen, [tellSeen, timeline.messages, isAtEnd, onSeen]);
  useJump(held, { toRow, toEnd, mark });
  const focus = useRowFocus({ messages: timeline.messages, mayOf, acts, onLeave: props.onLeave });
  const press = useLongPress((target) => {
    const key = target.closest<HTMLElement>('[data-message]')?.dataset['message'];
    const message = timeline.messages.find((each) => each.key === key);
    if (message && !chosen) focus.ask(message.key, 'menu');
  });
  const older = () => {
    const first = timeline.messages[0];
    if (first) held.follow(first.key);
  };
  const isUnreadAway = unread !== undefined && !timeline.messages.some(({ key }) => key === unread.before);
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
        className="flex h-full flex-col overflow-auto px-3.5 pt-3 pb-1 still-scroll quiet-scroll focus-visible:-outline-offset-2 md:px-6"
      >
        {/* The keys and the pointer belong to the messages inside, which have the focus. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <ol
          ref={content}
          {...focus.handlers}
          {...press}
          onPointerOver={({ target, pointerType }) => {
            if (pointerType !== 'mouse' || !(target instanceof Element)) return;
            const key = target.closest<HTMLElement>('[data-message]')?.dataset['message'];
            focus.onPointed(timeline.messages.find((each) => each.key === key)?.key);
          }}
          onPointerLeave={() => focus.onPointed(undefined)}
          className="mx-auto mt-auto w-full max-w-measure"
        >
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
            <li
              key={row.id}
              {...rowAttributes(row, focus.stop, chosen !== undefined)}
              className={cx('touch-message rounded-field focus-visible:outline-offset-0', row.id === marked && 'jumped-to')}
            >
              <Bounded of={row.kind === 'message' ? row.message : row.id} instead={row.kind === 'message' && <BrokenMessage />}>
                <RowContent row={row} {...props} focus={focus} />
              </Bounded>
            </li>
          ))}
        </ol>
      </div>
      {isUnreadAway && <FloatingButton up text={words.chat.timeline.toUnread} onClick={() => held.toMessage(unread.before)} />}
      {(!isAtEnd || timeline.moreAfter) && (
        <FloatingButton
          text={conversation.unread > 0 ? words.chat.timeline.newBelow(conversation.unread) : words.conversation.toEnd}
          onClick={toEnd}
        />
      )}
      <Bounded of={timeline} instead={undefined}>
        <Announcer timeline={timeline} kind={kind} />
      </Bounded>
    </div>
  );
}

interface RowContentProps extends TimelineProps {
  readonly row: Row;
  readonly focus: ReturnType<typeof useRowFocus>;
}

function RowContent({ row, conversation, focus, mayOf, chosen, ...rest }: RowContentProps) {
  switch (row.kind) {
    case 'event':
      return <EventLine event={row.event} kind={conversation.kind} />;
    case 'day':
      return <DayLine atMs={row.atMs} />;
    case 'unread':
      return <NewLine count={row.count} sinceMs={row.sinceMs} />;
    case 'message':
      return (
        <MessageRow
          message={row.message}
          isContinued={row.isContinued}
          tellsFate={row.tellsFate}
          isOffline={rest.isOffline}
          isDirect={conversation.kind === 'direct'}
          me={rest.me}
          may={mayOf(row.message)}
          acts={rest.acts}
          showsActions={focus.showsActions(row.message.key)}
          asked={focus.askedOf(row.message.key)}
          askedCount={focus.askedCount(row.message.key)}
          onAsk={focus.ask}
          onActionsClosed={focus.onClosed}
          isChosen={chosen?.has(row.message.key)}
        />
      );
  }
}
