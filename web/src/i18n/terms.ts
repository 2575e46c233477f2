/** What can be chosen of a conversation's timers and terms, and how it is said. Values only; who may choose is the core's matter. */
import type { Expiry, HistorySharing } from '../core/types';
import { spanInWords } from './durations';
import { words } from './words';

export type { Expiry, HistorySharing };

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Timers that begin when a message is sent, in seconds. */
export const SENT_TIMERS = [5 * MINUTE, HOUR, DAY, 7 * DAY, 30 * DAY] as const;
/** Timers that begin when it is read, in seconds. */
export const READ_TIMERS = [10, MINUTE, HOUR, DAY] as const;
/** Seconds between two messages of one person. */
export const SLOW_MODES = [0, 5, 10, 30, MINUTE, 5 * MINUTE] as const;
/** How long the server keeps what was not fetched, in seconds; nothing for as long as it allows. */
export const RETENTIONS = [undefined, HOUR, DAY, 7 * DAY] as const;
/** Most people. */
export const CAPACITIES = [10, 25, 50, 100, 300, 1000] as const;
/** When a room closes, in seconds from now; nothing for never. */
export const CLOSINGS = [undefined, HOUR, DAY, 7 * DAY, 30 * DAY] as const;
/** What those who join get to read of before. */
export const HISTORIES: readonly HistorySharing[] = ['nothing', { messages: 20 }, { messages: 100 }, { hours: 24 }];

/** Two timers are the same. */
export function isSameTimer(one: Expiry | undefined, other: Expiry | undefined): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

/** Two choices of history are the same. */
export function isSameHistory(one: HistorySharing, other: HistorySharing): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** How long a timer runs, in seconds. */
export function timerSeconds(timer: Expiry): number {
  return 'after_sent' in timer ? timer.after_sent : timer.after_read;
}

/** A timer in words: “after 1 day”. */
export function timerInWords(timer: Expiry | undefined): string {
  const { terms } = words;
  if (timer === undefined) return terms.off;
  return 'after_sent' in timer
    ? terms.sentAfter(spanInWords(timer.after_sent))
    : terms.readAfter(spanInWords(timer.after_read));
}

/** What those who join get to read, in words. */
export function historyInWords(history: HistorySharing): string {
  const { terms } = words;
  if (history === 'nothing') return terms.historyNothing;
  return 'messages' in history
    ? terms.historyMessages(history.messages)
    : terms.historyHours(spanInWords(history.hours * HOUR));
}

/** Slow mode in words. */
export function slowInWords(seconds: number): string {
  return seconds === 0 ? words.terms.off : words.terms.oneIn(spanInWords(seconds));
}

/** How long the server keeps what was not fetched, in words. */
export function keptInWords(seconds: number | undefined): string {
  return seconds === undefined ? words.terms.keptUsual : words.terms.keptFor(spanInWords(seconds));
}
