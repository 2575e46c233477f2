/** Two tabs of one profile: one of them owns the store, and when it closes the other takes over. */
import { expect, test } from './story';
import { User } from './user';

test('two tabs show the same, and work goes on when the owner closes', async ({ user, server }) => {
  const owner = await user('Alice');
  const bob = await user('Bob');
  const other = await User.opens(owner.page.context(), 'Alice', server.url);

  await owner.opensConversationWith('Bob');
  await other.reads('Bob');
  await owner.writes('from the first tab');
  await other.sees('from the first tab');
  await other.writes('from the second tab');
  await owner.sees('from the second tab');
  await bob.reads('Alice');
  await bob.sees('from the second tab');

  // The message is written in the very moment in which the tab that would send it goes away.
  const field = other.page.getByRole('textbox', { name: 'Message to Bob' });
  await field.fill('written during the hand-over');
  await Promise.all([owner.page.close(), field.press('Enter')]);
  await other.sees('written during the hand-over');
  await other.seesSent('written during the hand-over');
  await bob.sees('written during the hand-over');

  await bob.writes('and back');
  await other.sees('and back');
  await other.page.reload();
  for (const text of ['from the first tab', 'from the second tab', 'written during the hand-over', 'and back']) {
    await other.sees(text);
    await bob.sees(text);
  }
  await expect(other.log.getByText('written during the hand-over')).toHaveCount(1);
});
