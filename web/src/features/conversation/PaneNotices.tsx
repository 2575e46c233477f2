/** What a conversation has to say of itself: notices above what was said, and why nothing can be written. */
import { Notice } from '../../components/Notice';
import type { ConversationView, TimelineView } from '../../core/types';
import { words } from '../../i18n/words';

export function Notices({ timeline, name }: { readonly timeline: TimelineView; readonly name: string }) {
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
export function silence({ state, may, kind }: ConversationView): string | undefined {
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

/** Nothing was written, and there is nobody yet to read it. */
export function isUntouched({ messages, more }: TimelineView, { people, kind }: ConversationView): boolean {
  if (messages.length === 0) return !more;
  return kind !== 'direct' && people === 1 && messages.every(({ event }) => event !== undefined);
}
