/** The pane of one conversation: who can read it, what was said, and where one writes. */
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import type { Doable } from '../../actions/action';
import { allowed } from '../../actions/message-acts';
import { Notice } from '../../components/Notice';
import { SkeletonRows } from '../../components/SkeletonRows';
import { newMessageKey } from '../../core/ids';
import type { ConversationView, MemberView, MessageKey, MessageView, TimelineView } from '../../core/types';
import { useCore, useValue, useView } from '../../core/useView';
import { words } from '../../i18n/words';
import { useAttention } from '../../platform/attention';
import { Beginning } from './Beginning';
import type { Command } from './composer/command';
import { Composer } from './composer/Composer';
import { EditComposer } from './composer/EditComposer';
import type { TimerChoice, Written } from './composer/mode';
import { ConversationHeader } from './ConversationHeader';
import { isUntouched, Notices, silence } from './PaneNotices';
import { PaneOver } from './PaneOver';
import { SelectionBar } from './select/SelectionBar';
import { Timeline } from './timeline/Timeline';
import { useUnreadLine } from './timeline/useUnreadLine';
import { Typing } from './Typing';
import { useMessageActs } from './useMessageActs';

interface ConversationPaneProps {
  readonly conversation: ConversationView;
  readonly isOffline: boolean;
  /** Whether the details stand beside it. */
  readonly showsDetails: boolean;
  /** Stands under the header: the offline bar. */
  readonly bar: ReactNode;
  /** Those who knock, for those who may let them in. */
  readonly door: ReactNode;
  /** What its head offers. */
  readonly inHead: readonly Doable[];
  /** What can be done by typing it. */
  readonly commands: readonly Command[];
}

/** Where the reader is, and telling the core what they read. */
function useReading(conversation: ConversationView) {
  const { core, store } = useCore();
  const { conversation: id, unread: count } = conversation;
  const window = store.timeline(id);
  const [hasUnread] = useState(count > 0);
  useEffect(() => {
    if (window.jump.snapshot() !== undefined) return;
    if (hasUnread) window.toUnread();
    else window.toEnd();
  }, [window, hasUnread]);
  const snapshot = useView(window);
  const fresh = snapshot.state === 'ready' && !snapshot.isStale ? snapshot.value : undefined;
  const unread = useUnreadLine({ timeline: fresh, unread: count });
  const isAttended = useAttention();
  const isFresh = fresh !== undefined;
  const onSeen = useCallback(
    (key: MessageKey, isAll: boolean) => {
      if (!isFresh || !isAttended || count === 0) return;
      // Not being able to mark it now is no harm: it is tried again with the next message.
      (isAll ? core.markRead(id) : core.markReadUpTo(key)).catch(() => {});
    },
    [core, id, isFresh, isAttended, count],
  );
  return { window, snapshot, unread, onSeen };
}

/** Sending, and with which timer. */
function useSending(conversation: ConversationView, onSent: () => void) {
  const { core, store } = useCore();
  const id = conversation.conversation;
  const [timer, onTimer] = useState<TimerChoice>();
  const onSend = async ({ text, files }: Written, replyTo: MessageKey | undefined) => {
    const draft = {
      text,
      ...(timer === 'none' ? { keep: true } : timer && { expires: timer }),
      ...(replyTo !== undefined && { replyTo }),
    };
    const key = newMessageKey();
    onSent();
    store.timeline(id).toNewest();
    if (files.length > 0) await core.sendFiles(id, key, draft, files);
    else await core.sendText(id, key, draft);
  };
  return { timer, onTimer, onSend };
}

/** The newest own message that can still be changed. */
function lastOwn(timeline: TimelineView | undefined, conversation: ConversationView): MessageView | undefined {
  return timeline?.messages.findLast((message) => !message.event && allowed(message, conversation).edit);
}

const focusComposer = () => document.querySelector<HTMLElement>('main textarea')?.focus();

interface WritingProps {
  readonly conversation: ConversationView;
  readonly commands: readonly Command[];
  readonly people: readonly MemberView[];
  readonly talk: ReturnType<typeof useMessageActs>;
  readonly timeline: TimelineView | undefined;
}

/** Where one writes a message, or changes one. */
function Writing({ conversation, commands, people, talk, timeline }: WritingProps) {
  const { core } = useCore();
  const { mode, onMode } = talk;
  const leave = () => onMode({ kind: 'new' });
  const { timer, onTimer, onSend } = useSending(conversation, leave);
  if (mode.kind === 'edit') {
    return (
      <EditComposer
        key={mode.message.key}
        conversation={conversation}
        people={people}
        message={mode.message}
        onSave={(text) => core.edit(mode.message.key, text)}
        onLeave={leave}
      />
    );
  }
  return (
    <Composer
      conversation={conversation}
      commands={commands}
      people={people}
      mode={mode}
      timer={timer}
      onTimer={onTimer}
      onSend={(written) => onSend(written, mode.kind === 'reply' ? mode.to.key : undefined)}
      onLeaveReply={leave}
      onEditLast={() => {
        const message = lastOwn(timeline, conversation);
        if (message) onMode({ kind: 'edit', message });
      }}
    />
  );
}

function Choosing({ talk, timeline }: Pick<WritingProps, 'talk' | 'timeline'>) {
  const { acts, chosen = new Set<MessageKey>(), onStopChoosing } = talk;
  const messages = timeline?.messages.filter(({ key }) => chosen.has(key)) ?? [];
  return <SelectionBar chosen={{ keys: [...chosen], messages, acts, stop: onStopChoosing }} />;
}

const NOBODY: readonly MemberView[] = [];

export function ConversationPane({ conversation, isOffline, showsDetails, bar, door, inHead, commands }: ConversationPaneProps) {
  const { store } = useCore();
  const { window, snapshot, unread, onSeen } = useReading(conversation);
  const talk = useMessageActs(conversation);
  const session = useValue(store.session);
  const me = session?.state === 'signed_in' ? session.user : '';
  const people = useValue(store.members(conversation.conversation)) ?? NOBODY;
  const text = words.conversation;
  const timeline = snapshot.state === 'ready' ? snapshot.value : undefined;
  const why = silence(conversation);
  return (
    <>
      <ConversationHeader conversation={conversation} showsDetails={showsDetails} doables={inHead} />
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
          window={window}
          conversation={conversation}
          unread={unread}
          isOffline={isOffline}
          me={me}
          mayOf={(message) => allowed(message, conversation)}
          acts={talk.acts}
          chosen={talk.chosen}
          onSeen={onSeen}
          onLeave={focusComposer}
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
        {talk.chosen && <Choosing talk={talk} timeline={timeline} />}
        {!talk.chosen && why === undefined && <Writing conversation={conversation} commands={commands} people={people} talk={talk} timeline={timeline} />}
        {!talk.chosen && why !== undefined && (
          <p role="status" className="px-3.5 pt-1 pb-2 text-center text-sm text-ink-2">
            {why}
          </p>
        )}
      </div>
      <PaneOver conversation={conversation.conversation} over={talk.over} timeline={timeline} me={me} onClose={talk.onOver} onForwarded={talk.onStopChoosing} />
    </>
  );
}
