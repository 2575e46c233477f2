/** A field for a password that can be shown, with its strength beneath where one is chosen. */
import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { cx } from './cx';
import { IconButton } from './IconButton';
import { TextField } from './TextField';

interface PasswordFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  /** For the browser's own keeper of passwords. */
  readonly autoComplete: 'current-password' | 'new-password';
  /** The words of the small button. */
  readonly showLabel: string;
  readonly hideLabel: string;
  /** It is chosen here: there is room for how strong it is, so that nothing moves when that is known. */
  readonly isNew?: boolean;
  /** How hard it is to guess, from 0 to 4, and in words. */
  readonly strength?: { readonly score: number; readonly enough: boolean; readonly label: string; readonly text: string } | undefined;
}

export function PasswordField(props: PasswordFieldProps) {
  const [isShown, setShown] = useState(false);
  const { strength } = props;
  return (
    <TextField
      label={props.label}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
      type={isShown ? 'text' : 'password'}
      mono={isShown}
      autoComplete={props.autoComplete}
      autoCapitalize="none"
      spellCheck={false}
      hint={props.hint}
      error={props.error}
      end={
        <IconButton
          label={isShown ? props.hideLabel : props.showLabel}
          icon={isShown ? EyeOff : Eye}
          onClick={() => setShown(!isShown)}
        />
      }
      below={
        props.isNew && (
          <div className={cx('grid gap-1', !strength && 'invisible')} aria-hidden={!strength}>
            <progress
              aria-label={strength?.label}
              data-tone={strength?.enough ? undefined : 'time'}
              max={4}
              value={Math.max(strength?.score ?? 0, 0.3)}
            />
            <p className={cx('text-2xs font-label', strength?.enough ? 'text-good' : 'text-ember')}>{strength?.text ?? '\u00A0'}</p>
          </div>
        )
      }
    />
  );
}
