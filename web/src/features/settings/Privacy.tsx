/** What others learn of the user: that they are here, what they have read, that they write; who may write to them; who is blocked. */
import { CheckCheck, PenLine, UserX } from 'lucide-react';
import { useOptimistic, useTransition } from 'react';
import { Avatar } from '../../components/Avatar';
import { Button } from '../../components/Button';
import { ChoiceRows } from '../../components/ChoiceRows';
import { SettingFact } from '../../components/SettingRow';
import { SwitchRow } from '../../components/SwitchRow';
import type { PrivacyView, Strangers, UserId, Visibility } from '../../core/types';
import { type Act, useAct } from '../../core/useAct';
import { useCore, useValue } from '../../core/useView';
import { words } from '../../i18n/words';
import { Section } from './Section';

const CHOICES = ['everyone', 'direct', 'nobody'] as const satisfies readonly Visibility[];
const STRANGERS = ['request', 'directly'] as const satisfies readonly Strangers[];
const TELLING: PrivacyView = { receipts: true, typing: true };

interface Setting {
  readonly act: Act;
}

function Seen({ act }: Setting) {
  const { core, store } = useCore();
  const { privacy } = words;
  const [shown, show] = useOptimistic(useValue(store.visibility) ?? 'everyone');
  const [, startTransition] = useTransition();
  const choose = (visibility: Visibility) =>
    startTransition(async () => {
      show(visibility);
      await act.run(() => core.setVisibility(visibility));
      store.onVisibility();
    });
  return (
    <ChoiceRows
      label={privacy.visibility}
      value={shown}
      choices={CHOICES.map((value) => ({ value, ...privacy[value] }))}
      onChange={choose}
    />
  );
}

function Told({ act }: Setting) {
  const { core, store } = useCore();
  const { privacy } = words;
  const [shown, show] = useOptimistic(useValue(store.personal.privacy) ?? TELLING);
  const [, startTransition] = useTransition();
  const choose = (change: Partial<PrivacyView>) =>
    startTransition(async () => {
      const next = { ...shown, ...change };
      show(next);
      await act.run(() => core.setPrivacy(next));
      store.personal.onPrivacy();
    });
  return (
    <div>
      <SwitchRow
        icon={CheckCheck}
        label={privacy.receipts}
        hint={privacy.receiptsHint}
        isOn={shown.receipts}
        onChange={(receipts) => choose({ receipts })}
      />
      <SwitchRow icon={PenLine} label={privacy.typing} isOn={shown.typing} onChange={(typing) => choose({ typing })} />
    </div>
  );
}

function WhoMayWrite({ act }: Setting) {
  const { core, store } = useCore();
  const { privacy } = words;
  const [shown, show] = useOptimistic(useValue(store.personal.strangers) ?? 'request');
  const [, startTransition] = useTransition();
  const choose = (strangers: Strangers) =>
    startTransition(async () => {
      show(strangers);
      await act.run(() => core.setStrangers(strangers));
      store.personal.onPrivacy();
    });
  return (
    <ChoiceRows
      label={privacy.strangers}
      value={shown}
      choices={STRANGERS.map((value) => ({ value, ...privacy[value] }))}
      onChange={choose}
    />
  );
}

function Blocked({ act }: Setting) {
  const { core, store } = useCore();
  const { privacy } = words;
  const blocked = useValue(store.personal.blocked) ?? [];
  const unblock = async (user: UserId) => {
    await act.run(() => core.block(user, false));
    store.personal.onPeople();
  };
  return (
    <div>
      <h3 className="text-sm font-label">{privacy.blockedPeople}</h3>
      {blocked.length === 0 && <SettingFact icon={UserX} label={privacy.nobodyBlocked} />}
      <ul>
        {blocked.map((person) => (
          <li key={person.user} className="flex min-h-12 items-center gap-3 text-sm">
            <Avatar name={person.name} colour={person.identityColour} shape={person.identityShape} size="small" />
            <span dir="auto" className="min-w-0 flex-1 truncate text-parent">
              {person.name}
            </span>
            <Button aria-label={privacy.unblock(person.name)} onClick={() => void unblock(person.user)}>
              {privacy.unblockShort}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Privacy() {
  const { privacy } = words;
  const act = useAct();
  return (
    <Section title={privacy.title}>
      <Seen act={act} />
      <Told act={act} />
      <WhoMayWrite act={act} />
      <Blocked act={act} />
      {act.failure !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {act.failure}
        </p>
      )}
    </Section>
  );
}
