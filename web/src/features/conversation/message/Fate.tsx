/** What became of an own message: sending, sent, read, or not sent and what to do. */
import { Check, CheckCheck, Clock } from 'lucide-react';
import { useEffect, useState } from 'react';
import { doableAt } from '../../../actions/action';
import { MESSAGE_ACTIONS, type MessageSubject } from '../../../actions/message';
import type { Allowed, MessageActs } from '../../../actions/message-acts';
import { cx } from '../../../components/cx';
import type { MessageView } from '../../../core/types';
import { machineTime, timeOf } from '../../../i18n/dates';
import { words } from '../../../i18n/words';

interface FateProps {
  readonly message: MessageView;
  readonly isOffline: boolean;
  /** Of two: it was read or not, a number says nothing. */
  readonly isDirect: boolean;
  readonly may: Allowed;
  readonly acts: MessageActs;
  readonly onAsk: MessageSubject['ask'];
}

/** After this long without an answer the line alone is not enough. */
const WORDS_AFTER_MS = 3000;
const LOOK = 'flex items-center gap-1.25 px-1 pt-0.75 text-2xs text-ink-3 tabular-nums';

/** Only the line at first; words when it takes long. */
function Sending({ isOffline, isHalted }: { readonly isOffline: boolean; readonly isHalted: boolean }) {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), WORDS_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  // The file itself says that the user halted it.
  if (isHalted || (!isLong && !isOffline)) return undefined;
  return (
    <p className={LOOK}>
      {isOffline ? words.conversation.waits : words.conversation.sending}
      <Clock aria-hidden="true" size={15} strokeWidth={1.75} />
    </p>
  );
}

function Failed({ subject }: { readonly subject: MessageSubject }) {
  const action = 'min-h-6 px-0.5 font-semibold text-accent underlined max-md:min-h-11 max-md:min-w-11';
  return (
    <p className="flex flex-wrap items-center justify-end gap-x-2 px-1 pt-0.5 text-2xs text-danger">
      {words.conversation.failed}
      {doableAt('failed', MESSAGE_ACTIONS, subject).map(({ id, label, run }) => (
        <button key={id} type="button" className={action} onClick={run}>
          {label}
        </button>
      ))}
    </p>
  );
}

function Sent({ message, isDirect, acts }: Pick<FateProps, 'message' | 'isDirect' | 'acts'>) {
  const text = words.chat.message;
  const time = timeOf(message.sentAtMs);
  if (message.readBy === 0) {
    return (
      <p className={LOOK}>
        <time dateTime={machineTime(message.sentAtMs)}>{words.conversation.sentAt(time)}</time>
        <Check aria-hidden="true" size={15} strokeWidth={1.75} />
      </p>
    );
  }
  return (
    <button type="button" title={text.readers} onClick={() => acts.onReaders(message.key)} className={cx(LOOK, 'min-h-6')}>
      {isDirect ? text.read(time) : text.readBy(time, message.readBy)}
      <CheckCheck aria-hidden="true" size={15} strokeWidth={1.75} />
    </button>
  );
}

export function Fate(props: FateProps) {
  switch (props.message.state) {
    case 'sending':
      return <Sending isOffline={props.isOffline} isHalted={props.message.files.some(({ transfer }) => transfer.state === 'paused')} />;
    case 'sent':
      return <Sent message={props.message} isDirect={props.isDirect} acts={props.acts} />;
    case 'failed':
      return <Failed subject={{ message: props.message, may: props.may, acts: props.acts, ask: props.onAsk }} />;
  }
}
