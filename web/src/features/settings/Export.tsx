/** A conversation as a file: plain text for people, or JSON for programs. Written page by page, so that long ones fit. */
import { useId, useState } from 'react';
import { Button } from '../../components/Button';
import { ChoiceBar } from '../../components/ChoiceBar';
import { UnderLine } from '../../components/UnderLine';
import type { ConversationId } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore, useValue } from '../../core/useView';
import { words } from '../../i18n/words';
import { safeFileName, saveFile } from '../../platform/saving';

type Format = 'text' | 'json';

const ENDINGS = { text: 'txt', json: 'json' } as const;
const TYPES = { text: 'text/plain;charset=utf-8', json: 'application/json' } as const;

export function Export() {
  const { core, store } = useCore();
  const { storage } = words;
  const id = useId();
  const conversations = useValue(store.conversations) ?? [];
  const [chosen, setChosen] = useState<string>();
  const [format, setFormat] = useState<Format>('text');
  const [written, setWritten] = useState<string>();
  const { isBusy, failure, run } = useAct();
  const conversation = conversations.find((each) => each.conversation === chosen) ?? conversations[0];

  const collect = async (from: ConversationId): Promise<string[]> => {
    const pages: string[] = [];
    let after: string | undefined;
    do {
      const page = await core.exportConversation(from, format, after);
      pages.push(page.text);
      after = page.next;
    } while (after !== undefined);
    return pages;
  };
  const act = () =>
    run(async () => {
      if (!conversation) return;
      setWritten(undefined);
      const name = safeFileName(`${conversation.title}.${ENDINGS[format]}`);
      saveFile(name, new Blob(await collect(conversation.conversation), { type: TYPES[format] }));
      setWritten(name);
    });

  return (
    <div className="my-2 grid gap-3 rounded-bubble bg-sunken p-3.5">
      <p className="text-sm text-ink-2">{storage.exportLead}</p>
      <div className="grid gap-1.5">
        <label htmlFor={id} className="text-sm font-label">
          {storage.conversation}
        </label>
        <select
          id={id}
          className="min-h-11 w-full rounded-field bg-raised px-3 text-sm edge focus-visible:outline-none focus-visible:edge-focus"
          value={conversation?.conversation ?? ''}
          onChange={({ target }) => setChosen(target.value)}
        >
          {conversations.map((each) => (
            <option key={each.conversation} value={each.conversation}>
              {each.title}
            </option>
          ))}
        </select>
      </div>
      <ChoiceBar
        label={storage.format}
        showLabel
        value={format}
        onChange={setFormat}
        choices={[
          { value: 'text', label: storage.formats.text },
          { value: 'json', label: storage.formats.json },
        ]}
      />
      <div className="grid justify-items-start gap-2">
        <Button disabled={isBusy || !conversation} onClick={() => void act()}>
          {storage.exportAct}
        </Button>
        {isBusy && <UnderLine label={storage.exporting} />}
        <p role="status" className="text-xs wrap-anywhere text-ink-2">
          {written !== undefined && storage.exported(written)}
        </p>
        {failure !== undefined && (
          <p role="alert" className="text-xs text-danger">
            {failure}
          </p>
        )}
      </div>
    </div>
  );
}
