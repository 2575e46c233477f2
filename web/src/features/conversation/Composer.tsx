/** Where one writes: Enter sends, Shift and Enter begins a new line, what was typed is kept until it is sent. */
import { ArrowUp } from 'lucide-react';
import { type KeyboardEvent, type SubmitEvent, useEffect, useRef, useState } from 'react';
import type { CoreError } from '../../core/errors';
import { words } from '../../i18n/words';
import { draftOf, keepDraft } from '../../platform/drafts';

interface ComposerProps {
  /** Under which the draft is kept. */
  readonly conversation: string;
  /** To whom. */
  readonly name: string;
  /** Keeps and sends a text; rejects when it could not even be kept. */
  readonly onSend: (text: string) => Promise<void>;
  /** What to say when it could not be kept. */
  readonly describe: (error: unknown) => CoreError;
}

function problemText(error: CoreError): string {
  return error.code === 'message_too_long' ? words.conversation.tooLarge : words.conversation.couldNotKeep;
}

export function Composer({ conversation, name, onSend, describe }: ComposerProps) {
  const [text, setText] = useState(() => draftOf(conversation));
  const [problem, setProblem] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  const label = words.conversation.message(name);

  // On a device with a keyboard one can write at once; on a phone the keyboard would cover what was said.
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);

  const change = (next: string) => {
    setText(next);
    keepDraft(conversation, next);
  };

  const send = () => {
    const sent = text.trim();
    if (sent === '') return;
    change('');
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
    <div className="px-2.5 pt-2 safe-bottom md:px-6">
      <div className="mx-auto grid max-w-measure gap-1.5">
        {problem && (
          <p role="alert" className="text-xs text-danger">
            {problem}
          </p>
        )}
        <form
          onSubmit={submit}
          className="flex items-end gap-1 rounded-bubble bg-raised p-1 edge focus-within:edge-focus"
        >
          <textarea
            ref={field}
            aria-label={label}
            placeholder={label}
            rows={1}
            dir="auto"
            enterKeyHint="send"
            className="block field-sizing-content max-h-48 min-h-11 min-w-0 flex-1 resize-none bg-transparent px-2.5 py-2.5 text-start wrap-anywhere quiet-scroll focus-visible:outline-none"
            value={text}
            onChange={(event) => change(event.target.value)}
            onKeyDown={onKeyDown}
          />
          <button
            type="submit"
            aria-label={words.conversation.send}
            title={words.conversation.send}
            className="quick grid size-11 flex-none place-items-center rounded-field bg-accent text-on-accent hover:bg-accent-hover"
          >
            <ArrowUp aria-hidden="true" size={18} strokeWidth={1.75} />
          </button>
        </form>
      </div>
    </div>
  );
}
