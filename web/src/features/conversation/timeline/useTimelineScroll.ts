/**
 * Where the reader is in a timeline, and that they stay there: at the end new messages are followed; anywhere else what
 * they look at stays still, whatever comes above or below. It isn't aware of what messages are.
 */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** So near to the end counts as at the end. */
const NEAR_PX = 48;
/** So near to a border of what is held, more is fetched. */
const BORDER_PX = 1200;

interface ScrollInput {
  /** Whether there is more than what is held. */
  readonly more: boolean;
  readonly moreAfter: boolean;
  /** Changes with what is held. */
  readonly rows: unknown;
  /** The reader comes near a border: this is where they are. */
  readonly onNearBorder: (id: string) => void;
  /** They have come to the end of all. */
  readonly onEnd: () => void;
  /** They rest; this is the lowest row that they see whole. */
  readonly onSeen: (id: string) => void;
  /** The row of the first unread message: when it appears above what is seen, it is shown. */
  readonly begin: string | undefined;
}

interface TimelineScroll {
  readonly log: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLOListElement | null>;
  /** False while the reader has scrolled up. */
  readonly isAtEnd: boolean;
  readonly toEnd: () => void;
  /** Brings a row into view; false if it is not there. */
  readonly toRow: (id: string, block: ScrollLogicalPosition) => boolean;
  readonly onScroll: () => void;
  /** Tells what the reader sees now. */
  readonly tellSeen: () => void;
}

interface Anchor {
  readonly id: string;
  readonly top: number;
}

function rowsOf(content: HTMLElement | null): readonly HTMLElement[] {
  return content ? [...content.querySelectorAll<HTMLElement>(':scope > [data-row]')] : [];
}

/** The first row that reaches below a line, found by halving. */
function firstBelow(rows: readonly HTMLElement[], y: number): HTMLElement | undefined {
  let from = 0;
  let to = rows.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const bottom = rows[middle]?.getBoundingClientRect().bottom ?? 0;
    if (bottom > y) to = middle;
    else from = middle + 1;
  }
  return rows[from];
}

function lastAbove(rows: readonly HTMLElement[], y: number): HTMLElement | undefined {
  const first = firstBelow(rows, y);
  const at = first ? rows.indexOf(first) : rows.length;
  return rows[at - 1];
}

export function useTimelineScroll(input: ScrollInput): TimelineScroll {
  const log = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLOListElement>(null);
  const latest = useRef(input);
  const [isAtEnd, setAtEnd] = useState(true);
  const sticks = useRef(true);
  /** The end was asked for, and is still being read. */
  const awaitsEnd = useRef(false);
  const anchor = useRef<Anchor>(undefined);
  const lastTop = useRef(0);
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined);

  useLayoutEffect(() => {
    latest.current = input;
  });

  /** Remembers what the reader looks at. */
  const remember = useCallback(() => {
    const element = log.current;
    if (!element) return;
    const { top } = element.getBoundingClientRect();
    const first = firstBelow(rowsOf(content.current), top);
    const id = first?.dataset['row'];
    anchor.current = first && id !== undefined ? { id, top: first.getBoundingClientRect().top - top } : undefined;
  }, []);

  /** Puts what the reader looked at where it was. */
  const hold = useCallback(() => {
    const element = log.current;
    if (!element) return;
    if (sticks.current && !latest.current.moreAfter) {
      awaitsEnd.current = false;
      element.scrollTop = element.scrollHeight;
      return;
    }
    const kept = anchor.current;
    const row = kept && content.current?.querySelector(`:scope > [data-row="${CSS.escape(kept.id)}"]`);
    if (!kept || !row) return;
    const moved = row.getBoundingClientRect().top - element.getBoundingClientRect().top - kept.top;
    if (Math.abs(moved) >= 1) element.scrollTop += moved;
  }, []);

  const toRow = useCallback((id: string, block: ScrollLogicalPosition) => {
    const row = content.current?.querySelector<HTMLElement>(`:scope > [data-row="${CSS.escape(id)}"]`);
    if (!row) return false;
    sticks.current = false;
    awaitsEnd.current = false;
    row.scrollIntoView({ block });
    remember();
    return true;
  }, [remember]);

  const toEnd = useCallback(() => {
    sticks.current = true;
    awaitsEnd.current = latest.current.moreAfter;
    setAtEnd(true);
    latest.current.onEnd();
    const element = log.current;
    element?.scrollTo({ top: element.scrollHeight });
  }, []);

  const tellSeen = useCallback(() => {
    const element = log.current;
    const id = element && lastAbove(rowsOf(content.current), element.getBoundingClientRect().bottom)?.dataset['row'];
    if (id !== undefined && id !== null) latest.current.onSeen(id);
  }, []);

  useLayoutEffect(hold, [hold, input.rows]);

  const { begin } = input;
  useLayoutEffect(() => {
    const element = log.current;
    const row = begin === undefined ? null : content.current?.querySelector(`:scope > [data-row="${CSS.escape(begin)}"]`);
    if (!element || !row || begin === undefined || row.getBoundingClientRect().top >= element.getBoundingClientRect().top) return;
    toRow(begin, 'center');
    setAtEnd(false);
  }, [begin, toRow]);

  useEffect(() => {
    const observer = new ResizeObserver(() => {
      hold();
      const { current: element } = log;
      const { moreAfter, onEnd } = latest.current;
      if (!element || sticks.current || moreAfter || element.scrollHeight - element.scrollTop - element.clientHeight >= NEAR_PX) return;
      // What was there became smaller, so that they see the end without having gone there.
      sticks.current = true;
      setAtEnd(true);
      onEnd();
    });
    if (log.current) observer.observe(log.current);
    if (content.current) observer.observe(content.current);
    return () => {
      observer.disconnect();
      clearTimeout(rest.current);
    };
  }, [hold]);

  const onScroll = useCallback(() => {
    const element = log.current;
    if (!element) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    const { more, moreAfter, onNearBorder, onEnd } = latest.current;
    if (awaitsEnd.current) return;
    const isUp = scrollTop < lastTop.current;
    lastTop.current = scrollTop;
    const below = scrollHeight - scrollTop - clientHeight;
    const near = below < NEAR_PX && !moreAfter;
    if (near !== sticks.current) {
      sticks.current = near;
      setAtEnd(near);
      if (near) onEnd();
    }
    remember();
    const reachesTop = isUp && more && scrollTop < BORDER_PX;
    const reachesBottom = !isUp && moreAfter && below < BORDER_PX;
    if (anchor.current && (reachesTop || reachesBottom)) onNearBorder(anchor.current.id);
    clearTimeout(rest.current);
    rest.current = setTimeout(tellSeen, 200);
  }, [remember, tellSeen]);

  return { log, content, isAtEnd, toEnd, toRow, onScroll, tellSeen };
}
