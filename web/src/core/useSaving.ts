/** Saving a file of a message: small ones at once, large ones piece by piece to the disk, so that none is in memory as a whole. */
import { useRef, useState } from 'react';
import { chooseFilePlace, safeFileName, saveFile, saveFrom } from '../platform/saving';
import { offer, whole } from '../platform/streams';
import type { Core } from './core';
import { CoreError, coreError } from './errors';
import type { FileView, MessageKey } from './types';
import { useCore } from './useView';

/** From here on a file goes to the disk piece by piece. */
const STREAMED_FROM = 32_000_000;

/** How far it is. */
type SavingState =
  | { readonly state: 'none' }
  | { readonly state: 'running'; readonly done: number }
  | { readonly state: 'failed'; readonly error: CoreError };

/** What a button that saves needs. */
export interface Saving {
  readonly saving: SavingState;
  readonly onSave: () => void;
  /** Stops it; what was written is deleted. */
  readonly onStop: () => void;
}

/** A browser that asks for no piece for so long has given the download up, or never began it. */
const ASKED_MS_MAX = 120_000;

const NONE: SavingState = { state: 'none' };
const LEFT = new CoreError({ code: 'left', message: 'the user stopped it' });

/** Which file, and who is told how far it is. */
interface Wanted {
  readonly core: Core;
  readonly key: MessageKey;
  readonly file: FileView;
  readonly signal: AbortSignal;
  readonly onDone: (bytes: number) => void;
}

/** Gives one piece after the other. The last comes only if the whole is what was sent. */
function taker({ core, key, file, signal, onDone }: Wanted): (offset: number) => Promise<Uint8Array<ArrayBuffer>> {
  const name = crypto.randomUUID();
  return async (offset) => {
    if (signal.aborted) throw LEFT;
    const piece = await core.takeFile(name, key, file.index, offset);
    if (!piece) throw new CoreError({ code: 'file_damaged', message: 'the file ended too early' });
    onDone(offset + piece.length);
    return whole(piece);
  };
}

/** Into a place that the user chose. What was there before stays until the whole is written. */
async function intoPlace(wanted: Wanted, place: FileSystemFileHandle): Promise<void> {
  const take = taker(wanted);
  const sink = await place.createWritable();
  try {
    for (let offset = 0; offset < wanted.file.size; ) {
      const piece = await take(offset);
      await sink.write(piece);
      offset += piece.length;
    }
    await sink.close();
  } catch (thrown) {
    await sink.abort().catch(() => {});
    throw thrown;
  }
}

/** As a download of the browser's own; false where it cannot take one from here. */
async function intoDownloads(wanted: Wanted): Promise<boolean> {
  const { file, signal } = wanted;
  const take = taker(wanted);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waitForBrowser = () => {
    clearTimeout(timer);
    timer = setTimeout(() => reject(new CoreError({ code: 'unreachable', message: 'the browser asks for no more' })), ASKED_MS_MAX);
  };
  const address = await offer({
    size: file.size,
    mediaType: 'application/octet-stream',
    saveAs: safeFileName(file.name),
    read: async (offset) => {
      clearTimeout(timer);
      try {
        const piece = await take(offset);
        if (offset + piece.length >= file.size) resolve();
        else waitForBrowser();
        return piece;
      } catch (thrown) {
        reject(thrown);
        throw thrown;
      }
    },
    onLeft: () => reject(LEFT),
  });
  if (!address) return false;
  signal.addEventListener('abort', () => reject(LEFT));
  try {
    saveFrom(address.url);
    waitForBrowser();
    await promise;
  } finally {
    clearTimeout(timer);
    address.withdraw();
  }
  return true;
}

/** Saves a file of a message. */
export function useSaving(key: MessageKey, file: FileView): Saving {
  const { core, store } = useCore();
  const [saving, setSaving] = useState<SavingState>(NONE);
  const running = useRef<AbortController>(undefined);
  const onDone = (done: number) => setSaving({ state: 'running', done });
  const save = async (signal: AbortSignal) => {
    const place = file.size > STREAMED_FROM ? await chooseFilePlace(file.name) : undefined;
    if (place === 'left') throw LEFT;
    const wanted: Wanted = { core, key, file, signal, onDone };
    if (file.size > STREAMED_FROM) onDone(0);
    if (place) await intoPlace(wanted, place);
    else if (file.size <= STREAMED_FROM || !(await intoDownloads(wanted))) saveFile(file.name, await store.files.open(key, file.index));
  };
  const onSave = () => {
    if (running.current) return;
    const control = new AbortController();
    running.current = control;
    setSaving(NONE);
    save(control.signal)
      .then(() => setSaving(NONE))
      .catch((thrown: unknown) => {
        const error = coreError(thrown);
        setSaving(error.code === 'left' ? NONE : { state: 'failed', error });
      })
      .finally(() => {
        running.current = undefined;
      });
  };
  return { saving, onSave, onStop: () => running.current?.abort() };
}
