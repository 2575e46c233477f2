/** The wait until one may write again, counted for the writer; the draft stays below. */
import { Hourglass } from 'lucide-react';
import { useEffect, useState } from 'react';
import { spanInWords } from '../../../i18n/durations';
import { words } from '../../../i18n/words';
import { useSecond } from '../../../platform/clock';

interface WaitingProps {
  readonly untilMs: number;
  /** The room asks for it; otherwise one was too fast for the server. */
  readonly isSlowMode: boolean;
  readonly onOver: () => void;
}

const SECOND_MS = 1000;

export function Waiting({ untilMs, isSlowMode, onOver }: WaitingProps) {
  const { talk } = words;
  const left = Math.max(0, Math.ceil((untilMs - useSecond()) / SECOND_MS));
  const [whole] = useState(Math.max(left, 1));
  useEffect(() => {
    if (left === 0) onOver();
  }, [left, onOver]);
  return (
    <div>
      <p className="flex items-center gap-2.5 px-3 py-2 text-sm">
        <Hourglass aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-ember" />
        <span>
          {isSlowMode ? talk.slow : talk.fast} <b className="font-strong tabular-nums">{spanInWords(left)}</b>.
        </span>
      </p>
      <progress data-tone="time" aria-label={talk.wait} max={whole} value={left} />
    </div>
  );
}
