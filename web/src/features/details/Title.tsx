/** The title of a group or room, and changing it in its place. */
import { Pencil } from 'lucide-react';
import { type SubmitEvent, useState } from 'react';
import { Button } from '../../components/Button';
import { IconButton } from '../../components/IconButton';
import { TextField } from '../../components/TextField';
import type { ConversationView } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore } from '../../core/useView';
import { words } from '../../i18n/words';
import { PanelSection } from './Panel';

interface TitleProps {
  readonly conversation: ConversationView;
  readonly isAlone: boolean;
}

function Rename({ conversation, onDone }: Pick<TitleProps, 'conversation'> & { readonly onDone: () => void }) {
  const { core } = useCore();
  const { room } = words;
  const { isBusy, failure, run } = useAct();
  const [title, setTitle] = useState(conversation.title);
  const submit = async () => {
    const next = title.trim();
    if (next === '' || next === conversation.title) onDone();
    else if (await run(() => core.setState(conversation.conversation, { title: next }))) onDone();
  };
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void submit();
  };
  return (
    <form className="grid gap-2.5" noValidate onSubmit={onSubmit}>
      <TextField
        label={room.title}
        value={title}
        error={failure}
        dir="auto"
        autoComplete="off"
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- its own button was just pressed
        autoFocus
        onChange={(event) => setTitle(event.target.value)}
      />
      <div className="flex gap-2">
        <Button type="submit" disabled={isBusy}>
          {room.save}
        </Button>
        <Button kind="quiet" disabled={isBusy} onClick={onDone}>
          {room.cancel}
        </Button>
      </div>
    </form>
  );
}

export function Title({ conversation, isAlone }: TitleProps) {
  const { room } = words;
  const [isRenaming, setRenaming] = useState(false);
  return (
    <PanelSection title={room.about} isAlone={isAlone}>
      {isRenaming ? (
        <Rename conversation={conversation} onDone={() => setRenaming(false)} />
      ) : (
        <div className="flex items-center gap-2">
          <p dir="auto" className="min-w-0 flex-1 text-start font-label wrap-anywhere">
            {conversation.title}
          </p>
          {conversation.may.setState && <IconButton label={room.rename} icon={Pencil} onClick={() => setRenaming(true)} />}
        </div>
      )}
      {conversation.topic && (
        <p dir="auto" className="mt-1 text-start text-sm text-ink-2 wrap-anywhere">
          {conversation.topic}
        </p>
      )}
    </PanelSection>
  );
}
