/** Where one writes: Enter sends, Shift and Enter begins a new line, what was typed is kept until it is sent. While one has to wait, so does the draft. */
import { ArrowUp } from 'lucide-react';
import { type KeyboardEvent, type SubmitEvent, useEffect, useRef, useState } from 'react';
import type { CoreError } from '../../core/errors';
import type { ConversationView, Expiry } from '../../core/types';
import { words } from '../../i18n/words';
import { draftOf, keepDraft } from '../../platform/drafts';
import { TimerButton } from './TimerButton';
import { useTyping } from './useTyping';
import { Waiting } from './Waiting';

interface ComposerProps {
  readonly conversation: ConversationView;
  /** Chosen for what is written next; nothing for the conversation's own. */
  readonly timer: Expiry | undefined;
  readonly onTimer: (timer: Expiry | undefined) => void;
  /** Keeps and sends a text; rejects when it could not even be kept. */
  readonly onSend: (text: string) => Promise<void>;
  /** What to say when it could not be kept. */
  readonly describe: (error: unknown) => CoreError;
}

function problemText(error: CoreError): string {
  return error.code === 'message_too_long' ? words.conversation.tooLarge : words.conversation.couldNotKeep;
}

/** The moment at which one may write again, until it is over. */
function useWait(untilMs: number | undefined) {
  const [overMs, setOver] = useState(0);
  const [openedMs] = useState(Date.now);
  const isWaiting = untilMs !== undefined && untilMs > Math.max(overMs, openedMs);
  return { isWaiting, onOver: () => setOver(untilMs ?? 0) };
}

export function Composer({ conversation, timer, onTimer, onSend, describe }: ComposerProps) {
  const { conversation: id, title, timer: usual, writeAgainAtMs, slowModeSeconds } = conversation;
  const [text, setText] = useState(() => draftOf(id));
  const [problem, setProblem] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  const { isWaiting, onOver } = useWait(writeAgainAtMs);
  const tellTyping = useTyping(id);
  const label = words.conversation.message(title);

  // On a device with a keyboard one can write at once; on a phone the keyboard would cover what was said.
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);

  const change = (next: string) => {
    setText(next);
    keepDraft(id, next);
  };

  const send = () => {
    const sent = text.trim();
    if (sent === '' || isWaiting) return;
    change('');
    tellTyping('');
    setProblem(undefined);
    onSend(sent).catch((thrown: unknown) => {
      change(sent);
      setProblem(problemText(describe(thrown)));
    });
  };

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    send();
    field.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <div className="mx-auto grid w-full max-w-measure gap-1.5">
      {problem && (
        <p role="alert" className="text-xs text-danger">
          {problem}
        </p>
      )}
      <form onSubmit={submit} className="overflow-hidden rounded-bubble bg-raised edge focus-within:edge-focus">
        {isWaiting && writeAgainAtMs !== undefined && (
          <Waiting key={writeAgainAtMs} untilMs={writeAgainAtMs} isSlowMode={slowModeSeconds > 0} onOver={onOver} />
        )}
        <div className="flex items-end gap-1 p-1">
          <textarea
            ref={field}
            aria-label={label}
            placeholder={label}
            rows={1}
            dir="auto"
            enterKeyHint="send"
            className="block field-sizing-content max-h-48 min-h-11 min-w-0 flex-1 resize-none bg-transparent px-2.5 py-2.5 text-start wrap-anywhere quiet-scroll focus-visible:outline-none"
            value={text}
            onChange={({ target }) => {
              change(target.value);
              tellTyping(target.value);
            }}
            onKeyDown={onKeyDown}
          />
          <TimerButton usual={usual} chosen={timer} onChoose={onTimer} />
          <button
            type="submit"
            aria-label={words.conversation.send}
            title={words.conversation.send}
            aria-disabled={isWaiting}
            className="quick grid size-11 flex-none place-items-center rounded-field bg-accent text-on-accent hover:bg-accent-hover aria-disabled:bg-sunken aria-disabled:text-ink-3"
          >
            <ArrowUp aria-hidden="true" size={18} strokeWidth={1.75} />
          </button>
        </div>
      </form>
      {isWaiting && <p className="px-3 text-xs text-ink-3">{words.talk.draftKept}</p>}
    </div>
  );
}
