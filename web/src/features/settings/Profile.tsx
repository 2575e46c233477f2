/** What the user tells of themselves: name, status, pronouns, picture, colour. */
import { useState } from 'react';
import { Avatar } from '../../components/Avatar';
import { Button } from '../../components/Button';
import { cx } from '../../components/cx';
import { identityClass } from '../../components/Avatar';
import { TextField } from '../../components/TextField';
import { UnderLine } from '../../components/UnderLine';
import type { ProfileView } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore, useValue } from '../../core/useView';
import { words } from '../../i18n/words';
import { PicturePicker } from '../../components/PicturePicker';

interface Me {
  readonly name: string;
  readonly identityColour: number;
  readonly identityShape: number;
}

interface ColoursProps {
  readonly colour: number | undefined;
  readonly own: number;
  readonly onChange: (colour: number | undefined) => void;
}

/** Twelve colours, and the one that follows from the key. */
function Colours({ colour, own, onChange }: ColoursProps) {
  const { profile } = words;
  const choices = [{ value: undefined, label: profile.ownColour, shown: own }, ...profile.colours.map((label, value) => ({ value, label, shown: value }))];
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-label">{profile.colour}</legend>
      <div className="flex flex-wrap gap-1.5">
        {choices.map(({ value, label, shown }) => (
          <label
            key={label}
            title={label}
            className={cx(
              'relative grid size-target cursor-pointer place-items-center rounded-full has-checked:outline-2 has-checked:outline-offset-1 has-checked:outline-ink has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus',
              identityClass(shown),
            )}
          >
            <input
              type="radio"
              name="colour"
              aria-label={label}
              className="absolute inset-0 cursor-pointer opacity-0"
              checked={value === colour}
              onChange={() => onChange(value)}
            />
            <svg aria-hidden="true" viewBox="0 0 24 24" className="size-7 overflow-hidden rounded-full">
              <path className="fill-identity-soft" d="M0 0H24V24H0Z" />
              <path className="fill-identity-deep" d={value === undefined ? 'M0 0 24 24H0Z' : 'M0 15H24V24H0Z'} />
            </svg>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** A profile as it is typed. */
interface Draft {
  readonly displayName: string;
  readonly status: string;
  readonly pronouns: string;
  readonly picture: string | undefined;
  readonly colour: number | undefined;
}

interface FormProps {
  readonly me: Me;
  readonly known: ProfileView;
}

function Form({ me, known }: FormProps) {
  const { core, store } = useCore();
  const { profile: text } = words;
  const [draft, setDraft] = useState<Draft>({ picture: undefined, colour: undefined, ...known });
  const [isSaved, setSaved] = useState(false);
  const { isBusy, failure, run } = useAct();
  const change = (part: Partial<Draft>) => {
    setSaved(false);
    setDraft({ ...draft, ...part });
  };
  const save = async () => {
    const { picture, colour, ...texts } = draft;
    const profile = { ...texts, ...(picture !== undefined && { picture }), ...(colour !== undefined && { colour }) };
    const done = await run(() => core.setProfile(profile));
    if (done) store.personal.onPeople();
    setSaved(done);
  };
  const shownName = draft.displayName.trim() === '' ? me.name : draft.displayName;
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div className="flex flex-wrap items-center gap-4">
        <Avatar
          name={shownName}
          colour={draft.colour ?? me.identityColour}
          shape={me.identityShape}
          size="huge"
          picture={draft.picture}
        />
        <PicturePicker hasPicture={draft.picture !== undefined} onPicture={(picture) => change({ picture })} />
      </div>
      <TextField
        label={text.displayName}
        hint={text.displayNameHint(me.name)}
        dir="auto"
        maxLength={64}
        autoComplete="nickname"
        value={draft.displayName}
        onChange={({ target }) => change({ displayName: target.value })}
      />
      <TextField label={text.status} hint={text.statusHint} dir="auto" maxLength={140} value={draft.status} onChange={({ target }) => change({ status: target.value })} />
      <TextField label={text.pronouns} dir="auto" maxLength={40} value={draft.pronouns} onChange={({ target }) => change({ pronouns: target.value })} />
      <Colours colour={draft.colour} own={me.identityColour} onChange={(colour) => change({ colour })} />
      <p className="text-xs text-ink-3">{text.shown}</p>
      {failure !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {failure}
        </p>
      )}
      <div className="grid justify-items-start gap-2">
        <Button type="submit" kind="primary" disabled={isBusy}>
          {text.save}
        </Button>
        {isBusy && <UnderLine label={text.saving} />}
        <p role="status" className="text-xs text-ink-2">
          {isSaved && text.saved}
        </p>
      </div>
    </form>
  );
}

export function Profile({ me }: { readonly me: Me }) {
  const { store } = useCore();
  const known = useValue(store.personal.profile);
  return known && <Form me={me} known={known} />;
}
