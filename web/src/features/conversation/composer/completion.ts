/** What is being typed at the cursor that can be completed: a person after `@`, an emoji after `:`, something to do after a `/` at the very beginning. Pure. */

/** What stands before the cursor. */
export interface Begun {
  readonly kind: 'mention' | 'emoji' | 'command';
  /** Without its sign. */
  readonly query: string;
  /** Where its sign stands. */
  readonly from: number;
}

/** The whole text: a path within words is none. */
const COMMAND = /^\/(?<query>\p{L}{0,24})$/u;
const MENTION = /(?:^|[\s(>])@(?<query>[\p{L}\p{N}._-]{0,32})$/u;
const EMOJI = /(?:^|[\s(>]):(?<query>[a-z0-9_+-]{2,32})$/iu;
/** A whole shortcode, just closed. */
const CLOSED = /(?:^|[\s(>]):(?<code>[a-z0-9_+-]{1,32}):$/iu;

/** What can be completed at a place, if anything. */
export function begunAt(text: string, at: number): Begun | undefined {
  const command = at === text.length ? COMMAND.exec(text)?.groups?.['query'] : undefined;
  if (command !== undefined) return { kind: 'command', query: command, from: 0 };
  const before = text.slice(Math.max(0, at - 40), at);
  const mention = MENTION.exec(before)?.groups?.['query'];
  if (mention !== undefined) return { kind: 'mention', query: mention, from: at - mention.length - 1 };
  const emoji = EMOJI.exec(before)?.groups?.['query'];
  return emoji === undefined ? undefined : { kind: 'emoji', query: emoji, from: at - emoji.length - 1 };
}

/** The shortcode that ends at a place, and where it begins. */
export function shortcodeAt(text: string, at: number): { readonly code: string; readonly from: number } | undefined {
  const code = CLOSED.exec(text.slice(Math.max(0, at - 40), at))?.groups?.['code'];
  return code === undefined ? undefined : { code: code.toLowerCase(), from: at - code.length - 2 };
}
