/** Names that look like another’s are marked wherever somebody could be taken for somebody else. */
import { fireEvent, screen, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { toasts } from '../components/toasts';
import { type CoreDouble, person } from '../core/testing/double';
import { field, open } from '../core/testing/render';
import { member } from '../core/testing/rooms';
import { harbour } from '../core/testing/scene';
import { NEW_GROUP, peoplePath } from '../platform/paths';

const WARNING = 'Name looks like another’s';
const ines = person('Ines', 1, 0, true);
/** The first letter is a Turkish one. */
const falseInes = { ...person('İnes', 4, 2, true), nameClash: true };

beforeEach(() => {
  toasts.value = [];
  localStorage.clear();
});

function withBoth(): CoreDouble {
  return harbour({ people: [ines, falseInes] });
}

/** The false one is marked, the true one is not. */
function expectMarked(found: readonly HTMLElement[]): void {
  const [marked, ...others] = found.filter((each) => within(each).queryByText(WARNING) !== null);
  expect(marked?.textContent).toContain('İnes');
  expect(others).toEqual([]);
  expect(found.length).toBeGreaterThan(1);
}

test('in the list, at the head of a conversation and in the palette', async () => {
  const double = withBoth();
  const id = double.converse(falseInes);
  await open(double, `/c/${id}`);
  expectMarked(within(screen.getByRole('navigation', { name: 'Conversation list' })).getAllByRole('link'));
  expect(within(screen.getByRole('banner')).getByText(WARNING)).toBeTruthy();
  fireEvent.keyDown(document.body, { key: 'k', ctrlKey: true });
  expectMarked(await screen.findAllByRole('option', { name: /nes/u }));
});

test('a request of a stranger says it in words', async () => {
  const double = withBoth();
  const id = double.converse(falseInes);
  double.change(id, { request: true });
  await open(double, `/c/${id}`);
  const request = await screen.findByRole('region', { name: /wants to write to you/u });
  expect(within(request).getByText(/^Somebody else you know has a name/u)).toBeTruthy();
});

test('above what they say', async () => {
  const double = withBoth();
  const id = double.gather('group', 'Pier', [member(ines, 'member'), member(falseInes, 'member')]);
  double.say(id, ines, 'from the true one');
  double.say(id, falseInes, 'from the false one', { senderNameClash: true });
  await open(double, `/c/${id}`);
  expectMarked((await within(screen.getByRole('log')).findAllByRole('listitem')).filter((each) => each.textContent.includes('from the')));
});

test('among the people of a group, and where somebody is mentioned', async () => {
  const double = withBoth();
  const id = double.gather('group', 'Pier', [member(ines, 'member'), member(falseInes, 'member')]);
  await open(double, peoplePath(id));
  expectMarked((await screen.findAllByRole('listitem')).filter((each) => within(each).queryByRole('button', { name: /^[Iİ]nes$/u })));
  field().focus();
  fireEvent.change(field(), { target: { value: '@', selectionStart: 1, selectionEnd: 1 } });
  expectMarked((await screen.findAllByRole('option')).filter((each) => each.textContent.includes('nes')));
});

test('where people are chosen', async () => {
  const double = withBoth();
  await open(double, NEW_GROUP);
  expectMarked((await screen.findAllByRole('button', { pressed: false })).filter((each) => each.textContent.includes('nes')));
  fireEvent.keyDown(document.body, { key: 'n', ctrlKey: true });
  expectMarked(await screen.findAllByRole('option', { name: /nes/u }));
});
