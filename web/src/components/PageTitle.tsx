/** The title of a page with one purpose, with its lead, and the under-line of its steps. */

interface PageTitleProps {
  readonly title: string;
  readonly lead?: string;
  /** How many steps there are and which is shown, from 1. */
  readonly step?: { readonly at: number; readonly of: number };
}

export function PageTitle({ title, lead, step }: PageTitleProps) {
  return (
    <div>
      {step && (
        <ol className="mb-6 flex gap-1.5" aria-hidden="true">
          {Array.from({ length: step.of }, (_, index) => (
            <li
              key={index}
              className={index < step.at ? 'h-0.5 flex-1 rounded-full bg-accent' : 'h-0.5 flex-1 rounded-full bg-line'}
            />
          ))}
        </ol>
      )}
      <h1 className="text-2xl tracking-page">{title}</h1>
      {lead && <p className="mt-2 text-ink-2">{lead}</p>}
    </div>
  );
}
