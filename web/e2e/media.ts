/** Files for stories: made anew each time, so that none lies in the repository. Nothing here tells a story. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { Download } from '@playwright/test';
import type { User } from './user';

/** A file as the browser's picker hands it over. */
export interface Picked {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Draws a picture in the page, as a camera would hand it over. */
export async function picture(user: User, name: string, [width, height]: readonly [number, number], colour = '#c9a87a'): Promise<Picked> {
  const bytes = await user.page.evaluate(
    async ([across, down, to]) => {
      const canvas = new OffscreenCanvas(across, down);
      const pen = canvas.getContext('2d');
      if (pen) {
        const sky = pen.createLinearGradient(0, 0, 0, down);
        sky.addColorStop(0, '#bcd7de');
        sky.addColorStop(1, to);
        pen.fillStyle = sky;
        pen.fillRect(0, 0, across, down);
      }
      const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    [width, height, colour] as const,
  );
  return { name, mimeType: 'image/jpeg', buffer: Buffer.from(bytes) };
}

/** Films a moving square, as a phone would. */
export async function film(user: User, name: string): Promise<Picked> {
  const bytes = await user.page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 320;
    canvas.height = 200;
    const pen = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
    const parts: Blob[] = [];
    recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
    const stopped = new Promise((resolve) => {
      recorder.addEventListener('stop', resolve, { once: true });
    });
    recorder.start();
    for (let frame = 0; frame < 60; frame += 1) {
      await new Promise((resolve) => {
        requestAnimationFrame(resolve);
      });
      if (!pen) break;
      pen.fillStyle = '#bcd7de';
      pen.fillRect(0, 0, 320, 200);
      pen.fillStyle = '#0e5e6f';
      pen.fillRect(frame * 4, 80, 40, 40);
    }
    recorder.stop();
    await stopped;
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
  });
  return { name, mimeType: 'video/webm', buffer: Buffer.from(bytes) };
}

const SAMPLES_PER_SECOND = 48_000;

/** So many seconds of a quiet tone, uncompressed: 192,000 bytes each. */
export function sound(name: string, seconds: number): Picked {
  const data = seconds * SAMPLES_PER_SECOND * 4;
  const buffer = Buffer.alloc(44 + data);
  buffer.write('RIFF', 0);
  buffer.writeUInt32LE(36 + data, 4);
  buffer.write('WAVEfmt ', 8);
  buffer.writeUInt32LE(16, 16);
  buffer.writeUInt16LE(1, 20);
  buffer.writeUInt16LE(2, 22);
  buffer.writeUInt32LE(SAMPLES_PER_SECOND, 24);
  buffer.writeUInt32LE(SAMPLES_PER_SECOND * 4, 28);
  buffer.writeUInt16LE(4, 32);
  buffer.writeUInt16LE(16, 34);
  buffer.write('data', 36);
  buffer.writeUInt32LE(data, 40);
  for (let at = 44; at < buffer.length; at += 4) buffer.writeInt16LE(((at >> 2) % 109) * 20, at);
  return { name, mimeType: 'audio/wav', buffer };
}

/** A large file: its hash, and that of the hashes of its megabytes, for who cannot hold it as a whole. */
export interface Large {
  readonly path: string;
  readonly sha256: string;
  readonly ofBlocks: string;
}

/** A large file on the disk, gone when the work is done. */
export async function withLargeFile(bytes: number, name: string, work: (file: Large) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'undertone-file-'));
  try {
    const path = join(directory, name);
    const file = await open(path, 'w');
    const hash = createHash('sha256');
    const ofBlocks = createHash('sha256');
    const block = randomBytes(1024 * 1024);
    for (let left = bytes, number = 0; left > 0; left -= block.length, number += 1) {
      block.writeUInt32LE(number, 0);
      const part = block.subarray(0, Math.min(left, block.length));
      hash.update(part);
      ofBlocks.update(createHash('sha256').update(part).digest());
      await file.write(part);
    }
    await file.close();
    await work({ path, sha256: hash.digest('hex'), ofBlocks: ofBlocks.digest('hex') });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The hash of what the browser saved. */
export async function hashOf(download: Download): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of await download.createReadStream()) hash.update(part);
  return hash.digest('hex');
}

function chunk(kind: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

function png(name: string, [width, height]: readonly [number, number], form: readonly number[], pixels: Buffer): Picked {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set(form, 8);
  const parts = [chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))];
  return { name, mimeType: 'image/png', buffer: Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), ...parts]) };
}

/** A PNG whose head claims a size; what is behind it cannot be drawn. */
export function liar(name: string, width: number, height: number): Picked {
  // No such form of colours exists.
  return png(name, [width, height], [8, 5, 0, 0, 0], Buffer.from('this is no picture'));
}

/** A PNG that is as large as it says, of one bit for each pixel, and hardly takes room: whoever draws it needs gigabytes. */
export function vast(name: string, side = 30_000): Picked {
  const line = 1 + Math.ceil(side / 8);
  return png(name, [side, side], [1, 0, 0, 0, 0], deflateSync(Buffer.alloc(line * side), { level: 9 }));
}
