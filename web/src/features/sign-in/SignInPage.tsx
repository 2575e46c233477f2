/** Sign in, or create an account: one page with a choice of two on top. A new account goes on to its recovery key. */
import { type SubmitEvent, useState } from 'react';
import { Button } from '../../components/Button';
import { ChoiceBar } from '../../components/ChoiceBar';
import { Link } from '../../components/Link';
import { Notice } from '../../components/Notice';
import { PageFrame } from '../../components/PageFrame';
import { PageTitle } from '../../components/PageTitle';
import { Working } from '../../components/Working';
import { coreError } from '../../core/errors';
import type { ServerInfo } from '../../core/types';
import { useCore } from '../../core/useView';
import { words } from '../../i18n/words';
import { HOME, invitationInAddress, RECOVER } from '../../platform/paths';
import { AccountFields } from './AccountFields';
import { InvitationField } from './InvitationField';
import { RecoveryKeyPage } from './RecoveryKeyPage';
import { ServerFooter } from './ServerFooter';
import { useFocusFirstError } from './focus';
import { errorsFrom, useAccountForm } from './useAccountForm';

interface SignInPageProps {
  readonly server: ServerInfo | undefined;
  /** Called when the user is signed in and has seen all there is to see. */
  readonly onDone: () => void;
}

type Mode = 'existing' | 'fresh';

export function SignInPage({ server, onDone }: SignInPageProps) {
  const focusFirstError = useFocusFirstError();
  const { core } = useCore();
  const form = useAccountForm();
  const [invitation, setInvitation] = useState(invitationInAddress);
  const [mode, setMode] = useState<Mode>(invitation === '' ? 'existing' : 'fresh');
  const [isBusy, setBusy] = useState(false);
  const [recoveryKey, setRecoveryKey] = useState<string>();
  const { signIn } = words;
  const isNew = mode === 'fresh';
  const needsInvitation = server?.registration === 'invitation';

  const changeMode = (next: Mode) => {
    setMode(next);
    form.setErrors({});
    form.changePassword(form.password, next === 'fresh');
  };

  const checkExisting = () => {
    const found = {
      ...(form.name.trim() === '' && { name: signIn.nameMissing }),
      ...(form.password === '' && { password: signIn.passwordMissing }),
    };
    form.setErrors(found);
    return Object.keys(found).length === 0;
  };

  const create = async () => {
    if (!(await form.checkNewAccount())) return;
    if (needsInvitation && invitation.trim() === '') {
      form.setErrors({ invitation: signIn.invitationMissing });
      return;
    }
    setBusy(true);
    const { recoveryKey: key } = await core.register({
      name: form.name,
      password: form.password,
      ...(invitation.trim() !== '' && { invitation: invitation.trim() }),
    });
    setRecoveryKey(key);
  };

  const enter = async () => {
    if (!checkExisting()) return;
    setBusy(true);
    await core.login(form.name, form.password);
    onDone();
  };

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const element = event.currentTarget;
    (isNew ? create() : enter())
      .catch((thrown: unknown) => form.setErrors(errorsFrom(coreError(thrown))))
      .finally(() => {
        setBusy(false);
        focusFirstError(element);
      });
  };

  if (recoveryKey !== undefined) {
    return <RecoveryKeyPage name={form.name} server={server} recoveryKey={recoveryKey} onDone={onDone} />;
  }
  const isClosed = isNew && server?.registration === 'closed';
  return (
    <PageFrame brand={words.brand} footer={<ServerFooter server={server} />}>
      <PageTitle title={signIn.title} />
      <ChoiceBar
        label={signIn.choice}
        value={mode}
        onChange={changeMode}
        choices={[
          { value: 'existing', label: signIn.existing },
          { value: 'fresh', label: signIn.fresh },
        ]}
      />
      {isClosed ? (
        <p className="text-ink-2">{signIn.closed}</p>
      ) : (
        <form className="grid gap-4" noValidate onSubmit={submit}>
          <AccountFields form={form} isNew={isNew} />
          {isNew && needsInvitation && (
            <InvitationField value={invitation} onChange={setInvitation} error={form.errors.invitation} />
          )}
          {form.errors.form && (
            <Notice tone="danger" alert>
              {form.errors.form}
            </Notice>
          )}
          <div className="grid gap-2">
            <Button type="submit" kind="primary" big wide disabled={isBusy}>
              {isNew ? signIn.submitFresh : signIn.submitExisting}
            </Button>
            {isBusy && <Working text={isNew ? signIn.workingFresh : signIn.workingExisting} />}
          </div>
        </form>
      )}
      {!isNew && (
        <p className="text-center text-sm">
          <Link to={RECOVER} className="text-accent underlined">
            {words.recover.lost}
          </Link>
        </p>
      )}
      <p className="text-center text-sm">
        <Link to={HOME} className="text-accent underlined">
          {signIn.back}
        </Link>
      </p>
    </PageFrame>
  );
}
