/** The two fields of every account: name and password. */
import { PasswordField } from '../../components/PasswordField';
import { TextField } from '../../components/TextField';
import { words } from '../../i18n/words';
import type { AccountForm } from './useAccountForm';

interface AccountFieldsProps {
  readonly form: AccountForm;
  /** A new account is being made: hints and strength are shown. */
  readonly isNew: boolean;
}

export function AccountFields({ form, isNew }: AccountFieldsProps) {
  const { signIn, password } = words;
  return (
    <>
      <TextField
        label={signIn.name}
        value={form.name}
        onChange={(event) => form.changeName(event.target.value)}
        hint={isNew ? signIn.nameHint : undefined}
        error={form.errors.name}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        dir="auto"
      />
      <PasswordField
        label={signIn.password}
        value={form.password}
        onChange={(text) => form.changePassword(text, isNew)}
        hint={isNew ? signIn.newPasswordHint : undefined}
        error={form.errors.password}
        autoComplete={isNew ? 'new-password' : 'current-password'}
        showLabel={password.show}
        hideLabel={password.hide}
        isNew={isNew}
        strength={
          isNew && form.strength
            ? {
                score: form.strength.score,
                enough: form.strength.enough,
                label: password.strength,
                text: password.levels[form.strength.score] ?? '',
              }
            : undefined
        }
      />
    </>
  );
}
