/** What formatting does to a text and its selection. */
import { expect, test } from 'vitest';
import { type Change, format, type Mark, newLine, type Selected } from './format';

/** `[` and `]` stand for the ends of the selection. */
function at(marked: string): Selected {
  const start = marked.indexOf('⟦');
  const end = marked.indexOf('⟧') - 1;
  return { text: marked.replace('⟦', '').replace('⟧', ''), start, end };
}

function done(before: Selected, change: Change | undefined): string {
  if (!change) return 'nothing';
  const text = before.text.slice(0, change.from) + change.insert + before.text.slice(change.to);
  return `${text.slice(0, change.start)}⟦${text.slice(change.start, change.end)}⟧${text.slice(change.end)}`;
}

const continued = (marked: string) => done(at(marked), newLine(at(marked)));
const apply = (marked: string, mark: Mark) => done(at(marked), format(at(marked), mark, 'text'));

test('marks go around what is selected and come off again', () => {
  expect(apply('a ⟦b⟧ c', 'bold')).toBe('a **⟦b⟧** c');
  expect(apply('a **⟦b⟧** c', 'bold')).toBe('a ⟦b⟧ c');
  expect(apply('a ⟦**b**⟧ c', 'bold')).toBe('a ⟦b⟧ c');
  expect(apply('⟦ b ⟧', 'italic')).toBe(' _⟦b⟧_ ');
  expect(apply('x⟦⟧', 'spoiler')).toBe('x||⟦⟧||');
  expect(apply('⟦b⟧', 'strike')).toBe('~~⟦b⟧~~');
  expect(apply('⟦b⟧', 'code')).toBe('`⟦b⟧`');
});

test('lists and quotes take whole lines, and give them back', () => {
  expect(apply('one\nt⟦w⟧o\nthree', 'list')).toBe('one\n⟦- two⟧\nthree');
  expect(apply('⟦one\ntwo⟧', 'numbered')).toBe('⟦1. one\n2. two⟧');
  expect(apply('⟦> one\n> two⟧', 'quote')).toBe('⟦one\ntwo⟧');
  expect(apply('⟦⟧', 'list')).toBe('- ⟦⟧');
});

test('a block of code stands on lines of its own', () => {
  expect(apply('a⟦b⟧c', 'code_block')).toBe('a\n```\n⟦b⟧\n```\nc');
});

test('a link asks for what is missing', () => {
  expect(apply('⟦pier⟧', 'link')).toBe('[pier](⟦https://⟧)');
  expect(apply('⟦https://a.example/b⟧', 'link')).toBe('[⟦text⟧](https://a.example/b)');
});

test('a new line goes on with a list, and an empty item ends it', () => {
  expect(continued('- one⟦⟧')).toBe('- one\n- ⟦⟧');
  expect(continued('9. one⟦⟧')).toBe('9. one\n10. ⟦⟧');
  expect(continued('> one⟦⟧')).toBe('> one\n> ⟦⟧');
  expect(continued('- one\n- ⟦⟧')).toBe('- one\n⟦⟧');
  expect(continued('one⟦⟧')).toBe('nothing');
});
