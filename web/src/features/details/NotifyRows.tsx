/** How a conversation notifies: of what, for how long it is quiet, and whether it is put aside. */
import { Archive, ArchiveRestore, Bell, BellOff } from 'lucide-react';
import { ChoiceMenu } from '../../components/ChoiceMenu';
import { SettingButton } from '../../components/SettingRow';
import type { ConversationView, NotifyLevel } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore, useValue } from '../../core/useView';
import { momentInWords } from '../../i18n/dates';
import { words } from '../../i18n/words';

const LEVELS = ['all', 'mentions', 'nothing'] as const satisfies readonly NotifyLevel[];
const HOUR_MS = 3_600_000;
/** “Until I say otherwise” is a moment far away. */
const ALWAYS_MS = 100 * 365 * 24 * HOUR_MS;
const SPANS = [
  ['hour', HOUR_MS],
  ['eight', 8 * HOUR_MS],
  ['week', 7 * 24 * HOUR_MS],
  ['always', ALWAYS_MS],
] as const;

function quietInWords(mutedUntilMs: number): string {
  const { notify } = words;
  return mutedUntilMs - Date.now() > ALWAYS_MS / 2 ? notify.muted : notify.mutedUntil(momentInWords(mutedUntilMs));
}

export function NotifyRows({ conversation }: { readonly conversation: ConversationView }) {
  const { core, store } = useCore();
  const { notify } = words;
  const { failure, run } = useAct();
  const id = conversation.conversation;
  const known = useValue(store.personal.notifyOf(id));
  const level = known?.level ?? 'all';
  const untilMs = known?.mutedUntilMs;
  const set = async (chosen: NotifyLevel | undefined, mutedUntilMs: number | undefined) => {
    await run(() => core.setNotify(id, chosen, mutedUntilMs));
    store.personal.onNotify();
  };
  const kept = known?.isDefault === false ? level : undefined;
  return (
    <>
      <ChoiceMenu<NotifyLevel>
        icon={level === 'nothing' ? BellOff : Bell}
        label={notify.menu}
        current={notify.levels[level]}
        groups={[{ choices: LEVELS.map((value) => ({ value, label: notify.levels[value] })) }]}
        isChosen={(value) => value === level}
        note={notify.note}
        onChange={(value) => void set(value, untilMs)}
      />
      {untilMs === undefined ? (
        <ChoiceMenu<number>
          icon={BellOff}
          label={notify.mute}
          current=""
          groups={[{ choices: SPANS.map(([name, value]) => ({ value, label: notify.muteFor[name] })) }]}
          isChosen={() => false}
          onChange={(span) => void set(kept, Date.now() + span)}
        />
      ) : (
        <SettingButton actsAtOnce icon={BellOff} label={notify.unmute} value={quietInWords(untilMs)} onClick={() => void set(kept, undefined)} />
      )}
      <SettingButton
        actsAtOnce
        icon={conversation.archived ? ArchiveRestore : Archive}
        label={conversation.archived ? words.archive.take : words.archive.put}
        hint={conversation.archived ? undefined : words.archive.hint}
        onClick={() => void run(() => core.setArchived(id, !conversation.archived))}
      />
      {failure !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {failure}
        </p>
      )}
    </>
  );
}
