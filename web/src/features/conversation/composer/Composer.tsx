/** Where one writes: what was typed is kept until it is sent. While one has to wait, so does the draft. */
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { coreError } from '../../../core/errors';
import { gist } from '../../../core/plain';
import type { ConversationView, MemberView } from '../../../core/types';
import { errorText } from '../../../i18n/errors';
import { words } from '../../../i18n/words';
import { Banner } from './Banner';
import type { Command } from './command';
import type { Mode, TimerChoice, Written } from './mode';
import { TimerButton } from './TimerButton';
import { useDraft } from './useDraft';
import { useFiles } from './useFiles';
import { useTyping } from './useTyping';
import { Waiting } from './Waiting';
import { WaitingFiles } from './WaitingFiles';
import { WritingBox } from './WritingBox';

interface ComposerProps {
  readonly conversation: ConversationView;
  readonly commands: readonly Command[];
  readonly people: readonly MemberView[];
  readonly mode: Exclude<Mode, { kind: 'edit' }>;
  /** Chosen for what is written next; nothing for the conversation's own. */
  readonly timer: TimerChoice;
  readonly onTimer: (timer: TimerChoice) => void;
  /** Keeps and sends; rejects when it could not even be kept. */
  readonly onSend: (written: Written) => Promise<void>;
  readonly onLeaveReply: () => void;
  /** The last own message is to be edited. */
  readonly onEditLast: () => void;
}

/** Why it could not be kept; nothing, if the user took it back. */
function problemText(thrown: unknown): string | undefined {
  const error = coreError(thrown);
  switch (error.code) {
    case 'file_cancelled':
      return undefined;
    case 'limit_reached':
      return words.chat.files.full;
    case 'message_too_long':
      return words.conversation.tooLarge;
    case 'too_large':
    case 'too_many_files':
    case 'file_unreadable':
    case 'picture_damaged':
    case 'disk_full':
      return errorText(error);
    default:
      return words.conversation.couldNotKeep;
  }
}

/** The moment at which one may write again, until it is over. */
function useWait(untilMs: number | undefined) {
  const [overMs, setOver] = useState(0);
  const [openedMs] = useState(Date.now);
  const isWaiting = untilMs !== undefined && untilMs > Math.max(overMs, openedMs);
  return { isWaiting, onOver: () => setOver(untilMs ?? 0) };
}

/** A field from which files are picked; it is never seen. */
function useFilePicker(onFiles: (files: Iterable<File>) => void) {
  const input = useRef<HTMLInputElement>(null);
  const element = (
    <input
      ref={input}
      type="file"
      multiple
      hidden
      tabIndex={-1}
      aria-label={words.chat.write.attach}
      onChange={({ target }) => {
        onFiles(target.files ?? []);
        target.value = '';
      }}
    />
  );
  return { element, pick: () => input.current?.click() };
}

function replyTitle({ to }: Extract<Mode, { kind: 'reply' }>): string {
  const { write } = words.chat;
  return to.own ? write.replyingOwn : write.replyingTo(to.senderName);
}

export function Composer(props: ComposerProps) {
  const { conversation, commands, people, mode, timer, onTimer, onSend, onLeaveReply, onEditLast } = props;
  const { conversation: id, title, timer: usual, writeAgainAtMs, tooFast } = conversation;
  const draft = useDraft(id, people);
  const files = useFiles();
  const picker = useFilePicker(files.add);
  const [problem, setProblem] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  const { isWaiting, onOver } = useWait(writeAgainAtMs);
  const tellTyping = useTyping(id);
  const { write } = words.chat;

  // On a device with a keyboard one can write at once; on a phone the keyboard would cover what was said.
  useEffect(() => {
    if (mode.kind === 'reply' || matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, [mode]);

  const send = () => {
    const sent = draft.text.trim();
    if ((sent === '' && files.waiting.length === 0) || isWaiting) return;
    const { waiting } = files;
    const source = draft.source();
    draft.change('');
    files.clear();
    tellTyping('');
    setProblem(undefined);
    onSend({ text: source, files: waiting.map(({ outgoing }) => outgoing) }).catch((thrown: unknown) => {
      draft.change(sent);
      files.restore(waiting);
      setProblem(problemText(thrown));
    });
  };

  const onOtherKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowUp' && !event.altKey && draft.text === '') {
      event.preventDefault();
      onEditLast();
    } else if (event.key === 'Escape' && mode.kind === 'reply') {
      event.preventDefault();
      event.stopPropagation();
      onLeaveReply();
    }
  };

  const above = (
    <>
      {isWaiting && writeAgainAtMs !== undefined && (
        <Waiting key={writeAgainAtMs} untilMs={writeAgainAtMs} isSlowMode={!tooFast} onOver={onOver} />
      )}
      {mode.kind === 'reply' && <Banner kind="reply" title={replyTitle(mode)} text={gist(mode.to)} onLeave={onLeaveReply} />}
      {files.isDragged && <p className="px-3.5 pt-2.5 text-sm text-accent">{write.dropHere}</p>}
      <WaitingFiles waiting={files.waiting} onRemove={files.remove} />
    </>
  );
  const alert = problem ?? files.problem;
  return (
    <div className="mx-auto grid w-full max-w-measure gap-1.5">
      {alert !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {alert}
        </p>
      )}
      {picker.element}
      <WritingBox
        field={field}
        label={words.conversation.message(title)}
        text={draft.text}
        people={people}
        commands={commands}
        hasRoles={conversation.kind !== 'direct'}
        isEditing={false}
        cannotSend={isWaiting}
        onText={(text) => {
          draft.change(text);
          tellTyping(text);
        }}
        onNamed={draft.name}
        onSend={send}
        onAttach={picker.pick}
        onPaste={files.onPaste}
        onOtherKey={onOtherKey}
        above={above}
        timer={<TimerButton usual={usual} chosen={timer} onChoose={onTimer} />}
      />
      {isWaiting && <p className="px-3 text-xs text-ink-3">{words.talk.draftKept}</p>}
    </div>
  );
}
