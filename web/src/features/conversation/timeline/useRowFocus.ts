/** Moving between messages by keyboard: one of them is in the tab order, arrows move, letters act. What they do stands in the registry of actions. */
import { type FocusEvent, type KeyboardEvent, useCallback, useEffect, useEffectEvent, useState } from 'react';
import { actionFor, doableAt } from '../../../actions/action';
import { putAtHand } from '../../../actions/at-hand';
import { type Asked, MESSAGE_ACTIONS, type MessageSubject } from '../../../actions/message';
import type { Allowed, MessageActs } from '../../../actions/message-acts';
import { gist } from '../../../core/plain';
import type { MessageKey, MessageView } from '../../../core/types';
import { words } from '../../../i18n/words';

interface RowFocusInput {
  readonly messages: readonly MessageView[];
  readonly mayOf: (message: MessageView) => Allowed;
  readonly acts: MessageActs;
  /** Back to where one writes. */
  readonly onLeave: () => void;
}

/** What is asked for of which message, by a key or a long press. */
interface AskedOf {
  readonly key: MessageKey;
  readonly asked: Asked;
  readonly count: number;
}

function rowOf(target: EventTarget): HTMLElement | null {
  return target instanceof HTMLElement ? target.closest<HTMLElement>('[data-message]') : null;
}

function step(row: HTMLElement, key: string): HTMLElement | undefined {
  const all = [...(row.parentElement?.querySelectorAll<HTMLElement>('[data-message]') ?? [])];
  const at = all.indexOf(row);
  const to: Readonly<Record<string, number>> = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 };
  const index = to[key];
  return index === undefined ? undefined : all[index];
}

export function useRowFocus({ messages, mayOf, acts, onLeave }: RowFocusInput) {
  const [focused, setFocused] = useState<MessageKey>();
  const [isInside, setInside] = useState(false);
  const [pointed, setPointed] = useState<MessageKey>();
  const [askedOf, setAskedOf] = useState<AskedOf>();
  const onClosed = useCallback(() => setAskedOf((before) => before && { ...before, asked: 'nothing' }), []);
  const find = (row: HTMLElement | null) => messages.find(({ key }) => key === row?.dataset['message']);

  const ask = useCallback((key: MessageKey, asked: Asked) => {
    setFocused(key);
    setAskedOf((before) => ({ key, asked, count: (before?.count ?? 0) + 1 }));
  }, []);

  /** What Enter opens: a picture, what is answered, a link; else all that can be done. */
  const openIt = (row: HTMLElement, message: MessageView) => {
    const picture = message.files.find(({ kind }) => kind === 'picture');
    const link = row.querySelector<HTMLAnchorElement>('a[href]');
    if (picture) acts.onOpenFile(message.key, picture.index);
    else if (message.reply?.key !== undefined) acts.onJump(message.reply.key);
    else if (link) link.click();
    else ask(message.key, 'menu');
  };

  const subjectOf = (message: MessageView): MessageSubject => ({ message, may: mayOf(message), acts, ask });

  const actOn = (message: MessageView, event: KeyboardEvent, row: HTMLElement): boolean => {
    const subject = { ...subjectOf(message), open: () => openIt(row, message) };
    return actionFor(event.nativeEvent, MESSAGE_ACTIONS, subject)?.run(subject) ?? false;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const row = rowOf(event.target);
    // Keys inside a message belong to the button that has the focus.
    if (!row || event.target !== row || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = step(row, event.key);
    const message = find(row);
    if (next) next.focus();
    else if (event.key === 'Escape') onLeave();
    else if (!message || !actOn(message, event, row)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  const onFocus = (event: FocusEvent) => {
    const key = find(rowOf(event.target))?.key;
    setInside(true);
    if (key !== undefined) setFocused(key);
  };

  const onBlur = (event: FocusEvent) => {
    if (event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)) return;
    setInside(false);
  };

  const atHand = isInside ? messages.find(({ key }) => key === focused) : undefined;
  const read = useEffectEvent((message: MessageView) => ({
    title: words.jump.message(message.senderName, gist(message)),
    doables: doableAt('palette', MESSAGE_ACTIONS, subjectOf(message)),
  }));
  useEffect(() => (atHand && !atHand.event ? putAtHand('message', () => read(atHand)) : undefined), [atHand]);

  const stop = messages.some(({ key }) => key === focused) ? focused : messages.findLast(({ event }) => !event)?.key;
  return {
    /** The one in the tab order. */
    stop,
    /** The ones at which actions show. */
    showsActions: (key: MessageKey) => key === pointed || (isInside && key === focused) || (key === askedOf?.key && askedOf.asked !== 'nothing'),
    askedOf: (key: MessageKey): Asked => (askedOf?.key === key ? askedOf.asked : 'nothing'),
    askedCount: (key: MessageKey): number => (askedOf?.key === key ? askedOf.count : 0),
    ask,
    onClosed,
    onPointed: setPointed,
    handlers: { onKeyDown, onFocus, onBlur },
  };
}
