/** Choosing where messages are forwarded to. */
import { useState } from 'react';
import { Avatar } from '../../../components/Avatar';
import { Button } from '../../../components/Button';
import { Dialog } from '../../../components/Dialog';
import { NameClash } from '../../../components/NameClash';
import { lookOf } from '../../../core/look';
import type { ConversationId, ConversationView, MessageKey } from '../../../core/types';
import { useAct } from '../../../core/useAct';
import { useCore, useValue } from '../../../core/useView';
import { words } from '../../../i18n/words';

interface ForwardDialogProps {
  readonly keys: readonly MessageKey[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function Choice({ conversation, isChosen, onToggle }: { readonly conversation: ConversationView; readonly isChosen: boolean; readonly onToggle: () => void }) {
  return (
    <li>
      <label className="flex min-h-12 cursor-pointer items-center gap-3 rounded-field px-2.5 hover:bg-hover">
        <Avatar name={conversation.title} {...lookOf(conversation)} />
        <bdi className="min-w-0 flex-1 truncate text-sm">{conversation.title}</bdi>
        <NameClash of={conversation.peer} isSign />
        <input type="checkbox" checked={isChosen} onChange={onToggle} className="size-5 flex-none accent-accent" />
      </label>
    </li>
  );
}

export function ForwardDialog({ keys, onClose, onDone }: ForwardDialogProps) {
  const { core, store } = useCore();
  const all = useValue(store.conversations) ?? [];
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<ConversationId>>(new Set());
  const { isBusy, failure, run } = useAct();
  const { forward } = words.chat;
  const wanted = query.trim().toLocaleLowerCase();
  const found = all.filter(({ title, state, may }) => state === 'active' && may.write && title.toLocaleLowerCase().includes(wanted));
  const toggle = (id: ConversationId) =>
    setChosen(new Set(chosen.has(id) ? [...chosen].filter((each) => each !== id) : [...chosen, id]));
  const send = async () => {
    if (chosen.size > 0 && (await run(() => core.forward(keys, [...chosen])))) onDone();
  };
  return (
    <Dialog title={forward.title(keys.length)} onClose={onClose}>
      <div className="grid min-h-0 content-start gap-2 overflow-auto px-2 py-3 quiet-scroll">
        <input
          type="search"
          aria-label={forward.find}
          placeholder={forward.find}
          value={query}
          onChange={({ target }) => setQuery(target.value)}
          className="mx-2.5 min-h-target rounded-field bg-surface px-3 edge focus-visible:edge-focus focus-visible:outline-none"
        />
        <ul aria-label={forward.to}>
          {found.map((conversation) => (
            <Choice
              key={conversation.conversation}
              conversation={conversation}
              isChosen={chosen.has(conversation.conversation)}
              onToggle={() => toggle(conversation.conversation)}
            />
          ))}
        </ul>
        {found.length === 0 && <p role="status" className="px-2.5 text-sm text-ink-2">{forward.nowhere}</p>}
      </div>
      <footer className="grid gap-2 border-t border-line px-4.5 py-3">
        <p className="text-xs text-ink-2">{forward.note}</p>
        {failure !== undefined && <p role="alert" className="text-sm text-danger">{failure}</p>}
        <div className="flex justify-end gap-2">
          <Button kind="quiet" onClick={onClose}>{forward.cancel}</Button>
          <Button kind="primary" disabled={isBusy || chosen.size === 0} onClick={() => void send()}>{forward.send}</Button>
        </div>
      </footer>
    </Dialog>
  );
}
