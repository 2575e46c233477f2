/** What is typed into the fields of an account, and what is wrong with it. It isn't where the account is made. */
import { useRef, useState } from 'react';
import { type CoreError, coreError } from '../../core/errors';
import { useCore } from '../../core/useView';
import { errorText } from '../../i18n/errors';
import { words } from '../../i18n/words';

/** How hard a password is to guess. */
export interface Strength {
  readonly score: number;
  readonly enough: boolean;
}

/** The fields that can have an error beside them; `form` is for what concerns none of them. */
type FieldName = 'name' | 'password' | 'invitation' | 'recoveryKey' | 'form';
type FieldErrors = Partial<Record<FieldName, string>>;

function fieldOf(code: string): FieldName {
  if (code.startsWith('name_')) return 'name';
  if (code === 'weak_password' || code === 'strength_unknown') return 'password';
  if (code === 'invitation_required' || code === 'invitation_invalid') return 'invitation';
  return code === 'recovery_key_invalid' ? 'recoveryKey' : 'form';
}

/** Beside which field a failure stands, and in which words. */
export function errorsFrom(error: CoreError): FieldErrors {
  return { [fieldOf(error.code)]: errorText(error) };
}

/** The state of the fields, with the checks for a new account. */
export function useAccountForm() {
  const { core } = useCore();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [strength, setStrength] = useState<Strength>();
  const [errors, setErrors] = useState<FieldErrors>({});
  const newestPassword = useRef('');

  const changePassword = (text: string, forNewAccount: boolean) => {
    setPassword(text);
    setErrors({});
    newestPassword.current = text;
    if (!forNewAccount || text === '') {
      setStrength(undefined);
      return;
    }
    const judged = core.passwordStrength(text, name);
    // Without an estimate the field simply shows none; the core refuses a weak password in any case.
    judged.then(
      (view) => {
        if (newestPassword.current === text) setStrength({ score: view.score, enough: view.acceptable });
      },
      () => setStrength(undefined),
    );
  };

  const changeName = (text: string) => {
    setName(text);
    setErrors({});
  };

  /** Looks at what was typed for a new account; true when it can be tried. */
  const checkNewAccount = async (): Promise<boolean> => {
    const found: FieldErrors = {};
    if (name.trim() === '') {
      found.name = words.signIn.newNameMissing;
    } else {
      await core.checkName(name).catch((thrown: unknown) => {
        found.name = errorText(coreError(thrown));
      });
    }
    if (password === '') found.password = words.signIn.newPasswordMissing;
    else if (strength && !strength.enough) found.password = words.signIn.tooWeak;
    setErrors(found);
    return Object.keys(found).length === 0;
  };

  return { name, password, strength, errors, setErrors, changeName, changePassword, checkNewAccount };
}

export type AccountForm = ReturnType<typeof useAccountForm>;
