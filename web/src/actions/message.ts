/** What can be done with one message: by its menu, the bar beside it, its keys and the palette. */
import { CheckCheck, Copy, Forward, Pencil, Pin, PinOff, Reply, SmilePlus, SquareCheck, Star, StarOff, Trash2 } from 'lucide-react';
import type { MessageKey, MessageView } from '../core/types';
import { words } from '../i18n/words';
import { type Action, done, type Place } from './action';
import type { Allowed, MessageActs } from './message-acts';

/** What was asked for by a key or a press. */
export type Asked = 'nothing' | 'menu' | 'emoji';

/** A message, and what there is to know and to call for doing something with it. */
export interface MessageSubject {
  readonly message: MessageView;
  readonly may: Allowed;
  readonly acts: MessageActs;
  /** Opens the menu or the emoji. */
  readonly ask: (key: MessageKey, asked: Asked) => void;
  /** Opens what is in it, if the keyboard is there. */
  readonly open?: () => void;
}

const isWhole = ({ message }: MessageSubject) => !message.deleted;
const isSent = ({ message }: MessageSubject) => message.state === 'sent';
const isFailed = ({ message }: MessageSubject) => message.state === 'failed';
const canOpen = ({ open }: MessageSubject) => open !== undefined;

const MENU: readonly Place[] = ['palette', 'menu'];
const MENU_AND_BAR: readonly Place[] = ['palette', 'menu', 'bar'];
const KEY_ALONE: readonly Place[] = [];
const group = 'timeline';

/** Going on with what it says. */
function answering(): readonly Action<MessageSubject>[] {
  const text = words.chat.message;
  const section = 'answer';
  return [
    { id: 'react', label: text.react, icon: SmilePlus, group, section, places: MENU_AND_BAR, keys: { key: '+' }, isPossible: ({ may }) => may.react, run: ({ ask, message }) => done(() => ask(message.key, 'emoji')) },
    { id: 'reply', label: text.reply, icon: Reply, directional: true, group, section, places: MENU_AND_BAR, keys: { key: 'r' }, isPossible: ({ may }) => may.reply, run: ({ acts, message }) => done(() => acts.onReply(message)) },
    {
      id: 'edit', label: text.edit, onKeysPage: words.help.edit, icon: Pencil, group, section, places: MENU, keys: { key: 'e' },
      isPossible: ({ may }) => may.edit, run: ({ acts, message }) => done(() => acts.onEdit(message)),
    },
    { id: 'copy', label: text.copy, icon: Copy, group, section, places: MENU, isPossible: (subject) => isWhole(subject) && subject.message.text !== '', run: ({ acts, message }) => done(() => acts.onCopy([message])) },
    {
      id: 'forward', label: text.forward, icon: Forward, directional: true, group, section, places: MENU,
      isPossible: (subject) => isWhole(subject) && isSent(subject), run: ({ acts, message }) => done(() => acts.onForward([message.key])),
    },
  ];
}

/** Keeping it, and asking about it. */
function keeping(): readonly Action<MessageSubject>[] {
  const text = words.chat.message;
  const section = 'keep';
  return [
    {
      id: 'pin', label: ({ message }) => (message.pinned ? text.unpin : text.pin), icon: Pin, otherIcon: { icon: PinOff, when: ({ message }) => message.pinned },
      group, section, places: MENU_AND_BAR, isPossible: ({ may }) => may.pin, run: ({ acts, message }) => done(() => acts.onPin(message)),
    },
    {
      id: 'star', label: ({ message }) => (message.starred ? text.unstar : text.star), icon: Star, otherIcon: { icon: StarOff, when: ({ message }) => message.starred },
      group, section, places: MENU, isPossible: (subject) => isWhole(subject) && isSent(subject), run: ({ acts, message }) => done(() => acts.onStar(message)),
    },
    { id: 'readers', label: text.readers, icon: CheckCheck, group, section, places: MENU, isPossible: ({ may }) => may.readers, run: ({ acts, message }) => done(() => acts.onReaders(message.key)) },
    { id: 'select', label: text.select, icon: SquareCheck, group, section, places: MENU, isPossible: isSent, run: ({ acts, message }) => done(() => acts.onSelect(message.key)) },
  ];
}

/** Taking it away. */
function deleting(): readonly Action<MessageSubject>[] {
  const text = words.chat.message;
  const section = 'delete';
  return [
    { id: 'delete-here', label: text.deleteHere, icon: Trash2, danger: true, group, section, places: MENU, keys: { key: 'Delete' }, run: ({ acts, message }) => done(() => acts.onDeleteHere([message.key])) },
    { id: 'delete-all', label: text.deleteAll, icon: Trash2, danger: true, group, section, places: MENU, isPossible: ({ may }) => may.deleteAll, run: ({ acts, message }) => done(() => acts.onDeleteAll(message.key)) },
  ];
}

/** What it did not come to, and what the keyboard alone needs. */
function others(): readonly Action<MessageSubject>[] {
  const { conversation, help } = words;
  return [
    { id: 'retry', label: conversation.retry, group, places: ['palette', 'failed'], isPossible: isFailed, run: ({ acts, message }) => done(() => acts.onRetry(message.key)) },
    { id: 'discard', label: conversation.discard, group, places: ['palette', 'failed'], isPossible: isFailed, run: ({ acts, message }) => done(() => acts.onDiscard(message.key)) },
    { id: 'open', label: help.open, group, places: KEY_ALONE, keys: { key: 'Enter' }, isPossible: canOpen, run: ({ open }) => done(() => open?.()) },
    {
      id: 'menu', label: help.menu, group, places: KEY_ALONE, keys: { key: 'F10', shift: true }, otherKeys: [{ key: 'ContextMenu' }],
      run: ({ ask, message }) => done(() => ask(message.key, 'menu')),
    },
  ];
}

/** All of them. */
export const MESSAGE_ACTIONS: readonly Action<MessageSubject>[] = [...answering(), ...keeping(), ...deleting(), ...others()];
