/** A button with words. One `primary` per view. */
import type { ComponentProps } from 'react';
import { cx } from './cx';

interface ButtonProps extends Omit<ComponentProps<'button'>, 'className'> {
  /** What it weighs. @default 'line' */
  readonly kind?: 'primary' | 'line' | 'quiet' | 'danger';
  /** Higher, for pages with one purpose. @default false */
  readonly big?: boolean;
  /** As wide as its place. @default false */
  readonly wide?: boolean;
}

const KINDS = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover',
  line: 'edge text-ink hover:bg-hover',
  quiet: 'text-accent hover:bg-hover',
  danger: 'text-danger hover:bg-danger-soft',
} as const;

export function Button({ kind = 'line', big = false, wide = false, type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      // oxlint-disable-next-line react/button-has-type -- the default is above
      type={type}
      className={cx(
        'quick inline-flex items-center justify-center gap-2 rounded-field font-label',
        'disabled:cursor-default disabled:bg-sunken disabled:text-ink-3 disabled:shadow-none',
        big ? 'min-h-11 px-5 text-base' : 'min-h-target px-3.5 text-sm',
        wide && 'w-full',
        KINDS[kind],
      )}
    />
  );
}
