/** A word beside a name: guest, a role. */

interface TagProps {
  readonly children: string;
}

export function Tag({ children }: TagProps) {
  return (
    <span className="flex-none rounded-tag bg-sunken px-1.5 text-2xs leading-4.5 font-label whitespace-nowrap text-ink-2">
      {children}
    </span>
  );
}
