/** A core that lives in memory, for tests and pictures of the screen. It isn't part of the product: no bundle of it is built. */
import type { Core } from '../core';
import { CoreError } from '../errors';
import { Store } from '../store';
import type {
  BannedView,
  Change,
  ConnectionView,
  ConversationId,
  ConversationView,
  EventView,
  KnockView,
  MemberView,
  MessageKey,
  MessageView,
  PersonView,
  RoomDoorView,
  ServerInfo,
  SessionView,
} from '../types';
import { Personal } from './personal';
import { intentMethods } from './intents';
import { conversationNamed, idFrom, person } from './people';
import { member, OWNER, QUIET } from './rooms';
import { PLAIN, plainBlocks, talkMethods } from './talk';

type SignedIn = Extract<SessionView, { state: 'signed_in' }>;

const LINK = {
  link: 'https://harbour.example/r/4fq7abcd234567abcdefabcdef#nswp-4kqt-hq7m-3txa-5rkd-6wvn',
  code: 'nswp-4kqt-hq7m-3txa-5rkd-6wvn',
};
const RECOVERY_KEY = 'K7QD-3MXA-9TPW-RV2H-6JCE-N4YB-8FWS-2DGK';

export { conversationNamed, device, person } from './people';

/** What the double starts with. */
export interface Scene {
  readonly me?: PersonView & { readonly isAdmin?: boolean };
  readonly server?: Partial<ServerInfo>;
  readonly people?: readonly PersonView[];
}

/** The double and the strings by which a test moves it. */
export class CoreDouble {
  readonly store: Store;
  readonly core: Core;
  readonly calls: { readonly method: string; readonly args: readonly unknown[] }[] = [];
  session: SessionView;
  connection: ConnectionView = { state: 'online', waiting: 0 };
  server: ServerInfo;
  people: readonly PersonView[];
  conversations: ConversationView[] = [];
  /** The next call of a method fails with this code. */
  readonly failures = new Map<string, string>();
  /** What is sent stays on its way until a test says otherwise. */
  holdsMessages = false;
  /** Who is in each group or room. */
  readonly members = new Map<ConversationId, readonly MemberView[]>();
  /** Who stands at each door. */
  readonly waiting = new Map<ConversationId, readonly KnockView[]>();
  /** The room that every link leads to. */
  door: RoomDoorView | undefined;
  /** Links of rooms are being replaced. */
  noLink = false;
  /** Who was put out of every room for good. */
  banned: readonly BannedView[] = [];
  private readonly messages = new Map<ConversationId, MessageView[]>();
  private leftOut: readonly MessageKey[] = [];
  /** Profiles, notifications and search. */
  readonly personal = new Personal({
    people: () => this.people,
    messages: () => [...this.messages.values()].flat(),
    conversations: () => this.conversations,
    change: (conversation, change) => this.change(conversation, change),
    forget: (conversation) => {
      this.conversations = this.conversations.filter((each) => each.conversation !== conversation);
      this.tell('conversations');
    },
    tell: (change) => this.tell(change),
  });
  private me: PersonView;
  private counter = 0;

  constructor(scene: Scene = {}) {
    this.me = scene.me ?? person('Ada', 7, 4, true);
    this.session = scene.me ? this.signedIn(scene.me.isAdmin ?? false) : { state: 'signed_out', ended: false, guestEnded: false };
    this.people = scene.people ?? [];
    this.server = {
      name: 'harbour.example',
      version: '0.1.0',
      protocolVersion: 1,
      registration: 'open',
      setupOpen: false,
      guests: true,
      ...scene.server,
    };
    this.core = this.makeCore();
    this.store = new Store(this.core);
  }

  /** Something happened; the screen reads again. */
  tell(change: Change): void {
    this.store.onChange(change);
  }

  /** Begins a conversation with somebody. */
  converse(peer: PersonView): ConversationId {
    const conversation = idFrom<ConversationId>(`conversation ${peer.name}`);
    if (!this.messages.has(conversation)) {
      this.messages.set(conversation, []);
      this.conversations.push({
        ...QUIET,
        conversation,
        kind: 'direct',
        title: peer.name,
        peer,
        lastAtMs: Date.now(),
      });
    }
    return conversation;
  }

  /** Begins a group or room that the user owns, with these others in it. */
  gather(kind: 'group' | 'room', title: string, others: readonly MemberView[], more: Partial<ConversationView> = {}): ConversationId {
    const conversation = conversationNamed(kind, title);
    this.messages.set(conversation, []);
    this.members.set(conversation, [member(this.me, more.role ?? 'owner', { isMe: true }), ...others]);
    this.conversations.push({
      ...QUIET,
      conversation,
      kind,
      title,
      peer: undefined,
      lastAtMs: Date.now(),
      role: 'owner',
      may: OWNER,
      people: others.length + 1,
      ...(kind === 'room' && { room: { locked: false, knock: false, rotation: 1 } }),
      ...more,
    });
    return conversation;
  }

  /** Changes what is known of a conversation. */
  change(conversation: ConversationId, change: Partial<ConversationView>): void {
    this.conversations = this.conversations.map((each) =>
      each.conversation === conversation ? { ...each, ...change } : each,
    );
    this.tell('conversations');
  }

  /** Notes in the timeline that something happened. */
  note(conversation: ConversationId, event: EventView, sentAtMs = Date.now()): void {
    this.say(conversation, this.me, '', { event, sentAtMs });
  }

  /** Adds a message as if it had come, or been sent, at a time. */
  say(conversation: ConversationId, from: PersonView, text: string, more: Partial<MessageView> = {}): MessageKey {
    const message = this.messageOf(conversation, from, { text, ...more });
    this.messages.get(conversation)?.push(message);
    this.touch(conversation, message);
    return message.key;
  }

  /** Adds very many messages at once, without a word to the screen. */
  fill(conversation: ConversationId, said: readonly { readonly from: PersonView; readonly message: Partial<MessageView> }[]): void {
    this.messages.set(conversation, said.map(({ from, message }) => this.messageOf(conversation, from, message)));
  }

  private messageOf(conversation: ConversationId, from: PersonView, more: Partial<MessageView>): MessageView {
    this.counter += 1;
    const own = from.user === this.me.user;
    return {
      key: `k${this.counter}` as MessageKey,
      conversation,
      sender: from.user,
      senderName: from.name,
      senderUserName: from.userName,
      senderNameClash: false,
      hidden: false,
      senderKind: from.kind,
      shared: false,
      identityColour: from.identityColour,
      identityShape: from.identityShape,
      own,
      sentAtMs: Date.now(),
      text: '',
      blocks: plainBlocks(more.text ?? ''),
      ...PLAIN,
      may: { edit: own, deleteForEveryone: own, pin: true },
      state: 'sent',
      ...more,
    };
  }

  /** Changes what is known of a message. */
  amend(conversation: ConversationId, key: MessageKey, change: Partial<MessageView>): void {
    const messages = this.messages.get(conversation) ?? [];
    this.messages.set(conversation, messages.map((each) => (each.key === key ? { ...each, ...change } : each)));
    this.tell({ timeline: conversation });
  }

  private leaveOut(keys: readonly MessageKey[]): () => void {
    const show = (leftOut: readonly MessageKey[]) => {
      this.leftOut = leftOut;
      for (const conversation of this.messages.keys()) this.tell({ timeline: conversation });
    };
    show([...this.leftOut, ...keys]);
    return () => show(this.leftOut.filter((key) => !keys.includes(key)));
  }

  private touch(conversation: ConversationId, message: MessageView): void {
    this.conversations = this.conversations
      .map((each) =>
        each.conversation === conversation
          ? {
              ...each,
              lastText: message.text,
              lastAtMs: message.sentAtMs,
              lastState: message.state,
              lastOwn: message.own,
              unread: message.own ? each.unread : each.unread + 1,
            }
          : each,
      )
      .toSorted((a, b) => b.lastAtMs - a.lastAtMs);
    this.tell({ timeline: conversation });
    this.tell('conversations');
  }

  private signedIn(isAdmin: boolean): SignedIn {
    const { user, name, kind, identityColour, identityShape } = this.me;
    return {
      user,
      name,
      kind,
      identityColour,
      identityShape,
      state: 'signed_in',
      stayUntilMs: undefined,
      device: idFrom('device'),
      isAdmin,
      server: 'harbour.example',
    };
  }

  private enter(isAdmin: boolean): SessionView {
    this.session = this.signedIn(isAdmin);
    this.tell('session');
    return this.session;
  }

  private makeCore(): Core {
    const methods = this.methods();
    const call = (_: object, name: string) => {
      return async (...args: unknown[]) => {
        this.calls.push({ method: name, args });
        const code = this.failures.get(name);
        this.failures.delete(name);
        if (code !== undefined) throw new CoreError({ code, message: code });
        const method: unknown = Reflect.get(methods, name);
        return typeof method === 'function' ? method(...args) : undefined;
      };
    };
    return new Proxy({}, { get: call }) as Core;
  }

  private methods(): Partial<Core> {
    return {
      ...this.roomMethods(),
      ...intentMethods({
        conversation: (id) => this.conversations.find(({ conversation }) => conversation === id),
        members: (id) => this.members.get(id) ?? [],
        banned: () => this.banned,
        leaveOut: (keys) => this.leaveOut(keys),
        show: (id, view, members) => {
          this.members.set(id, members);
          this.change(id, view);
        },
      }),
      ...this.personal.methods(),
      ...this.talkMethods(),
      session: async () => this.session,
      connection: async () => this.connection,
      serverInfo: async () => this.server,
      conversations: async () => this.conversations,
      people: async (query) => ({
        people: this.people.filter((each) => each.name.toLowerCase().includes((query ?? '').toLowerCase())),
        more: false,
      }),
      passwordStrength: async (password) => {
        const score = Math.min(4, Math.floor(password.length / 4));
        return { score, acceptable: score >= 3 };
      },
      register: async (input) => ({
        session: this.enter(input.setup !== undefined),
        recoveryKey: RECOVERY_KEY,
      }),
      login: async () => this.enter(false),
      recover: async () => this.enter(false),
      createInvitation: async () => ({ invitation: 'nswp-4kqt-hq7m-3txa', expiresAtMs: Date.now() + 7 * 86_400_000 }),
      openDirect: async (user) => {
        const found = this.people.find((each) => each.user === user);
        if (!found) throw new CoreError({ code: 'not_found', message: 'not found' });
        const conversation = this.converse(found);
        this.tell('conversations');
        return conversation;
      },
      sendText: async (conversation, key, { text, expires, replyTo }) => {
        const state = this.holdsMessages ? 'sending' : 'sent';
        const to = [...this.messages.values()].flat().find((each) => each.key === replyTo);
        const reply = to && { key: to.key, senderName: to.senderName, text: to.text, own: to.own, deleted: false };
        this.say(conversation, this.me, text, { key, state, ...(expires && { expiry: expires }), ...(reply && { reply }) });
      },
      retry: async (key) => this.everywhere(key, { state: 'sending' }),
      markRead: async (conversation) => {
        this.conversations = this.conversations.map((each) =>
          each.conversation === conversation ? { ...each, unread: 0 } : each,
        );
        this.tell('conversations');
      },
    };
  }

  private talkMethods(): Partial<Core> {
    const all = () => [...this.messages.values()].flat();
    return talkMethods({
      everything: all,
      all: (conversation) => (this.messages.get(conversation) ?? []).filter(({ key }) => !this.leftOut.includes(key)),
      find: (key) => all().find((each) => each.key === key),
      unread: (conversation) => this.conversations.find((each) => each.conversation === conversation)?.unread ?? 0,
      everywhere: (key, change) => {
        const found = all().find((each) => each.key === key);
        if (found) this.everywhere(key, change(found));
      },
    });
  }

  /** What the core does with groups and rooms. */
  private roomMethods(): Partial<Core> {
    const room = (conversation: ConversationId) => this.conversations.find((each) => each.conversation === conversation);
    return {
      createGroup: async (title, members) => {
        const chosen = this.people.filter((each) => members.includes(each.user)).map((each) => member(each, 'member'));
        return this.gather('group', title, chosen);
      },
      createRoom: async ({ title = '', knock = false }) =>
        this.gather('room', title, [], { room: { locked: false, knock, rotation: 1 } }),
      roomLink: async () => (this.noLink ? undefined : LINK),
      qrCode: async () => ({ size: 21, path: 'M0 0h7v7h-7zM14 0h7v7h-7zM0 14h7v7h-7z' }),
      lookAtRoom: async () => {
        if (!this.door) throw new CoreError({ code: 'not_found', message: 'not found' });
        return this.door;
      },
      suggestNickname: async () => 'Quiet Heron',
      becomeGuest: async (name) => this.enterAs({ ...this.me, name: name ?? 'Quiet Heron', kind: 'guest' }),
      joinRoom: async () => {
        if (!this.door) throw new CoreError({ code: 'not_found', message: 'not found' });
        const { title, knock } = this.door;
        const conversation = this.gather('room', title, [], { role: 'member', may: QUIET.may, state: knock ? 'waiting' : 'active' });
        this.tell('conversations');
        return { conversation, waiting: knock };
      },
      members: async (conversation) => [...(this.members.get(conversation) ?? [])],
      knocks: async (conversation) => [...(this.waiting.get(conversation) ?? [])],
      setState: async (conversation, { timer, title, history }) =>
        this.change(conversation, {
          ...(timer && { timer }),
          ...(title !== undefined && { title }),
          ...(history && { history }),
        }),
      setTerms: async (conversation, { locked, knock }) => {
        const known = room(conversation)?.room;
        if (known) this.change(conversation, { room: { ...known, locked: locked ?? known.locked, knock: knock ?? known.knock } });
      },
      setRole: async (conversation, user, role) => {
        const all = this.members.get(conversation) ?? [];
        this.members.set(conversation, all.map((each) => (each.user === user ? { ...each, role } : each)));
        this.tell('conversations');
      },
      becomeAccount: async ({ name }) => ({
        session: this.enterAs({ ...this.me, name, kind: 'account' }),
        recoveryKey: RECOVERY_KEY,
      }),
      visibility: async () => 'everyone',
    };
  }

  private enterAs(me: PersonView): SessionView {
    this.me = me;
    return this.enter(false);
  }

  private everywhere(key: MessageKey, change: Partial<MessageView>): void {
    for (const conversation of this.messages.keys()) this.amend(conversation, key, change);
  }
}
