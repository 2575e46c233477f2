/** The door of a room: who comes in and how, how many, and another link. Members see how it is; admins change it. */
import { Hand, Lock, RefreshCw, Users } from 'lucide-react';
import { useState } from 'react';
import { AskInPlace } from '../../components/AskInPlace';
import { SettingButton, SettingFact } from '../../components/SettingRow';
import { SwitchRow } from '../../components/SwitchRow';
import { CapacityMenu } from '../../components/TermMenus';
import type { ConversationView, TermsPatch } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore } from '../../core/useView';
import { words } from '../../i18n/words';
import { PanelSection } from '../../components/Panel';

interface DoorProps {
  readonly conversation: ConversationView;
  readonly isAlone: boolean;
  /** Changes something; the core shows it at once. */
  readonly onTerms: (patch: TermsPatch) => void;
}

function ChangeLink({ conversation }: Pick<DoorProps, 'conversation'>) {
  const { core } = useCore();
  const { room } = words;
  const [isAsked, setAsked] = useState(false);
  const { isBusy, failure, run } = useAct();
  const change = async () => {
    if (await run(() => core.rotateLink(conversation.conversation))) setAsked(false);
  };
  if (!isAsked) {
    return <SettingButton icon={RefreshCw} label={room.rotate} hint={room.rotateHint} onClick={() => setAsked(true)} />;
  }
  return (
    <AskInPlace
      question={room.rotateAsk}
      act={room.rotateAct}
      keep={room.rotateKeep}
      isBusy={isBusy}
      busyLabel={room.rotating}
      onAct={() => void change()}
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

export function Door({ conversation, isAlone, onTerms }: DoorProps) {
  const { room } = words;
  const { room: door } = conversation;
  if (!door) return undefined;
  const { people, capacity } = conversation;
  const places = room.ofPlaces(people, capacity);
  if (!conversation.may.setTerms) {
    return (
      <PanelSection title={room.door} isAlone={isAlone}>
        {door.knock && <SettingFact icon={Hand} label={room.ask} hint={room.askHint} />}
        {door.locked && <SettingFact icon={Lock} label={words.events.locked} />}
        <SettingFact icon={Users} label={room.roomFor} value={places} />
      </PanelSection>
    );
  }
  return (
    <PanelSection title={room.door} isAlone={isAlone}>
      <SwitchRow
        icon={Hand}
        label={room.ask}
        hint={room.askHint}
        isOn={door.knock}
        onChange={(knock) => onTerms({ knock })}
      />
      <SwitchRow
        icon={Lock}
        label={room.lock}
        hint={room.lockHint}
        isOn={door.locked}
        onChange={(locked) => onTerms({ locked })}
      />
      <CapacityMenu
        label={room.roomFor}
        value={capacity}
        current={places}
        least={people}
        onChange={(count) => onTerms({ capacity: count })}
      />
      {conversation.may.shareLink && <ChangeLink conversation={conversation} />}
    </PanelSection>
  );
}
