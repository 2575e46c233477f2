/** Leaving a group or room: it can be undone for some seconds. The last owner hands over first. */
import { DoorOpen } from 'lucide-react';
import { SettingButton } from '../../components/SettingRow';
import type { ConversationView } from '../../core/types';
import { words } from '../../i18n/words';
import { useIntend } from './useIntend';

interface LeaveProps {
  readonly conversation: ConversationView;
  /** Nobody else owns it, and others are still inside. */
  readonly isLastOwner: boolean;
  readonly onLeft: () => void;
}

export function Leave({ conversation, isLastOwner, onLeft }: LeaveProps) {
  const { room, undo } = words;
  const { failure, intend } = useIntend(conversation.conversation);
  const leave = async () => {
    if (await intend('leave', undo.leave(conversation.title))) onLeft();
  };
  if (isLastOwner) return <p className="py-2 text-sm text-ink-3">{room.lastOwner}</p>;
  return (
    <>
      <SettingButton
        icon={DoorOpen}
        label={room.leave}
        hint={conversation.kind === 'room' ? room.leaveHintRoom : room.leaveHintGroup}
        danger
        onClick={() => void leave()}
      />
      {failure !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {failure}
        </p>
      )}
    </>
  );
}
