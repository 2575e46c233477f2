/** Doing something that takes a moment, from its own button: busy while it runs, and what went wrong stands beside it. */
import { useState } from 'react';
import { errorText } from '../i18n/errors';
import { coreError } from './errors';

/** The state of the last try. */
export interface Act {
  readonly isBusy: boolean;
  readonly failure: string | undefined;
  /** Does it; true when it was done. */
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>;
}

export function useAct(): Act {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setFailure(undefined);
    try {
      await work();
      return true;
    } catch (thrown) {
      setFailure(errorText(coreError(thrown)));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, failure, run };
}
