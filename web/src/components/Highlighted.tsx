/** A text of which some stretches are marked. */
import type { ReactNode } from 'react';

interface HighlightedProps {
  readonly text: string;
  /** Beginnings and ends, in order. */
  readonly stretches: readonly (readonly [number, number])[];
}

/** How much stands before the first mark, so that it is seen in one or two lines. */
const LEAD_MAX = 60;

export function Highlighted({ text, stretches }: HighlightedProps) {
  const first = stretches[0]?.[0] ?? 0;
  const begin = first > LEAD_MAX ? Math.max(0, text.lastIndexOf(' ', first - LEAD_MAX / 2)) : 0;
  const parts: ReactNode[] = begin > 0 ? ['…'] : [];
  let at = begin;
  for (const [start, end] of stretches) {
    if (start < at || end > text.length) continue;
    parts.push(text.slice(at, start));
    parts.push(
      <mark key={start} className="bg-transparent font-strong text-accent underline decoration-2 underline-offset-4">
        {text.slice(start, end)}
      </mark>,
    );
    at = end;
  }
  parts.push(text.slice(at));
  return parts;
}
