/** Where a message that was sent is changed. The draft of the next one waits meanwhile. */
import { useEffect, useRef, useState } from 'react';
import { gist } from '../../../core/plain';
import type { ConversationView, MemberView, MessageView } from '../../../core/types';
import { words } from '../../../i18n/words';
import { Banner } from './Banner';
import { withIds, withNames } from './mentions';
import { WritingBox } from './WritingBox';

interface EditComposerProps {
  readonly conversation: ConversationView;
  readonly people: readonly MemberView[];
  readonly message: MessageView;
  /** Rejects when it could not be kept. */
  readonly onSave: (text: string) => Promise<void>;
  readonly onLeave: () => void;
}

const nothing = () => {};

export function EditComposer({ conversation, people, message, onSave, onLeave }: EditComposerProps) {
  const [begin] = useState(() =>
    withNames(message.text, (user) => message.mentions.find((each) => each.user === user)?.name ?? people.find((each) => each.user === user)?.name),
  );
  const [text, setText] = useState(begin.text);
  const [named, setNamed] = useState(begin.named);
  const [problem, setProblem] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    const element = field.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, []);

  const save = () => {
    const next = withIds(text.trim(), named);
    if (next === '' && message.files.length === 0) return;
    if (next === message.text) {
      onLeave();
      return;
    }
    setProblem(undefined);
    onSave(next).then(onLeave, () => setProblem(words.chat.write.unchanged));
  };

  return (
    <div className="mx-auto grid w-full max-w-measure gap-1.5">
      {problem !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {problem}
        </p>
      )}
      <WritingBox
        field={field}
        label={words.conversation.message(conversation.title)}
        text={text}
        people={people}
        hasRoles={conversation.kind !== 'direct'}
        isEditing
        cannotSend={text.trim() === '' && message.files.length === 0}
        onText={setText}
        onNamed={(name, user) => setNamed(new Map([...named, [name, user]]))}
        onSend={save}
        onAttach={undefined}
        onPaste={nothing}
        onOtherKey={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          event.stopPropagation();
          onLeave();
        }}
        above={<Banner kind="edit" title={words.chat.write.editing} text={gist(message)} onLeave={onLeave} />}
        timer={undefined}
      />
    </div>
  );
}
