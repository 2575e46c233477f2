/** Who may see that the user is here. */
import { useOptimistic, useTransition } from 'react';
import { ChoiceRows } from '../../components/ChoiceRows';
import type { Visibility } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore, useValue } from '../../core/useView';
import { words } from '../../i18n/words';
import { Section } from './Section';

const CHOICES = ['everyone', 'direct', 'nobody'] as const satisfies readonly Visibility[];

export function Privacy() {
  const { core, store } = useCore();
  const { privacy } = words;
  const known = useValue(store.visibility) ?? 'everyone';
  const [shown, show] = useOptimistic(known);
  const [, startTransition] = useTransition();
  const { failure, run } = useAct();
  const choose = (visibility: Visibility) =>
    startTransition(async () => {
      show(visibility);
      await run(() => core.setVisibility(visibility));
      store.onVisibility();
    });
  return (
    <Section title={privacy.title}>
      <ChoiceRows
        label={privacy.visibility}
        value={shown}
        choices={CHOICES.map((value) => ({ value, ...privacy[value] }))}
        onChange={choose}
      />
      {failure !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {failure}
        </p>
      )}
    </Section>
  );
}
