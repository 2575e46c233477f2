/** The pane of one conversation: who can read it, what was said, and where one writes. */
import { ArrowLeft, Lock, PanelRight, ShieldCheck } from 'lucide-react';
import { type ReactNode, useCallback } from 'react';
import { Avatar } from '../../components/Avatar';
import { IconButton } from '../../components/IconButton';
import { Link } from '../../components/Link';
import { Notice } from '../../components/Notice';
import { SkeletonRows } from '../../components/SkeletonRows';
import { coreError } from '../../core/errors';
import { newMessageKey } from '../../core/ids';
import type { ConversationView, MessageKey, TimelineView } from '../../core/types';
import { useCore, useView } from '../../core/useView';
import { words } from '../../i18n/words';
import { navigate } from '../../platform/location';
import { conversationPath, detailsPath, HOME } from '../../platform/paths';
import { Composer } from './Composer';
import { Timeline } from './Timeline';
import { useUnreadLine } from './useUnreadLine';

interface ConversationPaneProps {
  readonly conversation: ConversationView;
  readonly isOffline: boolean;
  /** Whether the details stand beside it. */
  readonly showsDetails: boolean;
  /** Stands under the header: the offline bar. */
  readonly bar: ReactNode;
}

function Header({ conversation, showsDetails }: Pick<ConversationPaneProps, 'conversation' | 'showsDetails'>) {
  const { peer, title } = conversation;
  const text = words.conversation;
  const path = showsDetails ? conversationPath(conversation.conversation) : detailsPath(conversation.conversation);
  return (
    <header className="flex min-h-15 items-center gap-2 border-b border-line py-2 ps-1 pe-2 md:ps-6 md:pe-3">
      <IconButton label={text.back} icon={ArrowLeft} directional onlyNarrow onClick={() => navigate(HOME)} />
      <Avatar name={title} colour={peer?.identityColour ?? 0} shape={peer?.identityShape ?? 0} online={peer?.online} />
      <div className="min-w-0 flex-1">
        <h1 dir="auto" className="truncate text-start text-md leading-5" title={title}>
          {title}
        </h1>
        <p className="flex items-center gap-1.25 text-xs text-ink-3">
          <Lock aria-hidden="true" size={15} strokeWidth={1.75} className="flex-none text-good" />
          <span className="truncate md:hidden">{text.betweenShort(title)}</span>
          <span className="hidden truncate md:inline">{text.between(title)}</span>
        </p>
      </div>
      <IconButton
        label={text.details}
        icon={PanelRight}
        directional
        aria-expanded={showsDetails}
        onClick={() => navigate(path)}
      />
    </header>
  );
}

function Beginning({ conversation }: Pick<ConversationPaneProps, 'conversation'>) {
  const { peer, title } = conversation;
  const text = words.conversation;
  return (
    <div className="grid content-center justify-items-center gap-1 overflow-auto p-6 text-center">
      <Avatar name={title} colour={peer?.identityColour ?? 0} shape={peer?.identityShape ?? 0} size="large" />
      <h2 className="mt-2 text-md">{text.emptyTitle(title)}</h2>
      <p className="text-sm text-ink-2">{text.emptyLead}</p>
      <p className="mt-2 w-full max-w-narrow border-t border-line">
        <Link
          to={detailsPath(conversation.conversation)}
          className="flex min-h-11 items-center justify-center gap-3 text-sm text-accent"
        >
          <ShieldCheck aria-hidden="true" size={18} strokeWidth={1.75} />
          {text.emptyHow}
        </Link>
      </p>
    </div>
  );
}

function Notices({ timeline, name }: { readonly timeline: TimelineView; readonly name: string }) {
  const { notices } = words.conversation;
  if (timeline.notices.length === 0) return undefined;
  return (
    <div className="mx-auto grid w-full max-w-measure gap-2 px-3.5 pt-3 md:px-6">
      {timeline.notices.map((notice) => (
        <Notice key={notice} tone="ember">
          {notice === 'key_changed' ? notices.key_changed(name) : notices[notice]}
        </Notice>
      ))}
    </div>
  );
}

/** What the pane does with the core. */
function useConversation(conversation: ConversationView) {
  const { core, store } = useCore();
  const id = conversation.conversation;
  const snapshot = useView(store.timeline(id));
  const timeline = snapshot.state === 'ready' && !snapshot.isStale ? snapshot.value : undefined;
  const onRead = useCallback(() => {
    // Not being able to mark it now is no harm: it is tried again with the next message.
    core.markRead(id).catch(() => {});
  }, [core, id]);
  const unread = useUnreadLine({ timeline, unread: conversation.unread, onRead });
  const onSend = async (text: string) => {
    await core.sendText(id, newMessageKey(), text);
  };
  const onOlder = () => store.showOlder(id);
  // A failure of these shows in the message itself, which stays as it was.
  const onRetry = useCallback((key: MessageKey) => void core.retry(key).catch(() => {}), [core]);
  const onDiscard = useCallback((key: MessageKey) => void core.discard(key).catch(() => {}), [core]);
  return { snapshot, unread, onSend, onOlder, onRetry, onDiscard };
}

export function ConversationPane({ conversation, isOffline, showsDetails, bar }: ConversationPaneProps) {
  const { snapshot, unread, onSend, onOlder, onRetry, onDiscard } = useConversation(conversation);
  const text = words.conversation;
  return (
    <>
      <Header conversation={conversation} showsDetails={showsDetails} />
      <div>
        {bar}
        {snapshot.state === 'ready' && <Notices timeline={snapshot.value} name={conversation.title} />}
      </div>
      {snapshot.state === 'loading' && (
        <div className="mx-auto w-full max-w-measure self-end px-6">
          <SkeletonRows rows={3} text={text.loading} />
        </div>
      )}
      {snapshot.state === 'failed' && (
        <div className="self-end p-6">
          <Notice tone="danger" alert>
            {text.failedToRead}
          </Notice>
        </div>
      )}
      {snapshot.state === 'ready' && snapshot.value.messages.length === 0 && <Beginning conversation={conversation} />}
      {snapshot.state === 'ready' && snapshot.value.messages.length > 0 && (
        <Timeline
          timeline={snapshot.value}
          name={conversation.title}
          unread={unread}
          isOffline={isOffline}
          onOlder={onOlder}
          onRetry={onRetry}
          onDiscard={onDiscard}
        />
      )}
      {conversation.writable ? (
        <Composer
          conversation={conversation.conversation}
          name={conversation.title}
          onSend={onSend}
          describe={coreError}
        />
      ) : (
        <p className="px-3.5 py-4 text-center text-sm text-ink-2 safe-bottom">{text.closed}</p>
      )}
    </>
  );
}
