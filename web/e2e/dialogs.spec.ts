/** What opens over a screen or comes for a moment, over a core in memory: no rule of accessibility is broken there either. */
import type { Page } from '@playwright/test';
import type { CoreDouble } from '../src/core/testing/double';
import { expectAccessible } from './accessible';
import { expect, type Preview, test } from './preview';

const PIER = '/c/groupanorthapieraworksaaaa';
/** Menus and pickers close when the window changes its size: they are looked at on each anew. */
const WIDE = [{ width: 1440, height: 900 }];
const NARROW = [{ width: 390, height: 844 }];

async function talk(page: Page, preview: Preview): Promise<void> {
  await page.goto(preview.at('talk', PIER));
  await expect(page.getByRole('log').getByText('inspection moved to 14:30')).toBeVisible();
}

/** Opens the menu of a message and chooses from it. */
async function choose(page: Page, text: string, what: string): Promise<void> {
  await openMenu(page, text);
  await page.getByRole('menuitem', { name: what }).click();
}

async function openMenu(page: Page, text: string): Promise<void> {
  const message = page.getByRole('log').locator('[data-message]').filter({ hasText: text });
  await message.focus();
  await message.press('Shift+F10');
  await expect(page.getByRole('menu')).toBeVisible();
}

/** Opens the palette from a message that has the focus, and asks for one action. */
async function ask(page: Page, text: string, what: string): Promise<void> {
  await page.getByRole('log').locator('[data-message]').filter({ hasText: text }).focus();
  await page.keyboard.press('Control+k');
  await page.keyboard.type(`>${what}`);
}

for (const sizes of [WIDE, NARROW]) {
  const [viewport] = sizes;
  test.describe(`${viewport?.width} wide`, () => {
    test.use({ viewport: viewport ?? null });

    test('menus and pickers', async ({ page, preview }) => {
      await talk(page, preview);
      await openMenu(page, 'inspection moved');
      await expectAccessible(page, 'menu of a message', sizes);
      await page.setViewportSize(viewport ?? { width: 390, height: 844 });
      await talk(page, preview);
      await choose(page, 'inspection moved', 'React');
      await expect(page.getByRole('searchbox', { name: /emoji/iu })).toBeVisible();
      await expectAccessible(page, 'emoji', sizes);
    });

    test('the filters of the search', async ({ page, preview }) => {
      await page.goto(preview.at('talk', `${PIER}/search`));
      await page.getByRole('button', { name: 'Filters' }).click();
      await expect(page.getByRole('menu')).toBeVisible();
      await expectAccessible(page, 'filters', sizes);
    });

    test('dialogs over a conversation', async ({ page, preview }) => {
      for (const [text, what, title] of [
        ['inspection moved', 'Forward', 'Forward 1 message'],
        ['I have both', 'Who has read it', 'Read by'],
      ] as const) {
        await page.setViewportSize(viewport ?? { width: 390, height: 844 });
        await talk(page, preview);
        await choose(page, text, what);
        await expect(page.getByRole('dialog', { name: title })).toBeVisible();
        await expectAccessible(page, title, sizes);
      }
      await page.setViewportSize(viewport ?? { width: 390, height: 844 });
      await talk(page, preview);
      await page.getByRole('log').getByRole('button', { name: 'Edited. Show what it said before' }).click();
      await expect(page.getByRole('dialog', { name: 'What it said before' })).toBeVisible();
      await expectAccessible(page, 'what it said before', sizes);
    });

    test('choosing several, and what comes in passing', async ({ page, preview }) => {
      await talk(page, preview);
      await choose(page, 'inspection moved', 'Select');
      await expect(page.getByText('1 selected')).toBeVisible();
      await expectAccessible(page, 'several chosen', sizes);
      await page.setViewportSize(viewport ?? { width: 390, height: 844 });
      await talk(page, preview);
      await choose(page, 'Got it', 'Delete for me');
      await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
      await expectAccessible(page, 'a toast', sizes);
    });

    test('without a server', async ({ page, preview }) => {
      await talk(page, preview);
      await page.evaluate(() => {
        const double: CoreDouble = Reflect.get(globalThis, 'double');
        double.connection = { ...double.connection, state: 'offline', waiting: 2 };
        double.tell('connection');
      });
      await expect(page.getByText(/^Offline\./u)).toBeVisible();
      await expectAccessible(page, 'offline', sizes);
    });
  });
}

test('the palette does with a message what its menu does, and leaves the keyboard where one goes on', async ({ page, preview }, info) => {
  await talk(page, preview);
  await ask(page, 'Got it', '');
  await expect(page.getByRole('group', { name: /^This message: .*Got it/u }).getByRole('option')).toHaveCount(11);
  await page.screenshot({ path: info.outputPath('palette.png') });
  await expectAccessible(page, 'the palette over a message', WIDE);
  await page.keyboard.press('Escape');
  await ask(page, 'Got it', 'edit');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: /^Message to/u })).toBeFocused();
  await expect(page.getByRole('textbox', { name: /^Message to/u })).toHaveValue('Got it, I am at the gate from 13:50.');
  await page.keyboard.press('Escape');
  await ask(page, 'inspection moved', 'react');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('searchbox', { name: /emoji/iu })).toBeFocused();
  await page.keyboard.press('Escape');
  await ask(page, 'inspection moved', 'forward');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Forward 1 message' }).locator(':focus')).toHaveCount(1);
});

test('what is pinned and starred, open', async ({ page, preview }) => {
  await page.goto(preview.at('talk', `${PIER}/details`));
  for (const name of [/^Pinned/u, /^Starred/u]) await page.getByRole('button', { name }).click();
  await expect(page.getByRole('list', { name: 'Pinned' }).getByRole('listitem')).toHaveCount(1);
  await expectAccessible(page, 'pinned and starred', WIDE);
});

test('the picture of a profile being cut', async ({ page, preview }) => {
  await page.goto(preview.at('talk', '/settings'));
  await page.locator('input[type="file"][accept="image/*"]').first().setInputFiles('public/icon-512.png');
  await expect(page.getByRole('group', { name: 'Which part of the picture' })).toBeVisible();
  await expectAccessible(page, 'cutting a picture', [...WIDE, ...NARROW]);
});

test('getting back in, and the recovery key', async ({ page, preview }) => {
  await page.goto(preview.at('signed-out', '/recover'));
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expectAccessible(page, 'getting back in', [...WIDE, ...NARROW]);
  await page.goto(preview.at('signed-out', '/sign-in'));
  await page.getByText('I am new here').click();
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('Password', { exact: true }).fill('quiet heron under the seven piers');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'Keep this key somewhere safe' })).toBeVisible();
  await expectAccessible(page, 'recovery key', [...WIDE, ...NARROW]);
});
