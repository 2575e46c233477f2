/** What the pane does with messages: each answer of the screen to a press, as calls of the core. */
import { useMemo, useState } from 'react';
import { showToast } from '../../components/toasts';
import { plainText } from '../../core/plain';
import type { ConversationView, Intent, MessageKey, MessageView } from '../../core/types';
import { useCore } from '../../core/useView';
import { words } from '../../i18n/words';
import { copyText } from '../../platform/clipboard';
import { momentInWords } from '../../i18n/dates';
import type { Mode } from './composer/mode';
import type { MessageActs } from '../../actions/message-acts';

/** What stands over the conversation. */
export type Over =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'forward'; readonly keys: readonly MessageKey[] }
  | { readonly kind: 'readers' | 'history'; readonly key: MessageKey }
  | { readonly kind: 'picture'; readonly key: MessageKey; readonly index: number };

const NOTHING: Over = { kind: 'nothing' };
const NONE: ReadonlySet<MessageKey> = new Set();
const ignore = () => {};

/** Several messages as one text: who, when, what. */
function transcript(messages: readonly MessageView[]): string {
  const [only] = messages;
  if (messages.length === 1 && only) return plainText(only.blocks, only.mentions) || only.text;
  return messages
    .map((message) => `${message.senderName}, ${momentInWords(message.sentAtMs)}\n${plainText(message.blocks, message.mentions)}`)
    .join('\n\n');
}

export function useMessageActs(conversation: ConversationView) {
  const { core, store } = useCore();
  const id = conversation.conversation;
  const [mode, setMode] = useState<Mode>({ kind: 'new' });
  const [over, setOver] = useState<Over>(NOTHING);
  const [chosen, setChosen] = useState<ReadonlySet<MessageKey>>();

  const acts = useMemo<MessageActs>(() => {
    const { undo } = words.chat;
    // What fails shows in the message itself, which stays as it was.
    const quietly = (work: Promise<unknown>) => void work.catch(ignore);
    // The core leaves them out at once, and deletes them when there is no more time, also if this page is gone then.
    const remove = async (intent: Intent, text: string) => {
      const { number } = await core.intend(id, intent);
      showToast({ text, onUndo: () => quietly(core.undo(number)), onHold: () => quietly(core.hold(number)) });
    };
    return {
      onReact: ({ key, reactions }, emoji) => {
        const isOwn = reactions.some((reaction) => reaction.emoji === emoji && reaction.own);
        quietly(core.react(key, emoji, !isOwn));
      },
      onReply: (to) => setMode({ kind: 'reply', to }),
      onEdit: (message) => setMode({ kind: 'edit', message }),
      onPin: ({ key, pinned }) => quietly(core.pin(key, !pinned)),
      onStar: ({ key, starred }) => quietly(core.star(key, !starred)),
      onCopy: (messages) => void copyText(transcript(messages)),
      onForward: (keys) => setOver({ kind: 'forward', keys }),
      onSelect: (key) =>
        setChosen((before = NONE) => new Set(before.has(key) ? [...before].filter((each) => each !== key) : [...before, key])),
      onDeleteHere: (keys) => quietly(remove({ deleteHere: [...keys] }, undo.deletedHere(keys.length))),
      onDeleteAll: (key) => quietly(remove({ deleteForEveryone: key }, undo.deletedAll)),
      onReaders: (key) => setOver({ kind: 'readers', key }),
      onHistory: (key) => setOver({ kind: 'history', key }),
      onJump: (key) => store.timeline(id).toMessage(key),
      onOpenFile: (key, index) => setOver({ kind: 'picture', key, index }),
      onRetry: (key) => quietly(core.retry(key)),
      onDiscard: (key) => quietly(core.discard(key)),
    };
  }, [core, store, id]);

  return {
    acts,
    mode,
    onMode: setMode,
    over,
    onOver: () => setOver(NOTHING),
    chosen,
    onStopChoosing: () => setChosen(undefined),
  };
}
