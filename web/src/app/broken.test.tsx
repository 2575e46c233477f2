/** What others sent and nobody can draw: it shows an error in its own place, and everything around it stays. */
import { act, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { toasts } from '../components/toasts';
import { conversationNamed, type CoreDouble, person } from '../core/testing/double';
import { harbourTalking } from '../core/testing/harbour-talk';
import { open } from '../core/testing/render';
import { harbour } from '../core/testing/scene';
import type { ConversationView, MessageView } from '../core/types';

const PIER = conversationNamed('group', 'North pier works');
const mallory = person('Mallory', 3, 2, true);
/** No clock has such a time; writing it down fails. */
const NEVER_MS = 9e15;

beforeEach(() => {
  toasts.value = [];
  localStorage.clear();
  // React tells of what a boundary has caught.
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function withMessage(more: Partial<MessageView>): Promise<{ readonly double: CoreDouble; readonly log: ReturnType<typeof within> }> {
  const double = harbourTalking();
  const key = double.say(PIER, mallory, 'harmless words', {});
  await open(double, `/c/${PIER}`);
  const log = within(screen.getByRole('log'));
  await log.findByText('harmless words');
  await act(async () => double.amend(PIER, key, more));
  return { double, log };
}

test.each([
  ['a time that is none', { sentAtMs: NEVER_MS }],
  ['a name that is none', { senderName: undefined }],
  ['a kind of block that nobody knows', { blocks: [{ paragraph: [{ bold: 7 }] }] }],
  ['files that are none', { files: 7 }],
  ['a mention of nobody', { mentions: 7, blocks: [{ paragraph: [{ mention: {} }] }] }],
])('a message with %s shows an error alone, and its neighbours stay', async (_, more) => {
  // oxlint-disable-next-line typescript/consistent-type-assertions -- what the types forbid is what is tested
  const { double, log } = await withMessage(more as unknown as Partial<MessageView>);
  expect(log.getByText('This message cannot be shown.')).toBeTruthy();
  expect(log.getByText('inspection moved to 14:30')).toBeTruthy();
  expect(screen.getByRole('textbox', { name: /^Message to/u })).toBeTruthy();
  await act(async () => void double.say(PIER, mallory, 'and on it goes'));
  expect(await log.findByText('and on it goes')).toBeTruthy();
});

test('reactions that cannot be drawn leave the message that they were put to', async () => {
  // oxlint-disable-next-line typescript/consistent-type-assertions -- what the types forbid is what is tested
  const { log } = await withMessage({ reactions: [undefined] } as unknown as Partial<MessageView>);
  expect(log.getByText('harmless words')).toBeTruthy();
  expect(log.getByText('Its reactions cannot be shown.')).toBeTruthy();
});

test('what could not be drawn is drawn when it has changed', async () => {
  const { double, log } = await withMessage({ sentAtMs: NEVER_MS });
  const all = await double.core.timeline(PIER, { limit: 80 });
  const key = all.messages.at(-1)?.key;
  if (key === undefined) throw new Error('no message');
  await act(async () => double.amend(PIER, key, { sentAtMs: Date.now() }));
  expect(log.getByText('harmless words')).toBeTruthy();
  expect(log.queryByText('This message cannot be shown.')).toBeNull();
});

test('a conversation that cannot be drawn in the list is a row that says so, and leads there', async () => {
  const double = harbour();
  const id = double.converse(mallory);
  double.change(id, { lastAtMs: NEVER_MS });
  await open(double, '/');
  const row = screen.getByRole('link', { name: 'This conversation cannot be shown here.' });
  expect(row.getAttribute('href')).toBe(`/c/${id}`);
  expect(screen.getByRole('link', { name: /Ruth/u })).toBeTruthy();
});

test('a pane that cannot be drawn leaves the list, and going elsewhere helps', async () => {
  const double = harbour();
  const id = double.converse(mallory);
  // oxlint-disable-next-line typescript/consistent-type-assertions -- what the types forbid is what is tested
  double.change(id, { expectedByNobody: true, kind: 'parade' } as unknown as Partial<ConversationView>);
  await open(double, `/c/${id}`);
  expect(screen.getByRole('alert').textContent).toContain('This cannot be shown.');
  expect(screen.getByRole('button', { name: 'Reload' })).toBeTruthy();
  await act(async () => screen.getByRole('link', { name: /Ruth/u }).click());
  expect(await screen.findByRole('textbox', { name: 'Message to Ruth' })).toBeTruthy();
});

test('when nothing smaller holds it, the page says so in plain words', async () => {
  const double = harbour();
  if (double.session.state !== 'signed_in') throw new Error('nobody is signed in');
  // oxlint-disable-next-line typescript/consistent-type-assertions -- what the types forbid is what is tested
  double.session = { ...double.session, name: undefined as unknown as string };
  await open(double, '/');
  expect(await screen.findByRole('heading', { name: 'Undertone cannot show this' })).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Reload' })).toBeTruthy();
});
