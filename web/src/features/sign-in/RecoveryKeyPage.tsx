/** The recovery key, shown once: eight groups, three ways to keep it, one check. */
import { Download, Printer } from 'lucide-react';
import { type SubmitEvent, useState } from 'react';
import { Button } from '../../components/Button';
import { CopyButton } from '../../components/CopyButton';
import { PageFrame } from '../../components/PageFrame';
import { PageTitle } from '../../components/PageTitle';
import { TextField } from '../../components/TextField';
import type { ServerInfo } from '../../core/types';
import { words } from '../../i18n/words';
import { printPage } from '../../platform/clipboard';
import { saveTextFile } from '../../platform/saving';
import { setRecoveryUnchecked } from '../../platform/reminder';
import { ServerFooter } from './ServerFooter';
import { useFocusFirstError } from './focus';

interface RecoveryKeyPageProps {
  /** Whose key it is. */
  readonly name: string;
  readonly server: ServerInfo | undefined;
  /** The key, in groups parted by dashes. */
  readonly recoveryKey: string;
  /** Where this page stands among others. */
  readonly step?: { readonly at: number; readonly of: number };
  readonly onDone: () => void;
}

/** Any group would do; the user should not know which before the key is kept. */
function anyGroup(count: number): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return random % Math.max(count, 1);
}

export function RecoveryKeyPage({ name, server, recoveryKey, step, onDone }: RecoveryKeyPageProps) {
  const focusFirstError = useFocusFirstError();
  const groups = recoveryKey.split(/[-\s]+/u);
  const [asked] = useState(() => anyGroup(groups.length));
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string>();
  const [note, setNote] = useState<string>();
  const { recovery } = words;

  const leave = (unchecked: boolean) => {
    setRecoveryUnchecked(unchecked);
    onDone();
  };

  const check = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (typed.trim().toUpperCase() === groups[asked]?.toUpperCase()) {
      leave(false);
    } else {
      setError(recovery.wrong(asked + 1));
      focusFirstError(event.currentTarget);
    }
  };

  const save = () => saveTextFile(recovery.fileName, recovery.file(name, server?.name || location.host, recoveryKey));

  return (
    <PageFrame
      brand={words.brand}
      width="page"
      headEnd={step && <span className="text-xs text-ink-3 tabular-nums">{words.setUp.steps(step.at, step.of)}</span>}
      footer={<ServerFooter server={server} />}
    >
      <PageTitle title={recovery.title} lead={recovery.lead} {...(step && { step })} />
      <ol
        aria-label={recovery.label(groups.length)}
        dir="ltr"
        className="grid grid-cols-2 gap-px overflow-hidden rounded-bubble bg-line hairline md:grid-cols-4"
      >
        {groups.map((group, index) => (
          <li
            // oxlint-disable-next-line react/no-array-index-key -- the groups never change places
            key={index}
            className="flex items-baseline gap-3 bg-surface px-3.5 py-3 font-mono text-lg font-medium tracking-key"
          >
            <span aria-hidden="true" className="w-3 font-sans text-2xs tracking-normal text-ink-3 tabular-nums">
              {index + 1}
            </span>
            {group}
          </li>
        ))}
      </ol>
      <div className="no-print grid gap-2">
        <div className="flex flex-wrap gap-2">
          <Button onClick={save}>
            <Download aria-hidden="true" size={18} strokeWidth={1.75} />
            {recovery.save}
          </Button>
          <Button onClick={printPage}>
            <Printer aria-hidden="true" size={18} strokeWidth={1.75} />
            {recovery.print}
          </Button>
          <CopyButton
            text={recoveryKey}
            label={recovery.copy}
            done={recovery.copied}
            onRefused={() => setNote(recovery.copyFailed)}
          />
        </div>
        {note && (
          <p role="status" className="text-xs text-ember">
            {note}
          </p>
        )}
      </div>
      <form className="no-print grid gap-4 border-t border-line pt-5" noValidate onSubmit={check}>
        <div className="max-w-xs">
          <TextField
            label={recovery.check(asked + 1)}
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              setError(undefined);
            }}
            error={error}
            mono
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            dir="ltr"
          />
        </div>
        <div className="flex flex-wrap gap-2">
          <Button type="submit" kind="primary" big disabled={typed.trim() === ''}>
            {recovery.next}
          </Button>
          <Button kind="quiet" big onClick={() => leave(true)}>
            {recovery.later}
          </Button>
        </div>
      </form>
      <p className="text-xs text-ink-3">{recovery.once}</p>
    </PageFrame>
  );
}
