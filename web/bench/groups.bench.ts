/**
 * What groups cost in a browser: opens a page that holds nothing but the measuring module, and writes down what
 * it finds. No part of the product; `cargo xtask bench browser` builds the module and starts this.
 */
import { type Page, test } from '@playwright/test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ADDRESS = 'http://localhost/';
const MODULE = 'undertone_bench.js';
const TYPES = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm' };

/** A page that shares nothing with others gets an exact clock. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

test('groups of many sizes', async ({ page }) => {
  await serve(page, setting('UNDERTONE_BENCH_PAGE'));
  await page.exposeFunction('tell', (words: string) => process.stderr.write(`  ${words}\n`));
  await page.goto(ADDRESS);
  const figures = await measure(page, Boolean(process.env['UNDERTONE_BENCH_QUICK']));
  await writeFile(setting('UNDERTONE_BENCH_FIGURES'), figures);
});

/** Answers all requests of the page from a folder; there is no server. */
async function serve(page: Page, folder: string): Promise<void> {
  await page.route(`${ADDRESS}**`, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    if (name === '') {
      await route.fulfill({ body: '<!doctype html><title>Measuring</title>', contentType: TYPES.html, headers: ISOLATED });
      return;
    }
    const contentType = name.endsWith('.wasm') ? TYPES.wasm : TYPES.js;
    await route.fulfill({ path: join(folder, name), contentType, headers: ISOLATED });
  });
}

function measure(page: Page, small: boolean): Promise<string> {
  return page.evaluate(
    async ({ address, quick }) => {
      const module = await import(address);
      await module.default();
      const tell: unknown = Reflect.get(window, 'tell');
      return module.groups(quick, () => performance.now(), tell);
    },
    { address: `${ADDRESS}${MODULE}`, quick: small },
  );
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set: start this by cargo xtask bench browser`);
  }
  return value;
}
