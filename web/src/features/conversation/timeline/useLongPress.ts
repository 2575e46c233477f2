/** A long press by finger or pen: what the other mouse button is elsewhere. */
import { type PointerEvent, useRef } from 'react';

const LONG_MS = 450;
/** A finger that moves so far scrolls. */
const MOVED_PX = 10;

export function useLongPress(onLongPress: (target: Element) => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const from = useRef({ x: 0, y: 0 });
  const stop = () => clearTimeout(timer.current);
  return {
    onPointerDown: (event: PointerEvent) => {
      const { target } = event;
      if (event.pointerType === 'mouse' || !(target instanceof Element)) return;
      from.current = { x: event.clientX, y: event.clientY };
      stop();
      timer.current = setTimeout(() => onLongPress(target), LONG_MS);
    },
    onPointerMove: (event: PointerEvent) => {
      if (Math.hypot(event.clientX - from.current.x, event.clientY - from.current.y) > MOVED_PX) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
  };
}
