/**
 * What groups cost in a browser: opens a page that holds nothing but the measuring module, and writes down what
 * it finds. No part of the product; `cargo xtask bench browser` builds the module and starts this.
 */
import { type Page, test } from '@playwright/test';
import { writeFile } from 'node:fs/promises';
import { ADDRESS, isQuick, MODULE, serve, setting } from './served';

test('groups of many sizes', async ({ page }) => {
  await serve(page);
  await page.exposeFunction('tell', (words: string) => process.stderr.write(`  ${words}\n`));
  await page.goto(ADDRESS);
  const figures = await measure(page, isQuick());
  await writeFile(setting('UNDERTONE_BENCH_FIGURES'), figures);
});

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
