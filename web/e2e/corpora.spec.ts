/** What means harm goes through every text that a person can set, and stays words: for those who set it and for those who see it. */
import { readFile } from 'node:fs/promises';
import { XSS } from '../src/core/testing/xss';
import { expectHarmless, NAUGHTY_NAMES } from './naughty';
import { expect, test } from './story';
import { PASSWORD, PHONE, User } from './user';

/** As a camera would hand it over, with a name that is none. */
const SMALL = { mimeType: 'text/plain', buffer: Buffer.from('tide') };

test('user names are letters and digits, whatever is typed', async ({ server, profile }) => {
  const { page } = await User.opens(await profile(), 'Mallory', server.url);
  await page.getByRole('link', { name: 'Sign in or create an account' }).click();
  await page.getByText('I am new here').click();
  for (const name of NAUGHTY_NAMES) {
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByLabel('Name'), name).toHaveAttribute('aria-invalid', 'true');
    await expectHarmless(page, `user name ${name}`);
  }
});

test('profiles, titles, topics, file names and messages of a hostile person harm nobody', async ({ user }, info) => {
  const mallory = await user('Mallory');
  const bob = await user('Bob');
  await bob.page.setViewportSize(PHONE);
  await mallory.opensConversationWith('Bob');
  await mallory.writes('Good morning');
  await bob.reads('Mallory');
  await bob.writes('Good morning to you');
  await mallory.sees('Good morning to you');

  await mallory.page.getByRole('button', { name: 'Settings', exact: true }).click();
  for (const [index, name] of NAUGHTY_NAMES.entries()) {
    const next = NAUGHTY_NAMES[(index + 1) % NAUGHTY_NAMES.length] ?? '';
    await mallory.page.getByLabel('Name that others see').fill(name);
    await mallory.page.getByLabel('Status').fill(next);
    await mallory.page.getByLabel('Pronouns').fill(name.slice(0, 20));
    await mallory.page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(mallory.page.getByText('Saved', { exact: true })).toBeVisible();
    await expectHarmless(mallory.page, `own profile ${name}`, true);
  }
  await mallory.page.goBack();

  const [title = '', topic = ''] = NAUGHTY_NAMES;
  await mallory.makesGroup(title, ['Bob']);
  await mallory.opensDetails();
  // The first comes last: by it the group is found below.
  for (const [index, name] of [...NAUGHTY_NAMES.entries()].toReversed()) {
    const next = NAUGHTY_NAMES[(index + 1) % NAUGHTY_NAMES.length] ?? '';
    await mallory.page.getByRole('button', { name: 'Change title, topic and picture' }).click();
    await mallory.page.getByLabel('Title', { exact: true }).fill(name);
    await mallory.page.getByLabel('Topic').fill(next);
    await mallory.page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(mallory.page.getByRole('button', { name: 'Change title, topic and picture' })).toBeVisible();
    await expectHarmless(mallory.page, `title ${name}`);
    expect(await mallory.page.title(), name).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/u);
  }
  await expect(mallory.page.getByRole('complementary', { name: 'Details' }).getByText(topic)).toBeVisible();
  const files = NAUGHTY_NAMES.map((name) => ({ name: `${name.replaceAll('/', '')}.txt`, ...SMALL }));
  await mallory.page.locator('input[type="file"]').setInputFiles(files);
  await mallory.writes(`@Bob ${title} ${NAUGHTY_NAMES.join(' ')}`.slice(0, 60));
  await expectHarmless(mallory.page, 'own group');

  await bob.page.getByRole('button', { name: 'Back to conversations' }).click();
  await bob.page.getByRole('navigation', { name: 'Conversation list' }).getByRole('link', { name: 'img src=x' }).first().click();
  await expect(bob.log.getByText('.txt').first()).toBeVisible({ timeout: 60_000 });
  await expectHarmless(bob.page, 'group');
  await bob.page.screenshot({ path: info.outputPath('group.png') });
  // The title, the name that stayed of all that Mallory tried, and what is found.
  for (const [pane, something] of [['details', 'img src=x'], ['people', /^Z.*algo$/u], ['search', /message/u]] as const) {
    await bob.page.goto(`${bob.page.url().replace(/\/(?:details|people|search)$/u, '')}/${pane}`);
    if (pane === 'search') await bob.page.getByRole('searchbox').fill('img');
    await expect(bob.page.getByText(something).first()).toBeVisible();
    await expectHarmless(bob.page, pane);
    await bob.page.screenshot({ path: info.outputPath(`${pane}.png`) });
  }
});

test('the door of a room and the names of its guests harm nobody', async ({ user, profile }, info) => {
  const [title = '', script = '', , turned = '', wide = ''] = NAUGHTY_NAMES;
  const mallory = await user('Mallory');
  await mallory.makesRoom(title);
  const link = await mallory.copiesRoomLink();
  for (const name of [script, turned, wide]) {
    const guest = await User.opens(await profile(), name, link, PHONE);
    await expect(guest.page.getByRole('heading', { name: title })).toBeVisible();
    await expectHarmless(guest.page, 'door');
    await guest.page.screenshot({ path: info.outputPath('door.png') });
    await guest.page.getByLabel('Your name in this room').fill(name);
    await guest.page.getByRole('button', { name: 'Join the room' }).click();
    const inside = guest.page.getByRole('textbox', { name: /^Message to/u });
    const refused = guest.page.getByRole('alert').first();
    await expect(inside.or(refused).first()).toBeVisible({ timeout: 60_000 });
    await expectHarmless(guest.page, `guest ${name}`);
    await guest.page.screenshot({ path: info.outputPath('guest.png') });
  }
  await mallory.page.getByRole('button', { name: /^People/u }).click();
  await expectHarmless(mallory.page, 'people of the room');
});

/** So many strings in one message: each message takes its time. */
const JOINED = 48;

const opensCode = (text: string) => /```|~~~/u.test(text);

/** The published list and ours, joined into few messages. Strings that open a block of code would swallow the others: they come last. */
async function parts(): Promise<readonly string[]> {
  const published: readonly string[] = JSON.parse(await readFile('../crates/client-core/testdata/naughty/blns.json', 'utf8'));
  const all = [...published, ...XSS];
  const sorted = [...all.filter((text) => !opensCode(text)), ...all.filter((text) => opensCode(text))];
  return Array.from({ length: Math.ceil(sorted.length / JOINED) }, (_, at) => {
    const strings = sorted.slice(at * JOINED, (at + 1) * JOINED);
    return [`Part ${at + 1}.`, ...strings, `That was part ${at + 1}.`].join('\n\n');
  });
}

test('every string of the published lists goes through the real core and stays words', async ({ user }, info) => {
  const mallory = await user('Mallory');
  const bob = await user('Bob');
  await bob.page.setViewportSize(PHONE);
  await mallory.opensConversationWith('Bob');
  await mallory.writes('Good morning');
  await bob.reads('Mallory');
  const field = mallory.composer('Bob');
  const all = await parts();
  expect(all.length).toBeGreaterThan(15);
  for (const [index, text] of all.entries()) {
    await field.fill(text);
    await field.press('Enter');
    await expect(field).toHaveValue('');
    const message = bob.log.locator('[data-message]').filter({ hasText: `Part ${index + 1}.` });
    await expect(message).toContainText(`That was part ${index + 1}.`, { timeout: 60_000 });
    const showAll = message.getByRole('button', { name: 'Show all' });
    // The last part may be short enough to stand there whole.
    if (await showAll.isVisible()) await showAll.click();
    await expectHarmless(bob.page, `part ${index + 1}`);
    await expectHarmless(mallory.page, `own part ${index + 1}`, true);
  }
  // They did arrive, as words.
  expect((await bob.log.innerText()).match(/<script/giu)?.length ?? 0).toBeGreaterThan(50);
  await bob.page.screenshot({ path: info.outputPath('strings.png') });

  // What answers them quotes them; a block of code names its language.
  await field.fill('```<img/src=x/onerror=globalThis.broken=1>\nlet tide = 1;\n```');
  await field.press('Enter');
  await expect(bob.log.getByText('let tide = 1;')).toBeVisible();
  await bob.log.locator('[data-message]').filter({ hasText: 'Part 2.' }).focus();
  await bob.page.keyboard.press('r');
  await bob.writes('An answer');
  await bob.seesSent('An answer');
  await expectHarmless(bob.page, 'quote');

  // Where it is found, and told in passing.
  await bob.page.setViewportSize({ width: 1440, height: 900 });
  await bob.page.keyboard.press('Control+k');
  await bob.page.getByRole('combobox').fill('script');
  await expect(bob.page.getByRole('option').first()).toBeVisible();
  await expectHarmless(bob.page, 'palette', true);
  await bob.page.keyboard.press('Escape');
  await bob.page.keyboard.press('Control+Shift+f');
  await bob.page.getByRole('searchbox').fill('script');
  await expect(bob.page.getByRole('list', { name: 'What was found' }).getByRole('button').first()).toBeVisible();
  await expectHarmless(bob.page, 'search', true);
  await bob.page.goto(new URL('/settings', bob.page.url()).href);
  await bob.page.bringToFront();
  await field.fill(`<img src=x onerror=globalThis.broken=1> ${XSS.slice(0, 8).join(' ')}`);
  await field.press('Enter');
  await expect(bob.page.locator('[data-toasts]').getByRole('button', { name: /img src=x/u })).toBeVisible();
  await expectHarmless(bob.page, 'toast');
});
