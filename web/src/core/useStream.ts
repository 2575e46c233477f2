/** Audio or video of a message as an address from which the browser plays it: piece by piece where it can, held as a whole where it cannot. */
import { useEffect, useState } from 'react';
import { offer } from '../platform/streams';
import { type CoreError, coreError } from './errors';
import type { FileView, MessageKey } from './types';
import { useCore } from './useView';

/** Without a service worker the browser must hold it: larger ones are saved and played elsewhere. */
const HELD_BYTES_MAX = 64 * 1024 * 1024;
/** The core gives no more at once. */
const PIECE_BYTES = 1024 * 1024;

/** What is known of it. */
export type StreamState =
  | { readonly state: 'waiting' }
  | { readonly state: 'ready'; readonly url: string }
  /** This browser can only save it. */
  | { readonly state: 'too_large' }
  | { readonly state: 'failed'; readonly error: CoreError };

const WAITING: StreamState = { state: 'waiting' };

/** Makes the address as soon as it is wanted, and takes it back when it is gone from the screen. */
export function useStream(key: MessageKey, { index, size, mediaType }: FileView, isWanted: boolean): StreamState {
  const { core, store } = useCore();
  const [found, setFound] = useState<StreamState>(WAITING);
  useEffect(() => {
    if (!isWanted) return;
    let isGone = false;
    let withdraw = () => {};
    const open = async (): Promise<StreamState> => {
      const address = await offer({ size, mediaType, read: (offset) => core.readFile(key, index, offset, PIECE_BYTES) });
      if (address) {
        withdraw = address.withdraw;
        return { state: 'ready', url: address.url };
      }
      if (size > HELD_BYTES_MAX) return { state: 'too_large' };
      const url = URL.createObjectURL(new Blob([await store.files.open(key, index)], { type: mediaType }));
      withdraw = () => URL.revokeObjectURL(url);
      return { state: 'ready', url };
    };
    open().then(
      (state) => {
        if (isGone) withdraw();
        else setFound(state);
      },
      (thrown: unknown) => {
        if (!isGone) setFound({ state: 'failed', error: coreError(thrown) });
      },
    );
    return () => {
      isGone = true;
      withdraw();
      setFound(WAITING);
    };
  }, [core, store, key, index, size, mediaType, isWanted]);
  return found;
}
