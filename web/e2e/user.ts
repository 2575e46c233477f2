/** Somebody at a browser: what they do and what they see, in the words of the screen. */
import { type BrowserContext, expect, type Locator, type Page } from '@playwright/test';
import { watch } from './watch';

/** Strong enough, and easy to type. */
export const PASSWORD = 'quiet heron under the seven piers';

/** The screen of a phone. */
export const PHONE = { width: 390, height: 844 } as const;

export class User {
  private constructor(
    readonly name: string,
    readonly page: Page,
  ) {}

  /** Opens a tab in a browser profile. */
  static async opens(
    context: BrowserContext,
    name: string,
    url: string,
    screen?: { readonly width: number; readonly height: number },
  ): Promise<User> {
    const page = await context.newPage();
    if (screen) await page.setViewportSize(screen);
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
    const heading = this.page.getByRole('heading', { name: 'Keep this key somewhere safe' });
    await heading.waitFor({ timeout: 120_000 }).catch(async (cause: unknown) => {
      throw new Error(`No recovery key. The page says:\n${await this.page.locator('body').innerText()}`, { cause });
    });
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
    await this.choosesNew('Start a conversation');
    await this.page.getByRole('combobox', { name: 'Find a person by name' }).fill(name.slice(0, 3).toLowerCase());
    await this.page.getByRole('option', { name }).click();
    await expect(this.composer(name)).toBeVisible();
  }

  /** Begins something new from the menu of the list. */
  async choosesNew(what: string): Promise<void> {
    await this.page.getByRole('button', { name: 'New conversation' }).click();
    await this.page.getByRole('menuitem', { name: what }).click();
  }

  /** Makes a room; what is chosen beside the title comes as a function. */
  async makesRoom(title: string, choose?: (page: Page) => Promise<void>): Promise<void> {
    await this.choosesNew('New room');
    await this.page.getByLabel('Title').fill(title);
    await choose?.(this.page);
    await this.page.getByRole('button', { name: 'Make the room' }).click();
    await expect(this.composer(title)).toBeVisible();
  }

  /** Makes a group. */
  async makesGroup(title: string, people: readonly string[]): Promise<void> {
    await this.choosesNew('New group');
    await this.page.getByLabel('Title').fill(title);
    for (const name of people) await this.page.getByRole('button', { name, exact: true }).click();
    await this.page.getByRole('button', { name: 'Make the group' }).click();
    await expect(this.composer(title)).toBeVisible();
  }

  /** Opens the details of what is open, unless they stand there already. */
  async opensDetails(): Promise<void> {
    const back = this.page.getByRole('button', { name: 'Back to details' });
    if (await back.isVisible()) await back.click();
    const close = this.page.getByRole('button', { name: 'Close details' });
    if (!(await close.isVisible())) await this.page.getByRole('button', { name: 'Details', exact: true }).click();
    await expect(close).toBeVisible();
  }

  /** Copies the link of the room that is open. */
  async copiesRoomLink(): Promise<string> {
    await this.opensDetails();
    await this.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await this.page.getByRole('button', { name: 'Copy link' }).click();
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  /** Comes in by the link that is open, as a guest of this name. */
  async comesIn(): Promise<void> {
    await this.page.getByLabel('Your name in this room').fill(this.name);
    await this.page.getByRole('button', { name: 'Join the room' }).click();
    await expect(this.page.getByRole('textbox', { name: /^Message to/u })).toBeVisible({ timeout: 60_000 });
  }

  /** Knocks at the door that is open, as a guest of this name. */
  async knocks(): Promise<void> {
    await this.page.getByLabel('Your name in this room').fill(this.name);
    await this.page.getByRole('button', { name: 'Ask to come in' }).click();
    await expect(this.page.getByText(/Waiting for someone to let you in/u)).toBeVisible({ timeout: 60_000 });
  }

  /** Chooses something from the menu of a person in what is open. */
  async choosesFor(name: string, what: string): Promise<void> {
    if (!(await this.page.getByRole('button', { name: 'Back to details' }).isVisible())) {
      await this.opensDetails();
      await this.page.getByRole('button', { name: /^People/u }).click();
    }
    await this.page.getByRole('button', { name: `${name}: role and more` }).click();
    await this.page.getByRole('menu').getByText(what, { exact: true }).click();
  }

  /** Becomes an account with a name of their own. */
  async makesAccount(name: string): Promise<void> {
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await this.page.getByRole('button', { name: 'Make an account' }).click();
    await this.keepsRecoveryKey();
  }

  /** Opens a conversation that is in the list; what a stranger began is accepted. */
  async reads(name: string): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Conversation list' }).getByRole('link', { name }).click();
    const accept = this.page.getByRole('button', { name: 'Accept' });
    await expect(accept.or(this.composer(name)).first()).toBeVisible();
    if (await accept.isVisible()) await accept.click();
    await expect(accept).toHaveCount(0);
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

  /** Where one writes in a conversation. */
  composer(name: string): Locator {
    return this.page.getByRole('textbox', { name: `Message to ${name}` });
  }
}
