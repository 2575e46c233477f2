/** The published list of naughty strings, and one of texts that would be code, in every text that others can set, over a core in memory that lets all of it through: whatever the core cleans away, the screen draws words and nothing else. */
import { readFileSync } from 'node:fs';
import { act, cleanup, fireEvent, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { showToast, toasts } from '../components/toasts';
import { CoreDouble, person } from '../core/testing/double';
import { atTheDoor } from '../core/testing/harbour-rooms';
import { file } from '../core/testing/harbour-talk';
import { open } from '../core/testing/render';
import { member } from '../core/testing/rooms';
import { harbour } from '../core/testing/scene';
import { XSS } from '../core/testing/xss';
import type { PersonView } from '../core/types';
import { detailsPath, peoplePath, profilePath, searchPath } from '../platform/paths';

/** From where the tests run. */
const LIST = '../crates/client-core/testdata/naughty/blns.json';
const PUBLISHED: readonly string[] = JSON.parse(readFileSync(LIST, 'utf8'));
const STRINGS: readonly string[] = [...PUBLISHED, ...XSS];
/** Those that mean to become markup or code. */
const MARKUP = STRINGS.filter((text) => /[<>]|script|onerror|javascript:/iu.test(text));

beforeEach(() => {
  toasts.value = [];
  localStorage.clear();
});

afterEach(cleanup);

function named(name: string, index: number): PersonView {
  // Ids are made of letters.
  const letters = [...index.toString(4)].map((digit) => 'abcd'[Number(digit)]).join('');
  return { ...person(`person ${letters}e`, index % 12, index % 6, true), name, userName: name };
}

/** All of them, so many in one text: what is done for each text takes its time. */
function joined(count: number): readonly string[] {
  return Array.from({ length: Math.ceil(STRINGS.length / count) }, (_, at) => STRINGS.slice(at * count, (at + 1) * count).join(' '));
}

/** Words, and none of what runs, loads or leads elsewhere. */
function expectWords(where: string): void {
  const all = [...document.body.querySelectorAll('*')];
  const made = all.filter((element) => element.matches('script, iframe, object, embed, link, style, base, meta, img, video, audio, form[action]'));
  const handlers = all.flatMap((element) => element.getAttributeNames().filter((name) => /^on|^srcdoc$|^style$/u.test(name)));
  const links = [...document.body.querySelectorAll('a')].map(({ href }) => new URL(href, location.href).protocol);
  expect(made.map(({ tagName }) => tagName), where).toEqual([]);
  expect(handlers, where).toEqual([]);
  expect(links.filter((protocol) => !/^(?:https?|about|mailto):$/u.test(protocol)), where).toEqual([]);
}

test('the list is the published one', () => {
  expect(PUBLISHED.length).toBeGreaterThan(450);
  expect(XSS.length).toBeGreaterThan(350);
  expect(MARKUP.length).toBeGreaterThan(450);
});

test('names and last words in the list', async () => {
  const double = harbour();
  for (const [index, text] of STRINGS.entries()) {
    const peer = named(text, index);
    const id = double.converse({ ...peer, name: peer.user });
    double.change(id, { peer, title: text, lastText: text, typing: index % 7 === 0 ? [text] : [] });
  }
  await open(double, '/');
  expect(screen.getAllByRole('link').length).toBeGreaterThan(STRINGS.length - 10);
  expectWords('list');
});

test('messages, their senders and files', async () => {
  for (let from = 0; from < STRINGS.length; from += 100) {
    const double = harbour();
    const id = double.gather('room', `part ${from}`, []);
    for (const [index, text] of STRINGS.slice(from, from + 100).entries()) double.say(id, named(text, index), text, { files: [file(text, {})] });
    await open(double, `/c/${id}`);
    await screen.findByRole('log');
    expectWords(`messages from ${from}`);
    cleanup();
  }
});

test('members of a group', async () => {
  const double = harbour();
  const id = double.gather('group', 'Pier', MARKUP.map((text, index) => member(named(text, index), 'member')));
  await open(double, peoplePath(id));
  expect((await screen.findAllByRole('listitem')).length).toBeGreaterThan(MARKUP.length - 10);
  expectWords('people');
});

test('titles, topics, doors and profiles', async () => {
  for (const text of joined(40)) {
    const bob = named(text, 1);
    const double = harbour({ people: [bob] });
    const id = double.gather('room', text, [member(bob, 'member')], { topic: text });
    await open(double, detailsPath(id));
    expectWords(`details of ${text}`);
    cleanup();

    double.personal.told.set(bob.user, { displayName: text, status: text, pronouns: text });
    await open(double, profilePath(id, bob.user));
    await screen.findAllByText((_, element) => element?.textContent === text);
    expectWords(`profile of ${text}`);
    cleanup();

    const outside = atTheDoor(new CoreDouble());
    if (outside.door) outside.door = { ...outside.door, title: text, topic: text };
    await open(outside, '/r/x#aaaa');
    expectWords(`door of ${text}`);
    cleanup();
  }
});

test('toasts', async () => {
  await open(harbour(), '/');
  for (const [index, text] of joined(40).entries()) {
    act(() => showToast({ title: text, text, about: `part ${index}`, onOpen: () => {} }));
    expect(document.querySelector('[data-toasts] li:last-child')?.textContent, text).toContain(text);
    expectWords(`toast ${index}`);
  }
});

test('quotes, code and its language', async () => {
  for (let from = 0; from < STRINGS.length; from += 100) {
    const double = harbour();
    const id = double.gather('group', `part ${from}`, []);
    for (const [index, text] of STRINGS.slice(from, from + 100).entries()) {
      double.say(id, named('Mallory', index), text, {
        blocks: [{ quote: [{ paragraph: [{ code: text }, { spoiler: [{ text }] }] }] }, { code: { language: text, text } }],
        reply: { senderName: text, text, own: false, deleted: false },
        forwarded: true,
      });
    }
    await open(double, `/c/${id}`);
    await screen.findByRole('log');
    expectWords(`quotes from ${from}`);
    cleanup();
  }
});

test('what is found, in the search and in the palette', async () => {
  const double = harbour();
  const id = double.gather('group', 'Pier', []);
  for (const [index, text] of joined(10).entries()) double.say(id, named(text, index), `found ${text}`);
  await open(double, searchPath(id));
  fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'found' } });
  expect((await within(await screen.findByRole('list', { name: 'What was found' })).findAllByRole('button')).length).toBeGreaterThan(40);
  expectWords('search');
  fireEvent.keyDown(document.body, { key: 'k', ctrlKey: true });
  fireEvent.change(screen.getByRole('combobox'), { target: { value: 'found' } });
  expect((await screen.findAllByRole('option')).length).toBeGreaterThan(10);
  expectWords('palette');
});
