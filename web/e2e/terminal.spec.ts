/** The browser and the terminal are the same messenger: a conversation between the two. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { program } from './server';
import { expect, test } from './story';
import { PASSWORD } from './user';

const run = promisify(execFile);

test('somebody at a browser and somebody at a terminal talk', async ({ user, server }) => {
  const profile = await mkdtemp(join(tmpdir(), 'undertone-terminal-'));
  const undertone = async (...words: readonly string[]): Promise<string> => {
    const environment = { ...process.env, UNDERTONE_PASSWORD: PASSWORD, UNDERTONE_PROFILE: profile };
    const { stdout } = await run(program(), [...words, '--json'], { env: environment });
    return stdout;
  };
  try {
    await undertone('register', 'Carl', '--server', server.url);
    const alice = await user('Alice');
    await alice.opensConversationWith('Carl');
    await alice.writes('Are you at the terminal?');
    await alice.seesSent('Are you at the terminal?');
    await expect(async () => {
      expect(await undertone('messages', 'Alice')).toContain('Are you at the terminal?');
    }).toPass();
    await undertone('send', 'Alice', 'Where else');
    await alice.sees('Where else');
    expect(await undertone('search', 'terminal')).toContain('Alice');
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
});
