/**
 * How long a device searches in a browser: 100,000 messages in the encrypted store of the client, in the browser's
 * own file system, asked by a worker as in the product. No part of the product; `cargo xtask bench browser` builds
 * the module and starts this.
 */
import { expect, type Page, test } from '@playwright/test';
import { writeFile } from 'node:fs/promises';
import { ADDRESS, isQuick, MODULE, serve, setting } from './served';

/** The store's files are open to a worker alone. */
const WORKER = `
import start, { search } from './${MODULE}';
addEventListener('message', async ({ data }) => {
  try {
    await start();
    postMessage({ figures: await search(data, () => performance.now()) });
  } catch (thrown) {
    postMessage({ failure: String(thrown) });
  }
});
postMessage({ ready: true });
`;

test('words in 100,000 messages', async ({ page }) => {
  await serve(page, { 'worker.js': WORKER });
  await page.goto(ADDRESS);
  const { figures, failure } = await measure(page, isQuick());
  expect(failure).toBeUndefined();
  await writeFile(setting('UNDERTONE_BENCH_FIGURES_SEARCH'), figures ?? '');
  process.stderr.write(`  ${figures}\n`);
});

interface Answer {
  readonly figures?: string;
  readonly failure?: string;
}

function measure(page: Page, small: boolean): Promise<Answer> {
  return page.evaluate(
    ({ address, quick }) =>
      new Promise<Answer>((resolve) => {
        const worker = new Worker(address, { type: 'module' });
        worker.addEventListener('error', ({ message }) => resolve({ failure: message || 'the worker did not start' }));
        worker.addEventListener('message', ({ data }) => {
          if (data.ready) worker.postMessage(quick);
          else resolve(data);
        });
      }),
    { address: `${ADDRESS}worker.js`, quick: small },
  );
}
