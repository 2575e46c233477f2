/** A core that lives in memory, for tests and pictures of the screen. It isn't part of the product: no bundle of it is built. */
import type { Core } from '../core';
import { CoreError } from '../errors';
import { Store } from '../store';
import type {
  Change,
  ConnectionView,
  ConversationId,
  ConversationView,
  MessageKey,
  MessageView,
  PersonView,
  ServerInfo,
  SessionView,
  UserId,
} from '../types';

type SignedIn = Extract<SessionView, { state: 'signed_in' }>;

function idFrom<Id extends string>(text: string): Id {
  return text.toLowerCase().replaceAll(/[^a-z2-7]/gu, 'a').padEnd(26, 'a') as Id;
}

/** A person with the given name. */
export function person(name: string, colour: number, shape: number, online = false): PersonView {
  return { user: idFrom<UserId>(name), name, identityColour: colour, identityShape: shape, online };
}

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
  private readonly messages = new Map<ConversationId, MessageView[]>();
  private readonly me: PersonView;
  private counter = 0;

  constructor(scene: Scene = {}) {
    this.me = scene.me ?? person('Ada', 7, 4, true);
    this.session = scene.me ? this.signedIn(scene.me.isAdmin ?? false) : { state: 'signed_out', ended: false };
    this.people = scene.people ?? [];
    this.server = {
      name: 'harbour.example',
      version: '0.1.0',
      protocolVersion: 1,
      registration: 'open',
      setupOpen: false,
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
        conversation,
        kind: 'direct',
        title: peer.name,
        peer,
        lastText: undefined,
        lastAtMs: Date.now(),
        lastState: undefined,
        lastOwn: false,
        unread: 0,
        writable: true,
        notice: undefined,
      });
    }
    return conversation;
  }

  /** Adds a message as if it had come, or been sent, at a time. */
  say(conversation: ConversationId, from: PersonView, text: string, more: Partial<MessageView> = {}): MessageKey {
    this.counter += 1;
    const own = from.user === this.me.user;
    const message: MessageView = {
      key: `k${this.counter}` as MessageKey,
      conversation,
      sender: from.user,
      senderName: from.name,
      identityColour: from.identityColour,
      identityShape: from.identityShape,
      own,
      sentAtMs: Date.now(),
      text,
      state: 'sent',
      ...more,
    };
    this.messages.get(conversation)?.push(message);
    this.touch(conversation, message);
    return message.key;
  }

  /** Changes what is known of a message. */
  amend(conversation: ConversationId, key: MessageKey, change: Partial<MessageView>): void {
    const messages = this.messages.get(conversation) ?? [];
    this.messages.set(conversation, messages.map((each) => (each.key === key ? { ...each, ...change } : each)));
    this.tell({ timeline: conversation });
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
    return {
      ...this.me,
      state: 'signed_in',
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
      session: async () => this.session,
      connection: async () => this.connection,
      serverInfo: async () => this.server,
      conversations: async () => this.conversations,
      timeline: async (conversation, { limit }) => {
        const all = this.messages.get(conversation) ?? [];
        return { conversation, messages: all.slice(-limit), more: all.length > limit, notices: [] };
      },
      search: async (query) =>
        [...this.messages.values()].flat().filter((each) => each.text.toLowerCase().includes(query.toLowerCase())),
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
        recoveryKey: 'K7QD-3MXA-9TPW-RV2H-6JCE-N4YB-8FWS-2DGK',
      }),
      login: async () => this.enter(false),
      createInvitation: async () => ({ invitation: 'nswp-4kqt-hq7m-3txa', expiresAtMs: Date.now() + 7 * 86_400_000 }),
      openDirect: async (user) => {
        const found = this.people.find((each) => each.user === user);
        if (!found) throw new CoreError({ code: 'not_found', message: 'not found' });
        const conversation = this.converse(found);
        this.tell('conversations');
        return conversation;
      },
      sendText: async (conversation, key, text) => {
        this.say(conversation, this.me, text, { key, state: this.holdsMessages ? 'sending' : 'sent' });
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

  private everywhere(key: MessageKey, change: Partial<MessageView>): void {
    for (const conversation of this.messages.keys()) this.amend(conversation, key, change);
  }
}
