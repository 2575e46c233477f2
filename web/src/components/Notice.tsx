/** A notice in its place: what happened and what to do. It does not float. */
import { CircleAlert, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './cx';

interface NoticeProps {
  /** Ember asks for attention, danger says that something failed. */
  readonly tone: 'ember' | 'danger';
  /** Read out at once when it appears. @default false */
  readonly alert?: boolean;
  readonly children: ReactNode;
}

export function Notice({ tone, alert = false, children }: NoticeProps) {
  const Icon = tone === 'ember' ? TriangleAlert : CircleAlert;
  return (
    <div
      role={alert ? 'alert' : undefined}
      className={cx(
        'grid columns-icon gap-2.5 rounded-bubble px-3.5 py-3 text-sm',
        tone === 'ember' ? 'bg-ember-soft' : 'bg-danger-soft',
      )}
    >
      <Icon
        aria-hidden="true"
        size={18}
        strokeWidth={1.75}
        className={tone === 'ember' ? 'mt-px text-ember' : 'mt-px text-danger'}
      />
      <div>{children}</div>
    </div>
  );
}
