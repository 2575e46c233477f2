/** What is around conversations as its user meets it, over a core in memory: the archive, typed actions, devices, how far the search reaches. */
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { toasts } from '../components/toasts';
import { type CoreDouble, device, person } from '../core/testing/double';
import { expectAccessible, field, open, write } from '../core/testing/render';
import { member } from '../core/testing/rooms';
import { harbour } from '../core/testing/scene';
import type { ConversationId } from '../core/types';
import { keepDraft } from '../platform/drafts';
import { ARCHIVE, detailsPath, SETTINGS } from '../platform/paths';

const bob = person('Bob', 3, 2, true);

beforeEach(() => {
  toasts.value = [];
  localStorage.clear();
});

/** The harbour, with Bob. */
function withBob(): { readonly double: CoreDouble; readonly id: ConversationId } {
  const double = harbour({ people: [bob] });
  const id = double.converse(bob);
  double.say(id, bob, 'the gate is open');
  return { double, id };
}

function list() {
  return within(screen.getByRole('navigation', { name: 'Conversation list' }));
}

function called(double: CoreDouble, method: string): readonly unknown[] | undefined {
  return double.calls.findLast((call) => call.method === method)?.args;
}

/** Finds an action in the palette, and runs it. */
async function runs(name: RegExp): Promise<void> {
  fireEvent.keyDown(document.body, { key: 'k', ctrlKey: true });
  fireEvent.change(await screen.findByRole('combobox'), { target: { value: '>' } });
  fireEvent.click(await screen.findByRole('option', { name }));
}

test('a conversation that is put aside leaves the list, is found at its end, and comes back', async () => {
  const { double, id } = withBob();
  const { container } = await open(double, `/c/${id}`);
  fireEvent.keyDown(document.body, { key: 'e', ctrlKey: true, shiftKey: true });
  await screen.findAllByText('Bob is in the archive.');
  expect(called(double, 'setArchived')).toEqual([id, true]);
  await waitFor(() => expect(list().queryByRole('link', { name: /Bob/u })).toBeNull());

  fireEvent.click(list().getByRole('link', { name: /^Archive/u }));
  await list().findByRole('link', { name: /Bob/u });
  expect(list().getAllByRole('link')).toHaveLength(1);
  await expectAccessible(container);
  fireEvent.click(list().getByRole('link', { name: /Bob/u }));
  expect(screen.getByRole('heading', { name: 'Archive' })).toBeTruthy();
  fireEvent.keyDown(document.body, { key: 'e', ctrlKey: true, shiftKey: true });
  await screen.findAllByText('Bob is back in the list.');
  await waitFor(() => expect(screen.queryByRole('heading', { name: 'Archive' })).toBeNull());
  expect(list().getByRole('link', { name: /Bob/u }).getAttribute('aria-current')).toBe('page');
});

test('putting aside is undone by the toast, and by a row of the details', async () => {
  const { double, id } = withBob();
  await open(double, detailsPath(id));
  fireEvent.click(await screen.findByRole('button', { name: /^Put into the archive/u }));
  await waitFor(() => expect(double.conversations.find(({ conversation }) => conversation === id)?.archived).toBe(true));
  fireEvent.click(await screen.findByRole('button', { name: 'Take out of the archive' }));
  await waitFor(() => expect(double.conversations.find(({ conversation }) => conversation === id)?.archived).toBe(false));
  fireEvent.keyDown(document.body, { key: 'e', ctrlKey: true, shiftKey: true });
  await waitFor(() => expect(double.conversations.find(({ conversation }) => conversation === id)?.archived).toBe(true));
  fireEvent.click(await screen.findByRole('button', { name: 'Undo' }));
  await waitFor(() => expect(double.conversations.find(({ conversation }) => conversation === id)?.archived).toBe(false));
});

test('what comes out of the archive by itself stands in the list again', async () => {
  const { double, id } = withBob();
  double.change(id, { archived: true });
  await open(double, '/');
  expect(list().queryByRole('link', { name: /Bob/u })).toBeNull();
  act(() => double.change(id, { archived: false }));
  await list().findByRole('link', { name: /Bob/u });
  expect(list().queryByRole('link', { name: /^Archive/u })).toBeNull();
});

test('an empty archive says so', async () => {
  await open(harbour(), ARCHIVE);
  await screen.findByText('Nothing lies in the archive.');
});

test('a slash offers what can be done here, and a key does it instead of sending', async () => {
  const { double, id } = withBob();
  keepDraft(id, '');
  await open(double, `/c/${id}`);
  await screen.findByRole('log');
  write('/');
  const offered = (await screen.findAllByRole('option')).map((option) => option.textContent);
  expect(offered.map((text) => text.split(/[^/a-z]/u)[0])).toContain('/mute');
  expect(offered.some((text) => text.startsWith('/leave'))).toBe(false);
  write('/mu');
  const option = screen.getByRole('option');
  expect(field().getAttribute('aria-activedescendant')).toBe(option.id);
  fireEvent.keyDown(field(), { key: 'Enter' });
  await waitFor(() => expect(called(double, 'setNotify')?.[2]).toBeGreaterThan(Date.now()));
  expect(field().value).toBe('');
  expect(called(double, 'sendText')).toBeUndefined();
});

test('a slash within words is sent as it is', async () => {
  const { double, id } = withBob();
  keepDraft(id, '');
  await open(double, `/c/${id}`);
  await screen.findByRole('log');
  write('/etc/hosts is a file');
  expect(screen.queryByRole('option')).toBeNull();
  fireEvent.keyDown(field(), { key: 'Enter' });
  await waitFor(() => expect(called(double, 'sendText')?.[2]).toEqual({ text: '/etc/hosts is a file' }));
});

test('a group is left by typing it, and that can be undone', async () => {
  const double = harbour({ people: [bob] });
  const id = double.gather('group', 'Pier', [member(bob, 'owner')], { role: 'member' });
  keepDraft(id, '');
  await open(double, `/c/${id}`);
  await waitFor(() => expect(field()).toBeTruthy());
  write('/leave');
  fireEvent.click(await screen.findByRole('option', { name: /Leave Pier/u }));
  await screen.findAllByText('You leave Pier.');
  expect(called(double, 'intend')).toEqual([id, 'leave']);
  fireEvent.click(screen.getByRole('button', { name: 'Undo' }));
  await waitFor(() => expect(called(double, 'undo')).toBeTruthy());
});

test('“/pins” opens the details with what is pinned', async () => {
  const { double, id } = withBob();
  keepDraft(id, '');
  await open(double, `/c/${id}`);
  await screen.findByRole('log');
  write('/pins');
  fireEvent.keyDown(field(), { key: 'Tab' });
  await screen.findByText('Nothing is pinned here.');
  expect(document.activeElement?.textContent).toBe('Pinned');
});

test('to be quiet keeps what notifies otherwise, and the same action ends it', async () => {
  const { double, id } = withBob();
  double.personal.notify.set(id, { level: 'mentions', isDefault: false, archived: false });
  await open(double, `/c/${id}`);
  await runs(/^Be quiet for 8 hours: Bob/u);
  await waitFor(() => expect(called(double, 'setNotify')).toEqual([id, 'mentions', expect.any(Number)]));
  await runs(/^No longer quiet: Bob/u);
  await waitFor(() => expect(called(double, 'setNotify')).toEqual([id, 'mentions', undefined]));
});

test('the search says how far back it reaches', async () => {
  await open(harbour(), '/search');
  await screen.findByText(/^\d+ messages on this device, back to .*20\d\d\.$/u);
  fireEvent.keyDown(document.body, { key: 'k', ctrlKey: true });
  const dialog = await screen.findByRole('dialog', { name: 'Search or jump to', hidden: true });
  await within(dialog).findByText(/messages on this device, back to/u);
});

test('the settings show the user’s devices, and sign another one out when that is sure', async () => {
  const double = harbour();
  double.personal.devices = [device('here', true), device('there', false)];
  const { container } = await open(double, SETTINGS);
  const devices = within(await screen.findByRole('list', { name: 'Your devices' }));
  expect(devices.getAllByRole('listitem')).toHaveLength(2);
  expect(devices.getByText('This device')).toBeTruthy();
  expect(devices.getAllByRole('button')).toHaveLength(1);
  fireEvent.click(devices.getByRole('button', { name: /^Sign out: Device there/u }));
  await expectAccessible(container);
  fireEvent.click(screen.getByRole('button', { name: 'Keep it' }));
  expect(called(double, 'retireDevice')).toBeUndefined();
  fireEvent.click(devices.getByRole('button', { name: /^Sign out: Device there/u }));
  fireEvent.click(screen.getByRole('button', { name: 'Sign it out for good' }));
  await waitFor(() => expect(devices.getAllByRole('listitem')).toHaveLength(1));
  expect(called(double, 'retireDevice')).toEqual([device('there', false).device]);
});
