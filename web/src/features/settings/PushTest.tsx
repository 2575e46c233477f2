/** “Send a test”: shows how far a notification comes, and what is wrong where it ends. */
import { Check, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/Button';
import { UnderLine } from '../../components/UnderLine';
import { coreError } from '../../core/errors';
import { useCore } from '../../core/useView';
import { errorText } from '../../i18n/errors';
import { words } from '../../i18n/words';
import { announceTest, BROWSER, type Hop, HOPS, type Outcome, testWay } from '../../platform/push-test';

type Testing =
  | { readonly state: 'none' }
  | { readonly state: 'running'; readonly passed: readonly Hop[] }
  | { readonly state: 'over'; readonly passed: readonly Hop[]; readonly outcome: Outcome }
  | { readonly state: 'failed'; readonly text: string };

function verdict(outcome: Outcome): string {
  const { notify } = words;
  switch (outcome.kind) {
    case 'ok':
      return notify.testOk;
    case 'open_only':
      return notify.testOkOpen;
    case 'fault':
      return notify.wrong[outcome.fault];
  }
}

interface HopRowProps {
  readonly hop: Hop;
  readonly isPassed: boolean;
  readonly isFault: boolean;
}

function HopRow({ hop, isPassed, isFault }: HopRowProps) {
  const Icon = isFault ? X : Check;
  const { notify } = words;
  return (
    <li className="flex min-h-7 items-center gap-2 text-sm">
      <Icon
        aria-hidden="true"
        size={18}
        strokeWidth={1.75}
        className={isFault ? 'flex-none text-danger' : isPassed ? 'flex-none text-good' : 'invisible flex-none'}
      />
      <span className={isPassed || isFault ? undefined : 'text-ink-3'}>{notify.hops[hop]}</span>
    </li>
  );
}

function useTest() {
  const { core } = useCore();
  const { notify } = words;
  const [testing, setTesting] = useState<Testing>({ state: 'none' });
  const start = async () => {
    const passed: Hop[] = [];
    setTesting({ state: 'running', passed: [] });
    const way = {
      ...BROWSER,
      announce: () => announceTest(notify.testTitle, notify.testText),
      register: (address: Parameters<typeof core.pushSubscribe>[0]) => core.pushSubscribe(address),
      push: () => core.pushTest(),
    };
    try {
      const outcome = await testWay(way, (hop) => {
        passed.push(hop);
        setTesting({ state: 'running', passed: [...passed] });
      });
      setTesting({ state: 'over', passed, outcome });
    } catch (thrown) {
      setTesting({ state: 'failed', text: errorText(coreError(thrown)) });
    }
  };
  return { testing, start: () => void start() };
}

export function PushTest() {
  const { notify } = words;
  const { testing, start } = useTest();
  const passed = testing.state === 'running' || testing.state === 'over' ? testing.passed : [];
  const fault = testing.state === 'over' && testing.outcome.kind === 'fault' ? testing.outcome.hop : undefined;
  return (
    <div className="grid justify-items-start gap-2 pt-1">
      <Button disabled={testing.state === 'running'} onClick={start}>
        {notify.test}
      </Button>
      <p className="text-xs text-ink-3">{notify.testLead}</p>
      {testing.state !== 'none' && testing.state !== 'failed' && (
        <ol aria-label={notify.testLead}>
          {HOPS.map((hop) => (
            <HopRow key={hop} hop={hop} isPassed={passed.includes(hop)} isFault={hop === fault} />
          ))}
        </ol>
      )}
      {testing.state === 'running' && <UnderLine label={notify.testing} />}
      <p role="status" className="text-sm wrap-anywhere">
        {testing.state === 'over' && verdict(testing.outcome)}
        {testing.state === 'failed' && testing.text}
      </p>
    </div>
  );
}
