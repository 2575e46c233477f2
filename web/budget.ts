/**
 * A step of the build: how many bytes a browser fetches before the first screen works, compressed as the server sends
 * them, and no more than is allowed. Nearly all of it is the client core. What judges passwords is not counted: it is
 * fetched where somebody chooses one. Nor is what only somebody who is signed in sees.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** What a released page may weigh: `cargo xtask build --release`. The goal is 1.2 MB: docs/performance.md says what is in the way. */
const RELEASED_BYTES_MAX = 1_400_000;
/** What a page may weigh whose core was built in a hurry. */
const QUICK_BYTES_MAX = 1_950_000;

/** What the core and its words need besides what the page names itself. */
const ALWAYS = /^assets\/(?:worker-.*\.js|undertone_client_wasm_bg-.*\.wasm|commissioner-latin-wght-normal-.*\.woff2)$/u;
const NAMED = /(?:src|href)="\/(?<file>assets\/[^"]+)"/gu;

async function sentBytes(path: string): Promise<number> {
  const compressed = await stat(`${path}.br`).catch(() => stat(path));
  return compressed.size;
}

/** What is fetched at first, and how many bytes that is. */
export async function firstDownload(directory: string): Promise<number> {
  const page = await readFile(join(directory, 'index.html'), 'utf8');
  const named = [...page.matchAll(NAMED)].map(({ groups }) => groups?.['file'] ?? '');
  const files = (await readdir(directory, { recursive: true })).map((file) => file.replaceAll('\\', '/'));
  const all = new Set(['index.html', ...named, ...files.filter((file) => ALWAYS.test(file))]);
  const sizes = await Promise.all([...all].map((file) => sentBytes(join(directory, file))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What is to be said of so many bytes, if they are too many. */
export function tooMuch(bytes: number, isReleased: boolean): string | undefined {
  const allowed = isReleased ? RELEASED_BYTES_MAX : QUICK_BYTES_MAX;
  return bytes > allowed ? `the first download has ${bytes} bytes, and ${allowed} are allowed` : undefined;
}

/** The plugin. */
export function budget(isReleased: boolean): Plugin {
  let directory = 'dist';
  return {
    name: 'undertone-budget',
    apply: (_, { mode }) => mode === 'production',
    configResolved(config) {
      directory = config.build.outDir;
    },
    closeBundle: {
      sequential: true,
      order: 'post',
      async handler() {
        const bytes = await firstDownload(directory);
        this.info(`the first download has ${bytes} bytes`);
        const complaint = tooMuch(bytes, isReleased);
        if (complaint) this.error(complaint);
      },
    },
  };
}
