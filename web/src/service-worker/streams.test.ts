/** How the browser is answered when it plays or saves a file piece by piece. */
import { expect, test } from 'vitest';
import { safeFileName } from '../platform/saving';
import { answerStream, partOf, pathOf, placeOf, type Tab } from './streams';

const SIZE = 10;
const FILE = Uint8Array.from({ length: SIZE }, (_, at) => at);

/** A tab with one file, which it opens in pieces of four bytes. */
function tab({ saveAs, isBroken = false }: { readonly saveAs?: string; readonly isBroken?: boolean } = {}) {
  const asked: (number | 'left')[] = [];
  const it: Tab = {
    head: () => Promise.resolve({ size: SIZE, mediaType: 'audio/wav', ...(saveAs !== undefined && { saveAs }) }),
    piece: (_, offset) => {
      asked.push(offset);
      return Promise.resolve(isBroken && offset > 0 ? {} : { bytes: FILE.slice(offset, offset + 4) });
    },
    leave: () => asked.push('left'),
  };
  return { asked, it };
}

const NOBODY: Tab = { head: () => Promise.resolve(undefined), piece: () => Promise.resolve(undefined), leave: () => {} };
const play = (from: Tab, range: string | null) => answerStream(from, { token: 't', range, destination: 'audio' });
const save = (from: Tab) => answerStream(from, { token: 't', range: null, destination: 'document' });

test('an address names a tab and a file of it', () => {
  const url = `https://harbour.example${pathOf('a b/c')}token`;
  expect(placeOf(url)).toEqual({ client: 'a b/c', token: 'token' });
  expect(placeOf('https://harbour.example/c/abc')).toBeUndefined();
  expect(placeOf('https://harbour.example/stream/')).toBeUndefined();
});

test('ranges are what they say, and nothing beyond the file', () => {
  expect(partOf(null, SIZE)).toEqual({ from: 0, to: SIZE });
  expect(partOf('bytes=0-', SIZE)).toEqual({ from: 0, to: SIZE });
  expect(partOf('bytes=3-5', SIZE)).toEqual({ from: 3, to: 6 });
  expect(partOf('bytes=-4', SIZE)).toEqual({ from: 6, to: SIZE });
  expect(partOf('bytes=8-99', SIZE)).toEqual({ from: 8, to: SIZE });
  for (const range of ['bytes=10-', 'bytes=-', 'bytes=5-4', 'bytes=1-2,4-5', 'pages=1-2']) expect(partOf(range, SIZE), range).toBeUndefined();
});

test('a part is played from its middle, and only the pieces of it are opened', async () => {
  const { asked, it } = tab();
  const response = await play(it, 'bytes=2-7');
  expect(response.status).toBe(206);
  expect(response.headers.get('content-range')).toBe('bytes 2-7/10');
  expect(response.headers.get('content-type')).toBe('audio/wav');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(FILE.slice(2, 8));
  expect(asked).toEqual([2, 6]);
  expect((await play(it, 'bytes=10-')).status).toBe(416);
});

test('what is saved is never shown, and what is played is never a page', async () => {
  const file = tab({ saveAs: "it's é.html" });
  const saved = await save(file.it);
  expect(saved.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''it%27s%20%C3%A9.html");
  expect(saved.headers.get('content-type')).toBe('application/octet-stream');
  expect(new Uint8Array(await saved.arrayBuffer())).toEqual(FILE);
  expect((await play(file.it, null)).status).toBe(404);
  // The page stays where it is.
  expect((await save(tab().it)).status).toBe(204);
  expect((await save(NOBODY)).status).toBe(204);
  expect((await play(NOBODY, null)).status).toBe(404);
});

test('a file that turns out to be damaged does not end as if it were whole, and one that is left is told', async () => {
  const broken = await play(tab({ isBroken: true }).it, null);
  await expect(broken.arrayBuffer()).rejects.toThrow('could not be read');
  const { asked, it } = tab();
  await (await play(it, null)).body?.cancel();
  expect(asked).toEqual(['left']);
});

test('a name that was cut within a sign is still one to save under', async () => {
  const name = safeFileName(`a😀${'x'.repeat(145)}.mp4`);
  expect(name).toMatch(/^😀x+\.mp4$/u);
  expect(safeFileName(`\uD83D${'y'.repeat(3)}.mp4`).isWellFormed()).toBe(true);
  const { it } = tab({ saveAs: name });
  const answered = await save(it);
  expect(answered.status).toBe(200);
});
