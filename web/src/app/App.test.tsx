/** The screen as its user meets it, over a core in memory. */
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, onTestFinished, test, vi } from 'vitest';
import { CoreDouble, person } from '../core/testing/double';
import { expectAccessible, open } from '../core/testing/render';
import { harbour } from '../core/testing/scene';

const bob = person('Bob', 3, 2, true);

function type(label: string | RegExp, text: string) {
  fireEvent.change(screen.getByLabelText(label), { target: { value: text } });
}

test('the third door is there only while the server is not set up', async () => {
  const { container, unmount } = await open(new CoreDouble({ server: { setupOpen: true } }), '/');
  expect(screen.getByText('I run this server')).toBeTruthy();
  await expectAccessible(container);
  unmount();
  await open(new CoreDouble(), '/');
  expect(screen.queryByText('I run this server')).toBeNull();
});

test('a new account shows its recovery key once, and asks for one group of it', async () => {
  const { container } = await open(new CoreDouble(), '/sign-in');
  fireEvent.click(screen.getByLabelText('I am new here'));
  type('Name', 'Ada');
  type('Password', 'correct horse battery');
  fireEvent.click(screen.getByRole('button', { name: 'Create account' }));
  await screen.findByText('Keep this key somewhere safe');
  await expectAccessible(container);
  const label = screen.getByText(/^To check: type group/u).textContent ?? '';
  const groups = within(screen.getByRole('list', { name: 'Recovery key, 8 groups' })).getAllByRole('listitem');
  const asked = Number(/\d/u.exec(label)?.[0]);
  type(label, 'XXXX');
  fireEvent.click(screen.getByRole('button', { name: 'Continue' }));
  expect(screen.getByText(/That is not group/u)).toBeTruthy();
  type(label, groups[asked - 1]?.textContent?.slice(-4) ?? '');
  fireEvent.click(screen.getByRole('button', { name: 'Continue' }));
  await screen.findByText('Nobody here yet');
});

test('the recovery key sets a new password, and what is wrong with it stands beside it', async () => {
  const double = new CoreDouble();
  double.failures.set('recover', 'recovery_key_invalid');
  const { container } = await open(double, '/sign-in');
  fireEvent.click(screen.getByRole('link', { name: 'I have lost my password' }));
  type('Name', 'Ada');
  type('Password', 'correct horse battery');
  const button = screen.getByRole('button', { name: 'Set the new password' });
  fireEvent.click(button);
  await screen.findByText('Enter your recovery key.');
  await expectAccessible(container);
  type('Recovery key', 'K7QD-3MXA');
  fireEvent.click(button);
  await screen.findByText(/^That is not a recovery key/u);
  type('Recovery key', 'K7QD-3MXA-9TPW-RV2H-6JCE-N4YB-8FWS-2DGK');
  fireEvent.click(button);
  await screen.findByText('Nobody here yet');
  expect(double.calls.findLast(({ method }) => method === 'recover')?.args).toEqual([
    'Ada',
    'K7QD-3MXA-9TPW-RV2H-6JCE-N4YB-8FWS-2DGK',
    'correct horse battery',
  ]);
});

test('what is wrong with a field stands beside it, and the focus is there', async () => {
  // A frame of the browser may come before the error is drawn.
  vi.stubGlobal('requestAnimationFrame', (work: FrameRequestCallback) => {
    work(0);
    return 0;
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const double = new CoreDouble({ server: { registration: 'invitation' } });
  double.failures.set('register', 'name_taken');
  await open(double, '/sign-in#invitation=nswp-4kqt');
  fireEvent.click(screen.getByLabelText('I am new here'));
  type('Name', 'Ada');
  type('Password', 'correct horse battery');
  type('Invitation', 'nswp-4kqt');
  fireEvent.click(screen.getByRole('button', { name: 'Create account' }));
  await screen.findByText(/Someone has that name/u);
  expect(screen.getByLabelText('Name').getAttribute('aria-invalid')).toBe('true');
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Name')));
});

test('a message is there at once, and says what became of it', async () => {
  const double = harbour();
  const conversation = double.converse(bob);
  const { container } = await open(double, `/c/${conversation}`);
  expect(screen.getByText('Only you and Bob can read this')).toBeTruthy();
  double.holdsMessages = true;
  const field = screen.getByRole('textbox', { name: 'Message to Bob' });
  fireEvent.change(field, { target: { value: 'Hello' } });
  fireEvent.keyDown(field, { key: 'Enter' });
  const log = await screen.findByRole('log');
  await within(log).findByText('Hello');
  expect(within(log).getByLabelText('Sending')).toBeTruthy();
  const key = (await double.core.timeline(conversation, { limit: 1 })).messages[0]?.key;
  if (!key) throw new Error('no message');
  double.amend(conversation, key, { state: 'failed' });
  fireEvent.click(await within(log).findByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(double.calls.some(({ method }) => method === 'retry')).toBe(true));
  double.amend(conversation, key, { state: 'sent' });
  await within(log).findByText(/Sent/u);
  await expectAccessible(container);
});

test('words that could not be kept come back into the field', async () => {
  const double = harbour();
  const conversation = double.converse(bob);
  double.failures.set('sendText', 'internal');
  await open(double, `/c/${conversation}`);
  const field = screen.getByRole('textbox', { name: 'Message to Bob' });
  fireEvent.change(field, { target: { value: 'Hello' } });
  fireEvent.keyDown(field, { key: 'Enter' });
  await screen.findByText(/could not be kept/u);
  expect(field).toHaveProperty('value', 'Hello');
});

test('people are found by name, and a conversation with them opens', async () => {
  const double = harbour({ people: [bob, person('Mei', 2, 2)] });
  await open(double, '/');
  fireEvent.click(screen.getByRole('button', { name: 'New conversation' }));
  fireEvent.click(screen.getByRole('menuitem', { name: 'Start a conversation' }));
  fireEvent.change(screen.getByRole('combobox'), { target: { value: 'bo' } });
  await waitFor(() => expect(screen.getAllByRole('option')).toHaveLength(1));
  const option = screen.getByRole('option');
  expect(option.textContent).toContain('Bob');
  fireEvent.click(option);
  await screen.findByRole('textbox', { name: 'Message to Bob' });
});

test('without a connection one bar says so, and how many messages wait', async () => {
  const double = harbour();
  double.connection = { state: 'offline', waiting: 2 };
  await open(double, '/');
  expect(screen.getByText('Offline. You can read and write; 2 messages wait.')).toBeTruthy();
});

test('the unread line stands before what came while the conversation was not open', async () => {
  const double = harbour();
  const conversation = double.converse(bob);
  double.say(conversation, bob, 'read long ago');
  await double.core.markRead(conversation);
  await open(double, `/c/${conversation}`);
  await within(screen.getByRole('log')).findByText('read long ago');
  fireEvent.click(screen.getByRole('link', { name: /Mei-Lin/u }));
  await screen.findByRole('textbox', { name: 'Message to Mei-Lin' });
  double.say(conversation, bob, 'came meanwhile');
  fireEvent.click(await screen.findByRole('link', { name: /Bob/u }));
  const line = await screen.findByText(/^1 new since/u);
  const next = line.closest('li')?.nextElementSibling;
  expect(next?.textContent).toContain('came meanwhile');
  act(() => void double.say(conversation, bob, 'came under her eyes'));
  await within(screen.getByRole('log')).findByText('came under her eyes');
  expect(screen.getAllByText(/new since/u)).toHaveLength(1);
  expect(screen.getByText(/^1 new since/u)).toBeTruthy();
});
