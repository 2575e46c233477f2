/** A timeline stands still for who reads it, whatever comes above or below, and follows for who is at its end. */
import type { Page } from '@playwright/test';
import type { CoreDouble } from '../src/core/testing/double';
import { expect, type Preview, test } from './preview';

/* oxlint-disable unicorn/consistent-function-scoping -- what runs in the page brings along what it needs */

const PATH = '/c/groupalongahistoryaaaaaaaa';
/** What rounding may move. */
const SLACK_PX = 1;

async function openHistory(page: Page, preview: Preview): Promise<void> {
  await page.goto(preview.at('long', PATH));
  await expect(page.getByRole('log').getByText(/^10000\. /u)).toBeVisible();
}

interface Moved {
  /** By how much what was read moved, in any frame. */
  readonly px: number;
  readonly first: string;
}

/**
 * Scrolls up by a step, then watches what stands at the top for as many frames as asked: for the time in which older
 * messages come. It says how far it moved, and which message is the first one then.
 */
function readUpwards(page: Page, step: number, frames: number): Promise<Moved> {
  return page.evaluate(
    async ([by, count]) => {
      const log = document.querySelector<HTMLElement>('[role="log"]');
      if (!log) throw new Error('no timeline');
      const rows = () => [...log.querySelectorAll<HTMLElement>('[data-row]')];
      const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      log.scrollTop -= by;
      const edge = log.getBoundingClientRect().top;
      const row = rows().find((each) => each.getBoundingClientRect().bottom > edge);
      if (!row) throw new Error('nothing is seen');
      const top = row.getBoundingClientRect().top;
      let px = 0;
      for (let frame = 0; frame < count; frame += 1) {
        await nextFrame();
        px = Math.max(px, row.isConnected ? Math.abs(row.getBoundingClientRect().top - top) : Infinity);
      }
      return { px, first: log.querySelector<HTMLElement>('[data-message]')?.dataset['message'] ?? '' };
    },
    [step, frames] as const,
  );
}

/** Does something to the core of the page, and says how far the row at the top moved then. */
function movedBy(page: Page, what: 'another writes' | 'a message above grows'): Promise<number> {
  return page.evaluate(
    async ([path, happens]) => {
      const double: CoreDouble = Reflect.get(globalThis, 'double');
      const log = document.querySelector<HTMLElement>('[role="log"]');
      const id = double.conversations.find(({ conversation }) => path.endsWith(conversation))?.conversation;
      const somebody = double.people.find(({ name }) => name === 'Ruth');
      if (!log || id === undefined || !somebody) throw new Error('no timeline');
      const edge = log.getBoundingClientRect().top;
      const rows = [...log.querySelectorAll<HTMLElement>('[data-message]')];
      const row = rows.find((each) => each.getBoundingClientRect().bottom > edge);
      const above = rows[0]?.dataset['message'];
      if (!row || above === undefined || row.dataset['message'] === above) throw new Error('nothing stands above');
      const top = row.getBoundingClientRect().top;
      const all = await double.core.timeline(id, { limit: 20_000 });
      const [key] = all.messages.flatMap((each) => (each.key === above ? [each.key] : []));
      const height = log.scrollHeight;
      if (happens === 'another writes') double.say(id, somebody, 'Something new\nof several lines');
      else if (key !== undefined) double.amend(id, key, { blocks: [{ paragraph: [{ text: 'word '.repeat(400) }] }] });
      let px = 0;
      for (let frame = 0; frame < 30; frame += 1) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        px = Math.max(px, Math.abs(row.getBoundingClientRect().top - top));
      }
      if (happens === 'a message above grows' && log.scrollHeight <= height) throw new Error('nothing grew');
      return px;
    },
    [PATH, what] as const,
  );
}

/** How far it is to the end. */
function belowEnd(page: Page): Promise<number> {
  return page.getByRole('log').evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
}

test('what is read stays where it is while older messages come', async ({ page, preview }) => {
  await openHistory(page, preview);
  const firsts = new Set<string>();
  for (let step = 0; step < 40; step += 1) {
    const { px, first } = await readUpwards(page, 900, 8);
    expect(px, `step ${step}`).toBeLessThanOrEqual(SLACK_PX);
    firsts.add(first);
  }
  // Older ones did come, more than once.
  expect(firsts.size).toBeGreaterThan(3);
});

test('at the end new messages are followed', async ({ page, preview }) => {
  await openHistory(page, preview);
  for (const number of [1, 2, 3]) {
    await page.evaluate(
      ([path, text]) => {
        const double: CoreDouble = Reflect.get(globalThis, 'double');
        const id = double.conversations.find(({ conversation }) => path.endsWith(conversation))?.conversation;
        const somebody = double.people.find(({ name }) => name === 'Ruth');
        if (id !== undefined && somebody) double.say(id, somebody, text);
      },
      [PATH, `Newest ${number}\n`.repeat(6)] as const,
    );
    await expect(page.getByRole('log').getByText(`Newest ${number}`).last()).toBeInViewport();
    await expect.poll(() => belowEnd(page)).toBeLessThanOrEqual(SLACK_PX);
  }
});

test('for who has scrolled up nothing moves when others write or a message above grows', async ({ page, preview }) => {
  await openHistory(page, preview);
  await readUpwards(page, 900, 12);
  expect(await movedBy(page, 'another writes')).toBeLessThanOrEqual(SLACK_PX);
  await expect(page.getByRole('button', { name: /new message/u })).toBeVisible();
  expect(await movedBy(page, 'a message above grows')).toBeLessThanOrEqual(SLACK_PX);
  await page.getByRole('button', { name: /new message/u }).click();
  await expect(page.getByRole('log').getByText('Something new').last()).toBeInViewport();
  await expect.poll(() => belowEnd(page)).toBeLessThanOrEqual(SLACK_PX);
});

test('far away in the history, new messages do not move it either', async ({ page, preview }) => {
  await openHistory(page, preview);
  for (let step = 0; step < 30; step += 1) await readUpwards(page, 900, 6);
  await expect(page.getByRole('log').getByText(/^10000\. /u)).toHaveCount(0);
  expect(await movedBy(page, 'another writes')).toBeLessThanOrEqual(SLACK_PX);
  await page.getByRole('button', { name: /new message|newest/iu }).click();
  await expect(page.getByRole('log').getByText('Something new').last()).toBeInViewport();
});
