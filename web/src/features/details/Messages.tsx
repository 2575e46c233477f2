/** What becomes of messages: timers, slow mode, what the server keeps, what those who join get to read, and when a room closes. */
import { Clock, Database, History, Hourglass, Timer } from 'lucide-react';
import { SettingFact } from '../../components/SettingRow';
import { ClosingMenu, HistoryMenu, RetentionMenu, SlowModeMenu, TimerMenu } from '../../components/TermMenus';
import type { ConversationView, StatePatch, TermsPatch } from '../../core/types';
import { machineTime, momentInWords } from '../../i18n/dates';
import { historyInWords, keptInWords, slowInWords, timerInWords } from '../../i18n/terms';
import { words } from '../../i18n/words';
import { PanelSection } from '../../components/Panel';

interface MessagesProps {
  readonly conversation: ConversationView;
  readonly isAlone: boolean;
  readonly onState: (patch: StatePatch) => void;
  readonly onTerms: (patch: TermsPatch) => void;
}

const SECOND_MS = 1000;

function closesInWords({ room: door }: ConversationView): string {
  return door?.expiresAtMs === undefined ? words.terms.never : momentInWords(door.expiresAtMs);
}

/** What admins choose and members see. */
function Terms({ conversation, onTerms }: Pick<MessagesProps, 'conversation' | 'onTerms'>) {
  const { room } = words;
  const { slowModeSeconds, retentionSeconds } = conversation;
  const closesAt = conversation.room?.expiresAtMs;
  if (!conversation.may.setTerms) {
    return (
      <>
        <SettingFact icon={Hourglass} label={room.slow} value={slowInWords(slowModeSeconds)} />
        <SettingFact icon={Database} label={room.kept} value={keptInWords(retentionSeconds)} />
        {conversation.room && <SettingFact icon={Clock} label={room.closes} value={closesInWords(conversation)} />}
      </>
    );
  }
  return (
    <>
      <SlowModeMenu
        label={room.slow}
        value={slowModeSeconds}
        onChange={(seconds) => onTerms({ slowModeSeconds: seconds })}
      />
      <RetentionMenu
        label={room.kept}
        value={retentionSeconds}
        onChange={(seconds) => onTerms({ retentionSeconds: seconds ?? null })}
      />
      {conversation.room && (
        <ClosingMenu
          label={room.closes}
          current={closesInWords(conversation)}
          isChosen={(seconds) => seconds === undefined && closesAt === undefined}
          onChange={(seconds) =>
            onTerms({ expiresAt: seconds === undefined ? null : machineTime(Date.now() + seconds * SECOND_MS) })
          }
        />
      )}
    </>
  );
}

export function Messages({ conversation, isAlone, onState, onTerms }: MessagesProps) {
  const { room } = words;
  const { timer, history, may, kind } = conversation;
  const isShared = kind !== 'direct';
  return (
    <PanelSection title={room.messages} isAlone={isAlone}>
      {may.setState ? (
        <TimerMenu label={room.disappear} value={timer} onChange={(next) => onState({ timer: next ?? null })} />
      ) : (
        <SettingFact icon={Timer} label={room.disappear} value={timerInWords(timer)} />
      )}
      {isShared && may.setState && (
        <HistoryMenu label={room.history} value={history} onChange={(next) => onState({ history: next })} />
      )}
      {isShared && !may.setState && (
        <SettingFact icon={History} label={room.history} value={historyInWords(history)} />
      )}
      {isShared && <Terms conversation={conversation} onTerms={onTerms} />}
    </PanelSection>
  );
}
