/** A stranger wants to write: accept, put aside, or block. Until then they learn nothing. */
import { Button } from '../../components/Button';
import { Notice } from '../../components/Notice';
import { showToast } from '../../components/toasts';
import type { ConversationView } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore } from '../../core/useView';
import { words } from '../../i18n/words';
import { navigate } from '../../platform/location';
import { HOME } from '../../platform/paths';

interface RequestBarProps {
  readonly conversation: ConversationView;
}

export function RequestBar({ conversation }: RequestBarProps) {
  const { core } = useCore();
  const text = words.request;
  const { isBusy, failure, run } = useAct();
  const { conversation: id, title, peer } = conversation;
  const ignore = async (block: boolean) => {
    if (!(await run(() => core.ignore(id, block)))) return;
    const undo = async () => {
      if (block && peer) await core.block(peer.user, false);
      await core.accept(id);
    };
    showToast({ text: text.ignored(title), onUndo: () => void undo().catch(() => {}) });
    navigate(HOME, { replace: true });
  };
  return (
    <section aria-label={text.heading(title)} className="grid gap-2.5 border-b border-line bg-accent-soft px-4 py-3 text-sm md:px-6">
      <h2 className="text-sm wrap-anywhere">{text.heading(title)}</h2>
      {peer?.nameClash === true && <Notice tone="ember">{words.person.clash}</Notice>}
      <p className="text-ink-2">{text.lead}</p>
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" disabled={isBusy} onClick={() => void run(() => core.accept(id))}>
          {text.accept}
        </Button>
        <Button disabled={isBusy} onClick={() => void ignore(false)}>
          {text.ignore}
        </Button>
        <Button kind="danger" disabled={isBusy} onClick={() => void ignore(true)}>
          {text.block}
        </Button>
      </div>
      {failure !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {failure}
        </p>
      )}
    </section>
  );
}
