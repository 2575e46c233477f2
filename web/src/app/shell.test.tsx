/** The app around conversations as its user meets it, over a core in memory: searching, keys, toasts, profiles, requests, settings. */
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { toasts } from '../components/toasts';
import { person } from '../core/testing/double';
import { expectAccessible, open } from '../core/testing/render';
import { harbour } from '../core/testing/scene';
import { detailsPath, KEYS, profilePath, searchPath, SETTINGS } from '../platform/paths';

const bob = person('Bob', 3, 2, true);

beforeEach(() => {
  toasts.value = [];
  localStorage.clear();
});

test('words are found in one conversation, then everywhere, and lead to their message', async () => {
  const double = harbour({ people: [bob] });
  const conversation = double.converse(bob);
  double.say(conversation, bob, 'the gate is open');
  const { container } = await open(double, searchPath(conversation));
  const field = await screen.findByRole('searchbox', { name: 'Search in Bob' });
  fireEvent.change(field, { target: { value: 'gate' } });
  const list = screen.getByRole('list', { name: 'What was found' });
  await waitFor(() => expect(within(list).getAllByRole('listitem')).toHaveLength(1));
  expect(list.querySelector('mark')?.textContent).toBe('gate');
  await expectAccessible(container);
  fireEvent.click(screen.getByLabelText('Everywhere'));
  await waitFor(() => expect(within(list).getAllByRole('listitem').length).toBeGreaterThan(1));
  fireEvent.click(within(list).getAllByRole('button')[0] ?? list);
  await waitFor(() => expect(double.calls.some(({ method, args }) => method === 'timeline' && JSON.stringify(args).includes('around'))).toBe(true));
});

test('a filter is put into the field by its button', async () => {
  await open(harbour(), '/search');
  const field = await screen.findByRole('searchbox');
  fireEvent.click(screen.getByRole('button', { name: 'Filters' }));
  fireEvent.click(screen.getByRole('menuitem', { name: 'has:file With a file' }));
  expect(field).toHaveProperty('value', 'has:file ');
});

test('the palette offers the same actions as the keys, and “>” shows nothing else', async () => {
  await open(harbour(), '/');
  fireEvent.keyDown(document.body, { key: 'k', ctrlKey: true });
  const field = await screen.findByRole('combobox');
  fireEvent.change(field, { target: { value: '>' } });
  const options = await screen.findAllByRole('option');
  expect(options.map((option) => option.textContent)).toContain('Open settingsCtrl,');
  expect(options.every((option) => !option.textContent?.includes('Ines'))).toBe(true);
});

test('“?” shows all keys, but not while somebody types', async () => {
  const { container } = await open(harbour(), '/search');
  fireEvent.keyDown(await screen.findByRole('searchbox'), { key: '?', shiftKey: true });
  expect(screen.queryByRole('heading', { name: 'Keys' })).toBeNull();
  fireEvent.keyDown(document.body, { key: '?', shiftKey: true });
  await screen.findByRole('heading', { name: 'Keys', level: 1 });
  expect(location.pathname).toBe(KEYS);
  await expectAccessible(container);
});

test('the page of all keys names every key of marks and of messages', async () => {
  await open(harbour(), '/keys');
  for (const text of ['Bold', 'Italic', 'Code', 'Strike through', 'Link what is selected', 'To the first or last message that is loaded', /the menu key, too/u]) {
    expect(screen.getByText(text)).toBeTruthy();
  }
  expect(screen.getByText('Strike through').nextElementSibling?.textContent).toBe('CtrlShiftX');
});

test('a message for a conversation that is not open is told in the page, and pressing it goes there', async () => {
  const double = harbour({ people: [bob] });
  const conversation = double.converse(bob);
  const key = double.say(conversation, bob, 'are you there');
  Object.defineProperty(document, 'hasFocus', { configurable: true, value: () => true });
  await open(double, '/');
  double.personal.waiting = [{ conversation, key, title: 'Bob', text: 'are you there', mention: false, sender: bob.user, senderName: 'Bob', sentAtMs: Date.now() }];
  act(() => double.tell('notify'));
  const toast = await screen.findByRole('button', { name: /are you there/u });
  fireEvent.click(toast);
  await waitFor(() => expect(location.pathname).toContain(conversation));
});

test('a person is blocked at once and can be taken back while the toast stands', async () => {
  const double = harbour({ people: [bob] });
  const conversation = double.converse(bob);
  double.personal.told.set(bob.user, { status: 'On site until five', pronouns: 'he/him', nameClash: true });
  const { container } = await open(double, profilePath(conversation, bob.user));
  await screen.findByText('On site until five');
  expect(screen.getByText(/a name that looks like this one/u)).toBeTruthy();
  await expectAccessible(container);
  fireEvent.click(screen.getByRole('button', { name: 'Block' }));
  await screen.findAllByText('You no longer see Bob. They are not told.');
  expect(double.personal.blocked.has(bob.user)).toBe(true);
  fireEvent.keyDown(document.body, { key: 'z', ctrlKey: true });
  await waitFor(() => expect(double.personal.blocked.has(bob.user)).toBe(false));
});

test('a stranger’s request says so, and is accepted or put aside', async () => {
  const double = harbour({ people: [bob] });
  const conversation = double.converse(bob);
  double.change(conversation, { request: true });
  await open(double, `/c/${conversation}`);
  await screen.findByText('Bob wants to write to you');
  fireEvent.click(screen.getByRole('button', { name: 'Accept' }));
  await waitFor(() => expect(screen.queryByText('Bob wants to write to you')).toBeNull());
  act(() => double.change(conversation, { request: true }));
  fireEvent.click(await screen.findByRole('button', { name: 'Ignore and block' }));
  await waitFor(() => expect(double.calls.findLast(({ method }) => method === 'ignore')?.args).toEqual([conversation, true]));
});

test('a group into which a stranger brought the user is accepted, or left', async () => {
  const double = harbour({ people: [bob] });
  const conversation = double.converse(bob);
  double.change(conversation, { kind: 'group', title: 'Offers', request: true });
  await open(double, `/c/${conversation}`);
  const bar = within(await screen.findByRole('region', { name: 'Somebody whom you do not know added you to Offers' }));
  expect(bar.queryByRole('button', { name: /Ignore/u })).toBeNull();
  fireEvent.click(bar.getByRole('button', { name: 'Leave' }));
  await waitFor(() => expect(double.calls.findLast(({ method }) => method === 'intend')?.args).toEqual([conversation, 'leave']));
});

test('a conversation is kept to mentions, or quiet for some hours', async () => {
  const double = harbour({ people: [bob] });
  const conversation = double.converse(bob);
  await open(double, detailsPath(conversation));
  fireEvent.click(await screen.findByRole('button', { name: /^Notify me/u }));
  fireEvent.click(screen.getByRole('menuitemradio', { name: 'Only mentions' }));
  await waitFor(() => expect(double.personal.notify.get(conversation)?.level).toBe('mentions'));
  fireEvent.click(await screen.findByRole('button', { name: /^Be quiet for/u }));
  fireEvent.click(screen.getByRole('menuitemradio', { name: '8 hours' }));
  await waitFor(() => expect(double.personal.notify.get(conversation)?.mutedUntilMs).toBeGreaterThan(Date.now()));
  expect(double.personal.notify.get(conversation)?.level).toBe('mentions');
});

/** How many signs a button has. */
const icons = (name: RegExp) => screen.getByRole('button', { name }).querySelectorAll('svg').length;

test('an arrow stands where something opens, and not where a press does it', async () => {
  const double = harbour({ people: [bob] });
  await open(double, detailsPath(double.converse(bob)));
  await screen.findByRole('button', { name: /^Notify me/u });
  expect(icons(/^Notify me/u)).toBe(2);
  expect(icons(/^Put into the archive/u)).toBe(1);
});

test('what the user tells of themselves, and what others learn, is chosen in the settings', async () => {
  const double = harbour({ people: [bob] });
  const { container } = await open(double, SETTINGS);
  fireEvent.change(await screen.findByLabelText('Name that others see'), { target: { value: 'Ada L.' } });
  fireEvent.change(screen.getByLabelText('Status'), { target: { value: 'On site' } });
  fireEvent.click(screen.getByLabelText('Sea'));
  fireEvent.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('Saved');
  expect(double.personal.profile).toEqual({ displayName: 'Ada L.', status: 'On site', pronouns: '', colour: 5 });
  fireEvent.click(screen.getByRole('switch', { name: 'Tell others what I have read' }));
  await waitFor(() => expect(double.personal.privacy.receipts).toBe(false));
  fireEvent.click(screen.getByRole('switch', { name: 'Quiet hours' }));
  await waitFor(() => expect(double.personal.quietHours).toEqual({ fromMinute: 1320, toMinute: 420 }));
  fireEvent.click(screen.getByText('Larger'));
  expect(document.documentElement.dataset['textSize']).toBe('larger');
  await expectAccessible(container);
});

test('nothing is deleted before the question is answered', async () => {
  const double = harbour();
  await open(double, SETTINGS);
  fireEvent.click(await screen.findByRole('button', { name: /^Delete local data/u }));
  await screen.findByText(/What only this device has is lost/u);
  fireEvent.click(screen.getByRole('button', { name: 'Keep it' }));
  expect(double.calls.some(({ method }) => method === 'logout')).toBe(false);
  expect(localStorage.getItem('undertone.wipe')).toBeNull();
});
