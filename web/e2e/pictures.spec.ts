/** The pictures of the documentation, taken of the real thing: `npm run pictures`. */
import { fileURLToPath } from 'node:url';
import { expect, test } from './story';
import { User } from './user';

const picture = (name: string) => fileURLToPath(new URL(`../../docs/images/${name}.png`, import.meta.url));

const message = (user: User, text: string) => user.log.locator('[data-message]').filter({ hasText: text }).first();

test('the first page', async ({ freshServer, profile }) => {
  const { page } = await User.opens(await profile(), 'Ada', freshServer.url);
  await page.setViewportSize({ width: 1440, height: 900 });
  await expect(page.getByRole('link', { name: 'I run this server' })).toBeVisible();
  await page.screenshot({ path: picture('first-page') });
});

test('a conversation', async ({ user }) => {
  const ada = await user('Ada.Lindqvist');
  const others = [];
  for (const [name, text] of [
    ['Per_Nygaard', 'Thanks, that was the one'],
    ['Ruth.Bello', 'New ladder rules, they hang in the office'],
    ['Mei-Lin', 'October readings are in'],
    ['Tomasz.Wilk', 'Gate is open from 13:50'],
  ] as const) {
    const other = await user(name);
    await other.opensConversationWith('Ada.Lindqvist');
    await other.writes(text);
    await other.seesSent(text);
    if (name === 'Per_Nygaard') await other.page.close();
    others.push(other);
  }
  const ines = await user('Ines.Okafor');
  await ines.opensConversationWith('Ada.Lindqvist');
  await ines.composer('Ada.Lindqvist').fill('Morning. The **inspection moved to 14:30**, the tide is with us until about five. Please bring:\n- the torque wrench and the *short* ladder\n- October readings, if anyone has them');
  await ines.composer('Ada.Lindqvist').press('Enter');
  // Who was accepted is no request any more.
  for (const name of ['Per_Nygaard', 'Ruth.Bello', 'Tomasz.Wilk', 'Ines.Okafor']) await ada.reads(name);
  await ada.writes('I have both in the van. Can Tomasz open the gate at two?');
  await ines.sees('I have both in the van. Can Tomasz open the gate at two?');
  await message(ines, 'I have both in the van').focus();
  await ines.page.keyboard.press('r');
  await ines.writes('Will ask him. Step 14 is loose again, he taped it off.');
  await ada.sees('Will ask him. Step 14 is loose again, he taped it off.');
  await ada.writes('Good. Then we close it for good this afternoon.');
  await ada.seesSent('Then we close it for good');
  await ada.reads('Mei-Lin');
  for (const other of others) if (other.name === 'Tomasz.Wilk') await other.writes('And I bring the key of the shed');
  await ines.writes('He says yes.');
  await ines.writes('See you at the east stairs.');
  await expect(ada.page.getByRole('navigation', { name: 'Conversation list' })).toContainText('See you at the east stairs.');
  await ada.reads('Ines.Okafor');
  await ada.page.keyboard.press('Control+.');
  await ada.page.getByText('Only you and Ines.Okafor can read this.').waitFor();
  await ada.page.getByRole('button', { name: 'Put away' }).click();
  await ada.page.mouse.move(0, 0);

  await ada.page.setViewportSize({ width: 1280, height: 860 });
  await ada.page.screenshot({ path: picture('conversation') });
  await ada.page.emulateMedia({ colorScheme: 'dark' });
  await ada.page.screenshot({ path: picture('conversation-dark') });
  await ada.page.keyboard.press('Escape');
  await ada.page.setViewportSize({ width: 390, height: 844 });
  await expect(ada.log).toBeVisible();
  await ada.page.locator(':focus').blur();
  await ada.page.screenshot({ path: picture('conversation-phone-dark') });
  await ada.page.emulateMedia({ colorScheme: 'light' });
  await ada.page.screenshot({ path: picture('conversation-phone') });
  expect(others).toHaveLength(4);
});
