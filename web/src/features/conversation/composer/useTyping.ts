/** Tells the others that one writes: seldom while typing, and once when it stops. Lost signals do no harm. */
import { useCallback, useEffect, useRef } from 'react';
import type { ConversationId } from '../../../core/types';
import { useCore } from '../../../core/useView';

/** Shorter than the signal lives, so that it does not flicker. */
const AGAIN_AFTER_MS = 3000;

const ignore = () => {};

/** Returns what to call with each change of the draft. */
export function useTyping(conversation: ConversationId): (text: string) => void {
  const { core } = useCore();
  const toldAt = useRef(0);

  const stop = useCallback(() => {
    if (toldAt.current === 0) return;
    toldAt.current = 0;
    core.stoppedTyping(conversation).catch(ignore);
  }, [core, conversation]);

  useEffect(() => stop, [stop]);

  return useCallback(
    (text: string) => {
      if (text.trim() === '') {
        stop();
        return;
      }
      const now = performance.now();
      if (toldAt.current !== 0 && now - toldAt.current < AGAIN_AFTER_MS) return;
      toldAt.current = now;
      core.typing(conversation).catch(ignore);
    },
    [core, conversation, stop],
  );
}
