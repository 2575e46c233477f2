/** One row of settings: an icon, what it is, how it is now. A button where it can be changed, a plain row where it cannot. */
import { ChevronRight, type LucideIcon } from 'lucide-react';
import type { ComponentProps } from 'react';
import { cx } from './cx';

interface SettingProps {
  readonly icon: LucideIcon;
  readonly label: string;
  /** A line below the label. */
  readonly hint?: string | undefined;
  /** How it is now, in words. */
  readonly value?: string | undefined;
}

interface SettingButtonProps extends SettingProps, Omit<ComponentProps<'button'>, 'className' | 'children' | 'value'> {
  /** It takes something away. @default false */
  readonly danger?: boolean;
  /** Pressing it does it; there is nothing behind it to which an arrow could point. @default false */
  readonly actsAtOnce?: boolean;
}

const ROW = 'flex min-h-11 items-center gap-3 py-1.5 text-sm';

function Content({ icon: Icon, label, hint, danger = false }: SettingProps & { readonly danger?: boolean }) {
  return (
    <>
      <Icon aria-hidden="true" size={18} strokeWidth={1.75} className={cx('flex-none', danger ? 'text-danger' : 'text-ink-2')} />
      <span className={cx('min-w-0 flex-1', danger && 'text-danger')}>
        {label}
        {hint && <span className="block text-xs text-ink-3">{hint}</span>}
      </span>
    </>
  );
}

/** How something is, for those who cannot change it. */
export function SettingFact(props: SettingProps) {
  return (
    <div className={ROW}>
      <Content {...props} />
      {props.value && <span className="text-end text-ink-2 tabular-nums">{props.value}</span>}
    </div>
  );
}

/** The same as a button. */
export function SettingButton({ icon, label, hint, value, danger = false, actsAtOnce = false, ...rest }: SettingButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={cx(ROW, 'quick bleed-row rounded-field hover:bg-hover aria-expanded:bg-hover')}
    >
      <Content icon={icon} label={label} hint={hint} danger={danger} />
      {value && <span className="text-end text-ink-2 tabular-nums">{value}</span>}
      {!danger && !actsAtOnce && (
        <ChevronRight aria-hidden="true" size={15} strokeWidth={1.75} className="flip-rtl flex-none text-ink-3" />
      )}
    </button>
  );
}
