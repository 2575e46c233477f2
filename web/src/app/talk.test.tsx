/** Messages and writing as their user meets them, over a core in memory. */
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { toasts } from '../components/toasts';
import { type CoreDouble, conversationNamed, person } from '../core/testing/double';
import { harbourTalking, longHistory } from '../core/testing/harbour-talk';
import { expectAccessible, field, open, write } from '../core/testing/render';
import { harbour } from '../core/testing/scene';
import { keepDraft } from '../platform/drafts';

const PIER = conversationNamed('group', 'North pier works');
const ines = person('Ines Okafor', 1, 0, true);

beforeEach(() => {
  toasts.value = [];
  localStorage.clear();
  keepDraft(PIER, '');
});

async function atThePier(): Promise<CoreDouble> {
  const double = harbourTalking();
  await open(double, `/c/${PIER}`);
  await within(screen.getByRole('log')).findByText(/Got it/u);
  return double;
}

function log() {
  return within(screen.getByRole('log'));
}

function row(text: RegExp | string): HTMLElement {
  const found = log().getByText(text).closest<HTMLElement>('[data-message]');
  if (!found) throw new Error(`no message says ${String(text)}`);
  return found;
}

function lastCall(double: CoreDouble, method: string): readonly unknown[] | undefined {
  return double.calls.findLast((call) => call.method === method)?.args;
}

/** Presses a key on a message. */
function press(text: RegExp | string, key: string): void {
  const message = row(text);
  act(() => message.focus());
  fireEvent.keyDown(message, { key });
}

/** What an item is called: its keys stand beside that. */
function nameOf(item: HTMLElement): string {
  const keys = item.querySelector('[aria-hidden="true"]:has(kbd)')?.textContent ?? '';
  const all = item.textContent ?? '';
  return all.slice(0, all.length - keys.length);
}

/** What the menu of a message offers. */
function choices(text: RegExp): readonly string[] {
  press(text, 'ContextMenu');
  const names = within(screen.getByRole('menu')).getAllByRole('menuitem').map(nameOf);
  fireEvent.keyDown(screen.getByRole('menu'), { key: 'Escape' });
  return names;
}

test('everything that a message can be is drawn, and nothing of it breaks a rule of accessibility', async () => {
  const double = harbourTalking();
  const { container } = await open(double, `/c/${PIER}`);
  await log().findByText('inspection moved to 14:30');
  expect(log().getByText('short').tagName).toBe('EM');
  expect(log().getByText('This message was deleted.')).toBeTruthy();
  expect(log().getByText('goes to evil.example')).toBeTruthy();
  const link = log().getByRole('link', { name: 'harbour.example/form' });
  expect(link.getAttribute('rel')).toBe('noopener noreferrer nofollow');
  expect(log().getByText('@Tomasz')).toBeTruthy();
  expect(log().getByText('gauge-readings-october.pdf')).toBeTruthy();
  expect(log().getByRole('progressbar', { name: 'Sending pier-plan.zip' }).getAttribute('value')).toBe('31000000');
  expect(log().getByText(/Read by 4/u)).toBeTruthy();
  await expectAccessible(container);
});

test('hidden words show when they are pressed, and not before', async () => {
  await atThePier();
  fireEvent.click(log().getByRole('button', { name: 'Hidden words. Show them' }));
  expect(log().queryByRole('button', { name: 'Hidden words. Show them' })).toBeNull();
  expect(log().getByText('4711 0')).toBeTruthy();
});

test('what a message said before is drawn like every message', async () => {
  await atThePier();
  const [edited] = log().getAllByRole('button', { name: 'Edited. Show what it said before' });
  fireEvent.click(edited ?? document.body);
  const dialog = await screen.findByRole('dialog', { name: 'What it said before' });
  expect((await within(dialog).findByText('as it was at first')).tagName).toBe('STRONG');
});

test('the keys act on the message that has the focus', async () => {
  const double = await atThePier();
  const mine = row('Got it, I am at the gate from 13:50.');
  act(() => mine.focus());
  fireEvent.keyDown(mine, { key: 'r' });
  expect(screen.getByText('Reply to yourself')).toBeTruthy();
  expect(document.activeElement).toBe(field());
  fireEvent.keyDown(field(), { key: 'Escape' });
  expect(screen.queryByText('Reply to yourself')).toBeNull();

  act(() => mine.focus());
  fireEvent.keyDown(mine, { key: 'e' });
  expect(field().value).toBe('Got it, I am at the gate from 13:50.');
  fireEvent.change(field(), { target: { value: 'Got it, from 14:00.' } });
  fireEvent.keyDown(field(), { key: 'Enter' });
  await log().findByText('Got it, from 14:00.');
  expect(lastCall(double, 'edit')?.[1]).toBe('Got it, from 14:00.');
  expect(field().value).toBe('');

  const other = row(/Step 14 is loose again/u);
  act(() => other.focus());
  fireEvent.keyDown(other, { key: 'ArrowDown' });
  expect(document.activeElement?.textContent).toContain('gauge-readings-october.pdf');
  fireEvent.keyDown(document.activeElement ?? other, { key: 'Escape' });
  expect(document.activeElement).toBe(field());
});

test('a reply names what it answers', async () => {
  const double = await atThePier();
  const other = row(/Step 14 is loose again/u);
  act(() => other.focus());
  fireEvent.keyDown(other, { key: 'r' });
  write('Thank you.');
  fireEvent.keyDown(field(), { key: 'Enter' });
  await log().findByText('Thank you.');
  expect(lastCall(double, 'sendText')?.[2]).toEqual({ text: 'Thank you.', replyTo: other.dataset['message'] });
});

test('pressing a reaction joins it, and takes one’s own back', async () => {
  const double = await atThePier();
  fireEvent.click(log().getByRole('button', { name: '🌊, 2' }));
  await log().findByRole('button', { name: '🌊, 3', pressed: true });
  fireEvent.click(log().getByRole('button', { name: '👍, 4', pressed: true }));
  await log().findByRole('button', { name: '👍, 3', pressed: false });
  expect(lastCall(double, 'react')?.slice(1)).toEqual(['👍', false]);
});

test('a deleted message is gone at once, comes back by undo, and is deleted when there is no more time', async () => {
  const double = await atThePier();
  const mine = 'Got it, I am at the gate from 13:50.';
  const key = row(mine).dataset['message'];
  press(mine, 'Delete');
  await waitFor(() => expect(log().queryByText(mine)).toBeNull());
  // The core waits, and does it by itself: also when this page is gone.
  expect(lastCall(double, 'intend')).toEqual([PIER, { deleteHere: [key] }]);
  fireEvent.click(await screen.findByRole('button', { name: 'Undo' }));
  await log().findByText(mine);
  press(mine, 'ContextMenu');
  fireEvent.click(screen.getByRole('menuitem', { name: 'Delete for everyone' }));
  await waitFor(() => expect(log().queryByText(mine)).toBeNull());
  expect(lastCall(double, 'intend')).toEqual([PIER, { deleteForEveryone: key }]);
  fireEvent.click(await screen.findByRole('button', { name: 'Put away' }));
  expect(log().queryByText(mine)).toBeNull();
  expect(lastCall(double, 'undo')).toEqual([1]);
});

test('the menu of a message offers what can be done with it, and nothing else', async () => {
  await atThePier();
  expect(choices(/Got it/u)).toEqual([
    'React', 'Reply', 'Edit', 'Copy text', 'Forward', 'Pin for everyone', 'Star for yourself', 'Who has read it', 'Select', 'Delete for me', 'Delete for everyone',
  ]);
  expect(choices(/Step 14 is loose/u)).not.toContain('Edit');
});

test('several messages are chosen, counted and forwarded', async () => {
  const double = await atThePier();
  const mine = row(/Got it/u);
  act(() => mine.focus());
  fireEvent.keyDown(mine, { key: 'ContextMenu' });
  fireEvent.click(screen.getByRole('menuitem', { name: 'Select' }));
  fireEvent.click(log().getByRole('checkbox', { name: /Step 14 is loose/u }));
  expect(screen.getByText('2 selected')).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: 'Forward' }));
  const dialog = screen.getByRole('dialog', { name: 'Forward 2 messages', hidden: true });
  fireEvent.click(within(dialog).getByRole('checkbox', { name: /Ruth/u, hidden: true }));
  fireEvent.click(within(dialog).getByRole('button', { name: 'Forward', hidden: true }));
  await waitFor(() => expect(lastCall(double, 'forward')?.[0]).toHaveLength(2));
  await waitFor(() => expect(screen.queryByText('2 selected')).toBeNull());
});

test('arrow up in an empty field edits the last own message; the draft comes back afterwards', async () => {
  await atThePier();
  fireEvent.keyDown(field(), { key: 'ArrowUp' });
  expect(field().value).toBe('Got it, I am at the gate from 13:50.');
  fireEvent.keyDown(field(), { key: 'Escape' });
  write('half a thought');
  fireEvent.keyDown(field(), { key: 'ArrowUp' });
  expect(field().value).toBe('half a thought');
});

test('people are offered after @, and the id is sent instead of the name', async () => {
  const double = await atThePier();
  write('See you @ine');
  const option = await screen.findByRole('option', { name: /Ines Okafor/u });
  expect(field().getAttribute('aria-activedescendant')).toBe(option.id);
  fireEvent.keyDown(field(), { key: 'Enter' });
  expect(field().value).toBe('See you @Ines Okafor ');
  fireEvent.keyDown(field(), { key: 'Enter' });
  await waitFor(() => expect(lastCall(double, 'sendText')?.[2]).toEqual({ text: `See you <@${ines.user}>` }));
});

test('emoji are offered after a colon, and a whole shortcode becomes one', async () => {
  await atThePier();
  write('well done :tad');
  await screen.findByRole('option', { name: /:tada:/u });
  fireEvent.keyDown(field(), { key: 'Tab' });
  expect(field().value).toBe('well done 🎉 ');
  write('ok :wave:');
  await waitFor(() => expect(field().value).toBe('ok 👋'));
});

test('the emoji picker finds, remembers and tones', async () => {
  await atThePier();
  fireEvent.click(screen.getByRole('button', { name: 'Emoji' }));
  const search = await screen.findByRole('searchbox', { name: 'Find an emoji' });
  await screen.findByRole('grid', { name: 'Emoji' });
  fireEvent.click(screen.getByRole('button', { name: 'Dark' }));
  fireEvent.change(search, { target: { value: 'thumbs up' } });
  fireEvent.keyDown(search, { key: 'Enter' });
  expect(field().value).toBe('👍🏿');
  fireEvent.click(screen.getByRole('button', { name: 'Emoji' }));
  expect(await screen.findByRole('rowgroup', { name: 'Used lately' })).toBeTruthy();
});

test('marks are typed by keys, and the conversation’s timer can be left out once', async () => {
  const double = await atThePier();
  write('bold');
  field().setSelectionRange(0, 4);
  fireEvent.keyDown(field(), { key: 'b', ctrlKey: true });
  expect(field().value).toBe('**bold**');
  fireEvent.click(screen.getByRole('button', { name: /^Timer/u }));
  fireEvent.click(screen.getByRole('menuitemradio', { name: 'No timer for this message' }));
  fireEvent.keyDown(field(), { key: 'Enter' });
  await waitFor(() => expect(lastCall(double, 'sendText')?.[2]).toEqual({ text: '**bold**', keep: true }));
});

test('the draft is kept in the core and comes back', async () => {
  const double = harbour();
  const conversation = double.converse(ines);
  double.say(conversation, ines, 'hello');
  await double.core.saveDraft(conversation, 'half a thought');
  await open(double, `/c/${conversation}`);
  await waitFor(() => expect(field().value).toBe('half a thought'));
});

test('files wait beside the words and are sent with them', async () => {
  const double = await atThePier();
  const file = new File(['tide'], 'tide.txt', { type: 'text/plain' });
  fireEvent.change(screen.getByLabelText('Attach files', { selector: 'input' }), { target: { files: [file] } });
  await screen.findByRole('list', { name: 'Files to send' });
  write('the table');
  fireEvent.keyDown(field(), { key: 'Enter' });
  await waitFor(() => expect(lastCall(double, 'sendFiles')?.[2]).toEqual({ text: 'the table' }));
  expect(lastCall(double, 'sendFiles')?.[3]).toMatchObject([{ name: 'tide.txt', mediaType: 'text/plain' }]);
  expect(screen.queryByRole('list', { name: 'Files to send' })).toBeNull();
});

test('of ten thousand messages only a window is held, and a jump moves it', async () => {
  const double = harbour();
  const conversation = longHistory(double, 10_000);
  await open(double, `/c/${conversation}`);
  await log().findByText(/^10000\. /u);
  expect(log().getAllByRole('listitem').length).toBeLessThan(120);
  const [old] = (await double.core.timeline(conversation, { limit: 9_000 })).messages;
  if (!old) throw new Error('no message');
  act(() => double.store.timeline(conversation).toMessage(old.key));
  await log().findByText(/^1001\. /u);
  expect(log().queryByText(/^10000\. /u)).toBeNull();
  expect(document.activeElement?.textContent).toContain('1001. ');
  fireEvent.click(screen.getByRole('button', { name: 'To the newest message' }));
  await log().findByText(/^10000\. /u);
});

test('what a hostile sender sends harms only their own message', async () => {
  const double = harbour();
  const conversation = double.converse(ines);
  double.say(conversation, ines, 'click', {
    blocks: [{ paragraph: [{ link: { href: 'javascript:alert(1)', host: '', deceptive: false, inlines: [{ text: 'press me' }] } }] }],
  });
  const broken: unknown = [{ neither: 'of the shapes' }];
  double.say(conversation, ines, 'odd', { blocks: Array.isArray(broken) ? broken : [] });
  double.say(conversation, ines, '<img src=x onerror=alert(1)>');
  double.say(conversation, ines, 'still well');
  await open(double, `/c/${conversation}`);
  await log().findByText('still well');
  expect(log().getByText('press me').closest('a')).toBeNull();
  expect(log().getByText('This message cannot be shown.')).toBeTruthy();
  expect(log().getByText('<img src=x onerror=alert(1)>')).toBeTruthy();
  expect(screen.getByRole('log').querySelector('img, script')).toBeNull();
});
