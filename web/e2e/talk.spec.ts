/** Two people talk with all that messages can be, one at a desktop and one on a phone: marks, replies, edits, reactions, files. */
import type { Locator } from '@playwright/test';
import { expectAccessible } from './accessible';
import { expectHarmless, NAUGHTY } from './naughty';
import { expect, test } from './story';
import { PHONE, type User } from './user';

function row(user: User, text: string): Locator {
  return user.log.locator('[data-message]').filter({ hasText: text }).first();
}

/** Opens all that can be done with a message, by keyboard, and chooses from it. */
async function choose(user: User, text: string, what: string): Promise<void> {
  const message = row(user, text);
  await message.focus();
  await message.press('Shift+F10');
  await user.page.getByRole('menuitem', { name: what, exact: true }).click();
}

async function types(user: User, name: string, text: string): Promise<void> {
  await user.composer(name).fill(text);
  await user.composer(name).press('Enter');
}

/** Draws a picture in the page, as a camera would hand it over. */
async function picture(user: User, width: number, height: number): Promise<Buffer> {
  const bytes = await user.page.evaluate(
    async ([across, down]) => {
      const canvas = new OffscreenCanvas(across, down);
      const pen = canvas.getContext('2d');
      if (pen) {
        const sky = pen.createLinearGradient(0, 0, 0, down);
        sky.addColorStop(0, '#bcd7de');
        sky.addColorStop(1, '#c9a87a');
        pen.fillStyle = sky;
        pen.fillRect(0, 0, across, down);
      }
      const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    [width, height] as const,
  );
  return Buffer.from(bytes);
}

test('two people write, answer, change, react and delete', async ({ user }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await alice.writes('Morning.');
  await bob.reads('Alice');
  await bob.page.setViewportSize(PHONE);

  await alice.composer('Bob').fill('The inspection moved');
  await alice.composer('Bob').press('Control+a');
  await alice.composer('Bob').press('Control+b');
  await expect(alice.composer('Bob')).toHaveValue('**The inspection moved**');
  await alice.composer('Bob').press('Control+z');
  await expect(alice.composer('Bob')).toHaveValue('The inspection moved');
  await alice.composer('Bob').press('Control+b');
  await alice.composer('Bob').press('Enter');
  await expect(bob.log.locator('strong', { hasText: 'The inspection moved' })).toBeVisible();

  await types(alice, 'Bob', 'Bring:\n- the `torque` wrench\n- the ~~long~~ short ladder\n\nGate code is ||4711||, see https://harbour.example/pier');
  await expect(bob.log.locator('code', { hasText: 'torque' })).toBeVisible();
  await expect(bob.log.getByRole('link', { name: 'https://harbour.example/pier' })).toHaveAttribute('rel', /noopener/u);
  await expect(bob.log.getByText('4711')).not.toBeVisible();
  await bob.page.getByRole('button', { name: 'Hidden words. Show them' }).click();
  await expect(bob.log.getByText('4711')).toBeVisible();

  await choose(bob, 'The inspection moved', 'Reply');
  await types(bob, 'Alice', 'To when?');
  await expect(alice.log.getByRole('button', { name: /^Reply to\s*You\s*The inspection moved/u })).toBeVisible();

  await alice.composer('Bob').press('ArrowUp');
  await expect(alice.page.getByText('Editing')).toBeVisible();
  await alice.composer('Bob').press('Escape');
  await choose(alice, 'The inspection moved', 'Edit');
  await expect(alice.composer('Bob')).toHaveValue('**The inspection moved**');
  await types(alice, 'Bob', 'The inspection moved to 14:30');
  await expect(row(bob, 'The inspection moved to 14:30')).toContainText('edited');
  await bob.page.getByRole('button', { name: 'Edited. Show what it said before' }).click();
  await expect(bob.page.getByRole('dialog', { name: 'What it said before' })).toContainText('The inspection moved');
  await bob.page.keyboard.press('Escape');

  await choose(bob, 'Morning.', 'React');
  await bob.page.getByRole('searchbox', { name: 'Find an emoji' }).fill('thumbs up');
  await bob.page.getByRole('gridcell').getByRole('button', { name: 'thumbs up' }).first().click();
  const thumb = alice.log.getByRole('button', { name: /👍.*1$/u });
  await expect(thumb).toBeVisible();
  await thumb.click();
  await expect(bob.log.getByRole('button', { name: /👍.*2$/u })).toBeVisible();

  await alice.writes('This was a mistake.');
  await bob.sees('This was a mistake.');
  await choose(alice, 'This was a mistake.', 'Delete for everyone');
  await alice.page.getByRole('button', { name: 'Undo' }).click();
  await alice.sees('This was a mistake.');
  await choose(alice, 'This was a mistake.', 'Delete for everyone');
  await expect(bob.log.getByText('This message was deleted.')).toBeVisible();

  await choose(bob, 'Morning.', 'Pin for everyone');
  await expect(row(alice, 'Morning.')).toContainText('Pinned');
  await expect(alice.log.getByText(/· Read$/u)).toBeVisible();

  await alice.page.keyboard.press('Control+k');
  await alice.page.getByRole('combobox', { name: 'Search or jump to' }).fill('torque');
  await alice.page.getByRole('option', { name: /torque/u }).first().click();
  await expect(row(alice, 'torque')).toBeFocused();

  await alice.page.reload();
  await expect(row(alice, 'The inspection moved to 14:30')).toContainText('edited');
  await expect(row(alice, 'Morning.')).toContainText('Pinned');
  await expectAccessible(alice.page, 'a conversation with all that messages can be');
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const { name, page } of [alice, bob]) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: test.info().outputPath(`${name}-${colorScheme}.png`) });
    }
  }
});

test('people are called by name, several messages are forwarded, a draft outlives the page', async ({ user }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await bob.page.setViewportSize(PHONE);
  await alice.makesGroup('Pier', ['Bob']);
  await alice.composer('Pier').pressSequentially('See this @bo');
  await expect(alice.page.getByRole('option', { name: 'Bob' })).toBeVisible();
  await alice.composer('Pier').press('Enter');
  await expect(alice.composer('Pier')).toHaveValue('See this @Bob ');
  await alice.composer('Pier').pressSequentially(':tada:');
  await expect(alice.composer('Pier')).toHaveValue('See this @Bob 🎉');
  await alice.composer('Pier').press('Enter');
  await bob.reads('Pier');
  await expect(bob.log.locator('bdi', { hasText: '@Bob' })).toBeVisible();

  await alice.writes('First.');
  await alice.writes('Second.');
  await alice.opensConversationWith('Bob');
  await alice.writes('Hello Bob.');
  await alice.reads('Pier');
  await choose(alice, 'First.', 'Select');
  await alice.log.getByRole('checkbox', { name: /Second/u }).check();
  await alice.page.getByRole('button', { name: 'Forward' }).click();
  const dialog = alice.page.getByRole('dialog', { name: 'Forward 2 messages' });
  await dialog.getByRole('checkbox', { name: 'Bob' }).check();
  await dialog.getByRole('button', { name: 'Forward' }).click();
  await alice.reads('Bob');
  await expect(row(alice, 'Second.')).toContainText('Forwarded');

  await alice.composer('Bob').fill('half a thought');
  await alice.reads('Pier');
  await alice.page.reload();
  await alice.reads('Bob');
  await expect(alice.composer('Bob')).toHaveValue('half a thought');
});

test('a picture is shown before and after it is there, another file is saved under its name', async ({ user }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await bob.page.setViewportSize(PHONE);
  await alice.opensConversationWith('Bob');
  const files = [
    { name: 'pier.jpg', mimeType: 'image/jpeg', buffer: await picture(alice, 736, 460) },
    { name: 'readings.csv', mimeType: 'text/csv', buffer: Buffer.from('hour,metres\n9,1.2\n') },
  ];
  await alice.page.locator('input[type="file"]').setInputFiles(files);
  await expect(alice.page.getByRole('list', { name: 'Files to send' }).getByRole('listitem')).toHaveCount(2);
  await types(alice, 'Bob', 'Step 14 is loose again.');

  await bob.reads('Alice');
  await expect(row(bob, 'Step 14 is loose again.')).toBeVisible({ timeout: 120_000 });
  const shown = bob.log.getByRole('img', { name: 'pier.jpg' });
  await expect(shown).toBeVisible({ timeout: 60_000 });
  await expect(async () => {
    expect(await shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(736);
  }).toPass();
  const box = await shown.boundingBox();
  expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(736 / 460, 1);

  await bob.log.getByRole('button', { name: 'Open pier.jpg' }).click();
  await expect(bob.page.getByRole('dialog', { name: 'Pictures' }).getByRole('img', { name: 'pier.jpg' })).toBeVisible();
  await bob.page.keyboard.press('Escape');
  await expect(bob.page.getByRole('dialog', { name: 'Pictures' })).toHaveCount(0);

  const saving = bob.page.waitForEvent('download');
  await bob.log.getByRole('button', { name: 'Save readings.csv' }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toBe('readings.csv');
  const bytes = [];
  for await (const chunk of await saved.createReadStream()) bytes.push(chunk);
  expect(Buffer.concat(bytes).toString()).toBe('hour,metres\n9,1.2\n');
});

test('what a hostile sender writes stays words', async ({ user }) => {
  const alice = await user('Alice');
  const bob = await user('Bob');
  await alice.opensConversationWith('Bob');
  await bob.page.setViewportSize(PHONE);
  for (const text of NAUGHTY) await types(alice, 'Bob', text);
  await alice.writes('That was all.');
  await bob.reads('Alice');
  await bob.sees('That was all.');
  for (const { name, page } of [alice, bob]) {
    expect(await page.locator('[role="log"] :is(script, svg[onload], img)').count()).toBe(0);
    await expectHarmless(page, `messages, as ${name} sees them`);
  }
  await expect(bob.log.getByText(NAUGHTY[0])).toBeVisible();
});
