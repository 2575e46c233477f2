/** What counts as the first download, and how it is counted. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { firstDownload, tooMuch } from './budget';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'undertone-budget-'));
});

afterEach(() => rm(directory, { recursive: true }));

async function file(name: string, bytes: number, text = ''): Promise<void> {
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text.padEnd(bytes));
}

test('what the page, the worker and the core need is counted as it is sent, and what comes later is not', async () => {
  await file('index.html', 900, '<script src="/assets/index-a.js"></script>');
  await file('index.html.br', 1);
  await file('assets/index-a.js', 900);
  await file('assets/index-a.js.br', 20);
  await file('assets/worker-b.js', 300);
  await file('assets/undertone_client_wasm_bg-c.wasm', 9000);
  await file('assets/undertone_client_wasm_bg-c.wasm.br', 4000);
  await file('assets/undertone_strength_bg-d.wasm', 70_000);
  await file('assets/EmojiPicker-e.js', 70_000);
  expect(await firstDownload(directory)).toBe(1 + 20 + 300 + 4000);
});

test('a released page has a limit of its own', () => {
  expect(tooMuch(1_400_000, true)).toBeUndefined();
  expect(tooMuch(1_400_001, true)).toContain('1400000');
  expect(tooMuch(1_400_001, false)).toBeUndefined();
  expect(tooMuch(9_000_000, false)).toContain('9000000');
});
