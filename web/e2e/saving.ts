/** Saving the conversation that is open, in the words of the screen. */
import type { User } from './user';

/** A file that the browser saved. */
interface Saved {
  readonly name: string;
  readonly content: string;
}

/** Saves it as text and as data; the settings are open after it. */
export async function exports({ page }: User): Promise<{ readonly text: Saved; readonly data: Saved }> {
  const saved = async (): Promise<Saved> => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as a file' }).click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    return { name: download.suggestedFilename(), content: Buffer.concat(chunks).toString() };
  };
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: /^Export a conversation/u }).click();
  const text = await saved();
  await page.getByText('Data (JSON)').click();
  return { text, data: await saved() };
}
