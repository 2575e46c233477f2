/**
 * A step of the build: tells the service worker which files make the page, and gives the whole a name, the hash of
 * all its files. A changed page is then a changed service worker, which browsers notice.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const SERVICE_WORKER = 'sw.js';
const PLACE = 'UNDERTONE_SHELL';

/** Fonts of other scripts and what judges passwords come when they are needed; the changes are read by few. */
const LEFT_OUT = /(?:undertone_strength_bg-[^/]*\.wasm|\.br|changes\.txt|\.woff2|sw\.js|icon-512\.png|maskable\.png)$/u;
const FIRST_FONTS = /latin-(?:slnt|wght)-normal-[^/]*\.woff2$/u;

function isOfTheShell(file: string): boolean {
  return FIRST_FONTS.test(file) || !LEFT_OUT.test(file);
}

async function fillIn(directory: string, version: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).toSorted();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.slice(directory.length)).update(await readFile(file));
  const kept = files.map((file) => file.slice(directory.length).replaceAll('\\', '/')).filter(isOfTheShell);
  const filling = {
    version,
    build: hash.digest('hex').slice(0, 16),
    // The page has one address of its own; index.html is not asked for by that name.
    files: kept.map((file) => (file === '/index.html' ? '/' : file)),
  };
  const path = join(directory, SERVICE_WORKER);
  const code = await readFile(path, 'utf8');
  if (!code.includes(PLACE)) throw new Error(`${SERVICE_WORKER} has no ${PLACE}`);
  await writeFile(path, code.replaceAll(PLACE, JSON.stringify(filling)));
}

/** The plugin. What changed goes along as text, for those who ask. */
export function shell(version: string): Plugin {
  let directory = 'dist';
  return {
    name: 'undertone-shell',
    apply: 'build',
    configResolved(config) {
      directory = config.build.outDir;
    },
    closeBundle: {
      sequential: true,
      order: 'pre',
      async handler() {
        await writeFile(join(directory, 'changes.txt'), await readFile('../CHANGELOG.md'));
        await fillIn(directory, version);
      },
    },
  };
}
