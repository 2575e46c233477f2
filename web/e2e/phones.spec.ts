/** On the screen of a phone: what is pressed is large enough, nothing hides behind edges or the keyboard, and German fits. */
import type { BrowserContext, Page } from '@playwright/test';
import { expectLargeTargets } from './targets';
import { expect, test } from './story';
import { PHONE, User } from './user';

/** The edges of a phone with rounded corners, held upright. */
const EDGES = { top: 47, bottom: 34, left: 0, right: 0, topMax: 47, bottomMax: 34, leftMax: 0, rightMax: 0 };

async function onPhone(page: Page): Promise<void> {
  await page.setViewportSize(PHONE);
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: true });
  await session.send('Emulation.setEmulatedMedia', { features: [{ name: 'pointer', value: 'coarse' }, { name: 'prefers-reduced-motion', value: 'reduce' }] });
}

/** Nothing scrolls sideways, and no word is wider than its place. */
async function expectFits(page: Page, screen: string): Promise<void> {
  const found = await page.evaluate(() => {
    const overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    const wide = [...document.querySelectorAll<HTMLElement>('button, h1, h2, h3, label, dt, dd, summary')].filter((element) => {
      const { overflowX, textOverflow } = getComputedStyle(element);
      return element.scrollWidth > element.clientWidth + 1 && overflowX === 'visible' && textOverflow !== 'ellipsis' && element.clientWidth > 0;
    });
    return { overflow, wide: wide.map((element) => element.innerText.slice(0, 60)) };
  });
  expect(found, screen).toEqual({ overflow: 0, wide: [] });
}

async function look(page: Page, screen: string, path: (name: string) => string): Promise<void> {
  await expectLargeTargets(page, screen);
  await expectFits(page, screen);
  await page.screenshot({ path: path(`${screen}.png`) });
}

test('everything that is pressed on a phone is large enough for a finger', async ({ user, server, profile }, info) => {
  const path = (name: string) => info.outputPath(name);
  const first = await User.opens(await profile(), 'Guest', server.url);
  await onPhone(first.page);
  await look(first.page, 'first page', path);
  await first.page.getByRole('link', { name: 'Sign in or create an account' }).click();
  await look(first.page, 'sign in', path);

  const bob = await user('Bob');
  const alice = await user('Alice');
  const { page } = alice;
  await onPhone(page);
  await look(page, 'empty list', path);
  await alice.opensConversationWith('Bob');
  await look(page, 'empty conversation', path);
  await alice.writes('Good morning');
  await alice.seesSent('Good morning');
  await bob.reads('Alice');
  await bob.writes('Good morning to you');
  await alice.sees('Good morning to you');
  await look(page, 'conversation', path);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await look(page, 'menu of the field', path);
  await page.keyboard.press('Escape');
  await alice.composer('Bob').fill('/');
  await look(page, 'what a slash offers', path);
  await alice.composer('Bob').fill('');
  const there = new URL(page.url()).pathname;
  for (const [name, address] of [
    ['details', `${there}/details`], ['search', `${there}/search`], ['settings', '/settings'], ['keys', '/keys'], ['new room', '/new/room'], ['new group', '/new/group'],
    ['enter a code', '/r'], ['archive', '/archive'], ['list', '/'],
  ] as const) {
    await page.goto(server.url + address);
    await expect(page.getByRole('heading').first()).toBeAttached();
    await look(page, name, path);
  }
});

test('nothing hides behind the edges of a phone, and the keyboard makes room', async ({ user }, info) => {
  const alice = await user('Alice');
  await user('Bob');
  const { page } = alice;
  await onPhone(page);
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setSafeAreaInsetsOverride', { insets: EDGES });
  await alice.opensConversationWith('Bob');
  await alice.writes('Good morning');
  const field = await alice.composer('Bob').boundingBox();
  expect((field?.y ?? 0) + (field?.height ?? 0)).toBeLessThanOrEqual(PHONE.height - EDGES.bottom);
  const head = await page.getByRole('button', { name: 'Back to conversations' }).boundingBox();
  expect(head?.y).toBeGreaterThanOrEqual(EDGES.top);
  await page.screenshot({ path: info.outputPath('edges.png') });
  await page.getByRole('button', { name: 'Back to conversations' }).click();
  const settings = await page.getByRole('button', { name: 'Settings' }).boundingBox();
  expect((settings?.y ?? 0) + (settings?.height ?? 0)).toBeLessThanOrEqual(PHONE.height - EDGES.bottom);
  await page.goBack();

  expect(await page.locator('meta[name="viewport"]').getAttribute('content')).toContain('interactive-widget=resizes-content');
  // What the keyboard leaves of the screen.
  await page.setViewportSize({ width: PHONE.width, height: 420 });
  await expect(alice.composer('Bob')).toBeInViewport({ ratio: 1 });
  await expect(alice.log.getByText('Good morning')).toBeInViewport();
});

async function german(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.evaluate(() => localStorage.setItem('undertone.language', 'de'));
  await page.reload();
  await onPhone(page);
  return page;
}

test('German fits on a phone', async ({ user, server, profile }, info) => {
  const path = (name: string) => info.outputPath(name);
  const first = await german(await profile(), server.url);
  await expect(first.getByRole('heading', { name: /^Sprich frei/u })).toBeVisible();
  await look(first, 'Anfang', path);
  await first.goto(`${server.url}/sign-in`);
  await look(first, 'Anmelden', path);

  const alice = await user('Alice');
  await user('Bob');
  await alice.makesRoom('Night shift swaps');
  const there = new URL(alice.page.url()).pathname.replace('/details', '');
  const page = await german(alice.page.context(), server.url);
  for (const [name, address] of [
    ['Liste', '/'], ['Gespräch', there], ['Einzelheiten', `${there}/details`], ['Personen', `${there}/people`], ['Suche', `${there}/search`], ['Einstellungen', '/settings'],
    ['Tasten', '/keys'], ['Neuer Raum', '/new/room'], ['Neue Gruppe', '/new/group'], ['Archiv', '/archive'],
  ] as const) {
    await page.goto(server.url + address);
    await expect(page.getByRole('heading').first()).toBeAttached();
    await look(page, name, path);
  }
});
