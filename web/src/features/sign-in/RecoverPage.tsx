/** The way back for who has lost the password: name, recovery key, and a new password. */
import { type SubmitEvent, useState } from 'react';
import { Button } from '../../components/Button';
import { Link } from '../../components/Link';
import { Notice } from '../../components/Notice';
import { PageFrame } from '../../components/PageFrame';
import { PageTitle } from '../../components/PageTitle';
import { TextField } from '../../components/TextField';
import { Working } from '../../components/Working';
import { coreError } from '../../core/errors';
import type { ServerInfo } from '../../core/types';
import { useCore } from '../../core/useView';
import { words } from '../../i18n/words';
import { SIGN_IN } from '../../platform/paths';
import { AccountFields } from './AccountFields';
import { useFocusFirstError } from './focus';
import { ServerFooter } from './ServerFooter';
import { errorsFrom, useAccountForm } from './useAccountForm';

interface RecoverPageProps {
  readonly server: ServerInfo | undefined;
  /** Called when the user is signed in. */
  readonly onDone: () => void;
}

export function RecoverPage({ server, onDone }: RecoverPageProps) {
  const focusFirstError = useFocusFirstError();
  const { core } = useCore();
  const form = useAccountForm();
  const [key, setKey] = useState('');
  const [isBusy, setBusy] = useState(false);
  const { recover, signIn } = words;

  const send = async () => {
    if (!(await form.checkNewAccount())) return;
    if (key.trim() === '') {
      form.setErrors({ recoveryKey: recover.keyMissing });
      return;
    }
    setBusy(true);
    await core.recover(form.name, key.trim(), form.password);
    onDone();
  };

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const element = event.currentTarget;
    send()
      .catch((thrown: unknown) => form.setErrors(errorsFrom(coreError(thrown))))
      .finally(() => {
        setBusy(false);
        focusFirstError(element);
      });
  };

  return (
    <PageFrame brand={words.brand} footer={<ServerFooter server={server} />}>
      <PageTitle title={recover.title} lead={recover.lead} />
      <form className="grid gap-4" noValidate onSubmit={submit}>
        <TextField
          label={recover.key}
          hint={recover.keyHint}
          error={form.errors.recoveryKey}
          value={key}
          onChange={(event) => {
            setKey(event.target.value);
            form.setErrors({});
          }}
          mono
          dir="ltr"
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
        />
        <AccountFields form={form} isNew />
        {form.errors.form && (
          <Notice tone="danger" alert>
            {form.errors.form}
          </Notice>
        )}
        <Button type="submit" kind="primary" big wide disabled={isBusy}>
          {recover.act}
        </Button>
        {isBusy && <Working text={signIn.workingExisting} />}
      </form>
      <p className="text-center text-sm">
        <Link to={SIGN_IN} className="text-accent underlined">
          {recover.back}
        </Link>
      </p>
    </PageFrame>
  );
}
