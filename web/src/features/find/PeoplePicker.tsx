/** Begins a conversation: finds people on this server by name. */
import { useDeferredValue, useState } from 'react';
import { Avatar } from '../../components/Avatar';
import { NameClash } from '../../components/NameClash';
import { Palette } from '../../components/Palette';
import { paletteKeys } from '../../components/PaletteKeys';
import { coreError } from '../../core/errors';
import type { PersonView, UserId } from '../../core/types';
import { useCore, useView } from '../../core/useView';
import { errorText } from '../../i18n/errors';
import { words } from '../../i18n/words';
import { navigate } from '../../platform/location';
import { conversationPath } from '../../platform/paths';

interface PeoplePickerProps {
  /** Whoever is signed in is not offered to themselves. */
  readonly me: UserId;
  readonly onClose: () => void;
}

/** What is being done with the chosen person. */
type Progress =
  | { readonly state: 'choosing' }
  | { readonly state: 'opening'; readonly name: string }
  | { readonly state: 'failed'; readonly text: string };

export function PeoplePicker({ me, onClose }: PeoplePickerProps) {
  const { core, store } = useCore();
  const [typed, setTyped] = useState('');
  const [progress, setProgress] = useState<Progress>({ state: 'choosing' });
  const query = useDeferredValue(typed.trim());
  const found = useView(store.people(query));
  const { picker } = words;
  const people = found.state === 'ready' ? found.value.people.filter((person) => person.user !== me) : [];

  const open = async (person: PersonView) => {
    if (progress.state === 'opening') return;
    setProgress({ state: 'opening', name: person.name });
    try {
      const conversation = await core.openDirect(person.user);
      onClose();
      navigate(conversationPath(conversation));
    } catch (thrown) {
      setProgress({ state: 'failed', text: errorText(coreError(thrown)) });
    }
  };

  const note = () => {
    if (progress.state === 'opening') return picker.opening(progress.name);
    if (progress.state === 'failed') return <span className="text-danger">{progress.text}</span>;
    if (found.state === 'failed') return <span className="text-danger">{errorText(found.error)}</span>;
    if (found.state === 'loading') return undefined;
    if (people.length === 0) return query === '' ? picker.nobody : picker.none(query);
    return found.value.more ? picker.more : picker.hint;
  };

  return (
    <Palette
      label={picker.field}
      resultsLabel={picker.people}
      query={typed}
      onQuery={(text) => {
        setTyped(text);
        setProgress({ state: 'choosing' });
      }}
      groups={[
        {
          label: picker.people,
          options: people.map((person) => ({
            id: person.user,
            lead: (
              <Avatar
                name={person.name}
                colour={person.identityColour}
                shape={person.identityShape}
                size="small"
                online={person.online}
              />
            ),
            text: person.name,
            end: <NameClash of={person} isSign />,
            onChoose: () => void open(person),
          })),
        },
      ]}
      note={note()}
      keys={paletteKeys()}
      onClose={onClose}
    />
  );
}
