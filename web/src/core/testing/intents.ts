/** What the double does with changes that can be undone: they are shown at once, and taken back as a whole. It isn't aware of time. */
import type { Core } from '../core';
import type { BannedView, ConversationId, ConversationView, Intent, MemberView, MessageKey, StatePatch, TermsPatch } from '../types';

/** What of the double they change. */
interface Held {
  readonly conversation: (id: ConversationId) => ConversationView | undefined;
  readonly members: (id: ConversationId) => readonly MemberView[];
  readonly banned: () => readonly BannedView[];
  /** Leaves messages out of the timeline; gives how they come back. */
  readonly leaveOut: (keys: readonly MessageKey[]) => () => void;
  readonly show: (id: ConversationId, view: Partial<ConversationView>, members: readonly MemberView[]) => void;
}

function withState({ timer, history }: StatePatch): Partial<ConversationView> {
  return { ...(timer && { timer }), ...(history && { history }) };
}

function withTerms(view: ConversationView | undefined, { locked, knock, slowModeSeconds }: TermsPatch): Partial<ConversationView> {
  const room = view?.room && { ...view.room, locked: locked ?? view.room.locked, knock: knock ?? view.room.knock };
  return { ...(room && { room }), ...(slowModeSeconds !== undefined && { slowModeSeconds }) };
}

function peopleAfter(intent: Intent, members: readonly MemberView[]): readonly MemberView[] {
  if (intent === 'leave') return members;
  if ('remove' in intent) return members.filter(({ user }) => user !== intent.remove);
  if ('ban' in intent) return members.filter(({ user }) => user !== intent.ban);
  if (!('setRole' in intent)) return members;
  const { user, role } = intent.setRole;
  return members.map((each) => (each.user === user ? { ...each, role } : each));
}

function deletedBy(intent: Intent): readonly MessageKey[] | undefined {
  if (typeof intent === 'string') return undefined;
  if ('deleteHere' in intent) return intent.deleteHere;
  return 'deleteForEveryone' in intent ? [intent.deleteForEveryone] : undefined;
}

export function intentMethods(held: Held): Pick<Core, 'intend' | 'undo' | 'hold' | 'fulfilled' | 'banned'> {
  const before: (() => void)[] = [];
  return {
    intend: async (id, intent) => {
      const deleted = deletedBy(intent);
      if (deleted) {
        before.push(held.leaveOut(deleted));
        return { number: before.length, undoUntilMs: Date.now() + 8000 };
      }
      const view = held.conversation(id);
      const members = held.members(id);
      before.push(() => held.show(id, view ?? {}, members));
      const patch = typeof intent !== 'string' && 'state' in intent ? withState(intent.state) : {};
      const terms = typeof intent !== 'string' && 'terms' in intent ? withTerms(view, intent.terms) : {};
      held.show(id, { ...patch, ...terms }, peopleAfter(intent, members));
      return { number: before.length, undoUntilMs: Date.now() + 8000 };
    },
    undo: async (number) => {
      before[number - 1]?.();
      return true;
    },
    hold: async () => true,
    fulfilled: async () => {},
    banned: async () => held.banned(),
  };
}
