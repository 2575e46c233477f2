/** Somebody at a browser: what they do and what they see, in the words of the screen. */
import { type BrowserContext, expect, type Locator, type Page } from '@playwright/test';
import { watch } from './watch';

/** Strong enough, and easy to type. */
export const PASSWORD = 'quiet heron under the seven piers';

export class User {
  private constructor(
    readonly name: string,
    readonly page: Page,
  ) {}

  /** Opens a tab in a browser profile. */
  static async opens(context: BrowserContext, name: string, url: string): Promise<User> {
    const page = await context.newPage();
    watch(page, url);
    await page.goto(url);
    return new User(name, page);
  }

  /** Creates an account, and checks the recovery key as asked. */
  async registers(): Promise<void> {
    await this.page.getByRole('link', { name: 'Sign in or create an account' }).click();
    await this.page.getByText('I am new here').click();
    await this.page.getByLabel('Name').fill(this.name);
    await this.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await this.page.getByRole('button', { name: 'Create account' }).click();
    await this.keepsRecoveryKey();
    await expect(this.page.getByRole('button', { name: 'Settings' })).toBeVisible();
  }

  /** Signs in with the account that exists. */
  async signsIn(password = PASSWORD): Promise<void> {
    await this.page.getByRole('link', { name: 'Sign in or create an account' }).click();
    await this.page.getByLabel('Name').fill(this.name);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Sets the server up with the code that it printed. */
  async setsUp(token: string, policy = 'Everybody who reaches it'): Promise<void> {
    await this.page.getByRole('link', { name: 'I run this server' }).click();
    await this.page.getByLabel('Set-up code').fill(token);
    await this.page.getByRole('button', { name: 'Continue' }).click();
    await this.page.getByLabel('Name').fill(this.name);
    await this.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await this.page.getByRole('button', { name: 'Continue' }).click();
    await this.page.getByLabel('Name of the server').fill('harbour.example');
    await this.page.getByText(policy).click();
    await this.page.getByRole('button', { name: 'Set up' }).click();
    await this.keepsRecoveryKey();
    await expect(this.page.getByRole('heading', { name: 'harbour.example is ready' })).toBeVisible();
    await this.page.getByRole('button', { name: 'Start' }).click();
    await expect(this.page.getByRole('button', { name: 'Settings' })).toBeVisible();
  }

  /** Types the group of the key that is asked for. */
  async keepsRecoveryKey(): Promise<void> {
    await expect(this.page.getByRole('heading', { name: 'Keep this key somewhere safe' })).toBeVisible({ timeout: 120_000 });
    const label = this.page.getByText(/^To check: type group \d$/u);
    const asked = Number((await label.innerText()).at(-1));
    const groups = this.page.getByRole('list', { name: /^Recovery key/u }).getByRole('listitem');
    expect(await groups.count()).toBe(8);
    const group = (await groups.nth(asked - 1).innerText()).slice(-4);
    await this.page.getByLabel(/^To check/u).fill(group);
    await this.page.getByRole('button', { name: 'Continue' }).click();
  }

  /** Finds a person by some letters of their name and opens the conversation. */
  async opensConversationWith(name: string): Promise<void> {
    await this.page.getByRole('button', { name: 'New conversation' }).click();
    await this.page.getByRole('combobox', { name: 'Find a person by name' }).fill(name.slice(0, 3).toLowerCase());
    await this.page.getByRole('option', { name }).click();
    await expect(this.composer(name)).toBeVisible();
  }

  /** Opens a conversation that is in the list. */
  async reads(name: string): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Conversation list' }).getByRole('link', { name }).click();
    await expect(this.composer(name)).toBeVisible();
  }

  /** Writes to whoever is open; the bubble is there at once. */
  async writes(text: string): Promise<void> {
    const field = this.page.getByRole('textbox', { name: /^Message to/u });
    await field.fill(text);
    await field.press('Enter');
    await expect(this.message(text)).toBeVisible();
  }

  /** A message is shown, once. */
  async sees(text: string): Promise<void> {
    await expect(this.message(text)).toHaveCount(1);
  }

  /** The last own message has reached the server. */
  async seesSent(text: string): Promise<void> {
    await expect(this.log.getByRole('listitem').filter({ hasText: text })).toContainText('Sent');
  }

  /** All texts of the open conversation that match, oldest first. */
  async texts(pattern: RegExp): Promise<readonly string[]> {
    const all = await this.log.getByText(pattern).allInnerTexts();
    return all.flatMap((text) => pattern.exec(text)?.[0] ?? []);
  }

  get log(): Locator {
    return this.page.getByRole('log');
  }

  private message(text: string): Locator {
    return this.log.getByText(text, { exact: true });
  }

  private composer(name: string): Locator {
    return this.page.getByRole('textbox', { name: `Message to ${name}` });
  }
}
