/** That a page goes on drawing while it is given something absurd. */
import { expect, type Page } from '@playwright/test';

const FRAMES = 30;
/** Longer than any frame of a page that lives, even on a busy machine. */
const FRAME_MS_MAX = 2000;

/** Waits for some frames, and none of them takes long. */
export async function expectNotFrozen(page: Page): Promise<void> {
  const worst = await page.evaluate(async (frames) => {
    let longest = 0;
    for (let frame = 0; frame < frames; frame += 1) {
      const begin = performance.now();
      await new Promise((resolve) => {
        requestAnimationFrame(resolve);
      });
      longest = Math.max(longest, performance.now() - begin);
    }
    return longest;
  }, FRAMES);
  expect(worst).toBeLessThan(FRAME_MS_MAX);
}
