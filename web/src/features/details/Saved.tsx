/** What is pinned in a conversation for everyone, and what the user has starred for themselves. Pressing one goes there. */
import { ChevronDown, type LucideIcon, Pin, Star } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Bounded } from '../../components/Bounded';
import { PanelSection } from '../../components/Panel';
import { gist } from '../../core/plain';
import type { ConversationView, MessageView } from '../../core/types';
import { useCore, useValue } from '../../core/useView';
import { briefly } from '../../i18n/dates';
import { words } from '../../i18n/words';
import { useMinute } from '../../platform/clock';
import { navigate, useFragment } from '../../platform/location';
import { conversationPath, PINNED_HASH } from '../../platform/paths';
import { useIsNarrow } from '../../platform/width';

interface SavedProps {
  readonly conversation: ConversationView;
  readonly isAlone: boolean;
}

function SavedRow({ message, onGo }: { readonly message: MessageView; readonly onGo: (message: MessageView) => void }) {
  const text = gist(message);
  const nowMs = useMinute();
  return (
    <li>
      <button
        type="button"
        onClick={() => onGo(message)}
        className="grid min-h-target w-full gap-x-2 rounded-field px-2 py-1 text-start hover:bg-hover"
      >
        <span className="flex items-baseline gap-2 text-xs">
          <bdi className="min-w-0 truncate font-semibold text-ink">{message.senderName}</bdi>
          <span className="flex-none text-2xs text-ink-3 tabular-nums">{briefly(message.sentAtMs, nowMs)}</span>
        </span>
        <span dir="auto" className="truncate text-parent text-xs text-ink-2">{text}</span>
      </button>
    </li>
  );
}

interface ListProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly none: string;
  readonly messages: readonly MessageView[];
  /** Somebody came here for it. @default false */
  readonly isAsked?: boolean;
  readonly onGo: (message: MessageView) => void;
}

function SavedList({ icon: Icon, title, none, messages, isAsked = false, onGo }: ListProps) {
  const [isOpen, setOpen] = useState(isAsked);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isAsked) button.current?.focus();
  }, [isAsked]);
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="bleed-row flex min-h-11 items-center gap-3 rounded-field text-start text-sm hover:bg-hover"
      >
        <Icon aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-ink-2" />
        <span className="min-w-0 flex-1">{title}</span>
        <span className="text-ink-2 tabular-nums">{messages.length > 0 ? messages.length : ''}</span>
        <ChevronDown aria-hidden="true" size={15} strokeWidth={1.75} className={isOpen ? 'flex-none rotate-180 text-ink-3' : 'flex-none text-ink-3'} />
      </button>
      {isOpen && messages.length === 0 && <p className="pb-2 text-xs text-ink-2">{none}</p>}
      {isOpen && messages.length > 0 && (
        <ul aria-label={title} className="-mx-2 pb-2">
          {messages.map((message) => (
            <Bounded key={message.key} of={message} instead={<li className="px-2 py-1 text-sm text-danger">{words.chat.message.broken}</li>}>
              <SavedRow message={message} onGo={onGo} />
            </Bounded>
          ))}
        </ul>
      )}
    </>
  );
}

const NOTHING: readonly MessageView[] = [];

export function Saved({ conversation, isAlone }: SavedProps) {
  const { store } = useCore();
  const { saved } = words.chat;
  const isNarrow = useIsNarrow();
  const id = conversation.conversation;
  const pinned = useValue(store.pinned(id)) ?? NOTHING;
  const starred = useValue(store.starred) ?? NOTHING;
  const isAsked = useFragment() === PINNED_HASH;
  const go = (message: MessageView) => {
    store.timeline(message.conversation).toMessage(message.key);
    if (isNarrow || message.conversation !== id) navigate(conversationPath(message.conversation));
  };
  return (
    <PanelSection isAlone={isAlone}>
      <SavedList key={String(isAsked)} isAsked={isAsked} icon={Pin} title={saved.pinned} none={saved.pinnedNone} messages={pinned} onGo={go} />
      <SavedList icon={Star} title={saved.starred} none={saved.starredNone} messages={starred} onGo={go} />
    </PanelSection>
  );
}
