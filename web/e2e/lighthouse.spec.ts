/** Lighthouse on the real page: accessibility and good practice without a point missing, on the door, at signing in and in a conversation. What makes the page installable is asked of the browser in `app.spec.ts`. */
import { chromium, type Page } from '@playwright/test';
import lighthouse from 'lighthouse';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './story';
import { User } from './user';

const CATEGORIES = ['accessibility', 'best-practices'];

/** A port that nobody uses, over which Lighthouse reaches the browser. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** What costs points on an address, and how many are left in each category. */
async function judge(port: number, address: string): Promise<{ readonly scores: readonly (number | null)[]; readonly missed: readonly string[] }> {
  const result = await lighthouse(address, { port, onlyCategories: CATEGORIES, disableStorageReset: true, logLevel: 'error' });
  if (!result) throw new Error('no report');
  const { categories, audits } = result.lhr;
  const judged = Object.values(categories);
  const missed = judged.flatMap(({ auditRefs }) =>
    auditRefs.flatMap(({ id, weight }) => {
      const { score, title, details } = audits[id] ?? {};
      return weight > 0 && typeof score === 'number' && score < 1 ? [`${title}: ${JSON.stringify(details).slice(0, 600)}`] : [];
    }),
  );
  return { scores: judged.map(({ score }) => score), missed };
}

test('Lighthouse finds nothing to improve', async ({ server, user, launchOptions }) => {
  const bob = await user('Bob');
  const port = await freePort();
  const data = await mkdtemp(join(tmpdir(), 'undertone-lighthouse-'));
  const context = await chromium.launchPersistentContext(data, { ...launchOptions, args: [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`] });
  try {
    const alice = await User.opens(context, 'Alice', server.url);
    const expectAll = async (page: Page, where: string) => {
      expect(await judge(port, page.url()), where).toEqual({ scores: CATEGORIES.map(() => 1), missed: [] });
    };
    await expectAll(alice.page, 'first page');
    await alice.page.goto(`${server.url}/sign-in`);
    await expectAll(alice.page, 'sign in');
    await alice.page.goto(server.url);
    await alice.registers();
    await alice.opensConversationWith('Bob');
    await alice.writes('Good morning');
    await alice.seesSent('Good morning');
    await bob.reads('Alice');
    await bob.writes('Good morning to you');
    await alice.sees('Good morning to you');
    await expectAll(alice.page, 'conversation');
  } finally {
    await context.close();
    await rm(data, { recursive: true, force: true });
  }
});
