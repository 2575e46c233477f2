/** Reading and marking as their user meets it, over a core in memory: what is read out, folded, jumped to, copied, starred, and told while nobody looks. */
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { toasts } from '../components/toasts';
import { type CoreDouble, conversationNamed, person } from '../core/testing/double';
import { harbourTalking, longHistory } from '../core/testing/harbour-talk';
import { field, open, write } from '../core/testing/render';
import { member } from '../core/testing/rooms';
import { harbour } from '../core/testing/scene';
import { keepDraft } from '../platform/drafts';
import { navigate } from '../platform/location';
import { setNotifying, setShowsText } from '../platform/notifying';
import { detailsPath } from '../platform/paths';

const PIER = conversationNamed('group', 'North pier works');
const ines = person('Ines Okafor', 1, 0, true);

beforeEach(() => {
  toasts.value = [];
  localStorage.clear();
  keepDraft(PIER, '');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(document, 'hasFocus');
});

async function atThePier(): Promise<CoreDouble> {
  const double = harbourTalking();
  await open(double, `/c/${PIER}`);
  await log().findByText(/Got it/u);
  return double;
}

function log() {
  return within(screen.getByRole('log'));
}

/** The hidden region that is read out. */
function region(): Element {
  const found = document.querySelector('p[aria-live="polite"]');
  if (!found) throw new Error('nothing is read out');
  return found;
}

test('what others write is read out, and what one writes oneself is not', async () => {
  const double = await atThePier();
  expect(region().textContent).toBe('');
  await act(async () => void double.say(PIER, ines, 'The gate is open'));
  await waitFor(() => expect(region().textContent).toBe('Ines Okafor: The gate is open'));
  write('On my way');
  await act(async () => void fireEvent.keyDown(field(), { key: 'Enter' }));
  await log().findByText('On my way');
  expect(region().textContent).toBe('Ines Okafor: The gate is open');
});

test('of many messages at once only the newest is read out', async () => {
  const double = await atThePier();
  const said: (string | null)[] = [];
  const observer = new MutationObserver(() => said.push(region().textContent));
  observer.observe(region(), { childList: true, characterData: true, subtree: true });
  await act(async () => {
    for (let number = 1; number <= 40; number += 1) double.say(PIER, ines, `Reading ${number}`);
  });
  await waitFor(() => expect(region().textContent).toBe('Ines Okafor: Reading 40'));
  observer.disconnect();
  expect(said.length).toBeLessThan(4);
});

test('a long message is folded, and opened by its button', async () => {
  const double = await atThePier();
  await act(async () => void double.say(PIER, ines, `${'word '.repeat(400)}the end`));
  const button = await log().findByRole('button', { name: 'Show all' });
  expect(button.getAttribute('aria-expanded')).toBe('false');
  expect(button.previousElementSibling?.className).toBe('folded-words');
  fireEvent.click(button);
  expect(log().getByRole('button', { name: 'Show less' }).previousElementSibling?.className).not.toBe('folded-words');
});

test('near the limit of a message what is left is counted, and what is too much', async () => {
  await atThePier();
  write('short');
  expect(screen.queryByText(/left$/u)).toBeNull();
  write('ä'.repeat(32_000));
  expect(screen.getByText('1536 left')).toBeTruthy();
  write('ä'.repeat(33_000));
  expect(screen.getByText('464 too many')).toBeTruthy();
});

test.each([
  ['Bold, Ctrl B', '**word**'],
  ['Italic, Ctrl I', '_word_'],
  ['List', '- word'],
  ['Code, Ctrl E', '`word`'],
])('the button “%s” marks what is selected', async (name, marked) => {
  await atThePier();
  write('word');
  field().setSelectionRange(0, 4);
  fireEvent.click(within(screen.getByRole('toolbar', { name: 'Formatting' })).getByRole('button', { name }));
  expect(field().value).toBe(marked);
});

test('pressing a quote jumps to what it answers', async () => {
  await atThePier();
  fireEvent.click(log().getByRole('button', { name: /^Reply to Ines/u }));
  await waitFor(() => expect(document.activeElement?.textContent).toContain('inspection moved to 14:30'));
});

test('from the end one jumps to the first unread message', async () => {
  const double = harbour();
  const id = longHistory(double, 400);
  double.change(id, { unread: 200 });
  await open(double, `/c/${id}`);
  await log().findByText(/new since|unread/iu);
  await act(async () => double.store.timeline(id).toNewest());
  await log().findByText(/^400\. /u);
  fireEvent.click(await screen.findByRole('button', { name: 'Jump to the first unread message' }));
  await waitFor(() => expect(log().queryByText(/^400\. /u)).toBeNull());
  expect(log().getByText(/new since|unread/iu)).toBeTruthy();
});

test('the text of a message is copied', async () => {
  const writeText = vi.fn<(text: string) => Promise<void>>(async () => {});
  vi.spyOn(navigator.clipboard, 'writeText').mockImplementation(writeText);
  await atThePier();
  const message = log().getByText(/Got it/u).closest<HTMLElement>('[data-message]');
  if (!message) throw new Error('no message');
  act(() => message.focus());
  fireEvent.keyDown(message, { key: 'ContextMenu' });
  fireEvent.click(screen.getByRole('menuitem', { name: 'Copy text' }));
  expect(writeText).toHaveBeenCalledWith('Got it, I am at the gate from 13:50.');
});

test('a starred message stands in the details', async () => {
  const double = harbourTalking();
  await open(double, detailsPath(PIER));
  const key = double.say(PIER, ines, 'Remember the short ladder');
  await act(async () => void (await double.core.star(key, true)));
  expect(double.calls.some(({ method }) => method === 'starred')).toBe(true);
  fireEvent.click(await screen.findByRole('button', { name: /^Starred/u }));
  expect(within(await screen.findByRole('list', { name: 'Starred' })).getByText(/short ladder/u)).toBeTruthy();
});

test('roles are offered after @, and sent as what they mean; in conversations of two there are none', async () => {
  const double = await atThePier();
  write('Look @adm');
  expect((await screen.findByRole('option', { name: /@admins/u })).id).toBe(field().getAttribute('aria-activedescendant'));
  fireEvent.keyDown(field(), { key: 'Enter' });
  fireEvent.keyDown(field(), { key: 'Enter' });
  await waitFor(() => expect(double.calls.findLast(({ method }) => method === 'sendText')?.args[2]).toEqual({ text: 'Look <@admins>' }));
  const ruth = double.conversations.find(({ title }) => title === 'Ruth')?.conversation ?? '';
  await act(async () => navigate(`/c/${ruth}`));
  await screen.findByRole('textbox', { name: 'Message to Ruth' });
  write('Look @adm');
  expect(screen.queryByRole('option')).toBeNull();
});

test('code in a language that is known has colours', async () => {
  await atThePier();
  const block = log().getByRole('region', { name: 'Code, rust' });
  await waitFor(() => expect(block.querySelector('.code-keyword')?.textContent).toBe('fn'));
  expect(block.querySelector('.code-comment')?.textContent).toBe('// Low at three');
});

test.each([
  ['with name and text, if the user wants that', true, { title: 'Pier', body: 'Ines Okafor: The gate is open' }],
  ['without either, if not', false, { title: 'New message' }],
])('a tab that nobody looks at tells by the system: %s', async (_, showsText, expected) => {
  const shown: { title: string; body?: string }[] = [];
  class SystemNotification {
    static readonly permission = 'granted';
    static readonly requestPermission = async () => 'granted';
    constructor(title: string, { body }: { readonly body?: string }) {
      shown.push({ title, ...(body !== undefined && { body }) });
    }
    addEventListener(): void {}
  }
  vi.stubGlobal('Notification', SystemNotification);
  expect(await setNotifying(true)).toBe(true);
  setShowsText(showsText);
  Object.defineProperty(document, 'hasFocus', { configurable: true, value: () => false });
  const double = harbour();
  const conversation = double.gather('group', 'Pier', [member(ines, 'member')]);
  const key = double.say(conversation, ines, 'The gate is open');
  await open(double, '/');
  double.personal.waiting = [{ conversation, key, title: 'Pier', text: 'The gate is open', mention: false, sender: ines.user, senderName: ines.name, sentAtMs: Date.now() }];
  act(() => double.tell('notify'));
  await waitFor(() => expect(shown).toEqual([expected]));
  expect(toasts.value).toEqual([]);
});
