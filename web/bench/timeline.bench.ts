/**
 * What a long history costs the screen: 10,000 messages in the built page over the core in memory, scrolled from the
 * newest to the oldest. It measures the page alone; the core has benchmarks of its own.
 */
import { type CDPSession, expect, type Page, test } from '@playwright/test';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type InlineConfig, preview } from 'vite';

const PAGE = fileURLToPath(new URL('../preview.html', import.meta.url));
const HISTORY = '/preview.html?scene=long&path=/c/groupalongahistoryaaaaaaaa';
const FRAME_MS = 1000 / 60;
/** A quick fling: 24,000 pixels in a second. */
const STEP_PX = 400;

interface Figures {
  readonly frames: number;
  /** Work of the page's thread for one frame, on average: its own time, whatever else the machine does. */
  readonly thread_ms?: number;
  /** From the step to the end of its paint, by the clock: half of the frames, 95 of 100, the worst. */
  readonly work_ms: { readonly p50: number; readonly p95: number; readonly worst: number };
  /** Frames whose work took longer than a sixtieth of a second. */
  readonly late: number;
  /** Most rows that were in the document at once. */
  readonly rows: number;
}

test('10,000 messages are scrolled at 60 frames per second', async ({ page }) => {
  const outDir = await mkdtemp(join(tmpdir(), 'undertone-bench-'));
  const options: InlineConfig = { configFile: false, plugins: [react(), tailwindcss()], define: { UNDERTONE_VERSION: '"bench"' }, logLevel: 'error' };
  await build({ ...options, build: { outDir, target: 'es2023', rolldownOptions: { input: PAGE } } });
  const server = await preview({ ...options, build: { outDir }, preview: { port: 0 } });
  try {
    await page.goto(new URL(HISTORY, server.resolvedUrls?.local[0]).href);
    await expect(page.getByRole('log').getByText(/^10000\. /u)).toBeVisible();
    const thread = await page.context().newCDPSession(page);
    await thread.send('Performance.enable', { timeDomain: 'threadTicks' });
    const before = await threadMs(thread);
    const scrolled = await scroll(page);
    const figures: Figures = { ...scrolled, thread_ms: ((await threadMs(thread)) - before) / scrolled.frames };
    const path = process.env['UNDERTONE_BENCH_FIGURES_TIMELINE'];
    if (path) await writeFile(path, JSON.stringify(figures));
    process.stderr.write(`  ${JSON.stringify(figures)}\n`);
    expect(figures.rows).toBeLessThan(260);
    // By the thread's own time: by the clock a busy machine makes any page late.
    expect(figures.thread_ms).toBeLessThan(FRAME_MS);
  } finally {
    await page.close();
    await server.close();
    await rm(outDir, { recursive: true, force: true });
  }
});

/** How long the page's thread has worked. */
async function threadMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
}

/** Scrolls up by a step in every frame until there is nothing older, and times the work between two frames. */
function scroll(page: Page): Promise<Figures> {
  return page.evaluate(
    async ({ step, frame }) => {
      const log = document.querySelector<HTMLElement>('[role="log"]');
      if (!log) throw new Error('no timeline');
      const work: number[] = [];
      let rows = 0;
      const channel = new MessageChannel();
      /** Resolves when all work of this frame is done: a message waits behind layout and paint. */
      const afterFrame = () =>
        new Promise<void>((resolve) => {
          channel.port1.addEventListener('message', () => resolve(), { once: true });
          channel.port1.start();
          channel.port2.postMessage(undefined);
        });
      const hasOlder = () => log.querySelector('ol > li')?.querySelector('button') !== null;
      while ((log.scrollTop > 0 || hasOlder()) && work.length < 5000) {
        await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        const begin = performance.now();
        log.scrollTop -= step;
        await afterFrame();
        work.push(performance.now() - begin);
        if (work.length % 60 === 0) rows = Math.max(rows, log.querySelectorAll('[data-row]').length);
      }
      const sorted = work.toSorted((a, b) => a - b);
      const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
      return {
        frames: work.length,
        work_ms: { p50: at(0.5), p95: at(0.95), worst: at(1) },
        late: work.filter((each) => each > frame).length,
        rows,
      };
    },
    { step: STEP_PX, frame: FRAME_MS },
  );
}
