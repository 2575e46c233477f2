/** The timer of what is written next. */
import { Timer } from 'lucide-react';
import { cx } from '../../../components/cx';
import { Menu } from '../../../components/Menu';
import type { Expiry } from '../../../core/types';
import { spanInWords } from '../../../i18n/durations';
import { isSameTimer, READ_TIMERS, SENT_TIMERS, timerInWords, timerSeconds } from '../../../i18n/terms';
import { words } from '../../../i18n/words';
import type { TimerChoice } from './mode';

interface TimerButtonProps {
  /** The conversation's own timer. */
  readonly usual: Expiry | undefined;
  /** Chosen for what is written next: a timer, none although there is a usual one, or the usual one. */
  readonly chosen: TimerChoice;
  readonly onChoose: (timer: TimerChoice) => void;
}

export function TimerButton({ usual, chosen, onChoose }: TimerButtonProps) {
  const { chat, talk, terms } = words;
  const current = chosen === 'none' ? undefined : (chosen ?? usual);
  const label = talk.timer(timerInWords(current));
  const item = (timer: Expiry) => ({
    id: JSON.stringify(timer),
    label: timerInWords(timer),
    isChosen: chosen !== undefined && chosen !== 'none' && isSameTimer(timer, chosen),
    onChoose: () => onChoose(timer),
  });
  return (
    <Menu
      label={talk.timerOnce}
      note={terms.timerNote}
      sections={[
        {
          id: 'usual',
          label: talk.timerOnce,
          items: [
            {
              id: 'usual',
              label: talk.timerAsConversation,
              isChosen: chosen === undefined,
              onChoose: () => onChoose(undefined),
            },
            ...(usual === undefined
              ? []
              : [{ id: 'none', label: chat.write.noTimer, isChosen: chosen === 'none', onChoose: () => onChoose('none') }]),
          ],
        },
        { id: 'sent', label: terms.afterSent, items: SENT_TIMERS.map((seconds) => item({ after_sent: seconds })) },
        { id: 'read', label: terms.afterRead, items: READ_TIMERS.map((seconds) => item({ after_read: seconds })) },
      ]}
      renderTrigger={(trigger) => (
        <button
          type="button"
          {...trigger}
          aria-label={label}
          title={label}
          className={cx(
            'quick inline-flex min-h-11 min-w-11 flex-none md:min-h-target md:min-w-target items-center justify-center gap-1.5 rounded-field px-2 text-xs font-label hover:bg-hover aria-expanded:bg-hover',
            chosen ? 'text-ember' : 'text-ink-2',
          )}
        >
          <Timer aria-hidden="true" size={18} strokeWidth={1.75} />
          {current && <span className="hidden tabular-nums md:inline">{spanInWords(timerSeconds(current))}</span>}
        </button>
      )}
    />
  );
}
