/** The still shape of rows while this device's data is being opened; after a second, with a sentence. */
import { useEffect, useState } from 'react';

interface SkeletonRowsProps {
  readonly rows: number;
  /** What is being waited for. */
  readonly text: string;
}

const SENTENCE_AFTER_MS = 1000;

export function SkeletonRows({ rows, text }: SkeletonRowsProps) {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), SENTENCE_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status">
      <ul aria-hidden="true">
        {Array.from({ length: rows }, (_, index) => (
          <li key={index} className="grid columns-avatar gap-2.5 p-2">
            <span className="size-9 rounded-full bg-sunken" />
            <span className="grid content-center gap-1.5">
              <span className="h-2 w-1/3 rounded-tag bg-sunken" />
              <span className="h-2 w-3/4 rounded-tag bg-sunken" />
            </span>
          </li>
        ))}
      </ul>
      <p className={isLong ? 'px-2 py-3 text-center text-xs text-ink-3' : 'sr-only'}>{text}</p>
    </div>
  );
}
