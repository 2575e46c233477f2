/** Sending files, in the words of the screen. */
import type { Locator } from '@playwright/test';
import type { Picked } from './media';
import { expect } from './story';
import type { User } from './user';

/** A message by some of its words. */
export function row(user: User, text: string): Locator {
  return user.log.locator('[data-message]').filter({ hasText: text }).first();
}

/** Picks files; so many of them wait to be sent then. */
export async function attaches(user: User, files: string | readonly Picked[], count: number): Promise<void> {
  await user.page.locator('input[type="file"]').setInputFiles(typeof files === 'string' ? files : [...files]);
  await expect(user.page.getByRole('list', { name: 'Files to send' }).getByRole('listitem')).toHaveCount(count);
}

/** Sends files with some words. */
export async function sends(user: User, to: string, files: string | readonly Picked[], text: string): Promise<void> {
  await attaches(user, files, typeof files === 'string' ? 1 : files.length);
  await user.composer(to).fill(text);
  await user.composer(to).press('Enter');
}
