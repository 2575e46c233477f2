/** What can be done with messages, and by whom. It isn't how it is done: that is `useMessageActs.ts`. */
import type { ConversationView, MessageKey, MessageView } from '../core/types';

/** What rows call. Stable as long as the conversation is open. */
export interface MessageActs {
  readonly onReact: (message: MessageView, emoji: string) => void;
  readonly onReply: (message: MessageView) => void;
  readonly onEdit: (message: MessageView) => void;
  readonly onPin: (message: MessageView) => void;
  readonly onStar: (message: MessageView) => void;
  readonly onCopy: (messages: readonly MessageView[]) => void;
  readonly onForward: (keys: readonly MessageKey[]) => void;
  readonly onSelect: (key: MessageKey) => void;
  readonly onDeleteHere: (keys: readonly MessageKey[]) => void;
  readonly onDeleteAll: (key: MessageKey) => void;
  readonly onReaders: (key: MessageKey) => void;
  readonly onHistory: (key: MessageKey) => void;
  readonly onJump: (key: MessageKey) => void;
  readonly onOpenFile: (key: MessageKey, index: number) => void;
  readonly onRetry: (key: MessageKey) => void;
  readonly onDiscard: (key: MessageKey) => void;
}

/** What the user may do with one message. */
export interface Allowed {
  readonly react: boolean;
  readonly reply: boolean;
  readonly edit: boolean;
  readonly pin: boolean;
  readonly deleteAll: boolean;
  readonly readers: boolean;
}

/** Equal answers are one object, so that rows which did not change are not drawn again. */
const answers = new Map<string, Allowed>();

/** By what the core says, how far the message got, and whether anything can be written. */
export function allowed(message: MessageView, { may, state }: Pick<ConversationView, 'may' | 'state'>): Allowed {
  const isThere = message.state === 'sent' && !message.deleted && !message.hidden;
  const canWrite = may.write && state === 'active' && isThere && !message.shared;
  const answer: Allowed = {
    react: canWrite,
    reply: canWrite,
    edit: canWrite && message.may.edit,
    pin: canWrite && message.may.pin,
    deleteAll: canWrite && message.may.deleteForEveryone,
    readers: message.own && isThere,
  };
  const name = Object.values(answer).join(' ');
  const known = answers.get(name) ?? answer;
  answers.set(name, known);
  return known;
}
