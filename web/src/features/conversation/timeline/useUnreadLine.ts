/** Where the unread line stands. It is drawn before what came while nobody looked, and stays until the conversation is left. */
import { useState } from 'react';
import type { TimelineView } from '../../../core/types';
import { useAttention } from '../../../platform/attention';
import { type UnreadLine, unreadLine } from './layout';

interface Reading {
  /** Up to date: an old one would put the line in a wrong place. */
  readonly timeline: TimelineView | undefined;
  /** How many messages the core counts as unread. */
  readonly unread: number;
}

function lineOf(timeline: TimelineView, unread: number): UnreadLine | undefined {
  if (unread === 0) return undefined;
  if (timeline.firstUnread !== undefined) return { before: timeline.firstUnread, count: unread };
  return timeline.moreAfter ? undefined : unreadLine(timeline.messages, unread);
}

/** The line for what came while nobody looked. What comes under the reader's eyes gets none. */
export function useUnreadLine({ timeline, unread }: Reading): UnreadLine | undefined {
  const isAttended = useAttention();
  const [wasAttended, setWasAttended] = useState(false);
  const [line, setLine] = useState<UnreadLine>();
  if (!isAttended && wasAttended) setWasAttended(false);
  if (isAttended && !wasAttended && timeline) {
    setWasAttended(true);
    const found = lineOf(timeline, unread);
    if (found) setLine(found);
  }
  return line;
}
