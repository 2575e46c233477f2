/** The frame of pages with one purpose: brand above, what it is about in a narrow column, the server's name below. */
import type { ReactNode } from 'react';
import { Brand } from './Brand';
import { cx } from './cx';

interface PageFrameProps {
  readonly brand: string;
  /** At the end of the head: a step, a control. */
  readonly headEnd?: ReactNode;
  readonly footer?: ReactNode;
  /** Width of the column. @default 'narrow' */
  readonly width?: 'narrow' | 'page';
  readonly children: ReactNode;
}

export function PageFrame({ brand, headEnd, footer, width = 'narrow', children }: PageFrameProps) {
  return (
    <div className="grid min-h-dvh grid-cols-1 safe-page rows-frame bg-canvas">
      <header className="flex min-h-15 flex-wrap items-center justify-between gap-x-4 px-5 py-3 md:px-8 md:py-5">
        <Brand name={brand} />
        {headEnd}
      </header>
      <main
        className={cx(
          'mx-auto grid w-full grid-cols-1 content-start gap-5 px-5 pt-2 pb-6 md:pt-8',
          width === 'narrow' ? 'max-w-narrow' : 'max-w-page',
        )}
      >
        {children}
      </main>
      <footer className="flex flex-wrap items-center gap-x-5 gap-y-1 px-5 py-4 text-xs text-ink-3 md:px-8 md:py-5">
        {footer}
      </footer>
    </div>
  );
}
