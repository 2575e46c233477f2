/** One registry of actions: its entries fit together, and menus, bars, palette and the page of all keys show the same ones. */
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { toasts } from '../components/toasts';
import { type CoreDouble, conversationNamed } from '../core/testing/double';
import { harbourTalking } from '../core/testing/harbour-talk';
import { expectAccessible, field, open } from '../core/testing/render';
import { KEYS } from '../platform/paths';
import type { Action } from './action';
import { CHOSEN_ACTIONS } from './chosen';
import { type Chord, keysInWords } from './keys';
import { MESSAGE_ACTIONS } from './message';
import { SCENE_ACTIONS } from './registry';

const PIER = conversationNamed('group', 'North pier works');

beforeEach(() => {
  toasts.value = [];
  localStorage.clear();
});

async function atThePier(): Promise<CoreDouble> {
  const double = harbourTalking();
  await open(double, `/c/${PIER}`);
  await within(screen.getByRole('log')).findByText(/Got it/u);
  return double;
}

function row(text: RegExp): HTMLElement {
  const found = within(screen.getByRole('log')).getByText(text).closest<HTMLElement>('[data-message]');
  if (!found) throw new Error(`no message says ${String(text)}`);
  return found;
}

/** Puts the focus on a message and asks for its menu. */
function menuOf(text: RegExp): HTMLElement {
  const message = row(text);
  act(() => message.focus());
  fireEvent.keyDown(message, { key: 'ContextMenu' });
  return screen.getByRole('menu');
}

/** What a list shows, without the keys beside it. */
function names(items: readonly HTMLElement[]): readonly string[] {
  return items.map((item) => [...item.childNodes].filter((each) => !(each instanceof Element && each.querySelector('kbd'))).map(({ textContent }) => textContent).join(''));
}

/** Opens the palette by its key, where the focus is. */
async function palette(): Promise<HTMLElement> {
  fireEvent.keyDown(document.activeElement ?? document.body, { key: 'k', ctrlKey: true });
  const typed = await screen.findByRole('combobox');
  fireEvent.change(typed, { target: { value: '>' } });
  return typed;
}

const details = () => screen.getByRole('button', { name: 'Details' });

function chords<S>(actions: readonly Action<S>[]): readonly string[] {
  const all = actions.flatMap(({ keys, otherKeys = [] }): readonly Chord[] => [...(keys ? [keys] : []), ...otherKeys]);
  return all.map((chord) => keysInWords(chord).join(' '));
}

test.each([
  ['the screen', SCENE_ACTIONS],
  ['a message', MESSAGE_ACTIONS],
  ['several messages', CHOSEN_ACTIONS],
])('no two actions on %s have the same key', (_, actions: readonly Action<never>[]) => {
  const all = chords(actions);
  expect(new Set(all).size).toBe(all.length);
});

test('each action is found by one id, and by a key or in a place', () => {
  const all = [...SCENE_ACTIONS, ...MESSAGE_ACTIONS, ...CHOSEN_ACTIONS];
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  expect(all.filter(({ keys, places }) => keys === undefined && places.length === 0)).toEqual([]);
});

test('what is in a menu, a bar or a head is in the palette, too', () => {
  const all = [...SCENE_ACTIONS, ...MESSAGE_ACTIONS, ...CHOSEN_ACTIONS];
  expect(all.filter(({ places }) => places.length > 0 && !places.includes('palette'))).toEqual([]);
});

test('a message that has the focus when the palette is opened offers there what its menu offers', async () => {
  await atThePier();
  const inMenu = names(within(menuOf(/Got it/u)).getAllByRole('menuitem'));
  fireEvent.keyDown(screen.getByRole('menu'), { key: 'Escape' });
  act(() => row(/Got it/u).focus());
  await palette();
  const group = screen.getByRole('group', { name: /^This message: .*Got it/u, hidden: true });
  expect(names(within(group).getAllByRole('option', { hidden: true }))).toEqual(inMenu);
  expect(inMenu).toContain('Edit');
  await expectAccessible(document.body);
});

test('the palette does it with that message, and the keyboard is where it belongs then', async () => {
  await atThePier();
  act(() => row(/Step 14 is loose/u).focus());
  fireEvent.change(await palette(), { target: { value: '>reply' } });
  fireEvent.keyDown(screen.getByRole('combobox'), { key: 'Enter' });
  await screen.findByText(/^Reply to /u);
  expect(screen.queryByRole('combobox')).toBeNull();
  await waitFor(() => expect(document.activeElement).toBe(field()));
});

test('without a message at hand the palette speaks of none', async () => {
  await atThePier();
  act(() => row(/Got it/u).focus());
  act(() => field().focus());
  await palette();
  expect(screen.queryByRole('group', { name: /^This message/u, hidden: true })).toBeNull();
});

test('while several are chosen, the palette offers what their bar offers, and Esc ends it', async () => {
  const double = await atThePier();
  fireEvent.click(within(menuOf(/Got it/u)).getByRole('menuitem', { name: 'Select' }));
  const bar = within(screen.getByRole('toolbar', { name: 'Selected messages' }));
  const inBar = bar.getAllByRole('button').map((button) => button.getAttribute('aria-label'));
  await palette();
  const group = screen.getByRole('group', { name: '1 selected', hidden: true });
  expect(names(within(group).getAllByRole('option', { hidden: true }))).toEqual(inBar);
  fireEvent.click(within(group).getByRole('option', { name: 'Star', hidden: true }));
  await waitFor(() => expect(double.calls.some(({ method }) => method === 'star')).toBe(true));
  await waitFor(() => expect(screen.queryByText('1 selected')).toBeNull());
  fireEvent.click(within(menuOf(/Got it/u)).getByRole('menuitem', { name: 'Select' }));
  fireEvent.keyDown(document.body, { key: 'Escape' });
  expect(screen.queryByText('1 selected')).toBeNull();
});

test('a menu shows the keys that do the same, and tells screen readers of them', async () => {
  await atThePier();
  const menu = within(menuOf(/Got it/u));
  const reply = menu.getByRole('menuitem', { name: 'Reply' });
  expect([...reply.querySelectorAll('kbd')].map(({ textContent }) => textContent)).toEqual(['R']);
  expect(reply.getAttribute('aria-keyshortcuts')).toBe('R');
  expect(menu.getByRole('menuitem', { name: 'React' }).getAttribute('aria-keyshortcuts')).toBe('Plus');
  fireEvent.keyDown(screen.getByRole('menu'), { key: 'Escape' });
  fireEvent.click(screen.getByRole('button', { name: 'New conversation' }));
  expect(screen.getByRole('menuitem', { name: 'Start a conversation' }).getAttribute('aria-keyshortcuts')).toBe('Control+N');
});

test('the head of a conversation does what the keys do, and shows whether the details are open', async () => {
  await atThePier();
  expect(details().getAttribute('aria-keyshortcuts')).toBe('Control+.');
  expect(details().getAttribute('aria-expanded')).toBe('false');
  fireEvent.click(details());
  await waitFor(() => expect(details().getAttribute('aria-expanded')).toBe('true'));
  fireEvent.keyDown(document.body, { key: '.', ctrlKey: true });
  await waitFor(() => expect(details().getAttribute('aria-expanded')).toBe('false'));
  fireEvent.click(screen.getByRole('button', { name: 'Search in this conversation' }));
  await screen.findByRole('searchbox');
});

test('the page of all keys shows every key of the registry', async () => {
  await open(harbourTalking(), KEYS);
  const shown = [...document.querySelectorAll('dl > div')].map((line) => [...line.querySelectorAll('kbd')].map(({ textContent }) => textContent).join(' '));
  const all: readonly { readonly keys?: Chord }[] = [...SCENE_ACTIONS, ...MESSAGE_ACTIONS, ...CHOSEN_ACTIONS];
  for (const { keys } of all) if (keys) expect(shown).toContain(keysInWords(keys).join(' '));
  expect([...document.querySelectorAll('dt')].filter(({ textContent }) => textContent === '')).toEqual([]);
});
