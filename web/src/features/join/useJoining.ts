/** Coming into a room: a guest is made only on the press of the button, and only then. */
import { useState } from 'react';
import { coreError } from '../../core/errors';
import type { ConversationId } from '../../core/types';
import { useCore } from '../../core/useView';
import { errorText } from '../../i18n/errors';

interface Joining {
  readonly isBusy: boolean;
  readonly failure: string | undefined;
  /** Comes in; with a name as a guest, without as whoever is signed in. */
  readonly join: (nickname?: string) => Promise<void>;
}

/** `onInside` is called once the room is open. */
export function useJoining(invitation: string, onInside: (conversation: ConversationId) => void): Joining {
  const { core, store } = useCore();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();

  const join = async (nickname?: string) => {
    if (isBusy) return;
    setBusy(true);
    setFailure(undefined);
    try {
      if (nickname !== undefined) await core.becomeGuest(nickname);
      const { conversation, waiting } = await core.joinRoom(invitation);
      if (!waiting) onInside(conversation);
    } catch (thrown) {
      setFailure(errorText(coreError(thrown)));
      store.lookAgain(invitation);
    } finally {
      setBusy(false);
    }
  };

  return { isBusy, failure, join };
}
