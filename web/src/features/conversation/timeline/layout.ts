/** Lays messages out as rows: lines between days and before what is new, groups by author, and where a fate is told. Pure; nothing here is drawn. */
import type { EventView, MessageKey, MessageView } from '../../../core/types';
import { dayOf } from '../../../i18n/dates';

/** Messages of one author within this time are one group. */
const GROUP_MS = 5 * 60_000;

/** Where the unread ones begin, and how many there were. */
export interface UnreadLine {
  readonly before: MessageKey;
  readonly count: number;
}

/** One row of the timeline. */
export type Row =
  | { readonly kind: 'event'; readonly id: string; readonly event: EventView }
  | { readonly kind: 'day'; readonly id: string; readonly atMs: number }
  | { readonly kind: 'unread'; readonly id: string; readonly count: number; readonly sinceMs: number }
  | {
      readonly kind: 'message';
      readonly id: string;
      readonly message: MessageView;
      /** True when it goes on what its author said just before. */
      readonly isContinued: boolean;
      /** True when what became of it stands below. */
      readonly tellsFate: boolean;
    };

/** A fate stands under the last own message of each state; under every one that failed, since each can be tried again. */
function fateTellers(messages: readonly MessageView[]): ReadonlySet<MessageKey> {
  const lastOf = new Map<MessageView['state'] | 'read', MessageKey>();
  for (const message of messages) {
    if (message.own && !message.event) lastOf.set(message.state === 'sent' && message.readBy > 0 ? 'read' : message.state, message.key);
  }
  const failed = messages.filter((message) => message.own && message.state === 'failed');
  return new Set([...lastOf.values(), ...failed.map((message) => message.key)]);
}

function continues(message: MessageView, before: MessageView | undefined): boolean {
  return (
    before !== undefined &&
    before.event === undefined &&
    before.sender === message.sender &&
    message.sentAtMs - before.sentAtMs < GROUP_MS
  );
}

/** The rows of a timeline, oldest first. */
export function layOut(messages: readonly MessageView[], unread: UnreadLine | undefined): readonly Row[] {
  const tellers = fateTellers(messages);
  const rows: Row[] = [];
  let before: MessageView | undefined;
  for (const message of messages) {
    const isNewDay = before === undefined || dayOf(before.sentAtMs) !== dayOf(message.sentAtMs);
    if (isNewDay) rows.push({ kind: 'day', id: `day-${dayOf(message.sentAtMs)}`, atMs: message.sentAtMs });
    const isFirstUnread = message.key === unread?.before;
    if (unread && isFirstUnread) {
      rows.push({ kind: 'unread', id: 'unread', count: unread.count, sinceMs: message.sentAtMs });
    }
    if (message.event) {
      rows.push({ kind: 'event', id: message.key, event: message.event });
      before = message;
      continue;
    }
    rows.push({
      kind: 'message',
      id: message.key,
      message,
      isContinued: !isNewDay && !isFirstUnread && continues(message, before),
      tellsFate: tellers.has(message.key),
    });
    before = message;
  }
  return rows;
}

/** The line before the last `count` messages of others. */
export function unreadLine(messages: readonly MessageView[], count: number): UnreadLine | undefined {
  const others = messages.filter((message) => !message.own && !message.event);
  const first = others.at(-Math.min(count, others.length));
  return count > 0 && first ? { before: first.key, count } : undefined;
}
