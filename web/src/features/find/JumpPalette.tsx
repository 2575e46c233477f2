/** Search and jump: conversations, messages on this device and actions in one list. */
import { useDeferredValue, useState } from 'react';
import type { Doable } from '../../actions/action';
import type { AtHand } from '../../actions/at-hand';
import { Kbd } from '../../components/Kbd';
import { NameClash } from '../../components/NameClash';
import { Palette, type PaletteGroup } from '../../components/Palette';
import { paletteKeys } from '../../components/PaletteKeys';
import { ConversationAvatar } from '../../core/ConversationAvatar';
import type { ConversationView, FoundView } from '../../core/types';
import { PersonAvatar } from '../../core/PersonAvatar';
import { useCore, useValue } from '../../core/useView';
import { briefly } from '../../i18n/dates';
import { reachInWords } from '../../i18n/reach';
import { words } from '../../i18n/words';
import { useMinute } from '../../platform/clock';
import { navigate } from '../../platform/location';
import { conversationPath } from '../../platform/paths';

interface JumpPaletteProps {
  readonly conversations: readonly ConversationView[];
  readonly actions: readonly Doable[];
  /** What the user had at hand, and what can be done with it. */
  readonly atHand: AtHand | undefined;
  readonly onClose: () => void;
}

const SHOWN_WITHOUT_QUERY = 6;
const MESSAGES_SHOWN = 20;
/** Typed first, it asks for actions alone. */
const ACTIONS_ONLY = '>';

function includes(text: string, query: string): boolean {
  return text.toLocaleLowerCase().includes(query.toLocaleLowerCase());
}

export function JumpPalette({ conversations, actions, atHand, onClose }: JumpPaletteProps) {
  const { store } = useCore();
  const [typed, setTyped] = useState('');
  const query = typed.trim();
  const onlyActions = query.startsWith(ACTIONS_ONLY);
  const named = onlyActions ? query.slice(ACTIONS_ONLY.length).trim() : query;
  const searched = useDeferredValue(onlyActions ? '' : query);
  const messages = useValue(store.personal.messages({ text: searched, order: 'newest', conversation: undefined })) ?? [];
  const reach = reachInWords(useValue(store.personal.searchReach));
  const nowMs = useMinute();
  const { jump } = words;

  const go = (path: string) => {
    onClose();
    navigate(path);
  };
  const conversationOption = (each: ConversationView) => ({
    id: `c-${each.conversation}`,
    lead: (
      <ConversationAvatar conversation={each} size="small" />
    ),
    text: each.title,
    end: <NameClash of={each.peer} isSign />,
    ...(each.archived && { detail: words.archive.title }),
    onChoose: () => go(conversationPath(each.conversation)),
  });
  const messageOption = ({ message, text, conversationTitle, highlights }: FoundView) => ({
    id: `m-${message.key}`,
    lead: (
      <PersonAvatar user={message.sender} name={message.senderName} colour={message.identityColour} shape={message.identityShape} size="small" />
    ),
    text,
    marks: highlights,
    detail: jump.inConversation(message.own ? jump.own : message.senderName, conversationTitle),
    end: <span className="text-2xs text-ink-3 tabular-nums">{briefly(message.sentAtMs, nowMs)}</span>,
    onChoose: () => {
      store.timeline(message.conversation).toMessage(message.key);
      go(conversationPath(message.conversation));
    },
  });
  const actionOption = (action: Doable) => ({
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
      options: (onlyActions ? [] : conversations)
        .filter((each) => includes(each.title, query))
        .slice(0, SHOWN_WITHOUT_QUERY)
        .map(conversationOption),
    },
    { label: jump.messages, options: messages.slice(0, MESSAGES_SHOWN).map(messageOption) },
    { label: atHand?.title ?? '', options: (atHand?.doables ?? []).filter((action) => includes(action.label, named)).map(actionOption) },
    { label: jump.actions, options: actions.filter((action) => includes(action.label, named)).map(actionOption) },
  ];
  const isEmpty = groups.every((group) => group.options.length === 0);
  return (
    <Palette
      label={jump.title}
      resultsLabel={jump.results}
      query={typed}
      marked={named}
      onQuery={setTyped}
      groups={groups}
      note={isEmpty ? jump.nothing(query) : reach}
      keys={paletteKeys(true)}
      onClose={onClose}
    />
  );
}
