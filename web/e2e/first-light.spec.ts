/** Two people talk: from the first start of a server to a history that outlives a reload. */
import { expect, test } from './story';
import { PASSWORD, User } from './user';

test('the third door makes the first administrator, once', async ({ freshServer, profile }) => {
  const ruth = await User.opens(await profile(), 'Ruth', freshServer.url);
  await ruth.page.getByRole('link', { name: 'I run this server' }).click();
  await ruth.page.getByLabel('Set-up code').fill('not-the-code');
  await ruth.page.getByRole('button', { name: 'Continue' }).click();
  await expect(ruth.page.getByText(/That is not the code/u)).toBeVisible();
  await ruth.page.goBack();
  await ruth.setsUp(freshServer.setupToken ?? '', 'Who has an invitation');

  const ines = await User.opens(await profile(), 'Ines', freshServer.url);
  await expect(ines.page.getByText('harbour.example').first()).toBeVisible();
  await expect(ines.page.getByRole('link', { name: 'I run this server' })).toHaveCount(0);

  await ruth.page.getByRole('button', { name: 'Settings' }).click();
  await ruth.page.getByRole('button', { name: 'Make an invitation' }).click();
  const invitation = await ruth.page.getByLabel('Invitation', { exact: true }).innerText({ timeout: 30_000 });
  await ines.page.goto(`${freshServer.url}/sign-in#invitation=${encodeURIComponent(invitation)}`);
  await ines.page.getByLabel('Name').fill('Ines');
  await ines.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await ines.page.getByRole('button', { name: 'Create account' }).click();
  await ines.keepsRecoveryKey();
  await expect(ines.page.getByRole('button', { name: 'Settings' })).toBeVisible();
});

test('Alice finds Bob by name, they talk, and both keep their history', async ({ user }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');

  await alice.opensConversationWith('Bob');
  await expect(alice.page.getByText('Only you and Bob can read this')).toBeVisible();
  await alice.writes('Can you hear me?');
  await alice.seesSent('Can you hear me?');

  await bob.reads('Alice');
  await bob.sees('Can you hear me?');
  await bob.writes('Every word.');
  await alice.sees('Every word.');
  await alice.page.getByRole('textbox', { name: 'Message to Bob' }).fill('One line');
  await alice.page.keyboard.press('Shift+Enter');
  await alice.page.keyboard.type('and another');
  await alice.page.keyboard.press('Enter');
  await expect(bob.log.getByText('One line and another')).toBeVisible();
  await expect(bob.page.getByRole('navigation', { name: 'Conversation list' })).toContainText('Online');

  for (const each of [alice, bob]) {
    await each.page.reload();
    await each.sees('Can you hear me?');
    await each.sees('Every word.');
  }
  await alice.writes('Still here.');
  await bob.sees('Still here.');
});

test('a wrong password and an unknown name are answered alike', async ({ user, profile, server }) => {
  await user('Alice');
  const answers: string[] = [];
  for (const name of ['Alice', 'Nobody']) {
    const somebody = await User.opens(await profile(), name, server.url);
    await somebody.signsIn('this is not the password');
    const alert = somebody.page.getByRole('alert');
    await expect(alert).toBeVisible();
    answers.push(await alert.innerText());
  }
  expect(answers).toEqual(Array(2).fill('That name and password do not fit together.'));
});

test('what is wrong with a name or a password stands beside the field', async ({ server, profile }) => {
  const user = await User.opens(await profile(), 'A b', server.url);
  await user.page.goto(`${server.url}/sign-in`);
  await user.page.getByText('I am new here').click();
  await user.page.getByLabel('Name').fill('A b');
  await user.page.getByLabel('Password', { exact: true }).fill('password');
  await expect(user.page.getByText('Easy to guess')).toBeVisible();
  await user.page.getByRole('button', { name: 'Create account' }).click();
  await expect(user.page.getByText('The name of an account has no spaces', { exact: false })).toBeVisible();
  await expect(user.page.getByText('Too easy to guess', { exact: false })).toBeVisible();
  await expect(user.page.getByLabel('Name')).toBeFocused();
});

test('no account is made while nobody can say whether its password is good enough', async ({ server, profile }) => {
  const context = await profile();
  const judge = /undertone_strength_bg-.*\.wasm$/u;
  let asked = 0;
  await context.route(judge, async (route) => {
    asked += 1;
    await route.abort();
  });
  const user = await User.opens(context, 'Noor', server.url);
  await user.page.getByRole('link', { name: 'Sign in or create an account' }).click();
  await user.page.getByText('I am new here').click();
  await user.page.getByLabel('Name').fill('Noor');
  expect(asked).toBe(0);
  await user.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await user.page.getByRole('button', { name: 'Create account' }).click();
  await expect(user.page.getByText('The check of your password could not be loaded', { exact: false })).toBeVisible();
  expect(asked).toBeGreaterThan(0);

  await context.unroute(judge);
  await user.page.getByRole('button', { name: 'Create account' }).click();
  await user.keepsRecoveryKey();
});

test('a second device opens the same account, and signing out empties this one', async ({ user, profile, server }) => {
  await user('Alice');
  const second = await User.opens(await profile(), 'Alice', server.url);
  await second.signsIn();
  await expect(second.page.getByRole('button', { name: 'Settings' })).toBeVisible({ timeout: 120_000 });
  await second.page.getByRole('button', { name: 'Settings' }).click();
  await second.page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await second.page.getByRole('button', { name: 'Sign out and delete the history here' }).click();
  await expect(second.page.getByRole('link', { name: 'Sign in or create an account' })).toBeVisible();
  await second.page.reload();
  await expect(second.page.getByRole('link', { name: 'Sign in or create an account' })).toBeVisible();
});
