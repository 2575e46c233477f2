/** Files on their way into a message: what they are, how large pictures are, and a small picture of each. Made here, since only the browser can draw. */
import type { Core } from '../../../core/core';
import { THUMBNAIL_BYTES_MAX } from '../../../core/limits';
import type { OutgoingFile } from '../../../core/types';

/** A file that waits to be sent. */
export interface Waiting {
  readonly id: string;
  readonly outgoing: OutgoingFile;
  /** Whether it keeps what it says about its maker: only pictures can be cleaned of it. */
  readonly tellsOfMaker: boolean;
}

const SMALL_SIDE = 48;
const QUALITIES = [0.7, 0.4] as const;
/** Larger ones are sent without being looked at. */
const DRAWN_BYTES_MAX = 40_000_000;
/** The size of a picture stands within these. */
const HEAD_BYTES = 256 * 1024;
/** A file that claims to be played and says nothing of itself for so long is sent as it is. */
const MEDIA_MS_MAX = 8000;

async function smallPicture(bitmap: ImageBitmap): Promise<Uint8Array | undefined> {
  const scale = SMALL_SIDE / Math.max(bitmap.width, bitmap.height, SMALL_SIDE);
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  for (const quality of QUALITIES) {
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality });
    const isKnown = blob.type === 'image/webp' || blob.type === 'image/png' || blob.type === 'image/jpeg';
    if (isKnown && blob.size <= THUMBNAIL_BYTES_MAX) return new Uint8Array(await blob.arrayBuffer());
  }
  return undefined;
}

/** Looked at only if its first bytes say that it can be drawn without harm: a few of them can claim a billion pixels. */
async function picture(core: Core, file: File): Promise<Partial<OutgoingFile>> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  if (!(await core.drawableSize(head))) return {};
  const bitmap = await createImageBitmap(file);
  try {
    const thumbnail = await smallPicture(bitmap);
    return { width: bitmap.width, height: bitmap.height, ...(thumbnail && { thumbnail }) };
  } finally {
    bitmap.close();
  }
}

/** What the browser reads of a film or sound before it plays: ends with false if it cannot, or takes too long. */
function loaded(element: HTMLMediaElement): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), MEDIA_MS_MAX);
  element.addEventListener(element instanceof HTMLVideoElement ? 'loadeddata' : 'loadedmetadata', () => resolve(true), { once: true });
  element.addEventListener('error', () => resolve(false), { once: true });
  return promise.finally(() => clearTimeout(timer));
}

async function firstFrame(video: HTMLVideoElement): Promise<Partial<OutgoingFile>> {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0) return {};
  const bitmap = await createImageBitmap(video);
  const thumbnail = await smallPicture(bitmap);
  bitmap.close();
  return { width, height, ...(thumbnail && { thumbnail }) };
}

/** Length; of films also the size, and their first frame as a small picture. */
async function media(file: File, element: HTMLMediaElement): Promise<Partial<OutgoingFile>> {
  const url = URL.createObjectURL(file);
  try {
    element.muted = true;
    element.preload = 'auto';
    element.src = url;
    if (!(await loaded(element))) return {};
    const { duration } = element;
    const length = Number.isFinite(duration) && { durationMs: Math.round(duration * 1000) };
    return { ...length, ...(element instanceof HTMLVideoElement && (await firstFrame(element))) };
  } finally {
    element.removeAttribute('src');
    URL.revokeObjectURL(url);
  }
}

async function about(core: Core, file: File): Promise<Partial<OutgoingFile>> {
  const [kind] = file.type.split('/');
  try {
    if (kind === 'image' && file.size <= DRAWN_BYTES_MAX) return await picture(core, file);
    if (kind === 'video') return await media(file, document.createElement('video'));
    if (kind === 'audio') return await media(file, document.createElement('audio'));
  } catch {
    // What cannot be drawn is sent as any other file.
  }
  return {};
}

/** Makes a file ready to be sent. */
export async function readOutgoing(core: Core, file: File): Promise<Waiting> {
  const { name } = file;
  const mediaType = file.type || 'application/octet-stream';
  const [tellsOfMaker, known] = await Promise.all([core.tellsOfMaker(name, mediaType), about(core, file)]);
  return { id: crypto.randomUUID(), outgoing: { file, name, mediaType, ...known }, tellsOfMaker };
}
