/** Pictures of absurd dimensions, chosen as the picture of a profile or of a group: their head is read, and nothing is drawn. */
import { expectNotFrozen } from './frozen';
import { vast } from './media';
import { expect, test } from './preview';

test('a vast picture is refused as the picture of a profile and of a group, before it is drawn', async ({ page, preview }) => {
  await page.addInitScript(() => {
    const draw = globalThis.createImageBitmap.bind(globalThis);
    Reflect.set(globalThis, 'drawn', 0);
    Reflect.set(globalThis, 'createImageBitmap', (source: Blob) => {
      Reflect.set(globalThis, 'drawn', Number(Reflect.get(globalThis, 'drawn')) + 1);
      return draw(source);
    });
  });
  const picker = page.locator('input[type="file"][accept="image/*"]');
  const drawn = () => page.evaluate(() => Number(Reflect.get(globalThis, 'drawn')));
  for (const [scene, path] of [['harbour', '/settings'], ['rooms', '/c/groupanorthapieraworksaaaa/details']] as const) {
    await page.goto(preview.at(scene, path));
    const change = page.getByRole('button', { name: 'Change title, topic and picture' });
    if (scene === 'rooms') await change.click();
    await picker.setInputFiles(vast('vast.png'));
    await expect(page.getByRole('alert').filter({ hasText: 'This file cannot be shown as a picture.' })).toBeVisible();
    await expectNotFrozen(page);
    expect(await drawn()).toBe(0);
    // One that is none of that is drawn.
    await picker.setInputFiles('public/icon-192.png');
    await expect(page.getByRole('group', { name: 'Which part of the picture' })).toBeVisible();
    expect(await drawn()).toBe(1);
  }
});
