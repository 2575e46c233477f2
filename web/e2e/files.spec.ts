/** Files on their way: halted, cut off, taken back, saved to the disk, refused with a reason; played and looked at in place. */
import { expectAccessible } from './accessible';
import { film, hashOf, picture, type Picked, sound, withLargeFile } from './media';
import { row, sends } from './sending';
import { expect, test } from './story';
import { PHONE, type User } from './user';

/** By hand it may be a gigabyte. */
const LARGE_BYTES = Number(process.env['UNDERTONE_E2E_FILE_BYTES'] ?? 48 * 1024 * 1024);

/** Time for it to be encrypted, sent or saved, at five megabytes a second. */
const LARGE_MS = 45_000 + LARGE_BYTES / 5000;

const PIECES = '**/api/v1/blobs/*?offset=*';

/** Lets so many pieces through to the server, then none until it is opened again. */
async function gate(user: User, through: number): Promise<{ readonly held: () => number; readonly open: () => Promise<void> }> {
  let passed = 0;
  let held = 0;
  await user.page.route(PIECES, async (route) => {
    passed += 1;
    if (passed <= through) {
      await route.continue();
      return;
    }
    held += 1;
    // Not an answer: the line is cut.
    await route.abort('connectionreset');
  });
  return { held: () => held, open: () => user.page.unroute(PIECES) };
}

test('a large file goes up through a pause, a cut line, a reload and a restart, and comes down to the disk', async ({ user, server }) => {
  test.setTimeout(240_000 + 5 * LARGE_MS);
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await withLargeFile(LARGE_BYTES, 'harbour.bin', async ({ path, sha256, ofBlocks }) => {
    const line = await gate(alice, 3);
    await sends(alice, 'Bob', path, 'All of the survey.');
    const message = row(alice, 'All of the survey.');
    await expect(message).toContainText(/Being encrypted/u);
    await expect(message.getByRole('button', { name: 'Pause harbour.bin' })).toBeVisible({ timeout: LARGE_MS });
    await expect.poll(line.held).toBeGreaterThan(0);
    await message.getByRole('button', { name: 'Pause harbour.bin' }).click();
    await expect(message).toContainText(/Paused · .+ of /u);
    await alice.page.screenshot({ path: test.info().outputPath('paused.png') });
    await line.open();

    await alice.page.reload();
    await expect(message).toContainText(/Paused/u);
    const again = await gate(alice, 6);
    await message.getByRole('button', { name: 'Go on with harbour.bin' }).click();
    await expect(message.getByRole('progressbar', { name: 'Sending harbour.bin' })).toBeVisible();
    await expect.poll(again.held).toBeGreaterThan(0);
    await server.kill();
    await again.open();
    await alice.page.reload();
    await server.startAgain();
    await expect(message).toContainText('Sent', { timeout: LARGE_MS });

    await bob.reads('Alice');
    const saved = row(bob, 'All of the survey.');
    // First as a browser without a way to choose a place does it, then into one that was chosen.
    await bob.page.evaluate(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
    const saving = bob.page.waitForEvent('download');
    await saved.getByRole('button', { name: 'Save harbour.bin' }).click();
    const download = await saving;
    expect(download.suggestedFilename()).toBe('harbour.bin');
    expect(await hashOf(download)).toBe(sha256);
    await expect(saved.getByRole('button', { name: 'Save harbour.bin' })).toBeVisible({ timeout: LARGE_MS });
    expect(new URL(bob.page.url()).pathname).toMatch(/^\/c\//u);

    await bob.page.evaluate(() => {
      Reflect.set(window, 'showSaveFilePicker', async () => (await navigator.storage.getDirectory()).getFileHandle('chosen', { create: true }));
    });
    await saved.getByRole('button', { name: 'Save harbour.bin' }).click();
    await expect(saved).toContainText(/Being saved/u);
    await expect(saved.getByRole('button', { name: 'Save harbour.bin' })).toBeVisible({ timeout: LARGE_MS });
    const written = await bob.page.evaluate(async () => {
      const file = await (await (await navigator.storage.getDirectory()).getFileHandle('chosen')).getFile();
      const hashes: Uint8Array<ArrayBuffer>[] = [];
      for (let at = 0; at < file.size; at += 2 ** 20) {
        hashes.push(new Uint8Array(await crypto.subtle.digest('SHA-256', await file.slice(at, at + 2 ** 20).arrayBuffer())));
      }
      const whole = new Uint8Array(await crypto.subtle.digest('SHA-256', await new Blob(hashes).arrayBuffer()));
      return [...whole].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    });
    expect(written).toBe(ofBlocks);
  });
});

test.describe('a server with little space for each', () => {
  test.use({ serverOptions: ['--user-blob-bytes-max', '400000'] });

  test('an upload is refused with a reason, tried again, and taken back', async ({ user }) => {
    const alice = await user('Alice');
    const bob = await user('Bob');
    await alice.opensConversationWith('Bob');
    const plans: Picked = { name: 'plans.zip', mimeType: 'application/zip', buffer: Buffer.alloc(300_000) };
    const list: Picked = { name: 'readings.csv', mimeType: 'text/csv', buffer: Buffer.alloc(200_000) };
    await sends(alice, 'Bob', [plans], 'The plans.');
    await alice.seesSent('The plans.');
    await bob.reads('Alice');
    await sends(alice, 'Bob', [list], 'The readings.');
    const message = row(alice, 'The readings.');
    await expect(message.getByRole('alert').filter({ hasText: 'Your space on this server is full.' })).toBeVisible();
    await expectAccessible(alice.page, 'an upload that was refused');
    await alice.page.screenshot({ path: test.info().outputPath('full.png') });

    await row(alice, 'The plans.').focus();
    await alice.page.keyboard.press('Shift+F10');
    await alice.page.getByRole('menuitem', { name: 'Delete for everyone' }).click();
    await expect(bob.log.getByText('This message was deleted.')).toBeVisible();
    await expect(async () => {
      await message.getByRole('button', { name: 'Try readings.csv again' }).click({ timeout: 2000 });
      await expect(message).toContainText('Sent', { timeout: 4000 });
    }).toPass();
    await expect(row(bob, 'The readings.')).toContainText('readings.csv');

    const small = { ...list, buffer: Buffer.from('hour,metres') };
    const line = await gate(alice, 0);
    await sends(alice, 'Bob', [small, { ...small, name: 'wrong.csv' }], 'And these.');
    await expect.poll(line.held).toBeGreaterThan(0);
    const second = row(alice, 'And these.');
    await second.getByRole('button', { name: 'Remove wrong.csv' }).click();
    await expect(second).not.toContainText('wrong.csv');
    await line.open();
    await alice.seesSent('And these.');
    await expect(row(bob, 'And these.')).toContainText('readings.csv');
    await expect(row(bob, 'And these.')).not.toContainText('wrong.csv');

    const cut = await gate(alice, 0);
    await sends(alice, 'Bob', [small], 'Not this.');
    await expect.poll(cut.held).toBeGreaterThan(0);
    await row(alice, 'Not this.').getByRole('button', { name: 'Remove readings.csv' }).click();
    await expect(alice.log.getByText('Not this.')).toHaveCount(0);
  });
});

test('films and sounds play in place while they are fetched', async ({ user }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await bob.page.setViewportSize(PHONE);
  await sends(alice, 'Bob', [await film(alice, 'pier.webm')], 'The crane.');
  await sends(alice, 'Bob', [sound('foghorn.wav', 125)], 'Two minutes of fog.');
  await alice.seesSent('Two minutes of fog.');
  await bob.reads('Alice');
  await expect(row(bob, 'Two minutes of fog.')).toContainText('2:05');
  await bob.page.screenshot({ path: test.info().outputPath('before.png') });

  let fetched = 0;
  bob.page.on('response', (response) => {
    if (response.request().method() === 'GET' && response.url().includes('/api/v1/blobs/')) fetched += Number(response.headers()['content-length'] ?? 0);
  });
  await bob.page.getByRole('button', { name: /^Play foghorn\.wav/u }).click();
  const horn = bob.log.locator('audio');
  const plays = (from: number) => expect.poll(() => horn.evaluate((element: HTMLAudioElement) => element.currentTime)).toBeGreaterThan(from);
  await plays(0.2);
  expect(await horn.evaluate((element: HTMLAudioElement) => element.duration)).toBeCloseTo(125, 0);
  await horn.evaluate((element: HTMLAudioElement) => {
    element.currentTime = 110;
  });
  await plays(110.2);
  await horn.evaluate((element: HTMLAudioElement) => element.pause());
  const whole = 44 + 125 * 192_000;
  expect(fetched).toBeGreaterThan(100_000);
  expect(fetched).toBeLessThan(whole * 0.8);

  await bob.page.getByRole('button', { name: /^Play pier\.webm/u }).click();
  const crane = bob.log.locator('video');
  await expect.poll(() => crane.evaluate((element: HTMLVideoElement) => element.videoWidth)).toBe(320);
  await expect.poll(() => crane.evaluate((element: HTMLVideoElement) => element.currentTime)).toBeGreaterThan(0.2);
  await bob.page.screenshot({ path: test.info().outputPath('playing.png') });
});

test('pictures are pasted, dropped, and looked at one after the other', async ({ user }) => {
  test.slow();
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await bob.page.setViewportSize(PHONE);
  const colours = ['#c9a87a', '#7aa8c9', '#a87ac9'];
  const [first, second, third] = await Promise.all(colours.map((colour, at) => picture(alice, `pier-${at + 1}.jpg`, [640, at === 1 ? 900 : 400], colour)));

  const handOver = (kind: 'paste' | 'drop', files: readonly (Picked | undefined)[]) =>
    alice.page.evaluate(
      ([how, all]) => {
        const data = new DataTransfer();
        for (const { name, type, bytes } of all) data.items.add(new File([new Uint8Array(bytes)], name, { type }));
        const field = document.querySelector('main textarea');
        if (how === 'paste') field?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
        else for (const name of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
      },
      [kind, files.flatMap((file) => (file ? [{ name: file.name, type: file.mimeType, bytes: [...file.buffer] }] : []))] as const,
    );
  const waiting = alice.page.getByRole('list', { name: 'Files to send' }).getByRole('listitem');
  await handOver('paste', [first]);
  await expect(waiting).toHaveCount(1);
  await alice.composer('Bob').press('Enter');
  await expect(alice.log.getByRole('button', { name: 'Open pier-1.jpg' })).toBeVisible();
  for (let number = 0; number < 85; number += 1) {
    await alice.composer('Bob').fill(`Log ${number}`);
    await alice.composer('Bob').press('Enter');
  }
  await handOver('drop', [second, third]);
  await expect(waiting).toHaveCount(2);
  await alice.composer('Bob').fill('And from the other side.');
  await alice.composer('Bob').press('Enter');
  await alice.seesSent('And from the other side.');

  await bob.reads('Alice');
  const open = bob.log.getByRole('button', { name: 'Open pier-3.jpg' });
  // Once all is read, the page opens with the newest messages alone.
  await expect(async () => {
    await bob.log.evaluate((log) => log.scrollTo(0, log.scrollHeight));
    await expect(open).toBeInViewport({ timeout: 1000 });
    await bob.page.reload();
    await expect(open).toBeInViewport({ timeout: 10_000 });
    await expect(bob.log.getByRole('button', { name: 'Open pier-1.jpg' })).toHaveCount(0, { timeout: 1000 });
  }).toPass({ timeout: 90_000 });
  await open.click();
  const viewer = bob.page.getByRole('dialog', { name: 'Pictures' });
  const shows = (name: string) => expect(viewer.getByRole('img', { name })).toBeVisible();
  await shows('pier-3.jpg');
  await expect(viewer).toContainText('3 of 3');
  await bob.page.keyboard.press('ArrowLeft');
  await shows('pier-2.jpg');
  await viewer.getByRole('button', { name: 'Previous picture' }).click();
  await shows('pier-1.jpg');
  await expect(viewer).toContainText('1 of 3');
  await bob.page.keyboard.press('ArrowLeft');
  await shows('pier-1.jpg');
  for (const colorScheme of ['light', 'dark'] as const) {
    await bob.page.emulateMedia({ colorScheme });
    await bob.page.screenshot({ path: test.info().outputPath(`viewer-${colorScheme}.png`) });
  }
  await expectAccessible(bob.page, 'pictures in full');
  await bob.page.setViewportSize(PHONE);
  const touch = await bob.page.context().newCDPSession(bob.page);
  const swipe = async (from: number, to: number) => {
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: from, y: 400 }] });
    for (const x of [(from + to) / 2, to]) await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x, y: 402 }] });
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  };
  await swipe(300, 100);
  await shows('pier-2.jpg');
  await swipe(100, 300);
  await shows('pier-1.jpg');
  await bob.page.keyboard.press('End');
  await shows('pier-3.jpg');
  await bob.page.keyboard.press('Escape');
  await expect(viewer).toHaveCount(0);
  await expect(open).toBeFocused();
});
