/** The browser and the terminal are the same messenger: a conversation between the two. */
import { expect, test } from './story';
import { Terminal } from './terminal';

test('somebody at a browser and somebody at a terminal talk', async ({ user, server }) => {
  await Terminal.story('Carl', server.url, async (carl) => {
    const alice = await user('Alice');
    await alice.opensConversationWith('Carl');
    await alice.writes('Are you at the terminal?');
    await alice.seesSent('Are you at the terminal?');
    await expect(async () => {
      expect(await carl.says('messages', 'Alice')).toContain('Are you at the terminal?');
    }).toPass();
    await carl.says('send', 'Alice', 'Where else');
    await alice.sees('Where else');
    expect(await carl.says('search', 'terminal')).toContain('Alice');
  });
});
