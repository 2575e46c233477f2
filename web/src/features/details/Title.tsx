/** Title, topic and picture of a group or room, and changing them in their place. */
import { Pencil } from 'lucide-react';
import { type SubmitEvent, useState } from 'react';
import { Avatar } from '../../components/Avatar';
import { Button } from '../../components/Button';
import { IconButton } from '../../components/IconButton';
import { PanelSection } from '../../components/Panel';
import { PicturePicker } from '../../components/PicturePicker';
import { TextField } from '../../components/TextField';
import { lookOf } from '../../core/look';
import type { ConversationView, StatePatch } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore } from '../../core/useView';
import { words } from '../../i18n/words';

interface TitleProps {
  readonly conversation: ConversationView;
  readonly isAlone: boolean;
}

/** What differs from how it is. */
function changesOf(conversation: ConversationView, draft: { title: string; topic: string; picture: string | undefined }): StatePatch {
  const title = draft.title.trim();
  const topic = draft.topic.trim();
  return {
    ...(title !== conversation.title && { title }),
    ...(topic !== conversation.topic && { topic }),
    ...(draft.picture !== conversation.picture && { picture: draft.picture ?? null }),
  };
}

function Change({ conversation, onDone }: Pick<TitleProps, 'conversation'> & { readonly onDone: () => void }) {
  const { core } = useCore();
  const { room } = words;
  const { isBusy, failure, run } = useAct();
  const [title, setTitle] = useState(conversation.title);
  const [topic, setTopic] = useState(conversation.topic);
  const [picture, setPicture] = useState(conversation.picture);
  const isNameless = title.trim() === '';
  const submit = async () => {
    if (isNameless) return;
    const patch = changesOf(conversation, { title, topic, picture });
    const isSame = Object.keys(patch).length === 0;
    if (isSame || (await run(() => core.setState(conversation.conversation, patch)))) onDone();
  };
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void submit();
  };
  return (
    <form className="grid gap-3" noValidate onSubmit={onSubmit}>
      <div className="flex flex-wrap items-start gap-3">
        <Avatar name={title} {...lookOf(conversation)} size="large" picture={picture} />
        <PicturePicker hasPicture={picture !== undefined} onPicture={setPicture} />
      </div>
      <TextField
        label={room.title}
        value={title}
        error={isNameless ? words.create.titleMissing : failure}
        dir="auto"
        autoComplete="off"
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- its own button was just pressed
        autoFocus
        onChange={(event) => setTitle(event.target.value)}
      />
      <TextField
        label={room.topic}
        hint={room.topicHint}
        value={topic}
        dir="auto"
        autoComplete="off"
        onChange={(event) => setTopic(event.target.value)}
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
  const [isChanging, setChanging] = useState(false);
  return (
    <PanelSection title={room.about} isAlone={isAlone}>
      {isChanging ? (
        <Change conversation={conversation} onDone={() => setChanging(false)} />
      ) : (
        <div className="flex items-center gap-3">
          <Avatar name={conversation.title} {...lookOf(conversation)} size="large" />
          <div className="min-w-0 flex-1">
            <p dir="auto" className="text-parent font-label wrap-anywhere">
              {conversation.title}
            </p>
            {conversation.topic && (
              <p dir="auto" className="mt-0.5 text-parent text-sm text-ink-2 wrap-anywhere">
                {conversation.topic}
              </p>
            )}
          </div>
          {conversation.may.setState && <IconButton label={room.rename} icon={Pencil} onClick={() => setChanging(true)} />}
        </div>
      )}
    </PanelSection>
  );
}
