/** Every screen, light and dark, wide and narrow: no rule of accessibility is broken, nothing scrolls sideways, all by keyboard. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import { expect, test } from './story';
import { User } from './user';

declare const axe: { run(options: object): Promise<{ violations: readonly { id: string; nodes: readonly { html: string }[] }[] }> };

const SIZES = [
  { width: 1440, height: 900 },
  { width: 900, height: 700 },
  { width: 390, height: 844 },
  { width: 320, height: 640 },
];
const THEMES = ['light', 'dark'] as const;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What is open in a pane that becomes the only one does not outlive the change of width. */
const WIDE = SIZES.slice(0, 1);

async function expectAccessible(page: Page, screen: string, sizes = SIZES): Promise<void> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  for (const viewport of sizes) {
    for (const colorScheme of THEMES) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = await page.evaluate((rules) => axe.run({ runOnly: rules }), RULES);
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      expect(found, `${screen}, ${viewport.width} wide, ${colorScheme}`).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, `${screen} scrolls sideways at ${viewport.width}`).toBeLessThanOrEqual(0);
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

test('screens before signing in', async ({ freshServer, profile }) => {
  const { page } = await User.opens(await profile(), 'Ruth', freshServer.url);
  await expect(page.getByRole('link', { name: 'I run this server' })).toBeVisible();
  await expectAccessible(page, 'first page');
  await page.getByRole('link', { name: 'Sign in or create an account' }).click();
  await expectAccessible(page, 'sign in');
  await page.getByText('I am new here').click();
  await expectAccessible(page, 'create account');
  await page.goto(`${freshServer.url}/setup`);
  await expect(page.getByLabel('Set-up code')).toBeVisible();
  await expectAccessible(page, 'set-up');
});

test('screens of somebody who is signed in', async ({ user }) => {
  const bob = await user('Bob');
  const { page } = await user('Alice');
  await expectAccessible(page, 'empty list');
  await page.getByRole('button', { name: 'New conversation' }).click();
  await expect(page.getByRole('menu')).toBeVisible();
  await expectAccessible(page, 'menu of what is new', WIDE);
  await page.getByRole('menuitem', { name: 'Start a conversation' }).click();
  await expect(page.getByRole('option', { name: 'Bob' })).toBeVisible();
  await expectAccessible(page, 'people');
  await page.getByRole('option', { name: 'Bob' }).click();
  const field = page.getByRole('textbox', { name: 'Message to Bob' });
  await expect(field).toBeVisible();
  await expectAccessible(page, 'empty conversation');
  await field.fill('Good morning');
  await field.press('Enter');
  await expect(page.getByRole('log')).toContainText('Sent');
  await bob.reads('Alice');
  await bob.writes('Good morning to you');
  await expect(page.getByRole('log')).toContainText('Good morning to you');
  await expectAccessible(page, 'conversation');
  await page.goto(`${page.url()}/details`);
  await expect(page.getByText('How this works')).toBeVisible();
  await page.getByText('How this works').click();
  await expectAccessible(page, 'details');
  await page.getByRole('button', { name: 'Close details' }).click();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('good');
  await expect(page.getByRole('option')).toHaveCount(2);
  await expectAccessible(page, 'search');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Settings' }).click();
  await expectAccessible(page, 'settings');
  await page.getByText('More', { exact: true }).click();
  await expectAccessible(page, 'settings, more contrast');
});

test('screens of rooms and of guests', async ({ user, profile }) => {
  const alice = await user('Alice');
  const { page } = alice;
  await alice.choosesNew('New group');
  await expectAccessible(page, 'new group');
  await alice.choosesNew('New room');
  await page.getByRole('button', { name: /^Messages disappear/u }).click();
  await expectAccessible(page, 'new room, with a menu');
  await page.keyboard.press('Escape');
  await page.getByLabel('Title').fill('Night shift swaps');
  await page.getByRole('switch', { name: 'Ask before entering' }).check();
  await page.getByRole('button', { name: 'Make the room' }).click();
  await expect(page.getByText('Night shift swaps is ready')).toBeVisible();
  const link = await alice.copiesRoomLink();
  await page.getByRole('button', { name: /^Change link and code/u }).click();
  await expectAccessible(page, 'room details, with a question', WIDE);
  await page.getByRole('button', { name: 'Keep them' }).click();
  await expectAccessible(page, 'room details');

  const heron = await User.opens(await profile(), 'Quiet Heron', link);
  await expect(heron.page.getByLabel('Your name in this room')).toBeVisible();
  await expectAccessible(heron.page, 'before a room');
  await heron.knocks();
  await expectAccessible(heron.page, 'waiting at the door');
  await page.getByRole('button', { name: /^People/u }).click();
  await expect(page.getByText('At the door, 1')).toBeVisible();
  await expectAccessible(page, 'people, with somebody at the door');
  await page.getByRole('button', { name: 'Let in Quiet Heron' }).first().click();
  await expect(heron.composer('Night shift swaps')).toBeVisible();
  await page.getByRole('button', { name: 'Quiet Heron: role and more' }).click();
  await expectAccessible(page, 'people, with a menu', WIDE);
  await page.keyboard.press('Escape');
  await alice.choosesFor('Quiet Heron', 'Remove and ban');
  await expectAccessible(page, 'people, with a question', WIDE);

  await heron.writes('Anyone for Thursday night?');
  await expectAccessible(heron.page, 'conversation of a room');
  await heron.page.getByRole('button', { name: 'Timer: Off' }).click();
  await expectAccessible(heron.page, 'choice of a timer');
  await heron.page.keyboard.press('Escape');
  await heron.page.setViewportSize({ width: 1440, height: 900 });
  await heron.page.getByRole('button', { name: 'Settings' }).click();
  await expectAccessible(heron.page, 'settings of a guest');
  await heron.page.getByRole('button', { name: 'Make an account' }).click();
  await expectAccessible(heron.page, 'a guest becomes an account');
  await heron.page.goto(`${new URL(link).origin}/r/aaaaaaaaaaaaaaaaaaaaaaaaaa#aaaa-aaaa-aaaa-aaaa-aaaa-aaaa`);
  await expect(heron.page.getByText(/does not fit any room/u)).toBeVisible();
  await expectAccessible(heron.page, 'a link that leads nowhere');
});

test('everything by keyboard', async ({ user }) => {
  await user('Bob');
  await user('Carla');
  const alice = await user('Alice');
  const { page } = alice;
  for (const name of ['Bob', 'Carla']) await alice.opensConversationWith(name);
  await expect(page.getByRole('heading', { name: 'Carla', level: 1 })).toBeVisible();
  await page.keyboard.type('Hello Carla');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('log')).toContainText('Hello Carla');
  await page.keyboard.press('Alt+ArrowDown');
  await expect(page.getByRole('heading', { name: 'Bob', level: 1 })).toBeVisible();
  await page.keyboard.press('Alt+ArrowUp');
  await expect(page.getByRole('heading', { name: 'Carla', level: 1 })).toBeVisible();
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox')).toBeFocused();
  await page.keyboard.type('bob');
  await expect(page.getByRole('option', { name: 'Bob' }).first()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Bob', level: 1 })).toBeVisible();
  await page.keyboard.press('Control+.');
  await expect(page.getByRole('button', { name: 'Close details' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Close details' })).toHaveCount(0);
  await page.goBack();
  await expect(page.getByRole('button', { name: 'Close details' })).toBeVisible();
  await page.getByRole('button', { name: 'New conversation' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Start a conversation' })).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('menuitem', { name: 'Join a room' })).toBeFocused();
  await page.keyboard.press('n');
  await expect(page.getByRole('menuitem', { name: 'New group' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'New conversation' })).toBeFocused();
});
