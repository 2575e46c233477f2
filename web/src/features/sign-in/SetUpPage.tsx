/** The first set-up: the code, you, this server, your recovery key, and the address for the others. */
import { type SubmitEvent, useState } from 'react';
import { Button } from '../../components/Button';
import { ChoiceRows } from '../../components/ChoiceRows';
import { CopyButton } from '../../components/CopyButton';
import { Notice } from '../../components/Notice';
import { PageFrame } from '../../components/PageFrame';
import { PageTitle } from '../../components/PageTitle';
import { TextField } from '../../components/TextField';
import { Working } from '../../components/Working';
import { coreError } from '../../core/errors';
import type { RegistrationPolicy, ServerInfo } from '../../core/types';
import { useCore } from '../../core/useView';
import { errorText } from '../../i18n/errors';
import { words } from '../../i18n/words';
import { AccountFields } from './AccountFields';
import { useFocusFirstError } from './focus';
import { RecoveryKeyPage } from './RecoveryKeyPage';
import { ServerFooter } from './ServerFooter';
import { errorsFrom, useAccountForm } from './useAccountForm';

interface SetUpPageProps {
  readonly server: ServerInfo | undefined;
  /** Called when the server is set up and the user has seen its address. */
  readonly onDone: () => void;
}

type Step =
  | { readonly name: 'token' }
  | { readonly name: 'you' }
  | { readonly name: 'server' }
  | { readonly name: 'key'; readonly recoveryKey: string }
  | { readonly name: 'done' };

const NUMBERS = { token: 1, you: 2, server: 3, key: 4, done: 5 } as const;
const STEPS = 5;
const POLICIES = ['open', 'invitation', 'closed'] as const satisfies readonly RegistrationPolicy[];

/** The state of the set-up and what each step does when it is sent. */
function useSetUp() {
  const focusFirstError = useFocusFirstError();
  const { core } = useCore();
  const form = useAccountForm();
  const [step, setStep] = useState<Step>({ name: 'token' });
  const [token, setToken] = useState('');
  const [tokenError, setTokenError] = useState<string>();
  const [serverName, setServerName] = useState<string>(words.setUp.serverNameDefault);
  const [policy, setPolicy] = useState<RegistrationPolicy>('invitation');
  const [isBusy, setBusy] = useState(false);

  const sendToken = async () => {
    if (token.trim() === '') {
      setTokenError(words.setUp.tokenMissing);
      return;
    }
    await core.checkSetupToken(token.trim()).then(
      () => setStep({ name: 'you' }),
      (thrown: unknown) => setTokenError(errorText(coreError(thrown))),
    );
  };

  const sendYou = async () => {
    if (await form.checkNewAccount()) setStep({ name: 'server' });
  };

  const sendServer = async () => {
    if (serverName.trim() === '') return;
    try {
      const { recoveryKey } = await core.register({
        name: form.name,
        password: form.password,
        setup: { token: token.trim(), serverName: serverName.trim(), registration: policy },
      });
      setStep({ name: 'key', recoveryKey });
    } catch (thrown) {
      const errors = errorsFrom(coreError(thrown));
      form.setErrors(errors);
      if (errors.name || errors.password) setStep({ name: 'you' });
    }
  };

  const send = (name: 'token' | 'you' | 'server') => async (element: HTMLElement) => {
    setBusy(true);
    await { token: sendToken, you: sendYou, server: sendServer }[name]();
    setBusy(false);
    focusFirstError(element);
  };

  const changeToken = (text: string) => {
    setToken(text);
    setTokenError(undefined);
  };

  return { form, step, setStep, token, changeToken, tokenError, serverName, setServerName, policy, setPolicy, isBusy, send };
}

type SetUp = ReturnType<typeof useSetUp>;

interface StepProps {
  readonly setUp: SetUp;
}

function TokenStep({ setUp }: StepProps) {
  return (
    <TextField
      label={words.setUp.token}
      value={setUp.token}
      onChange={(event) => setUp.changeToken(event.target.value)}
      error={setUp.tokenError}
      mono
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      dir="ltr"
    />
  );
}

function ServerStep({ setUp }: StepProps) {
  const { setUp: text } = words;
  return (
    <>
      <TextField
        label={text.serverName}
        value={setUp.serverName}
        onChange={(event) => setUp.setServerName(event.target.value)}
        hint={text.serverNameHint}
        error={setUp.serverName.trim() === '' ? text.serverNameMissing : undefined}
        maxLength={64}
        dir="auto"
      />
      <ChoiceRows
        label={text.who}
        value={setUp.policy}
        onChange={setUp.setPolicy}
        choices={POLICIES.map((value) => ({ value, ...text.policies[value] }))}
      />
    </>
  );
}

interface DoneProps {
  readonly serverName: string;
  readonly server: ServerInfo | undefined;
  readonly onDone: () => void;
}

function Done({ serverName, server, onDone }: DoneProps) {
  const { setUp } = words;
  const isLocal = /^(?:localhost|127\.|\[::1\])/u.test(location.hostname);
  return (
    <PageFrame brand={words.brand} width="page" footer={<ServerFooter server={server} />}>
      <PageTitle title={setUp.doneTitle(serverName)} lead={setUp.doneLead} step={{ at: STEPS, of: STEPS }} />
      <div className="grid gap-2">
        <h2 className="text-sm font-label">{setUp.address}</h2>
        <p dir="ltr" className="rounded-bubble bg-surface px-3.5 py-3 font-mono text-lg break-all hairline">
          {location.origin}
        </p>
        {isLocal && <p className="text-xs text-ink-3">{setUp.localOnly}</p>}
      </div>
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" big onClick={onDone}>
          {setUp.start}
        </Button>
        <CopyButton text={location.origin} label={words.recovery.copy} done={words.recovery.copied} />
      </div>
    </PageFrame>
  );
}

const TITLES = {
  token: { title: words.setUp.tokenTitle, lead: words.setUp.tokenLead },
  you: { title: words.setUp.youTitle, lead: words.setUp.youLead },
  server: { title: words.setUp.serverTitle, lead: words.setUp.serverLead },
} as const;

export function SetUpPage({ server, onDone }: SetUpPageProps) {
  const setUp = useSetUp();
  const { step, form } = setUp;
  const place = { at: NUMBERS[step.name], of: STEPS };

  if (step.name === 'key') {
    const next = () => setUp.setStep({ name: 'done' });
    return (
      <RecoveryKeyPage name={form.name} server={server} recoveryKey={step.recoveryKey} step={place} onDone={next} />
    );
  }
  if (step.name === 'done') return <Done serverName={setUp.serverName} server={server} onDone={onDone} />;

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void setUp.send(step.name)(event.currentTarget);
  };
  const isLast = step.name === 'server';
  const back = () => setUp.setStep(isLast ? { name: 'you' } : { name: 'token' });
  return (
    <PageFrame
      brand={words.brand}
      width="page"
      headEnd={<span className="text-xs text-ink-3 tabular-nums">{words.setUp.steps(place.at, place.of)}</span>}
      footer={<ServerFooter server={server} />}
    >
      <PageTitle {...TITLES[step.name]} step={place} />
      <form className="grid gap-4" noValidate onSubmit={submit}>
        {step.name === 'token' && <TokenStep setUp={setUp} />}
        {step.name === 'you' && <AccountFields form={form} isNew />}
        {step.name === 'server' && <ServerStep setUp={setUp} />}
        {form.errors.form && (
          <Notice tone="danger" alert>
            {form.errors.form}
          </Notice>
        )}
        <div className="grid gap-2">
          <div className="flex flex-wrap gap-2">
            <Button type="submit" kind="primary" big disabled={setUp.isBusy}>
              {isLast ? words.setUp.finish : words.setUp.next}
            </Button>
            {step.name !== 'token' && (
              <Button kind="quiet" big disabled={setUp.isBusy} onClick={back}>
                {words.setUp.back}
              </Button>
            )}
          </div>
          {setUp.isBusy && isLast && <Working text={words.setUp.working} />}
        </div>
      </form>
    </PageFrame>
  );
}
