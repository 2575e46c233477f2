/** Chooses several people by name: those chosen stand above the field, those found below it. */
import { Check, Plus, Search, X } from 'lucide-react';
import { useDeferredValue, useId, useState } from 'react';
import { Avatar } from '../../components/Avatar';
import { NameClash } from '../../components/NameClash';
import type { PersonView, UserId } from '../../core/types';
import { useCore, useView } from '../../core/useView';
import { errorText } from '../../i18n/errors';
import { words } from '../../i18n/words';

interface ChoosePeopleProps {
  readonly label: string;
  readonly hint?: string;
  readonly chosen: readonly PersonView[];
  /** Those who are not offered: oneself, and who is in already. */
  readonly without: ReadonlySet<UserId>;
  readonly onChange: (chosen: readonly PersonView[]) => void;
}

function Chosen({ chosen, onTake }: { readonly chosen: readonly PersonView[]; readonly onTake: (person: PersonView) => void }) {
  const { create } = words;
  if (chosen.length === 0) return undefined;
  return (
    <ul aria-label={create.chosen} className="flex flex-wrap gap-1.5">
      {chosen.map((person) => (
        <li key={person.user}>
          <button
            type="button"
            onClick={() => onTake(person)}
            className="quick inline-flex min-h-target items-center gap-2 rounded-field bg-accent-soft ps-1.5 pe-2 text-sm text-accent-soft-ink"
          >
            <Avatar name={person.name} colour={person.identityColour} shape={person.identityShape} size="tiny" />
            <bdi>{person.name}</bdi>
            <NameClash of={person} isSign />
            <span className="sr-only">{create.takeOut}</span>
            <X aria-hidden="true" size={15} strokeWidth={1.75} />
          </button>
        </li>
      ))}
    </ul>
  );
}

export function ChoosePeople({ label, hint, chosen, without, onChange }: ChoosePeopleProps) {
  const { store } = useCore();
  const id = useId();
  const [typed, setTyped] = useState('');
  const query = useDeferredValue(typed.trim());
  const found = useView(store.people(query));
  const { create } = words;
  const isChosen = (person: PersonView) => chosen.some((each) => each.user === person.user);
  const people = found.state === 'ready' ? found.value.people.filter((person) => !without.has(person.user)) : [];
  const take = (person: PersonView) => onChange(chosen.filter((each) => each.user !== person.user));
  const add = (person: PersonView) => {
    onChange([...chosen, person]);
    setTyped('');
  };

  const note = () => {
    if (found.state === 'failed') return errorText(found.error);
    if (found.state === 'loading' || people.length > 0) return undefined;
    return query === '' ? create.nobody : create.none(query);
  };

  return (
    <div className="grid gap-2">
      <div>
        <label htmlFor={id} className="text-sm font-label">
          {label}
        </label>
        {hint && <p className="text-xs text-ink-3">{hint}</p>}
      </div>
      <Chosen chosen={chosen} onTake={take} />
      <div className="flex min-h-11 items-center gap-2 rounded-field bg-raised px-3 edge focus-within:edge-focus">
        <Search aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-ink-2" />
        <input
          id={id}
          type="search"
          autoComplete="off"
          spellCheck={false}
          placeholder={create.find}
          className="h-11 min-w-0 flex-1 bg-transparent text-md focus-visible:outline-none"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </div>
      <ul className="max-h-72 overflow-auto quiet-scroll">
        {people.map((person) => (
          <li key={person.user}>
            <button
              type="button"
              aria-pressed={isChosen(person)}
              onClick={() => (isChosen(person) ? take(person) : add(person))}
              className="quick flex min-h-12 w-full items-center gap-3 rounded-field px-2 text-sm hover:bg-hover focus-visible:-outline-offset-2"
            >
              <Avatar name={person.name} colour={person.identityColour} shape={person.identityShape} />
              <span dir="auto" className="min-w-0 flex-1 truncate text-parent font-label">
                {person.name}
              </span>
              <NameClash of={person} isSign />
              {isChosen(person) ? (
                <Check aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-accent" />
              ) : (
                <Plus aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-ink-3" />
              )}
            </button>
          </li>
        ))}
      </ul>
      <p role="status" className="text-xs text-ink-3">
        {note()}
      </p>
    </div>
  );
}
