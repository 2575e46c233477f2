/** What of a file may be shown in place, and how large. The sender's word decides nothing: only types on these lists are handed to the browser, all others are saved. */
import type { FileView } from '../../../core/types';

const SHOWN = {
  picture: new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif']),
  video: new Set(['video/mp4', 'video/webm', 'video/ogg', 'video/quicktime']),
  audio: new Set([
    'audio/mpeg', 'audio/ogg', 'audio/opus', 'audio/webm', 'audio/mp4', 'audio/x-m4a', 'audio/wav', 'audio/x-wav', 'audio/flac', 'audio/aac',
  ]),
  other: new Set<string>(),
} as const;

/** Larger pictures would hold up the page: they are saved and opened elsewhere. */
const PIXELS_MAX = 64_000_000;
/** What is fetched unasked. */
const UNASKED_BYTES_MAX = 12_000_000;
const SIDE_MAX = 30_000;

/** How a file is shown. */
export function shownAs(file: FileView): FileView['kind'] {
  if (!SHOWN[file.kind].has(file.mediaType)) return 'other';
  if (file.kind !== 'picture') return file.kind;
  const { width, height } = sizeOf(file);
  return width * height <= PIXELS_MAX && width <= SIDE_MAX && height <= SIDE_MAX ? 'picture' : 'other';
}

/** Whether it is fetched as soon as it is on the screen. */
export function isFetchedUnasked(file: FileView): boolean {
  return file.size <= UNASKED_BYTES_MAX;
}

/** The size of a picture or video by its sender's word, and a usual one if there is none. */
function sizeOf({ width, height }: FileView): { readonly width: number; readonly height: number } {
  return width !== undefined && height !== undefined && width > 0 && height > 0 ? { width, height } : { width: 640, height: 400 };
}

const BOX = { width: 320, height: 360, least: 96 } as const;

/** The place of a picture in the timeline: its own proportions, within what a timeline bears. */
export function placeOf(file: FileView): { readonly width: number; readonly height: number } {
  const { width, height } = sizeOf(file);
  const scale = Math.min(BOX.width / width, BOX.height / height, 1);
  return {
    width: Math.max(BOX.least, Math.round(width * scale)),
    height: Math.max(BOX.least / 2, Math.round(height * scale)),
  };
}

/** The type as people say it: the end of the name. */
export function typeInWords({ name, mediaType }: FileView): string {
  const end = /\.([\p{L}\p{N}]{1,5})$/u.exec(name)?.[1];
  return (end ?? mediaType.split('/')[1] ?? '').slice(0, 12).toUpperCase();
}
