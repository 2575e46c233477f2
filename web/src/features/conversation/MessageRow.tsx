/** One message: another's words on the bare page beside their avatar, your own in a bubble with what became of it. */
import { Check, Clock } from 'lucide-react';
import { memo, useEffect, useState } from 'react';
import { Avatar, identityClass } from '../../components/Avatar';
import { cx } from '../../components/cx';
import { Tag } from '../../components/Tag';
import { UnderLine } from '../../components/UnderLine';
import type { MessageKey, MessageView } from '../../core/types';
import { machineTime, momentInWords, timeOf } from '../../i18n/dates';
import { words } from '../../i18n/words';
import { Fleeting } from './Fleeting';

interface MessageRowProps {
  readonly message: MessageView;
  readonly isContinued: boolean;
  readonly tellsFate: boolean;
  /** Whether the server is reached: without it a message waits. */
  readonly isOffline: boolean;
  readonly onRetry: (key: MessageKey) => void;
  readonly onDiscard: (key: MessageKey) => void;
}

/** After this long without an answer the line alone is not enough. */
const WORDS_AFTER_MS = 3000;

function Other({ message, isContinued }: Pick<MessageRowProps, 'message' | 'isContinued'>) {
  return (
    <div className={cx('grid columns-avatar-small gap-x-2.5 pb-0.5 md:columns-avatar', isContinued ? 'pt-0.5' : 'pt-2')}>
      {isContinued ? (
        <span />
      ) : (
        <>
          <span className="hidden md:block">
            <Avatar name={message.senderName} colour={message.identityColour} shape={message.identityShape} />
          </span>
          <span className="md:hidden">
            <Avatar name={message.senderName} colour={message.identityColour} shape={message.identityShape} size="small" />
          </span>
        </>
      )}
      <div className="min-w-0">
        {!isContinued && (
          <p className="flex items-baseline gap-2 text-sm">
            <bdi className={cx('truncate font-semibold text-identity', identityClass(message.identityColour))}>
              {message.senderName}
            </bdi>
            {message.senderKind === 'guest' && <Tag>{words.talk.guest}</Tag>}
            <Time atMs={message.sentAtMs} />
            {message.shared && <span className="truncate text-2xs text-ink-3">{words.talk.shared}</span>}
          </p>
        )}
        <div className="w-fit max-w-words">
          <p
            dir="auto"
            title={isContinued ? momentInWords(message.sentAtMs) : undefined}
            className="text-start wrap-anywhere whitespace-pre-wrap"
          >
            {message.text}
          </p>
          <Fleeting message={message} />
        </div>
      </div>
    </div>
  );
}

function Time({ atMs }: { readonly atMs: number }) {
  return (
    <time className="text-2xs text-ink-3 tabular-nums" dateTime={machineTime(atMs)} title={momentInWords(atMs)}>
      {timeOf(atMs)}
    </time>
  );
}

/** Only the line at first; words when it takes long. */
function SendingFate({ isOffline }: { readonly isOffline: boolean }) {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), WORDS_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isLong && !isOffline) return undefined;
  return (
    <p className="flex items-center gap-1.25 px-1 pt-0.75 text-2xs text-ink-3">
      {isOffline ? words.conversation.waits : words.conversation.sending}
      <Clock aria-hidden="true" size={15} strokeWidth={1.75} />
    </p>
  );
}

function FailedFate({ message, onRetry, onDiscard }: Pick<MessageRowProps, 'message' | 'onRetry' | 'onDiscard'>) {
  const action = 'min-h-6 px-0.5 font-semibold text-accent underlined';
  return (
    <p className="flex flex-wrap items-center justify-end gap-x-2 px-1 pt-0.5 text-2xs text-danger">
      {words.conversation.failed}
      <button type="button" className={action} onClick={() => onRetry(message.key)}>
        {words.conversation.retry}
      </button>
      <button type="button" className={action} onClick={() => onDiscard(message.key)}>
        {words.conversation.discard}
      </button>
    </p>
  );
}

function Fate(props: MessageRowProps) {
  const { message } = props;
  switch (message.state) {
    case 'sending':
      return <SendingFate isOffline={props.isOffline} />;
    case 'sent':
      return (
        <p className="flex items-center gap-1.25 px-1 pt-0.75 text-2xs text-ink-3 tabular-nums">
          <time dateTime={machineTime(message.sentAtMs)}>{words.conversation.sentAt(timeOf(message.sentAtMs))}</time>
          <Check aria-hidden="true" size={15} strokeWidth={1.75} />
        </p>
      );
    case 'failed':
      return <FailedFate message={message} onRetry={props.onRetry} onDiscard={props.onDiscard} />;
  }
}

function Own(props: MessageRowProps) {
  const { message, isContinued, tellsFate } = props;
  return (
    <div className={cx('grid justify-items-end ps-8 pb-0.5 md:ps-12', isContinued ? 'pt-0.5' : 'pt-2')}>
      <div
        title={momentInWords(message.sentAtMs)}
        className={cx(
          'relative max-w-bubble overflow-hidden rounded-bubble corner-own px-3.25 py-2',
          message.state === 'failed' ? 'bg-danger-soft' : 'bg-accent-soft',
        )}
      >
        <span className="sr-only">{words.conversation.you}</span>
        <span dir="auto" className="block text-start wrap-anywhere whitespace-pre-wrap">
          {message.text}
        </span>
        <Fleeting message={message} />
        {message.state === 'sending' && !props.isOffline && (
          <span className="absolute inset-x-0 bottom-0">
            <UnderLine label={words.conversation.sending} />
          </span>
        )}
      </div>
      {tellsFate && <Fate {...props} />}
    </div>
  );
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  return props.message.own ? <Own {...props} /> : <Other message={props.message} isContinued={props.isContinued} />;
});
