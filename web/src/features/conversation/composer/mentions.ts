/** Mentions while one writes: shown as names, sent as ids. Pure. Names in code stay as they are. */
import type { UserId } from '../../../core/types';

/** Whom a name in the text means. */
export type Named = ReadonlyMap<string, UserId | 'everyone' | 'admins'>;

const CODE = '```[\\s\\S]*?(?:```|$)|`[^`\\n]*`';

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}-]/gu, '\\$&');
}

/** The text as it is sent. */
export function withIds(text: string, named: Named): string {
  if (named.size === 0) return text;
  const names = [...named.keys()].toSorted((a, b) => b.length - a.length).map((name) => escaped(name));
  const found = new RegExp(`${CODE}|@(${names.join('|')})(?![\\p{L}\\p{N}_])`, 'gu');
  return text.replaceAll(found, (whole: string, name: string | undefined) => {
    const user = name === undefined ? undefined : named.get(name);
    return user === undefined ? whole : `<@${user}>`;
  });
}

/** A text that was sent or kept, as it is written, and whom its names mean. */
export function withNames(source: string, nameOf: (user: string) => string | undefined): { readonly text: string; readonly named: Named } {
  const named = new Map<string, UserId | 'everyone' | 'admins'>();
  const text = source.replaceAll(new RegExp(`${CODE}|<@([a-z2-7]{16,64}|everyone|admins)>`, 'gu'), (whole: string, user: string | undefined) => {
    if (user === undefined) return whole;
    const name = user === 'everyone' || user === 'admins' ? user : nameOf(user);
    if (name === undefined) return whole;
    // oxlint-disable-next-line typescript/consistent-type-assertions -- the pattern above is that of an id
    named.set(name, user as UserId);
    return `@${name}`;
  });
  return { text, named };
}
