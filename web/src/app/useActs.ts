/** What the actions of a conversation do: each at once, with a way back for as long as the toast stands. */
import { type Acts, isMuted } from '../actions/scene';
import { showToast } from '../components/toasts';
import type { ConversationId } from '../core/types';
import { useCore } from '../core/useView';
import { words } from '../i18n/words';
import { navigate } from '../platform/location';
import { detailsPath, HOME } from '../platform/paths';

/** Eight hours: a night, or a working day. */
const QUIET_MS = 8 * 3_600_000;

/** What fails stays as it was, and shows that. */
function quietly(work: Promise<unknown>): void {
  work.catch(() => {});
}

export function useActs(): Acts {
  const { core } = useCore();
  /** What notifies of it stays as it was chosen. */
  const setQuiet = async (id: ConversationId, untilMs: number | undefined) => {
    const { isDefault, level } = await core.notifyOf(id);
    await core.setNotify(id, isDefault ? undefined : level, untilMs);
  };
  return {
    mute: (conversation) => {
      const { conversation: id, title, mutedUntilMs } = conversation;
      const set = (untilMs?: number) => quietly(setQuiet(id, untilMs));
      if (isMuted(conversation)) {
        set();
        showToast({ text: words.notify.unmutedToast(title), onUndo: () => set(mutedUntilMs) });
      } else {
        set(Date.now() + QUIET_MS);
        showToast({ text: words.notify.mutedToast(title), onUndo: () => set() });
      }
    },
    archive: ({ conversation, title, archived }) => {
      const put = (on: boolean) => quietly(core.setArchived(conversation, on));
      put(!archived);
      showToast({ text: archived ? words.archive.takenToast(title) : words.archive.putToast(title), onUndo: () => put(archived) });
    },
    leave: ({ conversation, title }) => {
      const leave = async () => {
        const { number } = await core.intend(conversation, 'leave');
        showToast({
          text: words.undo.leave(title),
          onUndo: () => quietly(core.undo(number)),
          onHold: () => quietly(core.hold(number)),
        });
        navigate(HOME);
      };
      // The details say why not.
      leave().catch(() => navigate(detailsPath(conversation)));
    },
  };
}
