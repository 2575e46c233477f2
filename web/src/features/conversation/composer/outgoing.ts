/** Files on their way into a message: what they are, how large pictures are, and a small picture of each. Made here, since only the browser can draw. */
import { THUMBNAIL_BYTES_MAX } from '../../../core/limits';
import type { OutgoingFile } from '../../../core/types';

/** A file that waits to be sent. */
export interface Waiting {
  readonly id: string;
  readonly outgoing: OutgoingFile;
}

const SMALL_SIDE = 48;
const QUALITIES = [0.7, 0.4] as const;
/** Larger ones are sent without being looked at. */
const DRAWN_BYTES_MAX = 40_000_000;

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

async function picture(file: File): Promise<Partial<OutgoingFile>> {
  const bitmap = await createImageBitmap(file);
  try {
    const thumbnail = await smallPicture(bitmap);
    return { width: bitmap.width, height: bitmap.height, ...(thumbnail && { thumbnail }) };
  } finally {
    bitmap.close();
  }
}

/** Length, and of videos size, as the browser reads them. */
function media(file: File, element: HTMLMediaElement): Promise<Partial<OutgoingFile>> {
  const url = URL.createObjectURL(file);
  const { promise, resolve } = Promise.withResolvers<Partial<OutgoingFile>>();
  element.preload = 'metadata';
  element.addEventListener('loadedmetadata', () => {
    const isFinite = Number.isFinite(element.duration);
    const isVideo = element instanceof HTMLVideoElement && element.videoWidth > 0;
    resolve({
      ...(isFinite && { durationMs: Math.round(element.duration * 1000) }),
      ...(isVideo && { width: element.videoWidth, height: element.videoHeight }),
    });
  }, { once: true });
  element.addEventListener('error', () => resolve({}), { once: true });
  element.src = url;
  return promise.finally(() => URL.revokeObjectURL(url));
}

async function about(file: File): Promise<Partial<OutgoingFile>> {
  const [kind] = file.type.split('/');
  try {
    if (kind === 'image' && file.size <= DRAWN_BYTES_MAX) return await picture(file);
    if (kind === 'video') return await media(file, document.createElement('video'));
    if (kind === 'audio') return await media(file, document.createElement('audio'));
  } catch {
    // What cannot be drawn is sent as any other file.
  }
  return {};
}

/** Makes a file ready to be sent. */
export async function readOutgoing(file: File): Promise<Waiting> {
  return {
    id: crypto.randomUUID(),
    outgoing: { file, name: file.name, mediaType: file.type || 'application/octet-stream', ...(await about(file)) },
  };
}
