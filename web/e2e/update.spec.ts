/** The server has another version of the page: who has it open hears of it quietly, and loses nothing by changing to it. */
import { expectAccessible } from './accessible';
import { Front, NEXT_VERSION } from './front';
import { expect, test as base } from './story';
import { User } from './user';

/** The page is kept by a service worker, which answers for it. */
async function isKept({ page }: User): Promise<void> {
  await page.evaluate(async () => navigator.serviceWorker.ready);
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
}

/** The server, reached by a way on which another version of the page can be served. */
const test = base.extend<{ readonly front: Front }>({
  front: async ({ server }, use) => {
    const front = await Front.before(server.url);
    await use(front);
    front.close();
  },
});

const WIDE = { width: 1280, height: 720 };

test('an open page tells quietly of its next version, and what was being written is still there in it', async ({ front, profile, user }, info) => {
  const bob = await user('Bob');
  const alice = await User.opens(await profile(), 'Alice', front.url);
  const { page } = alice;
  await alice.registers();
  await alice.opensConversationWith('Bob');
  await alice.writes('before the update');
  await isKept(alice);

  // The page looks once an hour: an hour passes.
  await page.clock.install();
  await page.reload();
  await isKept(alice);
  const isNext = page.locator(`html[data-version="${NEXT_VERSION}"]`);
  const notice = page.getByRole('status').filter({ hasText: 'This page’s program changed' });
  const field = page.getByRole('textbox', { name: 'Message to Bob' });
  await field.fill('half a tho');
  front.servesNextVersion();
  await expect(notice).toHaveCount(0);
  await page.clock.fastForward('01:00:01');

  // It disturbs nobody: the words, the focus and the old page are where they were.
  await expect(notice).toContainText(new RegExp(`${NEXT_VERSION}\\.`, 'u'));
  await expect(notice.getByRole('link', { name: 'What changed' })).toHaveAttribute('href', '/changes.txt');
  await expect(field).toBeFocused();
  await expect(isNext).toHaveCount(0);
  await expectAccessible(page, 'the notice of an update', [WIDE]);
  await page.screenshot({ path: info.outputPath('notice.png') });

  // The last letters are typed in the moment before the press, when nothing has stored them yet.
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1000);
  await field.pressSequentially('ught');
  await Promise.all([page.waitForEvent('load'), notice.getByRole('button', { name: 'Reload' }).click()]);
  await page.clock.resume();
  await expect(isNext).toHaveCount(1);
  await expect(field).toHaveValue('half a thought');
  await expect(notice).toHaveCount(0);
  await alice.sees('before the update');
  await field.press('Enter');
  await bob.reads('Alice');
  await bob.sees('half a thought');
});
