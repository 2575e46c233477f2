/** Who is writing, in words. */
import { words } from './words';

/** What is said of those who write; nothing, if nobody does. */
export function typingInWords(names: readonly string[]): string | undefined {
  const { talk } = words;
  const [one, two, ...more] = names;
  if (one === undefined) return undefined;
  if (two === undefined) return talk.typingOne(one);
  return more.length === 0 ? talk.typingTwo(one, two) : talk.typingMany;
}
