/** Names while writing, ids when sending. */
import { expect, test } from 'vitest';
import { person } from '../../../core/testing/double';
import { type Named, withIds, withNames } from './mentions';

const { user: ines } = person('Ines', 0, 0);
const { user: inesB } = person('Ines.Okafor', 0, 0);

const mixed: Named = new Map<string, typeof ines | 'everyone'>([['everyone', 'everyone'], ['Ines', ines]]);

test('the longest name counts, and nothing inside a word or in code', () => {
  const named = new Map([['Ines', ines], ['Ines.Okafor', inesB]]);
  expect(withIds('@Ines.Okafor and @Ines, not @Inesa or `@Ines`', named)).toBe(`<@${inesB}> and <@${ines}>, not @Inesa or \`@Ines\``);
  expect(withIds('```\n@Ines\n``` @everyone', mixed)).toBe('```\n@Ines\n``` <@everyone>');
});

test('what was sent comes back as it was written', () => {
  const source = `<@${ines}> and <@admins>, \`<@${ines}>\``;
  const { text, named } = withNames(source, (user) => (user === ines ? 'Ines' : undefined));
  expect(text).toBe(`@Ines and @admins, \`<@${ines}>\``);
  expect(withIds(text, named)).toBe(source);
});

test('somebody unknown stays an id', () => {
  expect(withNames(`<@${ines}>`, () => undefined).text).toBe(`<@${ines}>`);
});
