/** How messages become rows. */
import { expect, test } from 'vitest';
import { CoreDouble, person } from '../../../core/testing/double';
import type { MessageView } from '../../../core/types';
import { layOut, unreadLine } from './layout';

const ada = person('Ada', 0, 0);
const bob = person('Bob', 1, 1);
const NOON = new Date(2026, 10, 17, 12).getTime();
const MINUTE = 60_000;

/** Messages as a timeline gives them: who, at which minute, and how far they got. */
async function messages(...said: readonly (readonly [typeof ada, number, Partial<MessageView>?])[]) {
  const double = new CoreDouble({ me: ada });
  const conversation = double.converse(bob);
  for (const [who, minute, more] of said) {
    double.say(conversation, who, `at ${minute}`, { sentAtMs: NOON + minute * MINUTE, ...more });
  }
  return (await double.core.timeline(conversation, { limit: 100 })).messages;
}

function shapes(rows: ReturnType<typeof layOut>) {
  return rows.map((row) => (row.kind === 'message' ? (row.isContinued ? 'continued' : 'first') : row.kind));
}

test('what one person says within five minutes is one group', async () => {
  const all = await messages([bob, 0], [bob, 4], [bob, 10], [ada, 11], [bob, 12]);
  expect(shapes(layOut(all, undefined))).toEqual(['day', 'first', 'continued', 'first', 'first', 'first']);
});

test('a new day has its line and begins a new group', async () => {
  const all = await messages([bob, 12 * 60 - 1], [bob, 12 * 60 + 1]);
  expect(shapes(layOut(all, undefined))).toEqual(['day', 'first', 'day', 'first']);
});

test('the unread line stands before the first unread message of another', async () => {
  const all = await messages([bob, 0], [ada, 1], [bob, 2], [ada, 3], [bob, 4]);
  const line = unreadLine(all, 2);
  expect(line?.before).toBe(all[2]?.key);
  expect(shapes(layOut(all, line))).toEqual(['day', 'first', 'first', 'unread', 'first', 'first', 'first']);
  expect(unreadLine(all, 0)).toBeUndefined();
  expect(unreadLine(all, 99)?.before).toBe(all[0]?.key);
});

test('a fate is told once for each state, and for every failure', async () => {
  const all = await messages(
    [ada, 0], [ada, 1], [ada, 2, { state: 'failed' }], [ada, 3, { state: 'failed' }], [ada, 4, { state: 'sending' }], [bob, 5],
  );
  const told = layOut(all, undefined).flatMap((row) => (row.kind === 'message' && row.tellsFate ? [row.message.text] : []));
  expect(told).toEqual(['at 1', 'at 2', 'at 3', 'at 4']);
});
