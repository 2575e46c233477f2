/** Search and jump: conversations, messages on this device and actions in one list. */
import { useDeferredValue, useState } from 'react';
import { Avatar } from '../../components/Avatar';
import { Kbd } from '../../components/Kbd';
import { Palette, type PaletteGroup } from '../../components/Palette';
import { paletteKeys } from '../../components/PaletteKeys';
import { lookOf } from '../../core/look';
import type { ConversationView, MessageView } from '../../core/types';
import { useCore, useValue } from '../../core/useView';
import { briefly } from '../../i18n/dates';
import { words } from '../../i18n/words';
import { useMinute } from '../../platform/clock';
import { navigate } from '../../platform/location';
import { conversationPath } from '../../platform/paths';

/** Something that can be done from anywhere. */
export interface PaletteAction {
  readonly id: string;
  readonly label: string;
  /** The keys that do the same, in words. */
  readonly keys?: readonly string[];
  readonly run: () => void;
}

interface JumpPaletteProps {
  readonly conversations: readonly ConversationView[];
  readonly actions: readonly PaletteAction[];
  readonly onClose: () => void;
}

const SHOWN_WITHOUT_QUERY = 6;

function includes(text: string, query: string): boolean {
  return text.toLocaleLowerCase().includes(query.toLocaleLowerCase());
}

export function JumpPalette({ conversations, actions, onClose }: JumpPaletteProps) {
  const { store } = useCore();
  const [typed, setTyped] = useState('');
  const query = typed.trim();
  const searched = useDeferredValue(query);
  const messages = useValue(store.messages(searched)) ?? [];
  const nowMs = useMinute();
  const { jump } = words;

  const titles = new Map(conversations.map((each) => [each.conversation, each.title]));
  const go = (path: string) => {
    onClose();
    navigate(path);
  };
  const conversationOption = (each: ConversationView) => ({
    id: `c-${each.conversation}`,
    lead: (
      <Avatar name={each.title} {...lookOf(each)} size="small" />
    ),
    text: each.title,
    onChoose: () => go(conversationPath(each.conversation)),
  });
  const messageOption = (message: MessageView) => ({
    id: `m-${message.key}`,
    lead: (
      <Avatar name={message.senderName} colour={message.identityColour} shape={message.identityShape} size="small" />
    ),
    text: message.text,
    detail: jump.inConversation(message.own ? jump.own : message.senderName, titles.get(message.conversation) ?? ''),
    end: <span className="text-2xs text-ink-3 tabular-nums">{briefly(message.sentAtMs, nowMs)}</span>,
    onChoose: () => go(conversationPath(message.conversation)),
  });
  const actionOption = (action: PaletteAction) => ({
    id: `a-${action.id}`,
    lead: undefined,
    text: action.label,
    end: action.keys && (
      <span className="hidden gap-1 md:flex">
        {action.keys.map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </span>
    ),
    onChoose: () => {
      onClose();
      action.run();
    },
  });

  const groups: readonly PaletteGroup[] = [
    {
      label: jump.conversations,
      options: conversations
        .filter((each) => includes(each.title, query))
        .slice(0, SHOWN_WITHOUT_QUERY)
        .map(conversationOption),
    },
    { label: jump.messages, options: messages.map(messageOption) },
    { label: jump.actions, options: actions.filter((action) => includes(action.label, query)).map(actionOption) },
  ];
  const isEmpty = groups.every((group) => group.options.length === 0);
  return (
    <Palette
      label={jump.title}
      resultsLabel={jump.results}
      query={typed}
      onQuery={setTyped}
      groups={groups}
      note={isEmpty ? jump.nothing(query) : undefined}
      keys={paletteKeys()}
      onClose={onClose}
    />
  );
}
