/** Around conversations: the archive, what is typed after a slash, deletions that can be undone, the devices of one person. */
import { expectAccessible } from './accessible';
import { exports } from './saving';
import { expect, test } from './story';
import { User } from './user';

test('what is put aside leaves the list, and comes back with the next message', async ({ user }, info) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await user('Carla');
  await alice.opensConversationWith('Bob');
  await alice.writes('Good morning');
  await bob.reads('Alice');
  const { page } = alice;
  const list = page.getByRole('navigation', { name: 'Conversation list' });

  await alice.composer('Bob').fill('/arch');
  await expect(page.getByRole('option', { name: /^\/archive/u })).toBeVisible();
  await page.screenshot({ path: info.outputPath('slash.png') });
  await expectAccessible(page, 'what a slash offers', [{ width: 1440, height: 900 }]);
  await alice.composer('Bob').press('Enter');
  await expect(page.getByText('Bob is in the archive.').last()).toBeVisible();
  await expect(list.getByRole('link', { name: /Bob/u })).toHaveCount(0);
  await expect(alice.composer('Bob')).toHaveValue('');

  await list.getByRole('link', { name: /^Archive/u }).click();
  await expect(list.getByRole('link', { name: /Bob/u })).toBeVisible();
  await expectAccessible(page, 'archive');
  await page.screenshot({ path: info.outputPath('archive.png') });
  await page.getByRole('button', { name: 'Back to all conversations' }).click();
  await alice.opensConversationWith('Carla');
  await bob.writes('The gate is open');
  await expect(list.getByRole('link', { name: /Bob.*The gate is open/u })).toBeVisible();
  await expect(list.getByRole('link', { name: /^Archive/u })).toHaveCount(0);
});

test('a deletion can be undone while it waits, and happens although the page was closed', async ({ user }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  for (const text of ['First.', 'Second.']) await alice.writes(text);
  await alice.seesSent('Second.');
  await bob.reads('Alice');
  const remove = async (text: string) => {
    const message = alice.log.locator('[data-message]').filter({ hasText: text });
    await message.focus();
    await message.press('Shift+F10');
    await alice.page.getByRole('menuitem', { name: 'Delete for everyone' }).click();
    await expect(alice.log.getByText(text)).toHaveCount(0);
  };
  await remove('First.');
  await alice.page.getByRole('button', { name: 'Undo' }).click();
  await alice.sees('First.');
  await remove('Second.');
  const { context, url } = { context: alice.page.context(), url: alice.page.url() };
  await alice.page.close();
  const again = await context.newPage();
  await again.goto(url);
  await expect(again.getByRole('log').getByText('First.')).toBeVisible();
  await expect(bob.log.getByText('This message was deleted.')).toBeVisible();
  await bob.sees('First.');
});

test('somebody sees their devices and signs another one out', async ({ user, server, profile }, info) => {
  const alice = await user('Alice');
  const phone = await User.opens(await profile(), 'Alice', server.url, { width: 390, height: 844 });
  await phone.signsIn();
  await expect(phone.page.getByRole('button', { name: 'Settings' })).toBeVisible({ timeout: 120_000 });

  const { page } = alice;
  await page.getByRole('button', { name: 'Settings' }).click();
  const devices = page.getByRole('list', { name: 'Your devices' }).getByRole('listitem');
  await expect(devices).toHaveCount(2);
  await expect(devices.filter({ hasText: 'This device' })).toHaveCount(1);
  await devices.getByRole('button', { name: /^Sign out/u }).click();
  await page.screenshot({ path: info.outputPath('devices.png') });
  await expectAccessible(page, 'devices, with a question');
  await page.getByRole('button', { name: 'Sign it out for good' }).click();
  await expect(devices).toHaveCount(1);
  await expect(phone.page.getByText(/You were signed out on this device/u)).toBeVisible({ timeout: 60_000 });
});

test('a conversation is saved as text and as data', async ({ user }) => {
  const alice = await user('Alice');
  await user('Bob');
  await alice.opensConversationWith('Bob');
  await alice.writes('The gate is open');
  await alice.seesSent('The gate is open');
  const { text, data } = await exports(alice);
  expect(text.name).toBe('Bob.txt');
  expect(text.content).toMatch(/Alice.*The gate is open/su);
  expect(data.name).toBe('Bob.json');
  expect(JSON.stringify(JSON.parse(data.content))).toContain('The gate is open');
});
