/** A guest becomes an account: a name of their own and a password; conversations and keys stay. Then the recovery key. */
import { type SubmitEvent, useState } from 'react';
import { Button } from '../../components/Button';
import { Link } from '../../components/Link';
import { Notice } from '../../components/Notice';
import { PageFrame } from '../../components/PageFrame';
import { PageTitle } from '../../components/PageTitle';
import { TextField } from '../../components/TextField';
import { UnderLine } from '../../components/UnderLine';
import { coreError } from '../../core/errors';
import type { ServerInfo } from '../../core/types';
import { useCore } from '../../core/useView';
import { words } from '../../i18n/words';
import { HOME } from '../../platform/paths';
import { AccountFields } from './AccountFields';
import { focusFirstError } from './focus';
import { RecoveryKeyPage } from './RecoveryKeyPage';
import { ServerFooter } from './ServerFooter';
import { errorsFrom, useAccountForm } from './useAccountForm';

interface KeepNamePageProps {
  readonly server: ServerInfo | undefined;
  readonly onDone: () => void;
}

export function KeepNamePage({ server, onDone }: KeepNamePageProps) {
  const { core } = useCore();
  const form = useAccountForm();
  const [invitation, setInvitation] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [recoveryKey, setRecoveryKey] = useState<string>();
  const { guest, signIn } = words;
  const needsInvitation = server?.registration === 'invitation';

  const become = async () => {
    if (!(await form.checkNewAccount())) return;
    if (needsInvitation && invitation.trim() === '') {
      form.setErrors({ invitation: signIn.invitationMissing });
      return;
    }
    setBusy(true);
    const made = await core.becomeAccount({
      name: form.name,
      password: form.password,
      ...(invitation.trim() !== '' && { invitation: invitation.trim() }),
    });
    setRecoveryKey(made.recoveryKey);
  };

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const element = event.currentTarget;
    become()
      .catch((thrown: unknown) => form.setErrors(errorsFrom(coreError(thrown))))
      .finally(() => {
        setBusy(false);
        focusFirstError(element);
      });
  };

  if (recoveryKey !== undefined) {
    return <RecoveryKeyPage name={form.name} server={server} recoveryKey={recoveryKey} onDone={onDone} />;
  }
  return (
    <PageFrame brand={words.brand} footer={<ServerFooter server={server} />}>
      <PageTitle title={guest.keepTitle} lead={guest.keepLead} />
      {server?.registration === 'closed' ? (
        <p className="text-ink-2">{signIn.closed}</p>
      ) : (
        <form className="grid gap-4" noValidate onSubmit={submit}>
          <AccountFields form={form} isNew />
          {needsInvitation && (
            <TextField
              label={signIn.invitation}
              value={invitation}
              onChange={(event) => setInvitation(event.target.value)}
              hint={signIn.invitationHint}
              error={form.errors.invitation}
              mono
              autoComplete="off"
              spellCheck={false}
            />
          )}
          {form.errors.form && (
            <Notice tone="danger" alert>
              {form.errors.form}
            </Notice>
          )}
          <Button type="submit" kind="primary" big wide disabled={isBusy}>
            {guest.keepAct}
          </Button>
          {isBusy && (
            <div role="status" className="grid gap-1.5 text-xs text-ink-2">
              <UnderLine label={signIn.workingFresh} />
              {signIn.workingFresh}
            </div>
          )}
        </form>
      )}
      <p className="text-center text-sm">
        <Link to={HOME} className="text-accent underlined">
          {guest.back}
        </Link>
      </p>
    </PageFrame>
  );
}
