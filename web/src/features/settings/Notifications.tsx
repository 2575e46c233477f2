/** When and how this device notifies. The browser is asked only when the user turns it on. */
import { Bell, BellRing, Eye, Moon } from 'lucide-react';
import { useEffect, useState } from 'react';
import { SwitchRow } from '../../components/SwitchRow';
import type { QuietHoursView } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore, useValue } from '../../core/useView';
import { words } from '../../i18n/words';
import { hasNotifications, isRefused, notifying, setNotifying, setShowsText } from '../../platform/notifying';
import { hasPush, pushAddress, subscribe, unsubscribe } from '../../platform/push';
import { useSignal } from '../../platform/signal';
import { PushTest } from './PushTest';
import { Section } from './Section';

const USUAL_QUIET: QuietHoursView = { fromMinute: 22 * 60, toMinute: 7 * 60 };

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function toTime(minute: number): string {
  return `${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}`;
}

function toMinute(time: string): number | undefined {
  const [hours, minutes] = time.split(':').map(Number);
  return hours === undefined || minutes === undefined || Number.isNaN(hours + minutes) ? undefined : hours * 60 + minutes;
}

interface TimeProps {
  readonly label: string;
  readonly minute: number;
  readonly onChange: (minute: number) => void;
}

function Time({ label, minute, onChange }: TimeProps) {
  return (
    <label className="flex items-center gap-2 text-sm">
      {label}
      <input
        type="time"
        className="min-h-target rounded-field bg-raised px-2 edge focus-visible:outline-none focus-visible:edge-focus"
        value={toTime(minute)}
        onChange={({ target }) => {
          const chosen = toMinute(target.value);
          if (chosen !== undefined) onChange(chosen);
        }}
      />
    </label>
  );
}

function QuietHours() {
  const { core, store } = useCore();
  const { notify } = words;
  const { failure, run } = useAct();
  const hours = useValue(store.personal.quietHours) ?? undefined;
  const set = async (chosen: QuietHoursView | undefined) => {
    await run(() => core.setQuietHours(chosen));
    store.personal.onNotify();
  };
  return (
    <>
      <SwitchRow
        icon={Moon}
        label={notify.quiet}
        hint={notify.quietHint}
        isOn={hours !== undefined}
        onChange={(isOn) => void set(isOn ? USUAL_QUIET : undefined)}
      />
      {hours && (
        <div className="flex flex-wrap gap-4 ps-7.5">
          <Time label={notify.quietFrom} minute={hours.fromMinute} onChange={(fromMinute) => void set({ ...hours, fromMinute })} />
          <Time label={notify.quietTo} minute={hours.toMinute} onChange={(toMinuteChosen) => void set({ ...hours, toMinute: toMinuteChosen })} />
        </div>
      )}
      {failure !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {failure}
        </p>
      )}
    </>
  );
}

/** Whether the server wakes this device. */
function usePush() {
  const { core } = useCore();
  const [isOn, setOn] = useState(false);
  const { failure, run } = useAct();
  useEffect(() => {
    let isShown = true;
    const look = async () => {
      const address = await pushAddress();
      if (isShown) setOn(address !== undefined);
    };
    // Not knowing is as not being subscribed.
    look().catch(() => {});
    return () => {
      isShown = false;
    };
  }, []);
  const turnOn = async () => {
    const { publicKey } = await core.pushInfo();
    await core.pushSubscribe(await subscribe(publicKey));
  };
  const turnOff = async () => {
    await unsubscribe();
    await core.pushUnsubscribe();
  };
  const set = async (on: boolean) => {
    const isDone = await run(on ? turnOn : turnOff);
    setOn(isDone ? on : (await pushAddress()) !== undefined);
  };
  return { isOn, failure, set: (on: boolean) => void set(on) };
}

function Push() {
  const { notify } = words;
  const push = usePush();
  return (
    <>
      <SwitchRow icon={BellRing} label={notify.push} hint={hasPush() ? notify.pushHint : notify.pushUnsupported} isOn={push.isOn} onChange={push.set} />
      {push.failure !== undefined && (
        <p role="alert" className="text-xs text-danger">
          {push.failure}
        </p>
      )}
    </>
  );
}

export function Notifications() {
  const { notify } = words;
  const { isOn, showsText } = useSignal(notifying);
  const [wasRefused, setWasRefused] = useState(isRefused);
  const set = async (on: boolean) => setWasRefused(!(await setNotifying(on)) && isRefused());
  return (
    <Section title={notify.title}>
      {hasNotifications() ? (
        <SwitchRow icon={Bell} label={notify.system} hint={wasRefused ? notify.denied : notify.systemHint} isOn={isOn} onChange={(on) => void set(on)} />
      ) : (
        <p className="text-sm text-ink-2">{notify.unsupported}</p>
      )}
      {isOn && <SwitchRow icon={Eye} label={notify.showText} hint={notify.showTextHint} isOn={showsText} onChange={setShowsText} />}
      {isOn && <Push />}
      <QuietHours />
      <PushTest />
    </Section>
  );
}
