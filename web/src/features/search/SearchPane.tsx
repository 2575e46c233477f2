/** Searching the messages of this device: in one conversation, or everywhere. What is typed goes nowhere. */
import { Search } from 'lucide-react';
import { useDeferredValue, useEffect, useRef, useState } from 'react';
import { Bounded } from '../../components/Bounded';
import { ChoiceBar } from '../../components/ChoiceBar';
import { Highlighted } from '../../components/Highlighted';
import { Menu } from '../../components/Menu';
import { PanelHead } from '../../components/Panel';
import { PersonAvatar } from '../../core/PersonAvatar';
import type { ConversationView, FoundView } from '../../core/types';
import { useCore, useValue, useView } from '../../core/useView';
import { briefly } from '../../i18n/dates';
import { reachInWords } from '../../i18n/reach';
import { words } from '../../i18n/words';
import { useMinute } from '../../platform/clock';
import { navigate } from '../../platform/location';
import { conversationPath } from '../../platform/paths';

interface SearchPaneProps {
  /** Where it is begun; nothing for everywhere. */
  readonly conversation: ConversationView | undefined;
  /** It is the only pane, or the main one. */
  readonly isAlone: boolean;
  readonly onClose: () => void;
}

/** As many as the core is asked for. */
const FOUND_MAX = 50;

function Hit({ found, showsTitle }: { readonly found: FoundView; readonly showsTitle: boolean }) {
  const { store } = useCore();
  const nowMs = useMinute();
  const { message } = found;
  const jump = () => {
    store.timeline(message.conversation).toMessage(message.key);
    navigate(conversationPath(message.conversation));
  };
  return (
    <button
      type="button"
      onClick={jump}
      className="quick grid w-full columns-avatar-small gap-x-3 rounded-field px-2.5 py-2 text-start text-sm hover:bg-hover focus-visible:-outline-offset-2"
    >
      <PersonAvatar user={message.sender} name={message.senderName} colour={message.identityColour} shape={message.identityShape} size="small" />
      <span className="min-w-0">
        <span className="flex items-baseline gap-2 text-xs text-ink-3">
          <span className="min-w-0 truncate">
            <bdi className="font-label text-ink-2">{message.own ? words.jump.own : message.senderName}</bdi>
            {showsTitle && (
              <>
                {words.separator}
                <bdi>{found.conversationTitle}</bdi>
              </>
            )}
          </span>
          <span className="ms-auto flex-none text-2xs tabular-nums">{briefly(message.sentAtMs, nowMs)}</span>
        </span>
        <span dir="auto" className="line-clamp-3 text-parent wrap-anywhere">
          <Highlighted text={found.text} stretches={found.highlights} />
        </span>
      </span>
    </button>
  );
}

type Scope = 'here' | 'everywhere';
type Order = 'newest' | 'relevance';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** The field, with the filters behind its button. */
function Field({ label, value, onChange }: FieldProps) {
  const { find } = words;
  const input = useRef<HTMLInputElement>(null);
  // Whoever opens the search is about to type.
  useEffect(() => input.current?.focus(), []);
  const insert = (filter: string) => {
    const before = value === '' || value.endsWith(' ') ? value : `${value} `;
    onChange(before + filter + (filter.endsWith(':') ? '' : ' '));
    input.current?.focus();
  };
  return (
    <div className="flex min-h-11 items-center gap-2 rounded-field bg-raised ps-3 pe-1 edge focus-within:edge-focus">
      <Search aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-ink-2" />
      <input
        ref={input}
        type="search"
        data-search
        aria-label={label}
        aria-describedby="search-hint"
        placeholder={find.field}
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="search"
        className="h-11 min-w-0 flex-1 bg-transparent text-md focus-visible:outline-none"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <Menu
        label={find.filters}
        sections={[
          {
            id: 'filters',
            items: find.filterList.map(({ insert: filter, label: text }) => ({ id: filter, label: `${filter} ${text}`, onChoose: () => insert(filter) })),
          },
        ]}
        renderTrigger={(trigger) => (
          <button {...trigger} type="button" className="min-h-target flex-none rounded-field px-2.5 text-xs font-label text-accent hover:bg-hover">
            {find.filters}
          </button>
        )}
      />
    </div>
  );
}

export function SearchPane({ conversation, isAlone, onClose }: SearchPaneProps) {
  const { store } = useCore();
  const { find } = words;
  const [typed, setTyped] = useState('');
  const [scope, setScope] = useState<Scope>(conversation ? 'here' : 'everywhere');
  const [order, setOrder] = useState<Order>('newest');
  const text = useDeferredValue(typed.trim());
  const where = scope === 'here' ? conversation?.conversation : undefined;
  const snapshot = useView(store.personal.messages({ text, order, conversation: where }));
  const found = snapshot.state === 'ready' ? snapshot.value : [];
  const isAsked = text !== '' && snapshot.state !== 'loading';
  const count = found.length === FOUND_MAX ? find.countMax(found.length) : find.count(found.length);
  const note = snapshot.state === 'failed' ? find.failed : count;
  const reach = reachInWords(useValue(store.personal.searchReach));
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PanelHead title={find.title} isAlone={isAlone} closeLabel={find.close} onClose={onClose} />
      <div className="grid gap-2.5 px-4 pt-3">
        <Field label={conversation && scope === 'here' ? find.here(conversation.title) : find.everywhere} value={typed} onChange={setTyped} />
        {conversation && (
          <ChoiceBar
            label={find.scope}
            value={scope}
            onChange={setScope}
            choices={[
              { value: 'here', label: find.scopeHere },
              { value: 'everywhere', label: find.scopeAll },
            ]}
          />
        )}
        <ChoiceBar
          label={find.order}
          value={order}
          onChange={setOrder}
          choices={[
            { value: 'newest', label: find.newest },
            { value: 'relevance', label: find.relevance },
          ]}
        />
        <p id="search-hint" className="text-xs text-ink-3">
          {find.hint}
        </p>
      </div>
      <p role="status" className="px-4 pt-2 text-xs text-ink-2">
        {isAsked ? note : reach}
      </p>
      <ul aria-label={find.results} className="min-h-0 flex-1 overflow-auto px-2 py-2 quiet-scroll">
        {found.map((each) => (
          <li key={each.message.key} className="lazy-row">
            <Bounded of={each} instead={<p className="px-2.5 py-2 text-sm text-danger">{words.chat.message.broken}</p>}>
              <Hit found={each} showsTitle={scope === 'everywhere'} />
            </Bounded>
          </li>
        ))}
      </ul>
    </div>
  );
}
