/** A new room: a title, and what it permits. Everything has a default that works and can be changed later. */
import { Hand } from 'lucide-react';
import { useState } from 'react';
import { SwitchRow } from '../../components/SwitchRow';
import { CapacityMenu, ClosingMenu, HistoryMenu, RetentionMenu, SlowModeMenu, TimerMenu } from '../../components/TermMenus';
import { TextField } from '../../components/TextField';
import type { Expiry, HistorySharing, RoomOptions } from '../../core/types';
import { useCore } from '../../core/useView';
import { spanInWords } from '../../i18n/durations';
import { words } from '../../i18n/words';
import { detailsPath } from '../../platform/paths';
import { CreateFrame } from './CreateFrame';
import { titleError, useMaking } from './useMaking';

/** Places of a room whose maker chose none. */
const CAPACITY_USUAL = 300;

/** What is chosen, before it is sent. */
interface Form {
  readonly title: string;
  readonly knock: boolean;
  readonly capacity: number;
  readonly timer: Expiry | undefined;
  readonly slowModeSeconds: number;
  readonly retentionSeconds: number | undefined;
  readonly expiresAfterSeconds: number | undefined;
  readonly history: HistorySharing;
}

const PLAIN: Form = {
  title: '',
  knock: false,
  capacity: CAPACITY_USUAL,
  timer: undefined,
  slowModeSeconds: 0,
  retentionSeconds: undefined,
  expiresAfterSeconds: undefined,
  history: 'nothing',
};

function optionsOf({ timer, retentionSeconds, expiresAfterSeconds, ...form }: Form): RoomOptions {
  return {
    ...form,
    title: form.title.trim(),
    ...(timer && { timer }),
    ...(retentionSeconds !== undefined && { retentionSeconds }),
    ...(expiresAfterSeconds !== undefined && { expiresAfterSeconds }),
  };
}

interface TermsProps {
  readonly form: Form;
  readonly onChange: (change: Partial<Form>) => void;
}

function Terms({ form, onChange }: TermsProps) {
  const { create, terms } = words;
  const { timer, slowModeSeconds, retentionSeconds, expiresAfterSeconds, history, capacity } = form;
  return (
    <div>
      <SwitchRow
        icon={Hand}
        label={create.ask}
        hint={create.askHint}
        isOn={form.knock}
        onChange={(knock) => onChange({ knock })}
      />
      <CapacityMenu
        label={create.capacity}
        value={capacity}
        current={terms.peopleMax(capacity)}
        least={1}
        onChange={(places) => onChange({ capacity: places })}
      />
      <TimerMenu label={create.disappear} value={timer} onChange={(next) => onChange({ timer: next })} />
      <SlowModeMenu
        label={create.slow}
        value={slowModeSeconds}
        onChange={(seconds) => onChange({ slowModeSeconds: seconds })}
      />
      <HistoryMenu label={create.history} value={history} onChange={(next) => onChange({ history: next })} />
      <RetentionMenu
        label={create.kept}
        value={retentionSeconds}
        onChange={(seconds) => onChange({ retentionSeconds: seconds })}
      />
      <ClosingMenu
        label={create.closes}
        current={expiresAfterSeconds === undefined ? terms.never : terms.inTime(spanInWords(expiresAfterSeconds))}
        isChosen={(seconds) => seconds === expiresAfterSeconds}
        onChange={(seconds) => onChange({ expiresAfterSeconds: seconds })}
      />
    </div>
  );
}

export function NewRoom() {
  const { core } = useCore();
  const { isBusy, failure, run } = useMaking(detailsPath);
  const [form, setForm] = useState(PLAIN);
  const [error, setError] = useState<string>();
  const { create } = words;
  const change = (part: Partial<Form>) => setForm({ ...form, ...part });

  const submit = (element: HTMLFormElement) => {
    const wrong = titleError(form.title);
    setError(wrong);
    if (wrong !== undefined) element.querySelector('input')?.focus();
    else void run(() => core.createRoom(optionsOf(form)));
  };

  return (
    <CreateFrame
      title={create.room}
      lead={create.roomLead}
      act={create.makeRoom}
      isBusy={isBusy}
      failure={failure}
      onSubmit={submit}
    >
      <TextField
        label={create.title}
        hint={create.titleHint}
        error={error}
        value={form.title}
        dir="auto"
        autoComplete="off"
        onChange={(event) => {
          change({ title: event.target.value });
          setError(undefined);
        }}
      />
      <Terms form={form} onChange={change} />
    </CreateFrame>
  );
}
