/**
 * A page that holds nothing but the measuring module, from a folder: there is no server. No part of the product;
 * `cargo xtask bench browser` builds the module.
 */
import type { Page } from '@playwright/test';
import { join } from 'node:path';

export const ADDRESS = 'http://localhost/';
export const MODULE = 'undertone_bench.js';
const TYPES = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm' };

/** A page that shares nothing with others gets an exact clock. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** Answers all requests of the page from the folder; some names have their content here. */
export async function serve(page: Page, written: Readonly<Record<string, string>> = {}): Promise<void> {
  const folder = setting('UNDERTONE_BENCH_PAGE');
  await page.route(`${ADDRESS}**`, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    if (name === '') {
      await route.fulfill({ body: '<!doctype html><title>Measuring</title>', contentType: TYPES.html, headers: ISOLATED });
      return;
    }
    const contentType = name.endsWith('.wasm') ? TYPES.wasm : TYPES.js;
    const body = written[name];
    await route.fulfill({ ...(body === undefined ? { path: join(folder, name) } : { body }), contentType, headers: ISOLATED });
  });
}

/** Only whether it works. */
export const isQuick = (): boolean => Boolean(process.env['UNDERTONE_BENCH_QUICK']);

export function setting(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set: start this by cargo xtask bench browser`);
  }
  return value;
}
