/**
 * Addresses under which the browser plays or saves what this tab reads piece by piece: the service worker answers them
 * and asks here for each piece. It isn't aware of what the bytes are, and holds none of them.
 */
import type { FromServiceWorker, StreamHead, StreamPiece, StreamsPath, ToServiceWorker } from '../service-worker/messages';

/** Bytes that can be read from any place on. */
export interface Streamed extends StreamHead {
  /** The next bytes from there on, at least one; rejects if there are none. */
  readonly read: (offset: number) => Promise<Uint8Array>;
  /** The browser wants no more of it. */
  readonly onLeft?: () => void;
}

/** An address for as long as it is wanted. */
export interface StreamAddress {
  readonly url: string;
  readonly withdraw: () => void;
}

const ANSWER_MS_MAX = 3000;
/** A service worker that hears nothing for longer may be ended by the browser. */
const AWAKE_EVERY_MS = 5000;

const offered = new Map<string, Streamed>();
let isListening = false;

function tell(message: ToServiceWorker, ...ports: readonly MessagePort[]): void {
  navigator.serviceWorker.controller?.postMessage(message, [...ports]);
}

/** The same bytes, handed over; copied only if they are part of something larger. */
export function whole(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? new Uint8Array(buffer) : new Uint8Array(bytes);
}

async function answerPiece(token: string, offset: number, port: MessagePort | undefined): Promise<void> {
  tell({ type: 'awake' });
  const awake = setInterval(() => tell({ type: 'awake' }), AWAKE_EVERY_MS);
  try {
    const read = await offered.get(token)?.read(offset);
    const bytes = read && whole(read);
    const piece: StreamPiece = bytes ? { bytes } : {};
    port?.postMessage(piece, bytes ? [bytes.buffer] : []);
  } catch {
    const failed: StreamPiece = {};
    port?.postMessage(failed);
  } finally {
    clearInterval(awake);
  }
}

function hear({ data, ports }: MessageEvent<FromServiceWorker>): void {
  const [port] = ports;
  switch (data.type) {
    case 'stream': {
      const { size, mediaType, saveAs } = offered.get(data.token) ?? {};
      const head: StreamHead | undefined =
        size === undefined || mediaType === undefined ? undefined : { size, mediaType, ...(saveAs !== undefined && { saveAs }) };
      port?.postMessage(head);
      break;
    }
    case 'piece':
      void answerPiece(data.token, data.offset, port);
      break;
    case 'left':
      offered.get(data.token)?.onLeft?.();
      break;
    case 'pushed':
    case 'open':
      break;
  }
}

/** Where this tab's streams are; nothing without a service worker that knows of them. */
function streamsPath(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(resolve, ANSWER_MS_MAX);
    port1.addEventListener('message', ({ data }: MessageEvent<Partial<StreamsPath>>) => {
      clearTimeout(timer);
      resolve(data.path === '' ? undefined : data.path);
    });
    port1.start();
    tell({ type: 'streams' }, port2);
  });
}

/** Gives what can be read an address; nothing, where the browser has no service worker for this page. */
export async function offer(streamed: Streamed): Promise<StreamAddress | undefined> {
  if (!('serviceWorker' in navigator) || !navigator.serviceWorker.controller) return undefined;
  if (!isListening) navigator.serviceWorker.addEventListener('message', hear);
  isListening = true;
  const path = await streamsPath();
  if (path === undefined) return undefined;
  const token = crypto.randomUUID();
  offered.set(token, streamed);
  return { url: path + token, withdraw: () => offered.delete(token) };
}
