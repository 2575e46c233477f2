/** A new group: a title, and who is in it. */
import { type ReactNode, useState } from 'react';
import { TextField } from '../../components/TextField';
import type { PersonView } from '../../core/types';
import { useCore } from '../../core/useView';
import { words } from '../../i18n/words';
import { conversationPath } from '../../platform/paths';
import { CreateFrame } from './CreateFrame';
import { titleError, useMaking } from './useMaking';

interface NewGroupProps {
  /** The choice of people. */
  readonly renderPeople: (
    chosen: readonly PersonView[],
    onChange: (chosen: readonly PersonView[]) => void,
  ) => ReactNode;
}

export function NewGroup({ renderPeople }: NewGroupProps) {
  const { core } = useCore();
  const { isBusy, failure, run } = useMaking(conversationPath);
  const [title, setTitle] = useState('');
  const [error, setError] = useState<string>();
  const [chosen, setChosen] = useState<readonly PersonView[]>([]);
  const { create } = words;

  const submit = (form: HTMLFormElement) => {
    const wrong = titleError(title);
    setError(wrong);
    if (wrong !== undefined) form.querySelector('input')?.focus();
    else void run(() => core.createGroup(title.trim(), chosen.map((person) => person.user)));
  };

  return (
    <CreateFrame
      title={create.group}
      lead={create.groupLead}
      act={create.makeGroup}
      isBusy={isBusy}
      failure={failure}
      onSubmit={submit}
    >
      <TextField
        label={create.title}
        hint={create.titleHint}
        error={error}
        value={title}
        dir="auto"
        autoComplete="off"
        onChange={(event) => {
          setTitle(event.target.value);
          setError(undefined);
        }}
      />
      {renderPeople(chosen, setChosen)}
    </CreateFrame>
  );
}
