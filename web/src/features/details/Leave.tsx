/** Leaving a group or room: asked once, in its place. The last owner hands over first. */
import { DoorOpen } from 'lucide-react';
import { useState } from 'react';
import { AskInPlace } from '../../components/AskInPlace';
import { SettingButton } from '../../components/SettingRow';
import type { ConversationView } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore } from '../../core/useView';
import { words } from '../../i18n/words';

interface LeaveProps {
  readonly conversation: ConversationView;
  /** Nobody else owns it, and others are still inside. */
  readonly isLastOwner: boolean;
  readonly onLeft: () => void;
}

export function Leave({ conversation, isLastOwner, onLeft }: LeaveProps) {
  const { core } = useCore();
  const { room } = words;
  const [isAsked, setAsked] = useState(false);
  const { isBusy, failure, run } = useAct();
  const leave = async () => {
    if (await run(() => core.leave(conversation.conversation))) onLeft();
  };
  if (isLastOwner) return <p className="py-2 text-sm text-ink-3">{room.lastOwner}</p>;
  if (!isAsked) return <SettingButton icon={DoorOpen} label={room.leave} danger onClick={() => setAsked(true)} />;
  return (
    <AskInPlace
      question={conversation.kind === 'room' ? room.leaveAskRoom : room.leaveAskGroup}
      act={room.leaveAct}
      keep={room.leaveKeep}
      isBusy={isBusy}
      busyLabel={room.leaving}
      onAct={() => void leave()}
      onKeep={() => setAsked(false)}
    >
      {failure !== undefined && (
        <p role="alert" className="text-danger">
          {failure}
        </p>
      )}
    </AskInPlace>
  );
}
