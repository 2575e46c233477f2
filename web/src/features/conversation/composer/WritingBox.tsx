/** The field and what belongs to it: marks by keys and buttons, completion, the counter. It isn't aware of what becomes of the words. */
import { ArrowUp, Check } from 'lucide-react';
import { type ClipboardEvent, type KeyboardEvent, type ReactNode, type RefObject, type SubmitEvent, useId } from 'react';
import { cx } from '../../../components/cx';
import { TEXT_BYTES_MAX } from '../../../core/limits';
import type { MemberView } from '../../../core/types';
import { words } from '../../../i18n/words';
import { useIsNarrow } from '../../../platform/width';
import { entersSends } from '../../../platform/writing';
import type { Command } from './command';
import { selectedIn, typeAt, typeInto } from './field';
import { format, type Mark, newLine } from './format';
import { FormatBar, PlusMenu } from './FormatBar';
import { markOf } from './marks';
import { Suggestions } from './Suggestions';
import { type Suggestion, useCompletion } from './useCompletion';

interface WritingBoxProps {
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly label: string;
  readonly text: string;
  readonly people: readonly MemberView[];
  readonly commands?: readonly Command[];
  readonly hasRoles: boolean;
  readonly isEditing: boolean;
  readonly cannotSend: boolean;
  readonly onText: (text: string) => void;
  readonly onNamed: (name: string, user: NonNullable<Suggestion['means']>['user']) => void;
  readonly onSend: () => void;
  readonly onAttach: (() => void) | undefined;
  readonly onPaste: (event: ClipboardEvent) => void;
  /** A key that the field itself has no use for. */
  readonly onOtherKey: (event: KeyboardEvent) => void;
  /** Above the field: what is answered, the wait, files. */
  readonly above: ReactNode;
  /** Beside the button that sends. */
  readonly timer: ReactNode;
}

const COUNTED_FROM = TEXT_BYTES_MAX * 0.9;
/** Fewer letters than this cannot be near the limit, and need no counting. */
const COUNTED_LETTERS = COUNTED_FROM / 4;

function bytesLeft(text: string): number | undefined {
  if (text.length < COUNTED_LETTERS) return undefined;
  const bytes = new TextEncoder().encode(text).length;
  return bytes >= COUNTED_FROM ? TEXT_BYTES_MAX - bytes : undefined;
}

function useWritingKeys({ field, onSend, onOtherKey }: WritingBoxProps, completes: (event: KeyboardEvent) => boolean) {
  const apply = (mark: Mark) => {
    if (field.current) typeInto(field.current, format(selectedIn(field.current), mark, words.chat.write.linkText));
  };
  const breakLine = (event: KeyboardEvent) => {
    const change = field.current && newLine(selectedIn(field.current));
    if (!field.current || !change) return;
    event.preventDefault();
    typeInto(field.current, change);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || completes(event)) return;
    const element = field.current;
    const mark = markOf(event, element !== null && element.selectionStart !== element.selectionEnd);
    if (mark) {
      event.preventDefault();
      event.stopPropagation();
      apply(mark);
    } else if (event.key === 'Enter') {
      const sends = event.ctrlKey || event.metaKey || event.shiftKey !== entersSends();
      if (!sends) {
        breakLine(event);
        return;
      }
      event.preventDefault();
      onSend();
    } else {
      onOtherKey(event);
    }
  };
  return { apply, onKeyDown };
}

export function WritingBox(props: WritingBoxProps) {
  const { field, label, text, people, commands, hasRoles, isEditing, cannotSend, onText, onNamed, onSend, onAttach } = props;
  const id = useId();
  const completion = useCompletion({ field, people, commands, hasRoles, onNamed });
  const { apply, onKeyDown } = useWritingKeys(props, completion.onKeyDown);
  const left = bytesLeft(text);
  const isNarrow = useIsNarrow();
  const { write } = words.chat;
  const sendLabel = isEditing ? write.save : words.conversation.send;
  const Icon = isEditing ? Check : ArrowUp;
  const onEmoji = (emoji: string) => {
    if (field.current) typeAt(field.current, emoji);
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSend();
    field.current?.focus();
  };
  return (
    <div className="relative">
      <Suggestions id={`${id}-list`} suggestions={completion.suggestions} current={completion.current} onChoose={completion.choose} />
      <form onSubmit={submit} className="overflow-hidden rounded-bubble bg-raised edge focus-within:edge-focus">
        {props.above}
        <div className="composer-grid">
          <textarea
            ref={field}
            aria-label={label}
            placeholder={isNarrow ? words.conversation.messageShort : label}
            rows={1}
            dir="auto"
            enterKeyHint={entersSends() ? 'send' : 'enter'}
            aria-autocomplete="list"
            aria-controls={completion.current && `${id}-list`}
            aria-activedescendant={completion.current && `${id}-list-${completion.current.id}`}
            className="composer-text block field-sizing-content max-h-48 min-h-11 min-w-0 resize-none bg-transparent px-1 py-2.5 text-start wrap-anywhere quiet-scroll focus-visible:outline-none md:px-3.5"
            value={text}
            onChange={({ target }) => {
              onText(target.value);
              completion.onInput();
            }}
            onBlur={completion.close}
            onPaste={props.onPaste}
            onKeyDown={onKeyDown}
          />
          <PlusMenu onMark={apply} onEmoji={onEmoji} onAttach={onAttach} />
          <FormatBar onMark={apply} onEmoji={onEmoji} onAttach={onAttach} />
          <span data-timer className="composer-timer flex items-center gap-1">
            {left !== undefined && (
              <span role="status" className={cx('text-2xs tabular-nums', left < 0 ? 'text-danger' : 'text-ink-3')}>
                {write.left(left)}
              </span>
            )}
            {props.timer}
          </span>
          <button
            type="submit"
            aria-label={sendLabel}
            title={sendLabel}
            aria-disabled={cannotSend}
            className="composer-send quick grid size-11 flex-none place-items-center rounded-field bg-accent text-on-accent hover:bg-accent-hover aria-disabled:bg-sunken aria-disabled:text-ink-3 md:size-target"
          >
            <Icon aria-hidden="true" size={18} strokeWidth={1.75} />
          </button>
        </div>
      </form>
    </div>
  );
}
