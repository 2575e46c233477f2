/** Where the unread line stands, and telling the core what was read. The line stays until the conversation is left. */
import { useEffect, useRef, useState } from 'react';
import type { TimelineView } from '../../core/types';
import { useAttention } from '../../platform/attention';
import { type UnreadLine, unreadLine } from './layout';

interface Reading {
  /** Up to date: an old one would put the line in a wrong place. */
  readonly timeline: TimelineView | undefined;
  /** How many messages the core counts as unread. */
  readonly unread: number;
  readonly onRead: () => void;
}

/** The line for what came while nobody looked. What comes under the reader's eyes gets none. */
export function useUnreadLine({ timeline, unread, onRead }: Reading): UnreadLine | undefined {
  const isAttended = useAttention();
  const wasAttended = useRef(false);
  const [line, setLine] = useState<UnreadLine>();
  useEffect(() => {
    if (!isAttended) wasAttended.current = false;
    if (!isAttended || !timeline) return;
    if (unread > 0) {
      if (!wasAttended.current) setLine(unreadLine(timeline.messages, unread));
      onRead();
    }
    wasAttended.current = true;
  }, [isAttended, timeline, unread, onRead]);
  return line;
}
