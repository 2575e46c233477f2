/** What an owner sets for a room, and what those inside and those before the door see of it. */
import { expect, test } from './story';
import { User } from './user';

const ROOM = 'Night shift swaps';

test('the owner sets every term, and a guest sees each', async ({ user, profile }) => {
  const alice = await user('Alice');
  await alice.makesRoom(ROOM);
  const link = await alice.copiesRoomLink();
  const heron = await User.opens(await profile(), 'Quiet Heron', link);
  await heron.comesIn();
  const chooses = async (term: RegExp, choice: string) => {
    await alice.page.getByRole('button', { name: term }).click();
    await alice.page.getByRole('menuitemradio', { name: choice, exact: true }).click();
  };
  const terms = [
    [/^Room for/u, '10 people', /^This is now for 10 people\./u, '2 of 10'],
    [/^Disappear/u, 'after 1 day', /^Messages now disappear after 1 day\./u, 'after 1 day'],
    [/^Those who join read/u, 'the last 20 messages', /^Those who join now read the last 20 messages\./u, 'the last 20 messages'],
    [/^Slow mode/u, '1 in 1 minute', /^Slow mode: one message in 1 minute\./u, '1 in 1 minute'],
    [/^Kept on the server/u, 'for 1 hour', /^The server now keeps what nobody fetched for 1 hour\./u, 'for 1 hour'],
    [/^Room closes/u, 'in 1 day', /^The room closes /u, /\d:\d\d/u],
  ] as const;
  for (const [term, choice, told] of terms) {
    await chooses(term, choice);
    await expect(heron.log.getByText(told)).toBeVisible();
  }
  await heron.opensDetails();
  const details = heron.page.getByRole('complementary');
  for (const [, , , shown] of terms) await expect(details.getByText(shown).first()).toBeVisible();
  await expect(details.getByRole('switch')).toHaveCount(0);

  await heron.writes('One word');
  await expect(heron.page.getByText(/^Slow mode\. You can write again in/u)).toBeVisible();
  await alice.sees('One word');

  const magpie = await User.opens(await profile(), 'Brisk Magpie', link);
  for (const fact of ['At most 10 people at once.', 'Messages disappear after 1 day. You get the last 20 messages, too.', 'Slow mode: one message in 1 minute.']) {
    await expect(magpie.page.getByText(fact)).toBeVisible();
  }
  await expect(magpie.page.getByText(/^The server keeps what nobody fetched for 1 hour\. The room closes /u)).toBeVisible();
  await alice.page.getByRole('switch', { name: 'Lock the room' }).click();
  await expect(heron.log.getByText(/^The room is locked\. Nobody new can enter\./u)).toBeVisible();
  await magpie.page.reload();
  await expect(magpie.page.getByText('This room is locked. Nobody new can come in.')).toBeVisible();
  await expect(magpie.page.getByRole('button', { name: 'Join the room' })).toHaveCount(0);
  await alice.page.getByRole('switch', { name: 'Lock the room' }).click();
  await expect(heron.log.getByText(/^The room is open again\./u)).toBeVisible();

  await alice.page.getByRole('button', { name: /^Change link and code/u }).click();
  await alice.page.getByRole('button', { name: 'Change link and code now' }).click();
  await expect(heron.log.getByText('Alice changed link and code. The old ones no longer work.')).toBeVisible();
  await magpie.page.reload();
  await expect(magpie.page.getByText('This link was replaced by another.')).toBeVisible();
  await magpie.page.goto(await alice.copiesRoomLink());
  await magpie.comesIn();
  // What was said before came with the door's promise.
  await magpie.sees('One word');
});

test('a group’s picture reaches the others, and goes again', async ({ user }) => {
  const bob = await user('Bob');
  const alice = await user('Alice');
  await alice.makesGroup('North pier works', ['Bob']);
  await alice.opensDetails();
  const { page } = alice;
  const change = page.getByRole('button', { name: 'Change title, topic and picture' });
  await change.click();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose a picture' }).click()]);
  await chooser.setFiles('public/icon-512.png');
  await page.getByRole('button', { name: 'Use this' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  const shown = bob.page.getByRole('navigation', { name: 'Conversation list' }).getByRole('link', { name: /North pier works/u }).locator('image');
  await expect(shown).toHaveCount(1);
  await change.click();
  await page.getByRole('button', { name: 'Remove the picture' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(shown).toHaveCount(0);
});
