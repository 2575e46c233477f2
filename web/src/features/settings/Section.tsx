/** One section of the settings: a title, and rows below it. */
import type { ReactNode } from 'react';

interface SectionProps {
  readonly title: string;
  readonly children: ReactNode;
}

export function Section({ title, children }: SectionProps) {
  return (
    <section className="grid gap-3 border-t border-line py-5 first:border-t-0">
      <h2 className="text-xs text-ink-2">{title}</h2>
      {children}
    </section>
  );
}

interface FactProps {
  readonly label: string;
  readonly children: ReactNode;
}

/** A fact of two columns. */
export function Fact({ label, children }: FactProps) {
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 py-1 text-sm">
      <dt>{label}</dt>
      <dd className="text-ink-2 wrap-anywhere">{children}</dd>
    </div>
  );
}
