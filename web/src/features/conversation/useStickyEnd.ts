/** Keeps the newest message in view while the reader is at the end, and their place when older ones appear above. */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** So near to the end counts as at the end. */
const NEAR_PX = 48;
/** So near to the beginning, older messages are fetched. */
const OLDER_PX = 240;

interface StickyEnd {
  readonly log: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLOListElement | null>;
  /** False while the reader has scrolled up. */
  readonly isAtEnd: boolean;
  readonly toEnd: () => void;
  readonly onScroll: () => void;
}

/** `firstId` is the oldest row; when it changes, rows were added above. */
export function useStickyEnd(firstId: string | undefined, onNearStart: () => void): StickyEnd {
  const log = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLOListElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const stick = useRef(true);
  const height = useRef(0);
  const oldest = useRef(firstId);

  const toEnd = useCallback(() => {
    stick.current = true;
    setAtEnd(true);
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, []);

  useLayoutEffect(() => {
    const element = log.current;
    if (!element || oldest.current === firstId) return;
    oldest.current = firstId;
    // Rows were added above: what the reader sees stays where it is.
    if (!stick.current && element.scrollTop < OLDER_PX) element.scrollTop += element.scrollHeight - height.current;
    height.current = element.scrollHeight;
  }, [firstId]);

  useEffect(() => {
    const observer = new ResizeObserver(() => {
      const element = log.current;
      if (!element) return;
      if (stick.current) element.scrollTop = element.scrollHeight;
      height.current = element.scrollHeight;
    });
    if (log.current) observer.observe(log.current);
    if (content.current) observer.observe(content.current);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => {
    const element = log.current;
    if (!element) return;
    const near = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    stick.current = near;
    setAtEnd(near);
    height.current = element.scrollHeight;
    if (element.scrollTop < OLDER_PX) onNearStart();
  };

  return { log, content, isAtEnd, toEnd, onScroll };
}
