/** Who is writing just now: it may be gone before it is read. */
import { typingInWords } from '../../i18n/typing';

interface TypingProps {
  /** Their names. */
  readonly names: readonly string[];
}

export function Typing({ names }: TypingProps) {
  const text = typingInWords(names);
  return (
    // The place is kept, so that nothing moves when it appears.
    <p className="mx-auto flex h-7 w-full max-w-measure items-center gap-2 text-xs text-ink-3">
      {text !== undefined && (
        <>
          <svg viewBox="0 0 24 10" className="h-2.5 w-6 flex-none stroke-accent-line" fill="none" strokeWidth="2" strokeLinecap="round" aria-hidden="true">
            <path d="M2 5q2.5-5 5 0t5 0 5 0 5 0" />
          </svg>
          <span dir="auto" className="truncate">
            {text}
          </span>
        </>
      )}
    </p>
  );
}
