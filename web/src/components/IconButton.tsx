/** A button that shows only an icon; its name is its tooltip too. */
import type { LucideIcon } from 'lucide-react';
import type { ComponentProps } from 'react';
import { cx } from './cx';

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'className' | 'children' | 'title'> {
  /** What it does, in words. */
  readonly label: string;
  readonly icon: LucideIcon;
  /** True for arrows and panels, which turn around in right-to-left writing. @default false */
  readonly directional?: boolean;
  /** Only shown below the width of two panes. @default false */
  readonly onlyNarrow?: boolean;
}

export function IconButton({ label, icon: Icon, directional = false, onlyNarrow = false, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={label}
      className={cx(
        'quick size-target flex-none place-items-center rounded-field text-ink-2',
        'hover:bg-hover hover:text-ink aria-disabled:bg-transparent aria-disabled:text-ink-3 aria-expanded:bg-hover aria-expanded:text-ink',
        onlyNarrow ? 'inline-grid md:hidden' : 'inline-grid',
      )}
    >
      <Icon aria-hidden="true" size={18} strokeWidth={1.75} className={cx(directional && 'flip-rtl')} />
    </button>
  );
}
