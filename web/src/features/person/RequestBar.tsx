/** A stranger wants to write, or brought the user into a group: accept, put aside, block or leave. Until then they learn nothing. */
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
  /** Leaves a group. */
  readonly onLeave: () => void;
}

export function RequestBar({ conversation, onLeave }: RequestBarProps) {
  const { core } = useCore();
  const text = words.request;
  const { isBusy, failure, run } = useAct();
  const { conversation: id, title, peer } = conversation;
  const isDirect = conversation.kind === 'direct';
  const heading = isDirect ? text.heading(title) : text.headingGroup(title);
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
    <section aria-label={heading} className="grid gap-2.5 border-b border-line bg-accent-soft px-4 py-3 text-sm md:px-6">
      <h2 className="text-sm wrap-anywhere">{heading}</h2>
      {peer?.nameClash === true && <Notice tone="ember">{words.person.clash}</Notice>}
      <p className="text-ink-2">{isDirect ? text.lead : text.leadGroup}</p>
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" disabled={isBusy} onClick={() => void run(() => core.accept(id))}>
          {text.accept}
        </Button>
        {isDirect ? (
          <>
            <Button disabled={isBusy} onClick={() => void ignore(false)}>
              {text.ignore}
            </Button>
            <Button kind="danger" disabled={isBusy} onClick={() => void ignore(true)}>
              {text.block}
            </Button>
          </>
        ) : (
          <Button kind="danger" disabled={isBusy} onClick={onLeave}>
            {text.leave}
          </Button>
        )}
      </div>
      {failure !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {failure}
        </p>
      )}
    </section>
  );
}
