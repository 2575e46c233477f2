/** Messages of the double: what a message has at its beginning, and what the core does with messages. It isn't part of the product. */
import type { Core } from '../core';
import type { Block, ConversationId, MessageKey, MessageView, TimelineView } from '../types';

/** What a message has that nobody answered, changed or marked. */
export const PLAIN: Pick<
  MessageView,
  'edited' | 'deleted' | 'reactions' | 'pinned' | 'starred' | 'forwarded' | 'readBy' | 'mentionsMe' | 'mentions' | 'files'
> = {
  edited: false,
  deleted: false,
  reactions: [],
  pinned: false,
  starred: false,
  forwarded: false,
  readBy: 0,
  mentionsMe: false,
  mentions: [],
  files: [],
};

/** A picture of one pixel. */
const DOT = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mOYWW1SDwAFEwIAHi3DrgAAAABJRU5ErkJggg==';

/** A text without marks as blocks; the double cannot read Markdown. */
export function plainBlocks(text: string): Block[] {
  return text
    .split(/\n{2,}/u)
    .filter((part) => part !== '')
    .map((part) => ({
      paragraph: part.split('\n').flatMap((line, at) => (at === 0 ? [{ text: line }] : ['line_break' as const, { text: line }])),
    }));
}

/** What every message of the double said before it was edited. */
const FIRST: Block[] = [{ paragraph: [{ bold: [{ text: 'as it was at first' }] }] }];

/** What the double lets its messages be changed by. */
export interface Talk {
  everything(): readonly MessageView[];
  all(conversation: ConversationId): readonly MessageView[];
  everywhere(key: MessageKey, change: (message: MessageView) => Partial<MessageView>): void;
  find(key: MessageKey): MessageView | undefined;
  unread(conversation: ConversationId): number;
}

/** A window of messages as the core gives it. */
function windowOf(all: readonly MessageView[], query: Parameters<Core['timeline']>[1], unread: number): Omit<TimelineView, 'conversation' | 'notices'> {
  const others = all.filter((message) => !message.own && !message.event);
  const firstUnread = unread > 0 ? others.at(-Math.min(unread, others.length))?.key : undefined;
  const middle = query.around ?? (query.aroundUnread === true ? firstUnread : undefined);
  const at = middle === undefined ? -1 : all.findIndex(({ key }) => key === middle);
  const from = at < 0 ? Math.max(0, all.length - query.limit) : Math.max(0, at - (query.limit >> 1));
  const to = at < 0 ? all.length : Math.min(all.length, at + (query.limit >> 1));
  return { messages: all.slice(from, to), more: from > 0, moreAfter: to < all.length, ...(firstUnread !== undefined && { firstUnread }) };
}

/** What the core does with messages. */
export function talkMethods(talk: Talk): Partial<Core> {
  const drafts = new Map<ConversationId, string>();
  const everything = (holds: (message: MessageView) => boolean, conversation: ConversationId) => talk.all(conversation).filter((each) => holds(each));
  return {
    timeline: async (conversation, query) => ({ conversation, notices: [], ...windowOf(talk.all(conversation), query, talk.unread(conversation)) }),
    edit: async (key, text) => talk.everywhere(key, () => ({ text, blocks: plainBlocks(text), edited: true })),
    edits: async () => [{ text: '**as it was at first**', blocks: FIRST, mentions: [], atMs: 0 }],
    react: async (key, emoji, on) =>
      talk.everywhere(key, ({ reactions }) => {
        const others = reactions.filter((each) => each.emoji !== emoji);
        const count = (reactions.find((each) => each.emoji === emoji)?.count ?? 0) + (on ? 1 : -1);
        return { reactions: count > 0 ? [...others, { emoji, count, own: on, names: [] }] : others };
      }),
    pin: async (key, on) => talk.everywhere(key, () => ({ pinned: on })),
    star: async (key, on) => talk.everywhere(key, () => ({ starred: on })),
    pinned: async (conversation) => everything(({ pinned }) => pinned, conversation),
    starred: async () => talk.everything().filter(({ starred }) => starred),
    readers: async () => [],
    forward: async () => {},
    saveDraft: async (conversation, text) => {
      drafts.set(conversation, text);
    },
    draft: async (conversation) => drafts.get(conversation) ?? '',
    markReadUpTo: async () => {},
    tellsOfMaker: async (name) => name.endsWith('.pdf'),
    fileBytesMax: async () => 2 ** 31,
    drawableSize: async () => new Uint32Array([1, 1]),
    pictures: async (conversation) => talk.all(conversation).flatMap(({ key, files }) => files.map((file) => ({ key, file }))),
    openPicture: async () => (await fetch(DOT)).blob(),
    openFile: async () => (await fetch(DOT)).blob(),
  };
}
