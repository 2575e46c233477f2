/** The server dies, the network goes: nothing is lost, nothing comes twice, nobody has to do anything. */
import { expect, test } from './story';

const COUNTED = /^number \d+$/u;
const numbers = (upTo: number) => Array.from({ length: upTo }, (_, index) => `number ${index + 1}`);

test('the server is killed while Alice writes, and started again', async ({ user, server }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await alice.writes('number 1');
  await alice.seesSent('number 1');
  await bob.reads('Alice');

  await alice.writes('number 2');
  await server.kill();
  await alice.writes('number 3');
  await alice.writes('number 4');
  await expect(alice.page.getByText(/^Offline\. You can read and write/u)).toBeVisible();
  await expect(alice.log.getByText('Waits for the connection')).toBeVisible();
  await server.startAgain();
  await alice.page.getByRole('button', { name: 'Try now' }).click();
  await alice.seesSent('number 4');
  await alice.writes('number 5');
  await alice.seesSent('number 5');

  for (const each of [alice, bob]) {
    await expect.poll(() => each.texts(COUNTED)).toEqual(numbers(5));
  }
});

test('without a network one writes on, and it is sent when the network is back', async ({ user }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await alice.writes('number 1');
  await alice.seesSent('number 1');
  await bob.reads('Alice');

  await alice.page.context().setOffline(true);
  await alice.writes('number 2');
  await expect(alice.page.getByText(/^Offline\. You can read and write; 1 message waits\./u)).toBeVisible();
  await expect(bob.page.getByRole('navigation', { name: 'Conversation list' })).toContainText('Offline');
  await alice.page.context().setOffline(false);
  await alice.seesSent('number 2');
  await expect.poll(() => bob.texts(COUNTED)).toEqual(numbers(2));
  await expect(alice.page.getByText(/^Offline/u)).toHaveCount(0);
});

test('a tab that closes with unsent words sends them when it is opened again', async ({ user }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await alice.writes('number 1');
  await alice.seesSent('number 1');
  await bob.reads('Alice');

  await alice.page.context().setOffline(true);
  await alice.writes('number 2');
  await expect(alice.page.getByText(/1 message waits/u)).toBeVisible();
  const address = alice.page.url();
  await alice.page.close();
  await alice.page.context().setOffline(false);
  const again = await alice.page.context().newPage();
  await again.goto(address);
  await expect.poll(() => bob.texts(COUNTED)).toEqual(numbers(2));
});
