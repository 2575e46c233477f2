/** Making a picture small and square on a canvas: what is drawn anew carries neither place nor camera. It isn't aware of what it is for. */

/** A side of a profile's picture, in pixels; smaller ones are tried when it is too large. */
const SIDES = [256, 192, 128] as const;
const QUALITIES = [0.85, 0.7, 0.5] as const;

/** More pixels than this are not even read: such a picture is meant to do harm. */
const PIXELS_MAX = 120_000_000;

/** Which square of a picture. */
export interface Crop {
  /** Between 0 and 1: where between left and right. */
  readonly across: number;
  /** Between 0 and 1: where between top and bottom. */
  readonly down: number;
  /** Between 0 and 1: 1 is the largest square that fits. */
  readonly size: number;
}

/** How many pixels a picture says that it has: its head is read, nothing is drawn. */
async function pixelsOf(file: Blob): Promise<number> {
  const image = new Image();
  const url = URL.createObjectURL(file);
  try {
    await new Promise((resolve, reject) => {
      image.addEventListener('load', resolve, { once: true });
      image.addEventListener('error', reject, { once: true });
      image.src = url;
    });
    return image.naturalWidth * image.naturalHeight;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Reads a file as a picture; nothing, if it is none or too vast to be drawn. */
export async function readPicture(file: Blob): Promise<ImageBitmap | undefined> {
  try {
    const pixels = await pixelsOf(file);
    return pixels > 0 && pixels <= PIXELS_MAX ? await createImageBitmap(file) : undefined;
  } catch {
    return undefined;
  }
}

/** The square as it lies in the picture. */
export function squareOf({ width, height }: { readonly width: number; readonly height: number }, { across, down, size }: Crop) {
  const side = Math.max(1, Math.round(Math.min(width, height) * size));
  return { x: Math.round((width - side) * across), y: Math.round((height - side) * down), side };
}

/** Draws the square onto a canvas. */
export function drawSquare(canvas: HTMLCanvasElement, picture: ImageBitmap, crop: Crop): void {
  const { x, y, side } = squareOf(picture, crop);
  const context = canvas.getContext('2d');
  context?.clearRect(0, 0, canvas.width, canvas.height);
  context?.drawImage(picture, x, y, side, side, 0, 0, canvas.width, canvas.height);
}

function encode(canvas: HTMLCanvasElement, quality: number): Promise<Blob | undefined> {
  return new Promise((resolve) => {
    canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/webp', quality);
  });
}

async function toBase64Url(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCodePoint(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The square as a small picture of at most so many bytes, as base64url; nothing, if that cannot be. */
export async function smallPicture(picture: ImageBitmap, crop: Crop, bytesMax: number): Promise<string | undefined> {
  for (const side of SIDES) {
    const canvas = document.createElement('canvas');
    canvas.width = side;
    canvas.height = side;
    drawSquare(canvas, picture, crop);
    for (const quality of QUALITIES) {
      const blob = await encode(canvas, quality);
      if (blob && blob.size <= bytesMax) return toBase64Url(blob);
    }
  }
  return undefined;
}
