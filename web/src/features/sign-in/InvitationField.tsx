/** The invitation that a new account needs where not everybody may make one. */
import { TextField } from '../../components/TextField';
import { words } from '../../i18n/words';

interface InvitationFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error: string | undefined;
}

export function InvitationField({ value, onChange, error }: InvitationFieldProps) {
  return (
    <TextField
      label={words.signIn.invitation}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      hint={words.signIn.invitationHint}
      error={error}
      mono
      autoComplete="off"
      spellCheck={false}
    />
  );
}
