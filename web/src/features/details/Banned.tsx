/** Those who were put out for good, and letting them come back. Only for whoever may do that, and only where there are any. */
import { Avatar } from '../../components/Avatar';
import { Button } from '../../components/Button';
import { PanelSection } from '../../components/Panel';
import type { ConversationView } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore, useValue } from '../../core/useView';
import { words } from '../../i18n/words';

interface BannedProps {
  readonly conversation: ConversationView;
  readonly isAlone: boolean;
}

export function Banned({ conversation, isAlone }: BannedProps) {
  const { core, store } = useCore();
  const { people } = words;
  const id = conversation.conversation;
  const banned = useValue(store.banned(id)) ?? [];
  const { isBusy, failure, run } = useAct();
  if (banned.length === 0) return undefined;
  return (
    <PanelSection title={people.banned} isAlone={isAlone}>
      <ul>
        {banned.map(({ user, name = people.unknown, identityColour, identityShape }) => (
          <li key={user} className="flex min-h-12 items-center gap-3 py-1 text-sm">
            <Avatar name={name} colour={identityColour} shape={identityShape} />
            <span dir="auto" className="min-w-0 flex-1 truncate text-parent font-label" title={name}>
              {name}
            </span>
            <Button disabled={isBusy} onClick={() => void run(() => core.unbanMember(id, user))}>
              <span>
                {people.pardon}
                <span className="sr-only"> {name}</span>
              </span>
            </Button>
          </li>
        ))}
      </ul>
      <p className="pt-1 text-xs text-ink-3">{people.pardonHint}</p>
      {failure !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {failure}
        </p>
      )}
    </PanelSection>
  );
}
