/** The name of a key. */

interface KbdProps {
  readonly children: string;
}

export function Kbd({ children }: KbdProps) {
  return (
    <kbd className="inline-block min-w-5 rounded-tag bg-surface px-1.5 text-center font-sans text-2xs font-medium text-ink-2 hairline-inside">
      {children}
    </kbd>
  );
}
