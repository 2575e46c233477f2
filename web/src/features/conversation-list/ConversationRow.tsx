/** One conversation in the list: who, the last words, when, and what is unread or on its way. */
import { BellOff, Check, CircleAlert, Clock, TriangleAlert } from 'lucide-react';
import { cx } from '../../components/cx';
import { Link } from '../../components/Link';
import { NameClash } from '../../components/NameClash';
import { Tag } from '../../components/Tag';
import { ConversationAvatar } from '../../core/ConversationAvatar';
import type { ConversationView } from '../../core/types';
import { briefly, machineTime } from '../../i18n/dates';
import { typingInWords } from '../../i18n/typing';
import { words } from '../../i18n/words';
import { conversationPath } from '../../platform/paths';

interface ConversationRowProps {
  readonly conversation: ConversationView;
  readonly isOpen: boolean;
  /** For times in words. */
  readonly nowMs: number;
}

const FATES = {
  sending: { icon: Clock, label: words.list.sending, tone: 'text-ink-3' },
  sent: { icon: Check, label: words.list.sent, tone: 'text-ink-3' },
  failed: { icon: CircleAlert, label: words.list.failed, tone: 'text-danger' },
} as const;

/** Something that the user must know stands before what became of the last message. */
const NOTICE = { icon: TriangleAlert, label: words.list.notice, tone: 'text-ember' } as const;

/** Whether it notifies of nothing now. */
function isQuiet({ notify, mutedUntilMs }: ConversationView, nowMs: number): boolean {
  return notify === 'nothing' || (mutedUntilMs ?? 0) > nowMs;
}

function Meta({ conversation, nowMs }: Omit<ConversationRowProps, 'isOpen'>) {
  const { unread, lastAtMs, lastState, lastOwn, notice } = conversation;
  const fate = notice ? NOTICE : lastOwn && lastState ? FATES[lastState] : undefined;
  return (
    <span className="grid justify-items-end gap-0.5 self-start pt-0.5 text-2xs text-ink-3">
      <time className="tabular-nums" dateTime={machineTime(lastAtMs)}>
        {briefly(lastAtMs, nowMs)}
      </time>
      {unread > 0 && (
        <span className={cx('h-5 min-w-5 rounded-full px-1.5 text-center leading-5 font-strong tabular-nums', isQuiet(conversation, nowMs) ? 'bg-sunken text-ink-2' : 'bg-accent text-on-accent')}>
          <span className="sr-only">{words.list.unreadCount}</span>
          {unread}
        </span>
      )}
      {unread === 0 && !fate && isQuiet(conversation, nowMs) && (
        <>
          <BellOff aria-hidden="true" size={15} strokeWidth={1.75} />
          <span className="sr-only">{words.notify.muted}</span>
        </>
      )}
      {unread === 0 && fate && (
        <>
          <fate.icon aria-hidden="true" size={15} strokeWidth={1.75} className={fate.tone} />
          <span className="sr-only">{fate.label}</span>
        </>
      )}
    </span>
  );
}

function preview({ lastText, lastOwn, typing, knocks, state }: ConversationView): string {
  const writing = typingInWords(typing);
  if (writing !== undefined) return writing;
  if (state === 'waiting') return words.list.waiting;
  if (knocks > 0) return words.list.knocking(knocks);
  if (lastText === undefined) return words.list.noMessages;
  return lastOwn ? words.list.you(lastText) : lastText;
}

export function ConversationRow({ conversation, isOpen, nowMs }: ConversationRowProps) {
  const { peer, title, unread } = conversation;
  return (
    <Link
      to={conversationPath(conversation.conversation)}
      aria-current={isOpen ? 'page' : undefined}
      className={cx(
        'quick grid min-h-14 columns-row items-center gap-x-3 rounded-field p-2 focus-visible:-outline-offset-2',
        isOpen ? 'bg-selected on-selected hairline' : 'hover:bg-hover',
      )}
    >
      <ConversationAvatar conversation={conversation} online={peer?.online} />
      <span className="min-w-0">
        <span className="flex items-center gap-2">
          <span dir="auto" title={title} className={cx('block truncate text-parent text-sm', unread > 0 ? 'font-strong' : 'font-medium')}>
            {title}
          </span>
          <NameClash of={peer} isSign />
          {conversation.request === true && <Tag>{words.request.tag}</Tag>}
        </span>
        {peer && <span className="sr-only">{peer.online ? words.list.online : words.list.offline}</span>}
        <span dir="auto" className={cx('block truncate text-parent text-xs', unread > 0 ? 'text-ink-2' : 'text-ink-3')}>
          {conversation.hasDraft && !isOpen && <span className="font-label text-ember">{words.chat.write.draft}</span>}
          {preview(conversation)}
        </span>
      </span>
      <Meta conversation={conversation} nowMs={nowMs} />
    </Link>
  );
}
