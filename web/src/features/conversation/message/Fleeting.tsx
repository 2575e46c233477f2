/** The timer of a message: a quiet line that runs out in the last hour, a small mark before. */
import { Timer } from 'lucide-react';
import type { MessageView } from '../../../core/types';
import { spanInWords } from '../../../i18n/durations';
import { timerSeconds } from '../../../i18n/terms';
import { words } from '../../../i18n/words';
import { useMinute, useSecond } from '../../../platform/clock';

const SECOND_MS = 1000;
/** From here on the seconds are worth a line. */
const NEAR_MS = 3_600_000;

interface RunningProps {
  readonly expiresAtMs: number;
  /** How long it ran from its beginning. */
  readonly totalSeconds: number;
}

function Running({ expiresAtMs, totalSeconds }: RunningProps) {
  const { talk } = words;
  const left = Math.max(0, Math.ceil((expiresAtMs - useSecond()) / SECOND_MS));
  return (
    <span className="mt-1.5 block min-w-48">
      <progress data-tone="time" aria-label={talk.timeLeft} max={Math.max(totalSeconds, left, 1)} value={left} />
      <span className="mt-0.75 flex items-center gap-1.25 text-2xs font-label text-ember tabular-nums">
        <Timer aria-hidden="true" size={15} strokeWidth={1.75} />
        {talk.disappearsIn(spanInWords(left))}
      </span>
    </span>
  );
}

function Mark({ text }: { readonly text: string }) {
  return (
    <span className="mt-0.75 flex items-center gap-1.25 text-2xs text-ink-3" title={text}>
      <Timer aria-hidden="true" size={15} strokeWidth={1.75} />
      {text}
    </span>
  );
}

export function Fleeting({ message }: { readonly message: MessageView }) {
  const { talk } = words;
  const { expiry, expiresAtMs } = message;
  const nowMs = useMinute();
  if (expiresAtMs !== undefined) {
    const leftMs = expiresAtMs - nowMs;
    const totalSeconds = expiry ? timerSeconds(expiry) : Math.ceil(leftMs / SECOND_MS);
    return leftMs < NEAR_MS ? (
      <Running expiresAtMs={expiresAtMs} totalSeconds={totalSeconds} />
    ) : (
      <Mark text={talk.disappearsIn(spanInWords(Math.floor(leftMs / SECOND_MS)))} />
    );
  }
  if (expiry === undefined) return undefined;
  const span = spanInWords(timerSeconds(expiry));
  return <Mark text={'after_read' in expiry ? talk.disappearsRead(span) : talk.disappearsIn(span)} />;
}
