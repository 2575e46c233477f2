/** A file of a message as an address that an element of the page can show, from when it is wanted until it is gone from the screen. */
import { useEffect, useState } from 'react';
import { type CoreError, coreError } from './errors';
import type { MessageKey } from './types';
import { useCore } from './useView';

/** What is known of the file. */
export type FileState =
  | { readonly state: 'waiting' }
  | { readonly state: 'ready'; readonly url: string }
  | { readonly state: 'failed'; readonly error: CoreError };

const WAITING: FileState = { state: 'waiting' };

/** Which file, and as what. */
interface Wanted {
  readonly key: MessageKey;
  readonly index: number;
  /** A picture's type is read from its bytes; of anything else it is what the page may play. */
  readonly as: 'picture' | { readonly mediaType: string };
  readonly isWanted: boolean;
}

/** Opens it as soon as it is wanted. */
export function useFile({ key, index, as, isWanted }: Wanted): FileState {
  const { store } = useCore();
  const [found, setFound] = useState<FileState>(WAITING);
  const mediaType = as === 'picture' ? undefined : as.mediaType;
  useEffect(() => {
    if (!isWanted) return;
    let url: string | undefined;
    let isGone = false;
    store.files.open(key, index, mediaType === undefined ? 'picture' : 'file').then(
      (blob) => {
        if (isGone) return;
        url = URL.createObjectURL(mediaType === undefined ? blob : new Blob([blob], { type: mediaType }));
        setFound({ state: 'ready', url });
      },
      (thrown: unknown) => {
        if (!isGone) setFound({ state: 'failed', error: coreError(thrown) });
      },
    );
    return () => {
      isGone = true;
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [store, key, index, mediaType, isWanted]);
  return found;
}
