/** People, emoji and things to do offered while one writes, and what choosing one types or does. */
import { type KeyboardEvent, type RefObject, useEffect, useState } from 'react';
import type { MemberView, UserId } from '../../../core/types';
import { words } from '../../../i18n/words';
import { onEmojiUsed, skinTone } from '../../../platform/writing';
import { allEmoji, type Emoji, findEmoji, inTone } from '../emoji/data';
import { type Command, commandsFor } from './command';
import { begunAt, type Begun, shortcodeAt } from './completion';
import { selectedIn, typeInto } from './field';

/** One thing that is offered. */
export interface Suggestion {
  readonly id: string;
  readonly text: string;
  readonly detail: string | undefined;
  /** An emoji, or the look of a person. */
  readonly lead: { readonly emoji: string } | { readonly person: MemberView } | undefined;
  /** What is typed. */
  readonly insert: string;
  /** It does this, and types nothing. */
  readonly run?: () => void;
  readonly keys?: readonly string[] | undefined;
  /** Whom it names. */
  readonly means?: { readonly name: string; readonly user: UserId | 'everyone' | 'admins' };
}

interface Asked {
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly people: readonly MemberView[];
  readonly commands: readonly Command[] | undefined;
  /** In conversations of two there are no roles to call. */
  readonly hasRoles: boolean;
  readonly onNamed: (name: string, user: UserId | 'everyone' | 'admins') => void;
}

const OFFERED_MAX = 8;

function mentionSuggestions(query: string, { people, hasRoles }: Asked): readonly Suggestion[] {
  const text = words.chat.write;
  const wanted = query.toLocaleLowerCase();
  const roles = hasRoles
    ? [
        { name: text.everyone, detail: text.everyoneHint, user: 'everyone' as const },
        { name: text.admins, detail: text.adminsHint, user: 'admins' as const },
      ]
    : [];
  const named = people.filter(({ isMe }) => !isMe).map((person) => ({
    id: person.user,
    text: person.name,
    detail: undefined,
    lead: { person },
    insert: `@${person.name} `,
    means: { name: person.name, user: person.user },
  }));
  const called = roles.map(({ name, detail, user }) => ({
    id: user, text: `@${name}`, detail, lead: undefined, insert: `@${name} `, means: { name, user },
  }));
  const fits = ({ means: { name } }: { readonly means: { readonly name: string } }) =>
    name.toLocaleLowerCase().split(/[\s._-]+/u).some((part) => part.startsWith(wanted)) || name.toLocaleLowerCase().startsWith(wanted);
  return [...named, ...called].filter((each) => fits(each)).slice(0, OFFERED_MAX);
}

function emojiSuggestions(all: readonly Emoji[], query: string): readonly Suggestion[] {
  return findEmoji(all, query, OFFERED_MAX).map((emoji) => ({
    id: emoji.emoji,
    text: `:${emoji.shortcodes[0] ?? emoji.label}:`,
    detail: emoji.label,
    lead: { emoji: inTone(emoji, skinTone()) },
    insert: `${inTone(emoji, skinTone())} `,
  }));
}

function commandSuggestions(query: string, { commands = [] }: Asked): readonly Suggestion[] {
  return commandsFor(commands, query).map(({ id, word, label, keys, run }) => ({
    id, text: `/${word}`, detail: label, lead: undefined, insert: '', keys, run,
  }));
}

function suggestionsFor(begun: Begun | undefined, asked: Asked, emoji: readonly Emoji[]): readonly Suggestion[] {
  switch (begun?.kind) {
    case undefined:
      return [];
    case 'mention':
      return mentionSuggestions(begun.query, asked);
    case 'emoji':
      return emojiSuggestions(emoji, begun.query);
    case 'command':
      return commandSuggestions(begun.query, asked);
  }
}

/** All emoji, once somebody begins one. */
function useEmojiWhen(isWanted: boolean): readonly Emoji[] {
  const [all, setAll] = useState<readonly Emoji[]>([]);
  useEffect(() => {
    if (isWanted) allEmoji().then(setAll, () => {});
  }, [isWanted]);
  return all;
}

/** A shortcode that was closed by hand becomes its emoji. */
async function closeShortcode(field: HTMLTextAreaElement): Promise<void> {
  const { text, start, end } = selectedIn(field);
  const closed = start === end ? shortcodeAt(text, start) : undefined;
  if (!closed) return;
  const all = await allEmoji();
  const emoji = all.find(({ shortcodes }) => shortcodes.includes(closed.code));
  if (!emoji || field.value !== text) return;
  const insert = inTone(emoji, skinTone());
  const to = closed.from + insert.length;
  typeInto(field, { from: closed.from, to: start, insert, start: to, end: to });
}

export function useCompletion(asked: Asked) {
  const { field, onNamed } = asked;
  const [begun, setBegun] = useState<Begun>();
  const [chosen, setChosen] = useState(0);
  const emoji = useEmojiWhen(begun?.kind === 'emoji');
  const suggestions = suggestionsFor(begun, asked, emoji);
  const current = suggestions[Math.min(chosen, suggestions.length - 1)];

  const look = () => {
    const element = field.current;
    if (!element) return;
    const { text, start, end } = selectedIn(element);
    setBegun(start === end ? begunAt(text, start) : undefined);
    setChosen(0);
  };

  const choose = (suggestion: Suggestion) => {
    const element = field.current;
    if (!element || !begun) return;
    if (suggestion.means) onNamed(suggestion.means.name, suggestion.means.user);
    if (begun.kind === 'emoji') onEmojiUsed(suggestion.insert.trim());
    const at = begun.from + suggestion.insert.length;
    setBegun(undefined);
    typeInto(element, { from: begun.from, to: begun.from + begun.query.length + 1, insert: suggestion.insert, start: at, end: at });
    setBegun(undefined);
    suggestion.run?.();
  };

  /** True when the key was meant for the list. */
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (!current || event.nativeEvent.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setChosen((Math.min(chosen, suggestions.length - 1) + step + suggestions.length) % suggestions.length);
    else if (event.key === 'Enter' || event.key === 'Tab') choose(current);
    else if (event.key === 'Escape') setBegun(undefined);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };

  const onInput = () => {
    look();
    if (field.current) closeShortcode(field.current).catch(() => {});
  };

  return { suggestions, current, choose, onKeyDown, onInput, close: () => setBegun(undefined) };
}
