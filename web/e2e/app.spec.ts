/** The page as an app: it opens without a network, tells what came, is found through, and speaks another language. */
import type { Page } from '@playwright/test';
import { expectAccessible } from './accessible';
import { expect, test } from './story';
import { PHONE, User } from './user';

/** The page is kept on the device, and answers for its own requests. */
async function isKept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { serviceWorker } = navigator;
    await serviceWorker.ready;
    if (!serviceWorker.controller) {
      await new Promise((resolve) => {
        serviceWorker.addEventListener('controllerchange', resolve, { once: true });
      });
    }
  });
}

test('without a network the page opens with its history, and what is written is sent later', async ({ user }, info) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await alice.writes('Can you hear me?');
  await alice.seesSent('Can you hear me?');
  await bob.reads('Alice');
  await isKept(alice.page);

  const { page } = alice;
  await page.context().setOffline(true);
  await page.reload();
  await alice.sees('Can you hear me?');
  await expect(page.getByText(/^Offline\. You can read and write/u)).toBeVisible();
  await alice.writes('Written on the train');
  await expect(page.getByText(/1 message waits/u)).toBeVisible();
  await page.screenshot({ path: info.outputPath('offline.png') });
  await page.reload();
  await alice.sees('Written on the train');
  await page.context().setOffline(false);
  await alice.seesSent('Written on the train');
  await bob.sees('Written on the train');
});

test('the page can be installed, and keeps nothing that the API answered', async ({ user }) => {
  const { page } = await user('Alice');
  await isKept(page);
  const manifest = await page.evaluate(async () => {
    const link = document.querySelector<HTMLLinkElement>('link[rel=manifest]');
    const response = await fetch(link?.href ?? '');
    return { type: response.headers.get('content-type'), content: await response.json() };
  });
  expect(manifest.type).toBe('application/manifest+json');
  expect(manifest.content).toMatchObject({ name: 'Undertone', display: 'standalone', start_url: '/' });
  const purposes: unknown[] = [];
  for (const icon of manifest.content.icons) {
    purposes.push(icon.purpose ?? 'any');
    const size = await page.evaluate(async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      return image.naturalWidth;
    }, icon.src);
    if (icon.sizes !== 'any') expect(`${size}x${size}`).toBe(icon.sizes);
  }
  expect(purposes).toContain('maskable');
  const session = await page.context().newCDPSession(page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  // Windows without a profile on the disk are never installed from.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([]);

  const kept = await page.evaluate(async () => {
    const all: string[] = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      all.push(...(await cache.keys()).map((request) => new URL(request.url).pathname));
    }
    return all;
  });
  expect(kept).toContain('/');
  expect(kept.some((path) => path.endsWith('.wasm'))).toBe(true);
  expect(kept.filter((path) => path.startsWith('/api'))).toEqual([]);
});

test('what is written elsewhere is told in the page, and counted', async ({ user }, info) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  const carla = await user('Carla');
  await bob.opensConversationWith('Alice');
  await bob.writes('Good morning');
  await alice.reads('Bob');
  await carla.opensConversationWith('Alice');
  await carla.writes('The gate is open');
  await expect(alice.page.getByText('Carla wants to write to you')).toHaveCount(0);
  await alice.page.getByRole('navigation', { name: 'Conversation list' }).getByRole('link', { name: /Carla/u }).click();
  await expect(alice.page.getByRole('heading', { name: 'Carla wants to write to you' })).toBeVisible();
  await alice.page.screenshot({ path: info.outputPath('request.png') });
  await expectAccessible(alice.page, 'request');
  await alice.page.getByRole('button', { name: 'Accept' }).click();
  await expect(alice.page.getByRole('heading', { name: 'Carla wants to write to you' })).toHaveCount(0);

  await alice.reads('Bob');
  await alice.page.bringToFront();
  await carla.writes('Come at two');
  const toast = alice.page.getByRole('button', { name: /Come at two/u });
  await expect(toast).toBeVisible();
  await expect(alice.page).toHaveTitle(/^\(1\) /u);
  await alice.page.screenshot({ path: info.outputPath('toast.png') });
  await alice.page.keyboard.press('F8');
  await expect(toast).toBeFocused();
  await alice.page.keyboard.press('Enter');
  await alice.sees('Come at two');
  await expect(alice.page).not.toHaveTitle(/^\(/u);
});

test('a word from long ago is found, and leads to its message', async ({ user }, info) => {
  const alice = await user('Alice');
  await user('Bob');
  await alice.opensConversationWith('Bob');
  await alice.writes('The torque wrench is in the blue box');
  for (const number of [1, 2, 3]) await alice.writes(`Step ${number} is done`);
  await alice.seesSent('Step 3 is done');
  const { page } = alice;
  await page.keyboard.press('Control+Shift+f');
  const field = page.getByRole('searchbox', { name: 'Search in Bob' });
  await expect(field).toBeFocused();
  await field.fill('wrench');
  const found = page.getByRole('list', { name: 'What was found' }).getByRole('button');
  await expect(found).toHaveCount(1);
  await expect(found.locator('mark')).toHaveText('wrench');
  await expectAccessible(page, 'search');
  await page.screenshot({ path: info.outputPath('search.png') });
  await page.setViewportSize(PHONE);
  await field.fill('wrench');
  await expect(found).toHaveCount(1);
  await page.screenshot({ path: info.outputPath('search-phone.png') });
  await found.click();
  await expect(alice.log.getByText('The torque wrench is in the blue box')).toBeInViewport();
});

test('a profile is told to those one speaks with, and a person is blocked and taken back', async ({ user }, info) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await alice.writes('Good morning');
  await bob.reads('Alice');
  await bob.writes('Good morning to you');
  await alice.sees('Good morning to you');

  await bob.page.getByRole('button', { name: 'Settings' }).click();
  await bob.page.getByLabel('Name that others see').fill('Bob the Builder');
  await bob.page.getByLabel('Status').fill('On site until five');
  const [chooser] = await Promise.all([bob.page.waitForEvent('filechooser'), bob.page.getByRole('button', { name: 'Choose a picture' }).click()]);
  await chooser.setFiles('public/icon-512.png');
  await bob.page.screenshot({ path: info.outputPath('crop.png') });
  await bob.page.getByRole('button', { name: 'Use this' }).click();
  await bob.page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(bob.page.getByText('Saved', { exact: true })).toBeVisible();

  await alice.page.keyboard.press('Control+.');
  await alice.page.getByRole('complementary', { name: 'Details' }).getByRole('button', { name: /Bob the Builder/u }).click();
  await expect(alice.page.getByText('On site until five')).toBeVisible();
  await expectAccessible(alice.page, 'profile');
  await alice.page.screenshot({ path: info.outputPath('profile.png') });
  await alice.page.getByRole('button', { name: 'Block' }).click();
  await expect(alice.page.getByText('You no longer see Bob the Builder. They are not told.').last()).toBeVisible();
  const link = alice.page.getByRole('navigation', { name: 'Conversation list' }).getByRole('link', { name: /Bob the Builder/u });
  await expect(link).toHaveCount(0);
  await alice.page.getByRole('button', { name: 'Undo' }).click();
  await expect(link).toBeVisible();
});

test('settings, keys and dialogs in all looks, at twice the size, and from right to left', async ({ user }, info) => {
  const alice = await user('Alice');
  const { page } = alice;
  await page.getByRole('button', { name: 'Settings' }).click();
  await expectAccessible(page, 'settings');
  await page.getByRole('button', { name: /^Export a conversation/u }).click();
  await page.getByRole('button', { name: /^Delete local data/u }).click();
  await expectAccessible(page, 'settings, with a question');
  await page.getByText('More', { exact: true }).click();
  await expectAccessible(page, 'settings, more contrast');
  await page.keyboard.press('Escape');
  await page.locator('body').press('?');
  await expect(page.getByRole('heading', { name: 'Keys' })).toBeVisible();
  await expectAccessible(page, 'keys');
  // Half the window at the same size of text is what 200 % shows.
  await page.setViewportSize({ width: 640, height: 450 });
  await page.evaluate(() => document.documentElement.setAttribute('dir', 'rtl'));
  await page.goto(page.url());
  await page.evaluate(() => document.documentElement.setAttribute('dir', 'rtl'));
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await expect(page.getByRole('heading', { name: 'Keys', level: 1 })).toBeVisible();
  await page.screenshot({ path: info.outputPath('keys-rtl.png') });
});

test('a German browser is spoken to in German, and the choice can be changed', async ({ browser, server }, info) => {
  const context = await browser.newContext({ locale: 'de-DE', reducedMotion: 'reduce' });
  const { page } = await User.opens(context, 'Greta', server.url);
  await expect(page.getByRole('heading', { name: /^Sprich frei/u })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expectAccessible(page, 'first page, in German');
  await page.screenshot({ path: info.outputPath('german.png') });
  await page.evaluate(() => localStorage.setItem('undertone.language', 'en'));
  await page.reload();
  await expect(page.getByRole('heading', { name: /^Speak freely/u })).toBeVisible();
  await context.close();
});

/** All that a browser keeps of a page. */
function keptBy(page: Page) {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const files: string[] = [];
    for await (const name of (root as unknown as { keys(): AsyncIterable<string> }).keys()) files.push(name);
    return {
      files: files.toSorted(),
      databases: (await indexedDB.databases()).map(({ name }) => name),
      caches: await caches.keys(),
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      words: Object.keys(localStorage),
    };
  });
}

test('local data is deleted when it is asked for, and nothing is left', async ({ user }) => {
  const { page } = await user('Alice');
  await isKept(page);
  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByText(/^[\d.,]+ [kM]B of about /u)).toBeVisible();
  const before = await keptBy(page);
  expect(before).toMatchObject({ files: ['undertone', 'undertone-files'], databases: ['undertone-keys'], workers: 1 });
  expect(before.caches).toHaveLength(1);
  // From now on nothing new is begun: what is seen afterwards is what was left.
  await page.addInitScript(() => {
    Reflect.set(globalThis, 'Worker', class extends EventTarget {
      postMessage(): void {}
      terminate(): void {}
    });
    Reflect.set(navigator.serviceWorker, 'register', () => Promise.reject(new Error('not now')));
  });
  await page.getByRole('button', { name: /^Delete local data/u }).click();
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Delete everything here' }).click()]);
  // The worker that still serves this page may keep files of the program once more: they are nobody's.
  await expect.poll(() => keptBy(page)).toMatchObject({ files: [], databases: [], workers: 0, words: [] });
  const again = await page.context().newPage();
  await again.goto(page.url());
  await expect(again.getByRole('link', { name: 'Sign in or create an account' })).toBeVisible();
});
