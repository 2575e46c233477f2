/** Files that are too large, too many, or not what they say. */
import { expectNotFrozen } from './frozen';
import { liar, type Picked, vast } from './media';
import { attaches, row, sends } from './sending';
import { expect, test } from './story';
import { PHONE } from './user';

// A trace asks once more for pictures that could not be drawn, which the page's policy forbids.
test.use({ serverOptions: ['--file-bytes-max', '100000'], trace: 'off' });

test('what is too much is said before it is sent, and what cannot be drawn is a row', async ({ user }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await bob.page.setViewportSize(PHONE);
  const small: Picked = { name: 'small.txt', mimeType: 'text/plain', buffer: Buffer.from('small') };
  await attaches(alice, [{ ...small, name: 'survey.pdf', buffer: Buffer.alloc(250_000) }, small], 1);
  await expect(alice.page.getByRole('alert')).toHaveText('survey.pdf has 250 kB. This server takes files of up to 100 kB.');
  await attaches(alice, Array.from({ length: 12 }, (_, at) => ({ ...small, name: `${at}.txt` })), 10);
  await expect(alice.page.getByRole('alert')).toHaveText('At most 10 files in one message.');
  for (const button of (await alice.page.getByRole('button', { name: /^Leave .+ out$/u }).all()).toReversed()) await button.click();
  await expect(alice.page.getByRole('alert')).toHaveCount(0);

  const words: Picked = { name: 'words.png', mimeType: 'image/png', buffer: Buffer.from('<svg onload="globalThis.broken=1">') };
  await attaches(alice, [{ ...small, name: 'plan.pdf', mimeType: 'application/pdf' }], 1);
  await expect(alice.page.getByRole('list', { name: 'Files to send' })).toContainText('Keeps what it says about its maker.');
  await alice.page.getByRole('button', { name: 'Leave plan.pdf out' }).click();

  const bad = [liar('vast.png', 60_000, 60_000), liar('broken.png', 300, 200), words, { ...small, name: '\u202Efdp.exe' }];
  await sends(alice, 'Bob', bad, 'Look at these.');
  await alice.seesSent('Look at these.');
  await bob.reads('Alice');
  const message = row(bob, 'Look at these.');
  for (const name of ['vast.png', 'broken.png', 'words.png', 'fdp.exe']) await expect(message.getByRole('button', { name: `Save ${name}` })).toBeVisible();
  await expectNotFrozen(bob.page);
  await bob.page.screenshot({ path: test.info().outputPath('rows.png') });
});

test.describe('on a server that takes larger files', () => {
  test.use({ serverOptions: [] });

  test('a picture of absurd dimensions is a row that can be saved, and freezes nobody', async ({ user }) => {
    const alice = await user('Alice');
    const bob = await user('Bob');
    await alice.opensConversationWith('Bob');
    await sends(alice, 'Bob', [vast('vast.png')], 'Quite a view.');
    await expectNotFrozen(alice.page);
    await alice.seesSent('Quite a view.');
    await bob.reads('Alice');
    await expect(row(bob, 'Quite a view.').getByRole('button', { name: 'Save vast.png' })).toBeVisible();
    await expect(row(bob, 'Quite a view.').locator('img')).toHaveCount(0);
    await expectNotFrozen(bob.page);
  });
});
