/** A swipe to one side, told when the finger leaves the screen. It isn't aware of what moves. */
import { type PointerEvent, useRef } from 'react';

/** Shorter ones are a press. */
const LEAST_PX = 48;

/** Where a finger came down. */
interface Begin {
  readonly id: number;
  readonly x: number;
  readonly y: number;
}

/** Handlers for what can be swiped: -1 for a finger that went to the right, 1 for one that went to the left. */
export function useSwipe(onSwipe: (way: -1 | 1) => void) {
  const begin = useRef<Begin>(undefined);
  return {
    onPointerDown: ({ pointerId: id, pointerType, clientX: x, clientY: y }: PointerEvent) => {
      // A second finger makes it something else, and so does a picture that is enlarged.
      const isOther = begin.current !== undefined || (window.visualViewport?.scale ?? 1) > 1.01;
      begin.current = isOther || pointerType === 'mouse' ? undefined : { id, x, y };
    },
    onPointerUp: ({ pointerId, clientX, clientY }: PointerEvent) => {
      const { current } = begin;
      begin.current = undefined;
      if (current?.id !== pointerId) return;
      const across = clientX - current.x;
      if (Math.abs(across) >= LEAST_PX && Math.abs(across) > 2 * Math.abs(clientY - current.y)) onSwipe(across > 0 ? -1 : 1);
    },
    onPointerCancel: () => {
      begin.current = undefined;
    },
  };
}
