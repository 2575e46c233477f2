/** Names and titles are told apart in the sentences of events, whatever signs they hold. */
import { expect, test } from 'vitest';
import { pieces } from './events';

test('what people chose stands in pieces of its own', () => {
  expect(pieces('Ada called it תה (ירוק)', ['תה (ירוק)', 'Ada'])).toEqual(['', 'Ada', ' called it ', 'תה (ירוק)', '']);
  expect(pieces('a.c and abc', ['a.c'])).toEqual(['', 'a.c', ' and abc']);
  expect(pieces('Ann and Anna', ['Ann', 'Anna'])).toEqual(['', 'Ann', ' and ', 'Anna', '']);
  expect(pieces('x [^$|?*+{}/\\] y', ['[^$|?*+{}/\\]'])).toEqual(['x ', '[^$|?*+{}/\\]', ' y']);
  expect(pieces('somebody left', [])).toEqual(['somebody left']);
});
