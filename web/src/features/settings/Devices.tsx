/** The user's devices, as the server has them, and signing another one out. It cannot delete what that one holds. */
import { MonitorSmartphone } from 'lucide-react';
import { useState } from 'react';
import { AskInPlace } from '../../components/AskInPlace';
import { Button } from '../../components/Button';
import { SkeletonRows } from '../../components/SkeletonRows';
import { Tag } from '../../components/Tag';
import { showToast } from '../../components/toasts';
import type { DeviceView } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore, useView } from '../../core/useView';
import { dateInWords } from '../../i18n/dates';
import { words } from '../../i18n/words';
import { Section } from './Section';

/** So much of its id tells a device from the few others of one person. */
const MARK_LENGTH = 6;

function Device({ device }: { readonly device: DeviceView }) {
  const { core, store } = useCore();
  const { settings } = words;
  const { failure, isBusy, run } = useAct();
  const [isAsked, setAsked] = useState(false);
  const name = settings.deviceNamed(device.device.slice(0, MARK_LENGTH));
  const retire = async () => {
    if (await run(() => core.retireDevice(device.device))) {
      showToast({ text: settings.deviceIsOut(name) });
      store.personal.onDevices();
    }
  };
  return (
    <li className="grid gap-2 py-1.5">
      <div className="flex min-h-11 items-center gap-3 text-sm">
        <MonitorSmartphone aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-ink-2" />
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-center gap-x-2">
            <bdi>{name}</bdi>
            {device.current && <Tag>{settings.deviceHere}</Tag>}
          </span>
          <span className="block text-xs text-ink-3">{settings.deviceSince(dateInWords(device.registeredAtMs))}</span>
        </span>
        {!device.current && !isAsked && (
          <Button aria-label={settings.deviceOutOf(name)} onClick={() => setAsked(true)}>
            {settings.deviceOut}
          </Button>
        )}
      </div>
      {isAsked && (
        <AskInPlace
          question={settings.deviceOutAsk}
          act={settings.deviceOutSure}
          keep={settings.deviceOutKeep}
          isBusy={isBusy}
          busyLabel={settings.signingOut}
          onAct={() => void retire()}
          onKeep={() => setAsked(false)}
        />
      )}
      {failure !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {failure}
        </p>
      )}
    </li>
  );
}

export function Devices() {
  const { store } = useCore();
  const { settings } = words;
  const devices = useView(store.personal.devices);
  return (
    <Section title={settings.devices}>
      <p className="text-xs text-ink-3">{settings.devicesLead}</p>
      {devices.state === 'loading' && <SkeletonRows rows={1} text={settings.devicesLoading} />}
      {devices.state === 'failed' && <p className="text-sm text-ink-2">{settings.devicesFailed}</p>}
      {devices.state === 'ready' && (
        <ul aria-label={settings.devices}>
          {devices.value.map((device) => (
            <Device key={device.device} device={device} />
          ))}
        </ul>
      )}
    </Section>
  );
}
