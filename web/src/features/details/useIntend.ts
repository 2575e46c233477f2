/** Changing a group or room so that it can be taken back: it is shown at once, and a toast with "Undo" stands for as long as it waits. Why it could not be done stands where it was wanted. */
import { useState } from 'react';
import { showToast } from '../../components/toasts';
import { coreError } from '../../core/errors';
import type { ConversationId, Intent } from '../../core/types';
import { useCore } from '../../core/useView';
import { errorText } from '../../i18n/errors';

/** What was wanted last, and wanting something. */
export interface Intending {
  readonly failure: string | undefined;
  /** Wants something; the text says what happens. True when it waits to be done. */
  readonly intend: (intent: Intent, text: string) => Promise<boolean>;
}

export function useIntend(conversation: ConversationId): Intending {
  const { core } = useCore();
  const [failure, setFailure] = useState<string>();
  const fail = (thrown: unknown) => setFailure(errorText(coreError(thrown)));
  const intend = async (intent: Intent, text: string) => {
    setFailure(undefined);
    try {
      const { number } = await core.intend(conversation, intent);
      showToast({
        text,
        onUndo: () => void core.undo(number).catch(fail),
        onHold: () => void core.hold(number).catch(() => {}),
      });
      core.fulfilled(number).catch(fail);
      return true;
    } catch (thrown) {
      fail(thrown);
      return false;
    }
  };
  return { failure, intend };
}
