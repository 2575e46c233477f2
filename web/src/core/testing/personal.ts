/** Profiles, notifications and search of the double: as the core would answer, in memory. It isn't part of the product. */
import type { Core } from '../core';
import type {
  ConversationId,
  ConversationView,
  DeviceView,
  FoundView,
  MessageView,
  NotificationView,
  NotifyView,
  PersonView,
  PrivacyView,
  ProfileView,
  QuietHoursView,
  Strangers,
  UserId,
} from '../types';

/** What of the double these need. */
interface Ground {
  readonly people: () => readonly PersonView[];
  readonly messages: () => readonly MessageView[];
  readonly conversations: () => readonly ConversationView[];
  readonly change: (conversation: ConversationId, change: Partial<ConversationView>) => void;
  readonly forget: (conversation: ConversationId) => void;
  readonly tell: (change: 'people' | 'notify') => void;
}

/** The user's own, as a test moves it. */
export class Personal {
  profile: ProfileView = { displayName: '', status: '', pronouns: '' };
  /** What others tell of themselves. */
  readonly told = new Map<UserId, Partial<ProfileView> & { readonly nameClash?: boolean }>();
  readonly blocked = new Set<UserId>();
  privacy: PrivacyView = { receipts: true, typing: true };
  strangers: Strangers = 'request';
  quietHours: QuietHoursView | undefined;
  readonly notify = new Map<ConversationId, NotifyView>();
  /** The user's devices. */
  devices: DeviceView[] = [];
  /** What is to be announced. */
  waiting: NotificationView[] = [];

  constructor(private readonly ground: Ground) {}

  private found(text: string, conversation: ConversationId | undefined): FoundView[] {
    const needle = text.toLowerCase();
    const titles = new Map(this.ground.conversations().map((each) => [each.conversation, each.title]));
    return this.ground
      .messages()
      .filter((each) => (conversation === undefined || each.conversation === conversation) && each.text.toLowerCase().includes(needle))
      .map((message) => {
        const at = message.text.toLowerCase().indexOf(needle);
        const highlights: [number, number][] = [[at, at + needle.length]];
        return { message, text: message.text, conversationTitle: titles.get(message.conversation) ?? '', highlights };
      });
  }

  private profileOf(user: UserId) {
    const person = this.ground.people().find((each) => each.user === user);
    if (!person) throw new Error('nobody');
    const { nameClash = false, displayName = person.name, ...told } = this.told.get(user) ?? {};
    return {
      user,
      userName: person.name,
      name: displayName,
      nameClash,
      kind: person.kind,
      status: '',
      pronouns: '',
      identityColour: person.identityColour,
      identityShape: person.identityShape,
      blocked: this.blocked.has(user),
      isMe: false,
      keyChanged: false,
      online: person.online,
      presence: person.presence,
      ...told,
    };
  }

  /** What the core answers. */
  methods(): Partial<Core> {
    const { ground } = this;
    return {
      profile: async () => this.profile,
      setProfile: async (profile) => {
        this.profile = { displayName: '', status: '', pronouns: '', ...profile };
        ground.tell('people');
      },
      profileOf: async (user) => this.profileOf(user),
      block: async (user, on) => {
        if (on) this.blocked.add(user);
        else this.blocked.delete(user);
        ground.tell('people');
      },
      blocked: async () => ground.people().filter((each) => this.blocked.has(each.user)),
      accept: async (conversation) => ground.change(conversation, { request: false }),
      ignore: async (conversation) => ground.forget(conversation),
      strangers: async () => this.strangers,
      setStrangers: async (strangers) => {
        this.strangers = strangers;
      },
      notifyOf: async (conversation) => this.notify.get(conversation) ?? { level: 'all', isDefault: true, archived: false },
      setArchived: async (conversation, archived) => ground.change(conversation, { archived }),
      devices: async () => this.devices,
      retireDevice: async (device) => {
        this.devices = this.devices.filter((each) => each.device !== device);
      },
      searchReach: async () => {
        const times = ground.messages().map(({ sentAtMs }) => sentAtMs);
        return { messages: times.length, ...(times.length > 0 && { oldestMs: Math.min(...times) }) };
      },
      setNotify: async (conversation, level, mutedUntilMs) => {
        const muted = typeof mutedUntilMs === 'number' ? { mutedUntilMs } : {};
        this.notify.set(conversation, { level: level ?? 'all', isDefault: !level, archived: false, ...muted });
        ground.change(conversation, { notify: level ?? 'all', ...muted });
        ground.tell('notify');
      },
      quietHours: async () => this.quietHours,
      setQuietHours: async (hours) => {
        this.quietHours = hours ?? undefined;
      },
      notifications: async () => this.waiting.splice(0),
      privacy: async () => this.privacy,
      setPrivacy: async (privacy) => {
        this.privacy = privacy;
      },
      search: async ({ text, conversation }) => this.found(text, conversation),
      exportConversation: async (conversation, format) => {
        const lines = ground.messages().filter((each) => each.conversation === conversation).map(({ senderName, text }) => `${senderName}: ${text}`);
        return { text: format === 'text' ? lines.join('\n') : JSON.stringify(lines) };
      },
    };
  }
}
