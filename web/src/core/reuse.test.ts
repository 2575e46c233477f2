/** What did not change keeps its identity. */
import { expect, test } from 'vitest';
import { reuse } from './reuse';

test('an equal value is the old one', () => {
  const old = { a: [1, { b: 2 }], c: undefined };
  expect(reuse(old, { a: [1, { b: 2 }], c: undefined })).toBe(old);
});

test('in a list, only what changed is new, wherever it stands', () => {
  const old = [{ key: 'a', n: 1 }, { key: 'b', n: 2 }];
  const next = reuse(old, [{ key: 'z', n: 0 }, { key: 'a', n: 1 }, { key: 'b', n: 3 }]);
  expect(next[1]).toBe(old[0]);
  expect(next).toEqual([{ key: 'z', n: 0 }, { key: 'a', n: 1 }, { key: 'b', n: 3 }]);
});

test('what is gone is gone', () => {
  expect(reuse({ a: 1, b: 2 }, { a: 1 })).toEqual({ a: 1 });
  expect(reuse([1, 2], [1])).toEqual([1]);
});
