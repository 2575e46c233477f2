/** The catalogues: both languages say something everywhere, and say it with what they were given. */
import { expect, test } from 'vitest';
import { de } from './de';
import { en } from './en';

/** Words that are the same in both, and meant to be. */
const SAME = /^(?:[\s\p{P}\p{S}\p{N}]*|undertone|version|server|text|status|code|qr-code|name|emoji|reaction|admin|admins|normal|english|deutsch|filter|ctrl|esc|alt|link)$/iu;

function* leaves(value: unknown, path = ''): Generator<readonly [string, unknown]> {
  if (typeof value !== 'object' || value === null) {
    yield [path, value];
    return;
  }
  for (const [name, inner] of Object.entries(value)) yield* leaves(inner, `${path}.${name}`);
}

/** What a function of words says, with arguments that can be found in it again. */
function said(word: unknown): string {
  if (typeof word !== 'function') return String(word);
  const sample = [7, 8, 9].map((number) => Object.assign(() => String(number), { toString: () => String(number), [Symbol.toPrimitive]: () => number }));
  try {
    return String(Reflect.apply(word, undefined, sample));
  } catch {
    return '';
  }
}

test('German says something of its own, as long as English does', () => {
  const german = new Map(leaves(de));
  const untranslated = [...leaves(en)].filter(([path, word]) => {
    const [english, translated] = [said(word), said(german.get(path))];
    return english === translated && english.length > 12 && !SAME.test(english) && !path.endsWith('insert');
  });
  expect(untranslated.map(([path]) => path)).toEqual([]);
  expect([...german.keys()].toSorted()).toEqual([...leaves(en)].map(([path]) => path).toSorted());
});

const digits = (text: string) => [...text].filter((character) => '789'.includes(character)).toSorted().join('');

test('a word that takes a number or a name says it in both languages', () => {
  const german = new Map(leaves(de));
  for (const [path, word] of leaves(en)) {
    expect(digits(said(german.get(path))), path).toBe(digits(said(word)));
  }
});
