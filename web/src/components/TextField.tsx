/** A field of one line with its label, hint and error; the error takes the hint's place and is read out with the field. */
import { type ComponentProps, type ReactNode, useId } from 'react';
import { cx } from './cx';

interface TextFieldProps extends Omit<ComponentProps<'input'>, 'className' | 'id'> {
  readonly label: string;
  /** What to know before typing. */
  readonly hint?: string | undefined;
  /** What is wrong with what was typed. */
  readonly error?: string | undefined;
  /** For codes and keys: the typeface that keeps 0 and O apart. @default false */
  readonly mono?: boolean;
  /** A small control at the end of the field. */
  readonly end?: ReactNode;
  /** Stands below the field. */
  readonly below?: ReactNode;
}

export function TextField({ label, hint, error, mono = false, end, below, ...input }: TextFieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-sm font-label">
        {label}
      </label>
      <div
        className={cx(
          'flex min-h-11 items-center gap-1 rounded-field bg-raised ps-3 focus-within:edge-focus',
          end ? 'pe-1' : 'pe-3',
          error ? 'edge-danger' : 'edge',
        )}
      >
        <input
          {...input}
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={note ? `${id}-note` : undefined}
          className={cx('h-11 min-w-0 flex-1 bg-transparent text-md focus-visible:outline-none', mono && 'font-mono')}
        />
        {end}
      </div>
      {below}
      {note && (
        <p id={`${id}-note`} className={cx('text-xs', error ? 'text-danger' : 'text-ink-3')}>
          {note}
        </p>
      )}
    </div>
  );
}
