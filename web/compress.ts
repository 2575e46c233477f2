/** A step of the build: beside every file that compresses well, its brotli variant, which the server hands out as it is. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { Plugin } from 'vite';

const compress = promisify(brotliCompress);
const COMPRESSIBLE = /\.(?:html|js|css|svg|wasm|webmanifest|txt)$/u;
/** Beyond this size the best quality takes many seconds and gains a twelfth: for what is released alone. */
const QUICK_BYTES_MAX = 1_000_000;
/** How far back a repetition is found, as a power of two: the whole of the largest file. */
const WINDOW_BITS = constants.BROTLI_MAX_WINDOW_BITS;

async function compressFile(path: string, isReleased: boolean): Promise<void> {
  const { size } = await stat(path);
  const quality = isReleased || size <= QUICK_BYTES_MAX ? constants.BROTLI_MAX_QUALITY : 9;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: size,
  };
  const compressed = await compress(await readFile(path), { params });
  await writeFile(`${path}.br`, compressed);
}

/** The plugin. */
export function brotli(isReleased: boolean): Plugin {
  let directory = 'dist';
  return {
    name: 'undertone-brotli',
    apply: (_, { mode }) => mode === 'production',
    configResolved(config) {
      directory = config.build.outDir;
    },
    closeBundle: {
      // After all that still changes files.
      sequential: true,
      order: 'post',
      async handler() {
        const files = await readdir(directory, { recursive: true });
        await Promise.all(files.filter((file) => COMPRESSIBLE.test(file)).map((file) => compressFile(join(directory, file), isReleased)));
      },
    },
  };
}
