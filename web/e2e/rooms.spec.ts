/** Rooms by link, guests without an account, groups with roles, and messages that vanish. */
import { exports } from './saving';
import { expect, test } from './story';
import { PHONE, User } from './user';

test('a guest on a phone joins by link while the owner watches, is muted, put out and banned', async ({ user, profile, server }) => {
  const alice = await user('Alice');
  await alice.makesRoom('Night shift swaps');
  const link = await alice.copiesRoomLink();
  expect(link).toContain(`${server.url}/r/`);

  const heron = await User.opens(await profile(), 'Quiet Heron', link, PHONE);
  await expect(heron.page.getByRole('heading', { name: 'Night shift swaps' })).toBeVisible();
  await expect(heron.page.getByText('You see what is written after you join.')).toBeVisible();
  await heron.comesIn();
  expect(heron.page.url()).not.toContain('#');
  await heron.writes('Anyone for Thursday night?');
  await alice.sees('Anyone for Thursday night?');
  await expect(alice.log.getByText('Quiet Heron joined.')).toBeVisible();
  await alice.writes('I can take it');
  await heron.sees('I can take it');

  await alice.choosesFor('Quiet Heron', 'Mute: may only read');
  await expect(heron.page.getByText('You can read here, but not write.')).toBeVisible();
  await expect(heron.log.getByText('Alice muted you. You can read, but not write.')).toBeVisible();
  await alice.choosesFor('Quiet Heron', 'Let them write again');
  await heron.writes('Thank you');
  await alice.sees('Thank you');

  await alice.choosesFor('Quiet Heron', 'Remove');
  await expect(alice.page.getByRole('listitem').filter({ hasText: 'Quiet Heron is put out.' })).toBeVisible();
  await expect(heron.page.getByText('You are no longer in this conversation. You keep what you have.')).toBeVisible();
  await expect(alice.log.getByText('You removed Quiet Heron.')).toBeVisible();
  await alice.writes('Only between us');
  await alice.seesSent('Only between us');

  await heron.page.goto(link);
  await expect(heron.page.getByText('This link was replaced by another.')).toBeVisible();
  await heron.page.goto(await alice.copiesRoomLink());
  await heron.page.getByRole('button', { name: 'Join as Quiet Heron' }).click();
  await expect(heron.composer('Night shift swaps')).toBeVisible();
  await expect(heron.log.getByText('Only between us')).toHaveCount(0);

  await alice.choosesFor('Quiet Heron', 'Remove and ban');
  await alice.page.getByRole('button', { name: 'Ban Quiet Heron' }).click();
  await expect(heron.page.getByText('You are no longer in this conversation. You keep what you have.')).toBeVisible();
  // The link is there to be copied only when it is the new one.
  await heron.page.goto(await alice.copiesRoomLink());
  await heron.page.getByRole('button', { name: 'Join as Quiet Heron' }).click();
  await expect(heron.page.getByText('Who was banned from a room does not come back.')).toBeVisible();

  await alice.page.getByRole('button', { name: /^People/u }).click();
  await alice.page.getByRole('button', { name: 'Let back in Quiet Heron' }).click();
  await expect(alice.log.getByText('You let Quiet Heron come back.')).toBeVisible();
  await heron.page.getByRole('button', { name: 'Join as Quiet Heron' }).click();
  await expect(heron.composer('Night shift swaps')).toBeVisible();
});

test('what is done to somebody can be undone for eight seconds', async ({ user, profile }) => {
  const alice = await user('Alice');
  await alice.makesRoom('Night shift swaps');
  const heron = await User.opens(await profile(), 'Quiet Heron', await alice.copiesRoomLink(), PHONE);
  await heron.comesIn();
  const role = alice.page.getByRole('button', { name: 'Quiet Heron: role and more' });

  await alice.choosesFor('Quiet Heron', 'Remove');
  await expect(role).toHaveCount(0);
  await alice.page.getByRole('button', { name: 'Undo' }).click();
  await expect(role).toBeVisible();
  await heron.writes('Still here');
  await alice.sees('Still here');

  await alice.choosesFor('Quiet Heron', 'Mute: may only read');
  await expect(role).toContainText('Read only');
  // It is carried out although the page goes.
  await alice.page.reload();
  await expect(heron.page.getByText('You can read here, but not write.')).toBeVisible();
  await expect(alice.log.getByText('You removed Quiet Heron.')).toHaveCount(0);
});

test('a message with a timer vanishes from both screens, and stays away', async ({ user }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await alice.writes('This one stays');
  await bob.reads('Alice');
  await bob.sees('This one stays');
  await alice.page.getByRole('button', { name: 'Timer: Off' }).click();
  await alice.page.getByRole('menuitemradio', { name: '10 s after reading' }).click();
  await alice.writes('Gate code is 4711');
  await expect(alice.log.getByText(/^Disappears /u)).toBeVisible();
  await expect(bob.log.getByText(/^Disappears /u)).toBeVisible();
  for (const each of [alice, bob]) {
    await expect(each.log.getByText('Gate code is 4711')).toHaveCount(0);
    await each.page.reload();
    await each.sees('This one stays');
    await expect(each.log.getByText('Gate code is 4711')).toHaveCount(0);
  }
  // Nor is it found, nor saved.
  for (const each of [alice, bob]) {
    await each.page.keyboard.press('Control+Shift+f');
    const field = each.page.getByRole('searchbox', { name: /^Search in/u });
    const found = each.page.getByRole('list', { name: 'What was found' }).getByRole('button');
    await field.fill('stays');
    await expect(found).toHaveCount(1);
    await field.fill('4711');
    await expect(found).toHaveCount(0);
    const { text, data } = await exports(each);
    for (const { content } of [text, data]) {
      expect(content).toContain('This one stays');
      expect(content).not.toContain('4711');
    }
  }
});

test('who knocks is let in by the owner, or is not', async ({ user, profile }) => {
  const alice = await user('Alice');
  await alice.makesRoom('Day shift', async (page) => {
    await page.getByRole('switch', { name: 'Ask before entering' }).check();
  });
  const link = await alice.copiesRoomLink();
  await expect(alice.page.getByText('Whoever has it can knock. The server does not know it.')).toBeVisible();

  const heron = await User.opens(await profile(), 'Quiet Heron', link, PHONE);
  await heron.knocks();
  const magpie = await User.opens(await profile(), 'Brisk Magpie', link, PHONE);
  await magpie.knocks();

  await alice.page.getByRole('button', { name: 'Not now Brisk Magpie' }).first().click();
  await alice.page.getByRole('button', { name: 'Let in Quiet Heron' }).first().click();
  await expect(heron.composer('Day shift')).toBeVisible();
  await heron.writes('Good morning');
  await alice.sees('Good morning');
  await expect(alice.page.getByRole('button', { name: /^(?:Let in|Not now)/u })).toHaveCount(0);
  await expect(magpie.page.getByText('You were not let in. You may ask again.')).toBeVisible();
});

test('three people make a group, with roles', async ({ user }) => {
  const bob = await user('Bob');
  const carl = await user('Carl');
  const alice = await user('Alice');
  await alice.makesGroup('North pier works', ['Bob', 'Carl']);
  await alice.writes('Welcome');
  for (const each of [bob, carl]) {
    await each.reads('North pier works');
    await each.sees('Welcome');
    await expect(each.page.getByText('Only these 3 people can read this')).toBeVisible();
  }
  await bob.writes('Morning');
  await carl.sees('Morning');

  await alice.choosesFor('Bob', 'Admin');
  await expect(bob.log.getByText('Alice made you an admin.')).toBeVisible();
  await bob.choosesFor('Carl', 'Mute: may only read');
  await expect(carl.page.getByText('You can read here, but not write.')).toBeVisible();
  await bob.choosesFor('Carl', 'Let them write again');
  await carl.writes('And I am back');
  await alice.sees('And I am back');

  await carl.page.getByRole('button', { name: 'Details' }).click();
  await carl.page.getByRole('button', { name: /^Leave/u }).click();
  await expect(alice.log.getByText('Carl left.')).toBeVisible();
  await expect(alice.page.getByText('Only these 2 people can read this')).toBeVisible();
  await alice.writes('Two of us');
  await bob.sees('Two of us');
});

test('a guest comes back to the same room, and becomes an account that keeps it', async ({ user, profile }) => {
  const alice = await user('Alice');
  await alice.makesRoom('Night shift swaps');
  const heron = await User.opens(await profile(), 'Quiet Heron', await alice.copiesRoomLink(), PHONE);
  await heron.comesIn();
  await heron.writes('Here I am');
  await heron.page.reload();
  await heron.sees('Here I am');
  await heron.page.goto(new URL('/keep-name', heron.page.url()).href);
  await heron.makesAccount('Heron');
  await heron.reads('Night shift swaps');
  await heron.sees('Here I am');
  await expect(alice.log.getByText('Heron has an account now.')).toBeVisible();
  await heron.writes('Under my own name');
  await alice.sees('Under my own name');
});
