/** The choices of a conversation's timers and terms, each as a row with a menu. Used where a room is made and in its details. */
import { Clock, Database, History, Hourglass, Timer, Users } from 'lucide-react';
import { spanInWords } from '../i18n/durations';
import {
  CAPACITIES,
  CLOSINGS,
  type Expiry,
  HISTORIES,
  type HistorySharing,
  historyInWords,
  isSameHistory,
  isSameTimer,
  keptInWords,
  READ_TIMERS,
  RETENTIONS,
  SENT_TIMERS,
  SLOW_MODES,
  slowInWords,
  timerInWords,
} from '../i18n/terms';
import { words } from '../i18n/words';
import { type Choice, ChoiceMenu } from './ChoiceMenu';

interface TermProps<Value> {
  readonly label: string;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

function timerChoice(value: Expiry | undefined): Choice<Expiry | undefined> {
  return { value, label: timerInWords(value) };
}

export function TimerMenu({ label, value, onChange }: TermProps<Expiry | undefined>) {
  return (
    <ChoiceMenu
      icon={Timer}
      label={label}
      current={timerInWords(value)}
      groups={[
        { choices: [timerChoice(undefined)] },
        {
          label: words.terms.afterSent,
          choices: SENT_TIMERS.map((seconds) => timerChoice({ after_sent: seconds })),
        },
        {
          label: words.terms.afterRead,
          choices: READ_TIMERS.map((seconds) => timerChoice({ after_read: seconds })),
        },
      ]}
      isChosen={(timer) => isSameTimer(timer, value)}
      note={words.terms.timerNote}
      onChange={onChange}
    />
  );
}

export function SlowModeMenu({ label, value, onChange }: TermProps<number>) {
  return (
    <ChoiceMenu
      icon={Hourglass}
      label={label}
      current={slowInWords(value)}
      groups={[{ choices: SLOW_MODES.map((seconds) => ({ value: seconds, label: slowInWords(seconds) })) }]}
      isChosen={(seconds) => seconds === value}
      onChange={onChange}
    />
  );
}

export function RetentionMenu({ label, value, onChange }: TermProps<number | undefined>) {
  return (
    <ChoiceMenu
      icon={Database}
      label={label}
      current={keptInWords(value)}
      groups={[{ choices: RETENTIONS.map((seconds) => ({ value: seconds, label: keptInWords(seconds) })) }]}
      isChosen={(seconds) => seconds === value}
      note={words.terms.keptNote}
      onChange={onChange}
    />
  );
}

export function HistoryMenu({ label, value, onChange }: TermProps<HistorySharing>) {
  return (
    <ChoiceMenu
      icon={History}
      label={label}
      current={historyInWords(value)}
      groups={[{ choices: HISTORIES.map((history) => ({ value: history, label: historyInWords(history) })) }]}
      isChosen={(history) => isSameHistory(history, value)}
      note={words.terms.historyNote}
      onChange={onChange}
    />
  );
}

interface CapacityProps extends TermProps<number> {
  /** How it is now, in words. */
  readonly current: string;
  /** Fewer places than people are not offered. */
  readonly least: number;
}

export function CapacityMenu({ label, value, current, least, onChange }: CapacityProps) {
  const fitting = CAPACITIES.filter((places) => places >= least);
  return (
    <ChoiceMenu
      icon={Users}
      label={label}
      current={current}
      groups={[{ choices: fitting.map((places) => ({ value: places, label: words.terms.peopleMax(places) })) }]}
      isChosen={(places) => places === value}
      onChange={onChange}
    />
  );
}

interface ClosingProps {
  readonly label: string;
  /** How it is now, in words. */
  readonly current: string;
  /** Which of the choices it is, if one of them. */
  readonly isChosen: (seconds: number | undefined) => boolean;
  /** Seconds from now; nothing for never. */
  readonly onChange: (seconds: number | undefined) => void;
}

export function ClosingMenu({ label, current, isChosen, onChange }: ClosingProps) {
  const { terms } = words;
  return (
    <ChoiceMenu
      icon={Clock}
      label={label}
      current={current}
      groups={[
        {
          choices: CLOSINGS.map((seconds) => ({
            value: seconds,
            label: seconds === undefined ? terms.never : terms.inTime(spanInWords(seconds)),
          })),
        },
      ]}
      isChosen={isChosen}
      onChange={onChange}
    />
  );
}
