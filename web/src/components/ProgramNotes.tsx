/** Two quiet lines at the foot of the list: the server has another program, and the page can be installed. */
import type { ReactNode } from 'react';
import { words } from '../i18n/words';
import { canInstall, hideInstallHint, install, showsInstallHint } from '../platform/install';
import { nextProgram, takeOver, VERSION } from '../platform/program';
import { useSignal } from '../platform/signal';
import { Button } from './Button';

function Note({ text, children }: { readonly text: string; readonly children: ReactNode }) {
  return (
    <div role="status" className="grid gap-1.5 border-t border-line px-4 py-2.5 text-xs text-ink-2">
      <p>{text}</p>
      <div className="-ms-2 flex flex-wrap items-center gap-1">{children}</div>
    </div>
  );
}

export function ProgramNotes() {
  const { program } = words;
  const next = useSignal(nextProgram);
  const isOffered = useSignal(canInstall);
  const showsHint = useSignal(showsInstallHint);
  if (next) {
    return (
      <Note text={next.version === VERSION ? program.changed : program.changedFrom(VERSION, next.version)}>
        <a href="/changes.txt" target="_blank" rel="noreferrer" className="inline-flex min-h-target items-center rounded-field px-2 font-label text-accent">
          {program.what}
        </a>
        <Button kind="quiet" onClick={takeOver}>
          {program.reload}
        </Button>
      </Note>
    );
  }
  if (!isOffered || !showsHint) return undefined;
  return (
    <Note text={program.installHint}>
      <Button kind="quiet" onClick={() => void install()}>
        {program.install}
      </Button>
      <Button kind="quiet" onClick={hideInstallHint}>
        {program.notNow}
      </Button>
    </Note>
  );
}
