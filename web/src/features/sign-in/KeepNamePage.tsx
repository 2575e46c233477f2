/** A guest becomes an account: a name of their own and a password; conversations and keys stay. Then the recovery key. */
import { type SubmitEvent, useState } from 'react';
import { Button } from '../../components/Button';
import { Link } from '../../components/Link';
import { Notice } from '../../components/Notice';
import { PageFrame } from '../../components/PageFrame';
import { PageTitle } from '../../components/PageTitle';
import { Working } from '../../components/Working';
import { coreError } from '../../core/errors';
import type { ServerInfo } from '../../core/types';
import { useCore } from '../../core/useView';
import { words } from '../../i18n/words';
import { HOME } from '../../platform/paths';
import { AccountFields } from './AccountFields';
import { useFocusFirstError } from './focus';
import { InvitationField } from './InvitationField';
import { RecoveryKeyPage } from './RecoveryKeyPage';
import { ServerFooter } from './ServerFooter';
import { errorsFrom, useAccountForm } from './useAccountForm';

interface KeepNamePageProps {
  readonly server: ServerInfo | undefined;
  readonly onDone: () => void;
}

export function KeepNamePage({ server, onDone }: KeepNamePageProps) {
  const focusFirstError = useFocusFirstError();
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
            <InvitationField value={invitation} onChange={setInvitation} error={form.errors.invitation} />
          )}
          {form.errors.form && (
            <Notice tone="danger" alert>
              {form.errors.form}
            </Notice>
          )}
          <Button type="submit" kind="primary" big wide disabled={isBusy}>
            {guest.keepAct}
          </Button>
          {isBusy && <Working text={signIn.workingFresh} />}
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
