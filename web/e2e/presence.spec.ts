/** Who is here, who is away, who is writing, and who does not want to be seen: between browsers, and between a browser and a terminal. */
import type { Page } from '@playwright/test';
import { expect, test } from './story';
import { Terminal } from './terminal';
import type { User } from './user';

/** The user looks at something else, or at the page again. */
function looksAt(page: Page, isHere: boolean): Promise<void> {
  return page.evaluate((here) => {
    Object.defineProperty(document, 'hasFocus', { configurable: true, value: () => here });
    window.dispatchEvent(new Event(here ? 'focus' : 'blur'));
  }, isHere);
}

async function showsTo({ page }: User, whom: string): Promise<void> {
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('group', { name: 'Who sees when you are here' }).getByText(whom, { exact: true }).click();
}

test('two at browsers see each other write, be away, and not want to be seen', async ({ user }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await alice.writes('Good morning');
  await bob.reads('Alice');
  await bob.writes('Good morning to you');
  await alice.sees('Good morning to you');
  await bob.opensDetails();
  const details = bob.page.getByRole('complementary', { name: 'Details' });
  await expect(details.getByText('Here', { exact: true })).toBeVisible();

  await alice.composer('Bob').fill('I am wri');
  await expect(bob.page.getByText('Alice is typing').first()).toBeVisible();
  await alice.composer('Bob').fill('');
  await expect(bob.page.getByText('Alice is typing')).toHaveCount(0);

  await looksAt(alice.page, false);
  await expect(details.getByText(/^Away since /u)).toBeVisible();
  await looksAt(alice.page, true);
  await expect(details.getByText('Here', { exact: true })).toBeVisible();

  await showsTo(alice, 'Nobody');
  await expect(details.getByText(/^(?:Last seen|Offline)/u)).toBeVisible();
  await showsTo(alice, 'People I talk to alone');
  await expect(details.getByText('Here', { exact: true })).toBeVisible();
});

test('somebody at a terminal sees who writes and who is away at a browser, and is not seen', async ({ user, server }) => {
  await Terminal.story('Carl', server.url, async (carl) => {
    const alice = await user('Alice');
    await alice.opensConversationWith('Carl');
    await alice.writes('Are you at the terminal?');
    await alice.seesSent('Are you at the terminal?');
    await carl.says('accept', 'Alice');
    await carl.says('send', 'Alice', 'Where else');
    await alice.sees('Where else');
    const watching = carl.watches();
    await watching.next('ready');
    await alice.opensDetails();
    const details = alice.page.getByRole('complementary', { name: 'Details' });
    await expect(details.getByText('Here', { exact: true })).toBeVisible();

    await alice.composer('Carl').fill('I am wri');
    expect((await watching.next('typing'))['names']).toEqual(['Alice']);
    await alice.composer('Carl').fill('');
    expect((await watching.next('typing'))['names']).toEqual([]);
    await looksAt(alice.page, false);
    await watching.next('presence', ({ presence }) => presence === 'away');
    await looksAt(alice.page, true);
    await watching.next('presence', ({ presence }) => presence === 'here');
    await watching.stop();
    await expect(details.getByText(/^Last seen/u)).toBeVisible();

    await carl.says('visibility', 'nobody');
    const hidden = carl.watches();
    await hidden.next('ready');
    await alice.writes('Are you still there?');
    await hidden.next('message');
    await expect(details.getByText(/^(?:Last seen|Offline)/u)).toBeVisible();
    await hidden.stop();
    await carl.says('visibility', 'everyone');
    const shown = carl.watches();
    await shown.next('ready');
    await expect(details.getByText('Here', { exact: true })).toBeVisible();
    await showsTo(alice, 'Nobody');
    await shown.next('presence', ({ online }) => online === false);
    await shown.stop();
  });
});
