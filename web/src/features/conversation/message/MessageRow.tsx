/** One message: another's words on the bare page beside their avatar, your own in a bubble with what became of it. */
import { memo, type ReactNode } from 'react';
import type { Asked } from '../../../actions/message';
import type { Allowed, MessageActs } from '../../../actions/message-acts';
import { identityClass } from '../../../components/Avatar';
import { Bounded } from '../../../components/Bounded';
import { cx } from '../../../components/cx';
import { NameClash } from '../../../components/NameClash';
import { Tag } from '../../../components/Tag';
import { UnderLine } from '../../../components/UnderLine';
import { PersonAvatar } from '../../../core/PersonAvatar';
import { gist } from '../../../core/plain';
import type { MessageKey, MessageView } from '../../../core/types';
import { machineTime, momentInWords, timeOf } from '../../../i18n/dates';
import { words } from '../../../i18n/words';
import { navigate } from '../../../platform/location';
import { profilePath } from '../../../platform/paths';
import { ActionBar } from './ActionBar';
import { Body } from './Body';
import { Fate } from './Fate';
import { Reactions } from './Reactions';

export interface MessageRowProps {
  readonly message: MessageView;
  readonly isContinued: boolean;
  readonly tellsFate: boolean;
  /** Whether the server is reached: without it a message waits. */
  readonly isOffline: boolean;
  readonly isDirect: boolean;
  /** The user's own id. */
  readonly me: string;
  readonly may: Allowed;
  readonly acts: MessageActs;
  /** Whether what can be done stands beside it, and what of it is open. */
  readonly showsActions: boolean;
  readonly asked: Asked;
  /** Counts what was asked for, so that each opens anew. */
  readonly askedCount: number;
  readonly onAsk: (key: MessageKey, asked: Asked) => void;
  readonly onActionsClosed: () => void;
  /** While several are chosen: whether this one is. */
  readonly isChosen: boolean | undefined;
}

function Time({ atMs }: { readonly atMs: number }) {
  return (
    <time className="text-2xs text-ink-3 tabular-nums" dateTime={machineTime(atMs)} title={momentInWords(atMs)}>
      {timeOf(atMs)}
    </time>
  );
}

function Face({ message }: Pick<MessageRowProps, 'message'>) {
  const { sender, senderName, identityColour, identityShape } = message;
  return (
    <>
      <span className="hidden md:block">
        <PersonAvatar user={sender} name={senderName} colour={identityColour} shape={identityShape} />
      </span>
      <span className="md:hidden">
        <PersonAvatar user={sender} name={senderName} colour={identityColour} shape={identityShape} size="small" />
      </span>
    </>
  );
}

/** What others have put to the message: it may fail without taking the message along. */
function ByOthers({ message, may, acts }: MessageRowProps) {
  return (
    <Bounded of={message} instead={<p className="pt-1 text-2xs text-danger">{words.chat.message.brokenReactions}</p>}>
      <Reactions message={message} mayReact={may.react} onReact={acts.onReact} />
    </Bounded>
  );
}

function Other(props: MessageRowProps) {
  const { message, isContinued, me, acts } = props;
  return (
    <div className={cx('grid columns-avatar-small gap-x-2.5 pb-0.5 md:columns-avatar', isContinued ? 'pt-0.5' : 'pt-2')}>
      {isContinued ? <span /> : <Face message={message} />}
      <div className="min-w-0">
        {!isContinued && (
          <p className="flex items-baseline gap-2 text-sm">
            <button
              type="button"
              title={message.senderUserName}
              onClick={() => navigate(profilePath(message.conversation, message.sender))}
              className={cx('min-h-6 min-w-0 truncate font-semibold text-identity', identityClass(message.identityColour))}
            >
              <bdi>{message.senderName}</bdi>
            </button>
            <NameClash of={{ nameClash: message.senderNameClash }} />
            {message.senderKind === 'guest' && <Tag>{words.talk.guest}</Tag>}
            <Time atMs={message.sentAtMs} />
            {message.shared && <span className="truncate text-2xs text-ink-3">{words.talk.shared}</span>}
          </p>
        )}
        <div
          title={isContinued ? momentInWords(message.sentAtMs) : undefined}
          className={cx('w-fit max-w-full md:max-w-words', message.mentionsMe && 'mentions-me')}
        >
          <Body message={message} me={me} acts={acts} />
        </div>
        <ByOthers {...props} />
      </div>
    </div>
  );
}

function Own(props: MessageRowProps) {
  const { message, isContinued, tellsFate, isOffline, isDirect, me, acts } = props;
  return (
    <div className={cx('grid grid-cols-1 justify-items-end ps-8 pb-0.5 md:ps-12', isContinued ? 'pt-0.5' : 'pt-2')}>
      <div
        title={momentInWords(message.sentAtMs)}
        className={cx(
          'relative max-w-full overflow-hidden rounded-bubble corner-own px-3.25 py-2 md:max-w-bubble',
          message.state === 'failed' ? 'bg-danger-soft' : 'bg-accent-soft',
        )}
      >
        <span className="sr-only">{words.conversation.you}</span>
        <Body message={message} me={me} acts={acts} />
        {message.state === 'sending' && !isOffline && message.files.length === 0 && (
          <span className="absolute inset-x-0 bottom-0">
            <UnderLine label={words.conversation.sending} />
          </span>
        )}
      </div>
      <ByOthers {...props} />
      {tellsFate && !message.deleted && <Fate message={message} isOffline={isOffline} isDirect={isDirect} may={props.may} acts={acts} onAsk={props.onAsk} />}
    </div>
  );
}

function Choosing({ children, message, isChosen, onSelect }: {
  readonly children: ReactNode;
  readonly message: MessageView;
  readonly isChosen: boolean;
  readonly onSelect: (key: MessageView['key']) => void;
}) {
  return (
    <label className="flex cursor-pointer items-start gap-3">
      <input
        type="checkbox"
        checked={isChosen}
        aria-label={words.chat.select.one(message.senderName, gist(message))}
        onChange={() => onSelect(message.key)}
        className="mt-3.5 size-5 flex-none accent-accent"
      />
      {/* While choosing, a press anywhere on the row chooses it. */}
      <div inert className="min-w-0 flex-1">
        {children}
      </div>
    </label>
  );
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, showsActions, isChosen, may, acts, asked, askedCount, onAsk, onActionsClosed } = props;
  const content = message.own ? <Own {...props} /> : <Other {...props} />;
  if (isChosen !== undefined) {
    return (
      <Choosing message={message} isChosen={isChosen} onSelect={acts.onSelect}>
        {content}
      </Choosing>
    );
  }
  return (
    <div className="relative">
      {content}
      {showsActions && message.state === 'sent' && (
        <ActionBar key={askedCount} message={message} may={may} acts={acts} asked={asked} onAsk={onAsk} onClosed={onActionsClosed} />
      )}
    </div>
  );
});
