/** How emoji are found and toned, on the real data set. */
import { expect, test } from 'vitest';
import { allEmoji, findEmoji, inTone } from './data';

test('the whole of Unicode is there, and what is only a part of an emoji is not', async () => {
  const all = await allEmoji();
  expect(all.length).toBeGreaterThan(1800);
  expect(all.some(({ group }) => group === 2)).toBe(false);
});

test('an emoji is found by its shortcode, its name and its words, the best first', async () => {
  const all = await allEmoji();
  expect(findEmoji(all, ':tada:', 5)[0]?.emoji).toBe('🎉');
  expect(findEmoji(all, 'thumbs up', 5)[0]?.label).toBe('thumbs up');
  expect(findEmoji(all, 'ocean', 20).map(({ emoji }) => emoji)).toContain('🌊');
  expect(findEmoji(all, '  ', 5)).toEqual([]);
  expect(findEmoji(all, 'no such thing at all', 5)).toEqual([]);
});

test('a tone colours all people of an emoji alike, and leaves the others', async () => {
  const all = await allEmoji();
  const thumb = all.find(({ label }) => label === 'thumbs up');
  const wave = all.find(({ label }) => label === 'water wave');
  const hands = all.find(({ label }) => label === 'handshake');
  expect(thumb && inTone(thumb, 5)).toBe('👍🏿');
  expect(hands && inTone(hands, 3)).toBe('🤝🏽');
  expect(wave && inTone(wave, 5)).toBe(wave?.emoji);
  expect(thumb && inTone(thumb, 0)).toBe(thumb?.emoji);
});
