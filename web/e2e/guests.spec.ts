/** Guests and how much a server lets them do: a drawn name, the wait of whoever writes too fast, and work before one comes in. */
import { expect, test } from './story';
import { User } from './user';

test('a name is drawn for a guest, and one press is enough', async ({ user, profile }) => {
  const alice = await user('Alice');
  await alice.makesRoom('Night shift swaps');
  const guest = await User.opens(await profile(), '', await alice.copiesRoomLink());
  const name = guest.page.getByLabel('Your name in this room');
  await expect(name).toHaveValue(/^\S+ \S+$/u);
  const drawn = await name.inputValue();
  await guest.page.getByRole('button', { name: 'Join the room' }).click();
  await expect(guest.composer('Night shift swaps')).toBeVisible();
  await expect(alice.log.getByText(`${drawn} joined.`)).toBeVisible();
});

test.describe('at a server that counts as it does by default', () => {
  test.use({ serverOptions: ['--limit-scale', '1'] });

  test('a guest who writes too fast sees how long to wait, and the message goes then', async ({ user, profile }) => {
    const alice = await user('Alice');
    await alice.makesRoom('Night shift swaps');
    const heron = await User.opens(await profile(), 'Quiet Heron', await alice.copiesRoomLink());
    await heron.comesIn();
    const tooFast = heron.page.getByText(/^That was fast\. You can write again in/u);
    // Ten, and the few for which time passed meanwhile.
    let last = '';
    for (let count = 1; count <= 30 && !(await tooFast.isVisible()); count += 1) {
      last = `Word ${count}`;
      await heron.writes(last);
      const came = alice.log.getByText(last, { exact: true });
      await expect.poll(async () => (await came.count()) === 1 || (await tooFast.isVisible())).toBe(true);
    }
    await expect(tooFast).toBeVisible();
    expect(Number(/\d+/u.exec(last)?.[0])).toBeGreaterThan(10);
    const field = heron.composer('Night shift swaps');
    await field.fill('and then');
    await field.press('Enter');
    await expect(heron.page.getByText('Your draft is kept.')).toBeVisible();
    await expect(field).toHaveValue('and then');
    await alice.sees(last);
    await expect(tooFast).toHaveCount(0);
    await field.press('Enter');
    await alice.sees('and then');
  });
});

test.describe('at a server that asks every guest for work', () => {
  test.use({ serverOptions: ['--guest-free-per-minute', '0'] });

  test('a guest comes in by the work of the browser', async ({ user, profile }) => {
    const alice = await user('Alice');
    await alice.makesRoom('Night shift swaps');
    const context = await profile();
    const answers: number[] = [];
    context.on('response', (response) => {
      if (response.url().includes('/guests')) answers.push(response.status());
    });
    const heron = await User.opens(context, 'Quiet Heron', await alice.copiesRoomLink());
    await heron.comesIn();
    // Proof required, then the guest.
    expect(answers).toContain(428);
    await heron.writes('Here I am');
    await alice.sees('Here I am');
  });
});
