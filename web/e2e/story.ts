/** What every story has: a server that is set up, and profiles of users, each a browser of its own. */
import { test as base, type BrowserContext, expect } from '@playwright/test';
import { Server } from './server';
import { User } from './user';
import { takeOffences } from './watch';

interface Story {
  /** What the server is started with besides. */
  readonly serverOptions: readonly string[];
  /** A server that nobody has set up. */
  readonly freshServer: Server;
  /** A server that Ruth has set up; everybody may register. */
  readonly server: Server;
  /** A new profile in which somebody has registered. */
  readonly user: (name: string) => Promise<User>;
  /** A new profile, empty. */
  readonly profile: () => Promise<BrowserContext>;
}

export const test = base.extend<Story>({
  serverOptions: [[], { option: true }],
  freshServer: async ({ serverOptions }, use) => {
    const server = await Server.start(serverOptions);
    await use(server);
    await server.remove();
    expect(takeOffences()).toEqual([]);
  },
  profile: async ({ browser, deviceScaleFactor }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext({
        locale: 'en-GB',
        reducedMotion: 'reduce',
        ...(deviceScaleFactor !== undefined && { deviceScaleFactor }),
      });
      contexts.push(context);
      return context;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
  server: async ({ freshServer, profile }, use) => {
    const ruth = await User.opens(await profile(), 'Ruth', freshServer.url);
    await ruth.setsUp(freshServer.setupToken ?? '');
    await ruth.page.context().close();
    await use(freshServer);
  },
  user: async ({ server, profile }, use) => {
    await use(async (name) => {
      const user = await User.opens(await profile(), name, server.url);
      await user.registers();
      return user;
    });
  },
});

export { expect } from '@playwright/test';
