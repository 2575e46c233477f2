/** Everybody at the door of a room, for those who may let in. */
import type { ConversationView } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore, useValue } from '../../core/useView';
import { KnockRow } from './KnockRow';

interface KnocksProps {
  readonly conversation: ConversationView;
  /** Letting in is the one action of this view. @default false */
  readonly isPrimary?: boolean;
}

export function Knocks({ conversation, isPrimary = false }: KnocksProps) {
  const { core, store } = useCore();
  const knocks = useValue(store.knocks(conversation.conversation, conversation.knocks)) ?? [];
  const { isBusy, failure, run } = useAct();
  const id = conversation.conversation;
  return (
    <>
      <ul>
        {knocks.map((knock) => (
          <li key={knock.device}>
            <KnockRow
              knock={knock}
              isBusy={isBusy}
              isPrimary={isPrimary}
              onAdmit={() => void run(() => core.admit(id, knock.device))}
              onRefuse={() => void run(() => core.refuseKnock(id, knock.device))}
            />
          </li>
        ))}
      </ul>
      {failure !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {failure}
        </p>
      )}
    </>
  );
}
