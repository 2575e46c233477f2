/**
 * A step of the build: how many bytes a browser fetches before the first screen works, compressed as the server sends
 * them, and no more than is allowed. The goal is 1.2 MB; nearly all of it is the client core.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** For the core as it is built while working; the released one is about a seventh smaller. */
const BYTES_MAX = 2_700_000;

/** What the core and its words need besides what the page names itself. */
const ALWAYS = /^assets\/(?:worker-.*\.js|.*\.wasm|commissioner-latin-slnt-normal-.*\.woff2)$/u;
const NAMED = /(?:src|href)="\/(?<file>assets\/[^"]+)"/gu;

async function sentBytes(path: string): Promise<number> {
  const compressed = await stat(`${path}.br`).catch(() => stat(path));
  return compressed.size;
}

/** What is fetched at first, and how many bytes that is. */
async function firstDownload(directory: string): Promise<number> {
  const page = await readFile(join(directory, 'index.html'), 'utf8');
  const named = [...page.matchAll(NAMED)].map(({ groups }) => groups?.['file'] ?? '');
  const files = (await readdir(directory, { recursive: true })).map((file) => file.replaceAll('\\', '/'));
  const all = new Set(['index.html', ...named, ...files.filter((file) => ALWAYS.test(file))]);
  const sizes = await Promise.all([...all].map((file) => sentBytes(join(directory, file))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The plugin. */
export function budget(): Plugin {
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
        if (bytes > BYTES_MAX) this.error(`the first download has ${bytes} bytes, and ${BYTES_MAX} are allowed`);
      },
    },
  };
}
