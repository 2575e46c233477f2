/** What this browser keeps: how much, for how long, without a network; and deleting all of it. */
import { Download, HardDrive, MonitorDown, Pin, Trash2, WifiOff } from 'lucide-react';
import { useEffect, useEffectEvent, useState } from 'react';
import { AskInPlace } from '../../components/AskInPlace';
import { SettingButton, SettingFact } from '../../components/SettingRow';
import { useCore } from '../../core/useView';
import { wipe } from '../../core/wipe';
import { sizeInWords } from '../../i18n/sizes';
import { words } from '../../i18n/words';
import { canInstall, install, isInstalled } from '../../platform/install';
import { keeping } from '../../platform/program';
import { useSignal } from '../../platform/signal';
import { isPersistent, persist, usage, type Usage } from '../../platform/storage';
import { Export } from './Export';
import { Section } from './Section';

/** How long the server has to be told before everything goes anyway. */
const GOODBYE_MS_MAX = 3000;

interface Kept {
  readonly usage: Usage | undefined;
  readonly isPersistent: boolean;
}

function useKept() {
  const [kept, setKept] = useState<Kept>();
  const look = useEffectEvent(() => {
    const read = async () => setKept({ usage: await usage(), isPersistent: await isPersistent() });
    // A browser that does not say is shown as such.
    read().catch(() => {});
  });
  useEffect(() => look(), []);
  return { kept, setPersistent: () => setKept((before) => ({ usage: before?.usage, isPersistent: true })) };
}

function Persistence({ isKept, onPersistent }: { readonly isKept: boolean; readonly onPersistent: () => void }) {
  const { storage } = words;
  const [wasRefused, setRefused] = useState(false);
  if (isKept) return <SettingFact icon={Pin} label={storage.persistent} value={storage.persistentYes} />;
  const ask = async () => {
    const isAgreed = await persist();
    setRefused(!isAgreed);
    if (isAgreed) onPersistent();
  };
  return <SettingButton actsAtOnce icon={Pin} label={storage.persist} hint={wasRefused ? storage.persistRefused : storage.persistentNo} onClick={() => void ask()} />;
}

function Install() {
  const { storage } = words;
  const isOffered = useSignal(canInstall);
  if (isInstalled()) return <SettingFact icon={MonitorDown} label={storage.installed} />;
  return isOffered ? (
    <SettingButton actsAtOnce icon={MonitorDown} label={storage.install} onClick={() => void install()} />
  ) : (
    <SettingFact icon={MonitorDown} label={storage.install} hint={storage.installMenu} />
  );
}

function DeleteLocal() {
  const { core } = useCore();
  const { storage } = words;
  const [state, setState] = useState<'calm' | 'asked' | 'deleting'>('calm');
  const act = async () => {
    setState('deleting');
    const goodbye = core.logout().catch(() => {});
    await Promise.race([goodbye, new Promise((resolve) => setTimeout(resolve, GOODBYE_MS_MAX))]);
    wipe();
  };
  if (state === 'calm') {
    return <SettingButton icon={Trash2} label={storage.deleteLocal} hint={storage.deleteLocalHint} danger onClick={() => setState('asked')} />;
  }
  return (
    <AskInPlace
      question={storage.deleteAsk}
      act={storage.deleteSure}
      keep={storage.keep}
      isBusy={state === 'deleting'}
      busyLabel={storage.deleting}
      onAct={() => void act()}
      onKeep={() => setState('calm')}
    />
  );
}

export function Storage() {
  const { storage } = words;
  const { kept, setPersistent } = useKept();
  const state = useSignal(keeping);
  const [isExporting, setExporting] = useState(false);
  const used = kept?.usage ? storage.of(sizeInWords(kept.usage.usedBytes), sizeInWords(kept.usage.availableBytes)) : storage.unknown;
  return (
    <Section title={storage.title}>
      <div>
        <SettingFact icon={HardDrive} label={storage.used} value={used} />
        <Persistence isKept={kept?.isPersistent ?? false} onPersistent={setPersistent} />
        <SettingFact icon={WifiOff} label={storage.offline} value={storage.keeping[state]} />
        <Install />
        <SettingButton icon={Download} label={storage.export} aria-expanded={isExporting} onClick={() => setExporting(!isExporting)} />
        {isExporting && <Export />}
        <DeleteLocal />
      </div>
    </Section>
  );
}
