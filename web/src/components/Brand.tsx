/** The mark, a speech balloon parted by the waterline, and the name beside it. */

interface BrandProps {
  /** The name as it is written beside the mark. */
  readonly name: string;
}

export function Brand({ name }: BrandProps) {
  return (
    <span className="flex items-center gap-2 text-lg font-semibold tracking-brand text-ink">
      <svg className="size-6.5 flex-none" viewBox="0 0 26 26" aria-hidden="true">
        <path className="fill-ink" d="M13 2.5a10.5 10.5 0 0 1 10.4 12H2.6A10.5 10.5 0 0 1 13 2.5Z" />
        <path
          className="fill-accent"
          d="M3.1 16.5h19.8A10.5 10.5 0 0 1 13 23.5H3.2a.7.7 0 0 1-.6-1.1l1.9-2.8a10.4 10.4 0 0 1-1.4-3.1Z"
        />
      </svg>
      {name}
    </span>
  );
}
