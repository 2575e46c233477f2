/** The pane of one conversation: who can read it, what was said, and where one writes. */
import { type ReactNode, useCallback, useState } from 'react';
import { Notice } from '../../components/Notice';
import { SkeletonRows } from '../../components/SkeletonRows';
import { coreError } from '../../core/errors';
import { newMessageKey } from '../../core/ids';
import type { ConversationView, Expiry, MessageKey, TimelineView } from '../../core/types';
import { useCore, useView } from '../../core/useView';
import { words } from '../../i18n/words';
import { Beginning } from './Beginning';
import { Composer } from './Composer';
import { ConversationHeader } from './ConversationHeader';
import { Timeline } from './Timeline';
import { Typing } from './Typing';
import { useUnreadLine } from './useUnreadLine';

interface ConversationPaneProps {
  readonly conversation: ConversationView;
  readonly isOffline: boolean;
  /** Whether the details stand beside it. */
  readonly showsDetails: boolean;
  /** Stands under the header: the offline bar. */
  readonly bar: ReactNode;
  /** Those who knock, for those who may let them in. */
  readonly door: ReactNode;
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

/** Why nothing can be written, or nothing if it can. */
function silence({ state, may, kind }: ConversationView): string | undefined {
  const { conversation, talk } = words;
  switch (state) {
    case 'removed':
      return talk.removed;
    case 'closed':
      return kind === 'room' ? talk.roomClosed : conversation.closed;
    case 'joining':
      return talk.joining;
    case 'waiting':
      return talk.waiting;
    case 'blocked':
      return talk.blocked;
    case 'active':
      return may.write ? undefined : talk.readOnly;
  }
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
  const [timer, onTimer] = useState<Expiry>();
  const onSend = async (text: string) => {
    await core.sendText(id, newMessageKey(), { text, ...(timer && { expires: timer }) });
  };
  const onOlder = () => store.showOlder(id);
  // A failure of these shows in the message itself, which stays as it was.
  const onRetry = useCallback((key: MessageKey) => void core.retry(key).catch(() => {}), [core]);
  const onDiscard = useCallback((key: MessageKey) => void core.discard(key).catch(() => {}), [core]);
  return { snapshot, unread, timer, onTimer, onSend, onOlder, onRetry, onDiscard };
}

/** Nothing was written, and there is nobody yet to read it. */
function isUntouched({ messages, more }: TimelineView, { people, kind }: ConversationView): boolean {
  if (messages.length === 0) return !more;
  return kind !== 'direct' && people === 1 && messages.every(({ event }) => event !== undefined);
}

export function ConversationPane({ conversation, isOffline, showsDetails, bar, door }: ConversationPaneProps) {
  const { snapshot, unread, timer, onTimer, onSend, onOlder, onRetry, onDiscard } = useConversation(conversation);
  const text = words.conversation;
  const timeline = snapshot.state === 'ready' ? snapshot.value : undefined;
  const why = silence(conversation);
  return (
    <>
      <ConversationHeader conversation={conversation} showsDetails={showsDetails} />
      <div>
        {bar}
        {timeline && <Notices timeline={timeline} name={conversation.title} />}
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
      {timeline && isUntouched(timeline, conversation) && <Beginning conversation={conversation} />}
      {timeline && !isUntouched(timeline, conversation) && (
        <Timeline
          timeline={timeline}
          kind={conversation.kind}
          name={conversation.title}
          unread={unread}
          isOffline={isOffline}
          onOlder={onOlder}
          onRetry={onRetry}
          onDiscard={onDiscard}
        />
      )}
      <div className="px-2.5 safe-bottom md:px-6">
        {conversation.knocks > 0 && (
          <section
            aria-label={words.people.door(conversation.knocks)}
            className="mx-auto w-full max-w-measure border-t border-line py-1"
          >
            {door}
          </section>
        )}
        <Typing names={conversation.typing} />
        {why === undefined ? (
          <Composer conversation={conversation} timer={timer} onTimer={onTimer} onSend={onSend} describe={coreError} />
        ) : (
          <p role="status" className="px-3.5 pt-1 pb-2 text-center text-sm text-ink-2">
            {why}
          </p>
        )}
      </div>
    </>
  );
}
