/**
 * What a long history costs the screen: 10,000 messages, with pictures, code, answers and reactions among them, in the
 * built page over the core in memory, scrolled from the newest to the oldest. It measures the page alone; the core has benchmarks of its own.
 */
import { type CDPSession, expect, type Page, test } from '@playwright/test';
import { writeFile } from 'node:fs/promises';
import { startPreview } from '../e2e/preview';
import { isQuick } from './served';

const HISTORY = '/c/groupalongahistoryaaaaaaaa';
const FRAME_MS = 1000 / 60;
/** A quick fling: 24,000 pixels in a second. */
const STEP_PX = 400;

// What records a trace works in every frame, too.
test.use({ trace: 'off' });

interface Scrolled {
  readonly frames: number;
  /** From the step to the end of its paint, by the clock: half of the frames, 95 of 100, the worst. */
  readonly work_ms: { readonly p50: number; readonly p95: number; readonly worst: number };
  /** Frames whose work took longer than a sixtieth of a second. */
  readonly late: number;
  /** Most rows that were in the document at once. */
  readonly rows: number;
}

interface Measured extends Scrolled {
  /** Work of the page's thread for one frame, on average: its own time, whatever else the machine does. */
  readonly thread_ms: number;
}

test('10,000 messages are scrolled at 60 frames per second', async ({ page }) => {
  const preview = await startPreview();
  try {
    await page.goto(preview.at('long', HISTORY));
    await expect(page.getByRole('log').getByText(/^10000\. /u)).toBeVisible();
    const thread = await page.context().newCDPSession(page);
    await thread.send('Performance.enable', { timeDomain: 'threadTicks' });
    const before = await threadMs(thread);
    const scrolled = await scroll(page);
    const measured: Measured = { ...scrolled, thread_ms: ((await threadMs(thread)) - before) / scrolled.frames };
    const path = process.env['UNDERTONE_BENCH_FIGURES_TIMELINE'];
    if (path) await writeFile(path, JSON.stringify(figuresOf(measured)));
    process.stderr.write(`  ${JSON.stringify(measured)}\n`);
    expect(measured.rows).toBeLessThan(260);
    // By the thread's own time: by the clock a busy machine makes any page late.
    expect(measured.thread_ms).toBeLessThan(FRAME_MS);
    // Who measures in earnest has a machine that is not busy.
    if (!isQuick()) expect(measured.work_ms.p95).toBeLessThan(FRAME_MS);
  } finally {
    await page.close();
    await preview.close();
  }
});

const figure = (what: string, value: number, unit: string) => ({ what: `scrolling 10,000 messages: ${what}`, place: 'browser', value, unit, runs: 1 });

/** The figures as `cargo xtask bench` reads them. */
function figuresOf({ frames, thread_ms, work_ms, late, rows }: Measured) {
  return [
    figure('work of the thread for a frame, average', thread_ms, 'ms'),
    figure('a frame, half of them', work_ms.p50, 'ms'),
    figure('a frame, 95 of 100', work_ms.p95, 'ms'),
    figure('a frame, the worst', work_ms.worst, 'ms'),
    figure('frames', frames, 'count'),
    figure('frames later than a sixtieth of a second', late, 'count'),
    figure('rows at once, at most', rows, 'count'),
  ];
}

/** How long the page's thread has worked. */
async function threadMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
}

/** Scrolls up by a step in every frame until there is nothing older, and times the work between two frames. */
function scroll(page: Page): Promise<Scrolled> {
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
