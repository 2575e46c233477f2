/** Rooms and groups as their people meet them, over a core in memory. */
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { CoreDouble, person } from '../core/testing/double';
import { atTheDoor, harbourWithRooms } from '../core/testing/harbour-rooms';
import { expectAccessible, open } from '../core/testing/render';
import { harbour } from '../core/testing/scene';

const LINK = '/r/4fq7abcd234567abcdefabcdef#nswp-4kqt-hq7m-3txa-5rkd-6wvn';

function button(name: string | RegExp) {
  return screen.getByRole('button', { name });
}

function called(double: CoreDouble, method: string) {
  return double.calls.filter((call) => call.method === method).map(({ args }) => args);
}

function isLocked(locked: boolean) {
  return waitFor(() => expect(screen.getByRole('switch', { name: 'Lock the room' })).toHaveProperty('checked', locked));
}

async function openRoom(double: CoreDouble, beside = '') {
  const room = double.conversations.find(({ kind }) => kind === 'room');
  if (!room) throw new Error('no room');
  const shown = await open(double, `/c/${room.conversation}${beside}`);
  return { ...shown, room: room.conversation };
}

test('a guest is made on the press of the button, and not before', async () => {
  const double = atTheDoor(new CoreDouble());
  const { container } = await open(double, LINK);
  await screen.findByRole('heading', { name: 'Night shift swaps' });
  expect(screen.getByText(/14 people are here/u)).toBeTruthy();
  expect(screen.getByText(/Messages disappear after 1 day\. You see what is written after you join\./u)).toBeTruthy();
  expect(screen.getByLabelText('Your name in this room')).toHaveProperty('value', 'Quiet Heron');
  expect(called(double, 'lookAtRoom')).toEqual([[location.origin + LINK]]);
  expect(called(double, 'becomeGuest')).toEqual([]);
  await expectAccessible(container);
  fireEvent.click(button('Join the room'));
  await screen.findByRole('textbox', { name: 'Message to Night shift swaps' });
  expect(called(double, 'becomeGuest')).toEqual([['Quiet Heron']]);
  expect(location.hash).toBe('');
});

test('who knocks waits at the door, and is inside when somebody opens', async () => {
  const double = atTheDoor(new CoreDouble(), true);
  await open(double, LINK);
  fireEvent.click(await screen.findByRole('button', { name: 'Ask to come in' }));
  await screen.findByText(/Waiting for someone to let you in/u);
  const waiting = double.conversations.find(({ state }) => state === 'waiting');
  if (!waiting) throw new Error('nobody waits');
  double.change(waiting.conversation, { state: 'active' });
  await screen.findByRole('textbox', { name: 'Message to Night shift swaps' });
});

test('who is not let in is told so, and may ask again', async () => {
  const double = atTheDoor(new CoreDouble(), true);
  await open(double, LINK);
  fireEvent.click(await screen.findByRole('button', { name: 'Ask to come in' }));
  await screen.findByText(/Waiting for someone to let you in/u);
  double.conversations = [];
  double.tell('conversations');
  await screen.findByText('You were not let in. You may ask again.');
  fireEvent.click(button('Ask to come in as Quiet Heron'));
  await waitFor(() => expect(called(double, 'joinRoom')).toHaveLength(2));
});

test('who is signed in joins under their own name', async () => {
  const double = atTheDoor(harbour());
  await open(double, LINK);
  fireEvent.click(await screen.findByRole('button', { name: 'Join as Ada.Lindqvist' }));
  await waitFor(() => expect(called(double, 'joinRoom')).toHaveLength(1));
  expect(called(double, 'becomeGuest')).toEqual([]);
});

test.each([
  [{ locked: true }, 'This room is locked. Nobody new can come in.'],
  [{ people: 50 }, 'This room is full: it has places for 50.'],
])('a door that does not open says why: %o', async (door, text) => {
  const double = atTheDoor(new CoreDouble());
  if (double.door) double.door = { ...double.door, ...door };
  await open(double, LINK);
  await screen.findByText(text);
  expect(screen.queryByRole('button', { name: 'Join the room' })).toBeNull();
});

test.each([
  ['not_found', 'This link or code does not fit any room here.'],
  ['link_replaced', 'This link was replaced by another.'],
  ['room_closed', 'This room has closed.'],
  ['unreachable', /The server does not answer/u],
])('a link that leads nowhere says why: %s', async (code, text) => {
  const double = atTheDoor(new CoreDouble());
  double.failures.set('lookAtRoom', code);
  await open(double, LINK);
  await screen.findByText(text);
  fireEvent.click(button('Try again'));
  await screen.findByRole('heading', { name: 'Night shift swaps' });
});

test('the field of the first page takes codes and links, and says what is wrong beneath it', async () => {
  await open(atTheDoor(new CoreDouble()), '/');
  const field = screen.getByLabelText('Link or room code');
  fireEvent.change(field, { target: { value: 'NSWP4KQT' } });
  expect(field).toHaveProperty('value', 'nswp-4kqt-');
  fireEvent.click(button('Continue'));
  expect(screen.getByText(/That is not a whole link or code/u)).toBeTruthy();
  expect(field).toHaveProperty('value', 'nswp-4kqt-');
  fireEvent.change(field, { target: { value: 'https://elsewhere.example/r/x#nswp' } });
  fireEvent.click(button('Continue'));
  expect(screen.getByText('That link belongs to elsewhere.example. Open it in your browser.')).toBeTruthy();
  fireEvent.paste(field, { clipboardData: { getData: () => location.origin + LINK } });
  await screen.findByRole('heading', { name: 'Night shift swaps' });
});

test('a room is made with what its maker chose', async () => {
  const double = harbour();
  const { container } = await open(double, '/new/room');
  fireEvent.click(button('Make the room'));
  expect(screen.getByText('Give it a title.')).toBeTruthy();
  fireEvent.change(screen.getByLabelText('Title'), { target: { value: ' Night shift swaps ' } });
  fireEvent.click(screen.getByRole('switch', { name: 'Ask before entering' }));
  fireEvent.click(button(/^Slow mode/u));
  fireEvent.click(screen.getByRole('menuitemradio', { name: '1 in 10 s' }));
  fireEvent.click(button(/^Messages disappear/u));
  fireEvent.click(screen.getByRole('menuitemradio', { name: '10 s after reading' }));
  await expectAccessible(container);
  fireEvent.click(button('Make the room'));
  await screen.findByText('Night shift swaps is ready');
  expect(called(double, 'createRoom')).toEqual([
    [{ title: 'Night shift swaps', knock: true, capacity: 300, slowModeSeconds: 10, timer: { after_read: 10 }, history: 'nothing' }],
  ]);
});

test('a group is made of those who were chosen', async () => {
  const bob = person('Bob', 3, 2, true);
  const double = harbour({ people: [bob, person('Mei', 2, 2)] });
  const { container } = await open(double, '/new/group');
  fireEvent.change(screen.getByLabelText('Title'), { target: { value: 'Pier' } });
  fireEvent.click(await screen.findByRole('button', { name: 'Bob' }));
  await expectAccessible(container);
  fireEvent.click(button('Make the group'));
  await screen.findByText('Only these 2 people can read this');
  expect(called(double, 'createGroup')).toEqual([['Pier', [bob.user]]]);
});

test('what happened stands in the timeline in words', async () => {
  const double = harbourWithRooms();
  const { container } = await openRoom(double);
  const log = await screen.findByRole('log');
  await within(log).findByText('You made this room. People you invite see what is written after they join.');
  expect(within(log).getByText('Messages now disappear after 1 day. Set by you.')).toBeTruthy();
  expect(log.textContent).toContain('You muted Sana.Haddad. They can read, but not write.');
  expect(within(log).getAllByText('Guest').length).toBeGreaterThan(0);
  expect(within(log).getByText(/^Disappears in 4\d s$/u)).toBeTruthy();
  expect(screen.getAllByText('Only people in this room can read this').length).toBeGreaterThan(0);
  expect(screen.getAllByText('Small Lantern is typing').length).toBeGreaterThan(0);
  await expectAccessible(container);
});

test('somebody at the door is let in from the conversation', async () => {
  const double = harbourWithRooms();
  await openRoom(double);
  fireEvent.click(await screen.findByRole('button', { name: 'Let in Brisk Magpie' }));
  await waitFor(() => expect(called(double, 'admit')).toHaveLength(1));
});

test('the timer of one message goes with it', async () => {
  const double = harbourWithRooms();
  const { room } = await openRoom(double);
  fireEvent.click(button('Timer: after 1 day'));
  fireEvent.click(screen.getByRole('menuitemradio', { name: '1 minute after reading' }));
  const field = screen.getByRole('textbox', { name: 'Message to Night shift swaps' });
  fireEvent.change(field, { target: { value: 'Gate code is 4711' } });
  fireEvent.keyDown(field, { key: 'Enter' });
  await waitFor(() => expect(called(double, 'sendText')).toHaveLength(1));
  expect(called(double, 'sendText')[0]?.[0]).toBe(room);
  expect(called(double, 'sendText')[0]?.[2]).toEqual({ text: 'Gate code is 4711', expires: { after_read: 60 } });
});

test('in slow mode the wait is counted, the draft kept, and nothing sent', async () => {
  const double = harbourWithRooms();
  const { room } = await openRoom(double);
  double.change(room, { writeAgainAtMs: Date.now() + 7000 });
  await screen.findByText(/^Slow mode\. You can write again in/u);
  const field = screen.getByRole('textbox', { name: 'Message to Night shift swaps' });
  fireEvent.change(field, { target: { value: 'and then' } });
  fireEvent.keyDown(field, { key: 'Enter' });
  expect(called(double, 'sendText')).toEqual([]);
  expect(field).toHaveProperty('value', 'and then');
  expect(screen.getByText('Your draft is kept.')).toBeTruthy();
  const later = Date.now() + 9000;
  vi.spyOn(Date, 'now').mockReturnValue(later);
  await waitFor(() => expect(screen.queryByText(/^Slow mode\. You can/u)).toBeNull());
  vi.restoreAllMocks();
  fireEvent.keyDown(field, { key: 'Enter' });
  await waitFor(() => expect(called(double, 'sendText')).toHaveLength(1));
});

test('whoever was too fast is told so, and how long it takes', async () => {
  const double = harbourWithRooms();
  const { room } = await openRoom(double);
  double.change(room, { writeAgainAtMs: Date.now() + 6000, tooFast: true });
  await screen.findByText(/^That was fast\. You can write again in/u);
  expect(screen.queryByText(/^Slow mode/u)).toBeNull();
});

test.each([
  [{ state: 'removed' }, 'You are no longer in this conversation. You keep what you have.'],
  [{ state: 'closed' }, 'This room has closed. You keep what you have.'],
  [{ may: { write: false, add: false, remove: false, setState: false, setTerms: false, shareLink: false } }, 'You can read here, but not write.'],
] as const)('where nothing can be written, it says why: %o', async (change, text) => {
  const double = harbourWithRooms();
  const { room } = await openRoom(double);
  double.change(room, change);
  await screen.findByText(text);
  expect(screen.queryByRole('textbox')).toBeNull();
});

test('the details give the link, and change the door', async () => {
  const double = harbourWithRooms();
  const { container, room } = await openRoom(double, '/details');
  await screen.findByRole('img', { name: 'QR code of the room’s link' });
  expect(screen.getByText('Whoever has it can knock. The server does not know it.')).toBeTruthy();
  await expectAccessible(container);
  fireEvent.click(screen.getByRole('switch', { name: 'Lock the room' }));
  await waitFor(() => expect(called(double, 'intend')).toEqual([[room, { terms: { locked: true } }]]));
  expect(screen.getByRole('switch', { name: 'Lock the room' })).toHaveProperty('checked', true);
  fireEvent.click(button(/^Change link and code/u));
  expect(called(double, 'rotateLink')).toEqual([]);
  fireEvent.click(button('Change link and code now'));
  await waitFor(() => expect(called(double, 'rotateLink')).toEqual([[room]]));
  fireEvent.click(button(/^Disappear/u));
  fireEvent.click(screen.getByRole('menuitemradio', { name: 'Off' }));
  await waitFor(() => expect(called(double, 'intend').at(-1)).toEqual([room, { state: { timer: null } }]));
});

test('a change is shown at once and undone from its toast, or by Ctrl and Z', async () => {
  const double = harbourWithRooms();
  await openRoom(double, '/details');
  fireEvent.click(await screen.findByRole('switch', { name: 'Lock the room' }));
  await isLocked(true);
  expect(screen.getAllByText('The room is locked.').length).toBeGreaterThan(0);
  fireEvent.click(await screen.findByRole('button', { name: 'Undo' }));
  await isLocked(false);
  expect(called(double, 'undo')).toEqual([[1]]);
});

test('a link that is being replaced is not there to be copied', async () => {
  const double = harbourWithRooms();
  double.noLink = true;
  const { room } = await openRoom(double, '/details');
  await screen.findByText('The link is being changed. The new one stands here in a moment.');
  expect(screen.queryByRole('button', { name: 'Copy link' })).toBeNull();
  double.noLink = false;
  double.change(room, {});
  await screen.findByRole('button', { name: 'Copy link' });
});

test('title, topic and picture are changed in their place', async () => {
  const double = harbourWithRooms();
  const { container, room } = await openRoom(double, '/details');
  double.change(room, { picture: 'UklGRgAAAABXRUJQ' });
  fireEvent.click(await screen.findByRole('button', { name: 'Change title, topic and picture' }));
  await expectAccessible(container);
  fireEvent.change(screen.getByLabelText('Title'), { target: { value: ' Late shift ' } });
  fireEvent.change(screen.getByLabelText('Topic'), { target: { value: 'Who swaps with whom' } });
  fireEvent.click(button('Remove the picture'));
  fireEvent.click(button('Save'));
  await waitFor(() =>
    expect(called(double, 'setState')).toEqual([[room, { title: 'Late shift', topic: 'Who swaps with whom', picture: null }]]),
  );
});

test('who was banned is let back in', async () => {
  const double = harbourWithRooms();
  const { user } = person('Brisk Magpie', 2, 3);
  double.banned = [{ user, name: 'Brisk Magpie', identityColour: 2, identityShape: 3 }];
  const { container, room } = await openRoom(double, '/people');
  fireEvent.click(await screen.findByRole('button', { name: 'Let back in Brisk Magpie' }));
  await waitFor(() => expect(called(double, 'unbanMember')).toEqual([[room, user]]));
  await expectAccessible(container);
});

test('a change that cannot be made says why', async () => {
  const double = harbourWithRooms();
  await openRoom(double, '/details');
  double.failures.set('intend', 'forbidden');
  fireEvent.click(await screen.findByRole('switch', { name: 'Lock the room' }));
  await screen.findByText('Your role does not let you do this.');
  await waitFor(() => expect(screen.getByRole('switch', { name: 'Lock the room' })).toHaveProperty('checked', false));
});

test('members see how it is, without the controls', async () => {
  const double = harbourWithRooms();
  const room = double.conversations.find(({ kind }) => kind === 'room');
  if (room) double.change(room.conversation, { role: 'member', may: { write: true, add: false, remove: false, setState: false, setTerms: false, shareLink: false } });
  await openRoom(double, '/details');
  expect(await screen.findByText('1 in 10 s')).toBeTruthy();
  expect(screen.queryByRole('switch')).toBeNull();
  expect(screen.queryByText('Invite')).toBeNull();
});

test('people stand by role; the role is a menu, and banning asks first', async () => {
  const double = harbourWithRooms();
  const { container, room } = await openRoom(double, '/people');
  const members = (await screen.findByRole('heading', { name: 'Members' })).parentElement;
  if (!members) throw new Error('no members');
  expect(within(members).getByText('Quiet Heron')).toBeTruthy();
  expect(screen.getByText('At the door, 1')).toBeTruthy();
  await expectAccessible(container);
  fireEvent.click(button(/Quiet Heron: role and more/u));
  fireEvent.click(screen.getByRole('menuitem', { name: 'Mute: may only read' }));
  const user = person('Quiet Heron', 0, 0).user;
  await waitFor(() => expect(called(double, 'intend')).toEqual([[room, { setRole: { user, role: 'read_only' } }]]));
  fireEvent.click(await screen.findByRole('button', { name: /^Read only\. Quiet Heron/u }));
  fireEvent.click(screen.getByRole('menuitem', { name: 'Remove and ban' }));
  expect(called(double, 'intend')).toHaveLength(1);
  fireEvent.click(button('Ban Quiet Heron'));
  await waitFor(() => expect(called(double, 'intend').at(-1)).toEqual([room, { ban: user }]));
  await waitFor(() => expect(within(members).queryByText('Quiet Heron')).toBeNull());
});

test('the last owner hands over before leaving; others just leave, and can undo that', async () => {
  const double = harbourWithRooms();
  const { room } = await openRoom(double, '/details');
  await screen.findByText('Hand over before you leave.');
  expect(screen.queryByRole('button', { name: /^Leave/u })).toBeNull();
  double.change(room, { role: 'member' });
  fireEvent.click(await screen.findByRole('button', { name: /^Leave/u }));
  await waitFor(() => expect(called(double, 'intend')).toEqual([[room, 'leave']]));
  await waitFor(() => expect(location.pathname).toBe('/'));
  fireEvent.click(await screen.findByRole('button', { name: 'Undo' }));
  await waitFor(() => expect(called(double, 'undo')).toEqual([[1]]));
});

test('a guest makes rooms and no groups, is told of the end, and becomes an account', async () => {
  const double = harbourWithRooms();
  if (double.session.state !== 'signed_in') throw new Error('nobody is signed in');
  double.session = { ...double.session, kind: 'guest', isAdmin: false, stayUntilMs: Date.now() + 10 * 60_000 };
  const { container } = await open(double, '/');
  expect(screen.getByText(/^Your guest name ends in 1[01] minutes$/u)).toBeTruthy();
  await expectAccessible(container);
  fireEvent.click(button('New conversation'));
  expect(screen.getAllByRole('menuitem').map(({ textContent }) => textContent)).toEqual(['New room', 'Join a room']);
  fireEvent.keyDown(screen.getByRole('menu'), { key: 'Escape' });
  fireEvent.click(button('Make an account'));
  fireEvent.change(await screen.findByLabelText('Name'), { target: { value: 'Ada' } });
  fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'correct horse battery' } });
  fireEvent.click(button('Make an account'));
  await screen.findByText('Keep this key somewhere safe');
  expect(called(double, 'becomeAccount')).toEqual([[{ name: 'Ada', password: 'correct horse battery' }]]);
});

test('who sees that one is here is chosen in the settings', async () => {
  const double = harbour();
  await open(double, '/settings');
  fireEvent.click(await screen.findByLabelText(/^Nobody/u));
  await waitFor(() => expect(called(double, 'setVisibility')).toEqual([['nobody']]));
});
