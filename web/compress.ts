/** A step of the build: beside every file that compresses well, its brotli variant, which the server hands out as it is. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { Plugin } from 'vite';

const compress = promisify(brotliCompress);
const COMPRESSIBLE = /\.(?:html|js|css|svg|wasm|webmanifest|txt)$/u;
/** Beyond this size the best quality takes a minute and gains a few percent. */
const BEST_QUALITY_BYTES_MAX = 1_000_000;

async function compressFile(path: string): Promise<void> {
  const { size } = await stat(path);
  const quality = size > BEST_QUALITY_BYTES_MAX ? 9 : constants.BROTLI_MAX_QUALITY;
  const compressed = await compress(await readFile(path), { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
  await writeFile(`${path}.br`, compressed);
}

/** The plugin. */
export function brotli(): Plugin {
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
        await Promise.all(files.filter((file) => COMPRESSIBLE.test(file)).map((file) => compressFile(join(directory, file))));
      },
    },
  };
}
