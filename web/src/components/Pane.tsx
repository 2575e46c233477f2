/** One of the panes of the screen: `main` where it is the main matter or stands alone, `aside` beside it. */
import type { ReactNode } from 'react';

interface PaneProps {
  /** What it is, where it is not the main matter. */
  readonly label?: string;
  readonly isMain: boolean;
  readonly className: string;
  readonly children: ReactNode;
}

export function Pane({ label, isMain, className, children }: PaneProps) {
  return isMain ? (
    <main data-pane className={className}>
      {children}
    </main>
  ) : (
    <aside data-pane aria-label={label} className={className}>
      {children}
    </aside>
  );
}
