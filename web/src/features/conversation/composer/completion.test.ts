/** What can be completed at the cursor. */
import { expect, test } from 'vitest';
import { begunAt, shortcodeAt } from './completion';

test('a person after @, an emoji after : and two letters', () => {
  expect(begunAt('hello @in', 9)).toEqual({ kind: 'mention', query: 'in', from: 6 });
  expect(begunAt('@', 1)).toEqual({ kind: 'mention', query: '', from: 0 });
  expect(begunAt('so :ta', 6)).toEqual({ kind: 'emoji', query: 'ta', from: 3 });
});

test('something to do after a slash that begins the text, and nowhere else', () => {
  expect(begunAt('/', 1)).toEqual({ kind: 'command', query: '', from: 0 });
  expect(begunAt('/mu', 3)).toEqual({ kind: 'command', query: 'mu', from: 0 });
  expect(begunAt('/mute now', 5)).toBeUndefined();
  expect(begunAt('and/or', 6)).toBeUndefined();
  expect(begunAt(' /mute', 6)).toBeUndefined();
  expect(begunAt('/etc/hosts', 10)).toBeUndefined();
  expect(begunAt('//', 2)).toBeUndefined();
});

test('addresses, times and smileys complete to nothing', () => {
  expect(begunAt('a@b', 3)).toBeUndefined();
  expect(begunAt('at 14:30', 8)).toBeUndefined();
  expect(begunAt('well :)', 7)).toBeUndefined();
  expect(begunAt('https://a', 9)).toBeUndefined();
  expect(begunAt('x:p', 3)).toBeUndefined();
});

test('a closed shortcode is found where it ends', () => {
  expect(shortcodeAt('yes :+1:', 8)).toEqual({ code: '+1', from: 4 });
  expect(shortcodeAt('10:30:', 6)).toBeUndefined();
});
