/** Read from right to left, and with the contrast that somebody needs: screens are mirrored, nothing leaves them, and everything is still seen. */
import type { Page } from '@playwright/test';
import { expectAccessible } from './accessible';
import { expect, test } from './story';
import { PHONE } from './user';

const WIDE = { width: 1440, height: 900 } as const;

/** The page in a language that is written from the right. */
async function mirrored(page: Page): Promise<void> {
  await page.addInitScript(() => {
    document.addEventListener('DOMContentLoaded', () => document.documentElement.setAttribute('dir', 'rtl'));
  });
}

test('from right to left every screen is mirrored and nothing leaves it', async ({ user, server }, info) => {
  const bob = await user('Bob');
  const alice = await user('Alice');
  const { page } = alice;
  await alice.makesGroup('Pier', ['Bob']);
  await alice.writes('Good morning');
  await alice.seesSent('Good morning');
  await bob.reads('Pier');
  await bob.writes('صباح الخير، البوابة مفتوحة في الساعة 14:30');
  await expect(alice.log.getByText(/صباح/u)).toBeVisible();
  const there = new URL(page.url()).pathname.replace('/details', '');
  await mirrored(page);
  for (const viewport of [WIDE, PHONE]) {
    await page.setViewportSize(viewport);
    for (const [name, address] of [
      ['conversation', there], ['details', `${there}/details`], ['people', `${there}/people`], ['search', `${there}/search`], ['settings', '/settings'], ['keys', '/keys'],
      ['new room', '/new/room'], ['list', '/'],
    ] as const) {
      await page.goto(server.url + address);
      await expect(page.getByRole('heading').first()).toBeAttached();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, `${name}, ${viewport.width}`).toBeLessThanOrEqual(0);
      await page.screenshot({ path: info.outputPath(`${name}-${viewport.width}.png`) });
    }
  }
  await page.setViewportSize(WIDE);
  await page.goto(server.url + there);
  await expect(alice.log.getByText('Good morning')).toBeVisible();
  const list = await page.getByRole('navigation', { name: 'Conversation list' }).boundingBox();
  expect(list?.x).toBeGreaterThan(WIDE.width / 2);
  const own = await alice.log.getByText('Good morning').boundingBox();
  const other = await alice.log.getByText(/صباح/u).boundingBox();
  expect(own?.x ?? 0).toBeLessThan(other?.x ?? 0);
  const send = await page.getByRole('button', { name: 'Send' }).boundingBox();
  const field = await alice.composer('Pier').boundingBox();
  expect(send?.x ?? 0).toBeLessThan((field?.x ?? 0) + 80);
});

test('with high contrast and with the system’s own colours everything is still seen', async ({ user }, info) => {
  const bob = await user('Bob');
  const alice = await user('Alice');
  const { page } = alice;
  await alice.opensConversationWith('Bob');
  await alice.writes('Good morning');
  await alice.seesSent('Good morning');
  await bob.reads('Alice');
  await bob.writes('Bring the torque wrench');
  await expect(alice.log.getByText('torque')).toBeVisible();
  await page.emulateMedia({ contrast: 'more' });
  await expectAccessible(page, 'conversation, more contrast', [WIDE, PHONE]);
  await page.screenshot({ path: info.outputPath('more.png') });

  await page.emulateMedia({ contrast: null, forcedColors: 'active', colorScheme: 'dark' });
  await page.screenshot({ path: info.outputPath('forced.png') });
  // What is drawn by shadows and grounds alone would be gone: edges are real borders or outlines then.
  const edgeless = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('form:has(textarea), [role="switch"], button[type="submit"]')].filter((element) => {
      const { borderStyle, outlineStyle } = getComputedStyle(element);
      return borderStyle === 'none' && outlineStyle === 'none';
    }).map((element) => element.outerHTML.slice(0, 80)),
  );
  expect(edgeless).toEqual([]);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.screenshot({ path: info.outputPath('forced-settings.png') });
});
