/** The views of what is the user's own: profiles, blocked people, notifications, privacy, and what was searched for. `store.ts` says when they change. */
import { Cell, type View } from './cell';
import type { Core } from './core';
import { Kept } from './kept';
import type {
  ConversationId,
  DeviceView,
  FoundView,
  NotifyView,
  PersonProfileView,
  PersonView,
  PrivacyView,
  ProfileView,
  QuietHoursView,
  SearchReachView,
  Strangers,
  UserId,
} from './types';

const FOUND_MAX = 50;
const PROFILES_KEPT = 64;

/** What is searched for. */
export interface Sought {
  readonly text: string;
  readonly order: 'newest' | 'relevance';
  /** Only here. */
  readonly conversation: ConversationId | undefined;
}

/** Views of the user's own. */
export class PersonalViews {
  private readonly profileCell: Cell<ProfileView>;
  private readonly blockedCell: Cell<readonly PersonView[]>;
  private readonly privacyCell: Cell<PrivacyView>;
  private readonly strangersCell: Cell<Strangers>;
  private readonly quietHoursCell: Cell<QuietHoursView | undefined>;
  private readonly devicesCell: Cell<readonly DeviceView[]>;
  private readonly reachCell: Cell<SearchReachView>;
  private readonly profiles: Kept<PersonProfileView, UserId>;
  private readonly notify: Kept<NotifyView, ConversationId>;
  private readonly found: Kept<readonly FoundView[]>;

  constructor(core: Core) {
    this.profileCell = new Cell(() => core.profile());
    this.blockedCell = new Cell(() => core.blocked());
    this.privacyCell = new Cell(() => core.privacy());
    this.strangersCell = new Cell(() => core.strangers());
    this.quietHoursCell = new Cell(() => core.quietHours());
    this.devicesCell = new Cell(() => core.devices());
    this.reachCell = new Cell(() => core.searchReach());
    this.profiles = new Kept((user) => new Cell(() => core.profileOf(user)), PROFILES_KEPT);
    this.notify = new Kept((conversation) => new Cell(() => core.notifyOf(conversation)));
    this.found = new Kept((key) => {
      const { text, order, conversation } = JSON.parse(key) as Sought;
      // For days in words as `before:2026-03-01`, which begin when they begin here.
      const utcOffsetMinutes = -new Date().getTimezoneOffset();
      const query = { text, order, limit: FOUND_MAX, utcOffsetMinutes, ...(conversation && { conversation }) };
      return new Cell(async () => (text === '' ? [] : core.search(query)));
    });
  }

  /** What the user tells of themselves. */
  get profile(): View<ProfileView> {
    return this.profileCell;
  }

  /** Who is blocked. */
  get blocked(): View<readonly PersonView[]> {
    return this.blockedCell;
  }

  /** What others learn of what the user reads and writes. */
  get privacy(): View<PrivacyView> {
    return this.privacyCell;
  }

  /** What happens when a stranger writes. */
  get strangers(): View<Strangers> {
    return this.strangersCell;
  }

  /** When nothing notifies. */
  get quietHours(): View<QuietHoursView | undefined> {
    return this.quietHoursCell;
  }

  /** The user's devices, as the server has them. */
  get devices(): View<readonly DeviceView[]> {
    return this.devicesCell;
  }

  /** How much there is to search on this device. */
  get searchReach(): View<SearchReachView> {
    return this.reachCell;
  }

  /** What somebody tells of themselves. */
  profileOf(user: UserId): View<PersonProfileView> {
    return this.profiles.get(user);
  }

  /** How a conversation notifies. */
  notifyOf(conversation: ConversationId): View<NotifyView> {
    return this.notify.get(conversation);
  }

  /** Messages on this device. */
  messages(sought: Sought): View<readonly FoundView[]> {
    const { text, order, conversation } = sought;
    return this.found.get(JSON.stringify({ text, order, conversation }));
  }

  /** Profiles, or who is blocked, changed. */
  readonly onPeople = (): void => {
    this.profileCell.invalidate();
    this.blockedCell.invalidate();
    this.profiles.invalidate();
  };

  /** How conversations notify changed. */
  readonly onNotify = (): void => {
    this.notify.invalidate();
    this.quietHoursCell.invalidate();
  };

  /** The user chose otherwise what others learn. */
  readonly onPrivacy = (): void => {
    this.privacyCell.invalidate();
    this.strangersCell.invalidate();
  };

  /** Messages came, changed or went. */
  readonly onMessages = (): void => {
    this.found.invalidate();
    this.reachCell.invalidate();
  };

  /** A device came or went. */
  readonly onDevices = (): void => this.devicesCell.invalidate();

  /** Everything may have changed. */
  readonly onEverything = (): void => {
    this.onPeople();
    this.onNotify();
    this.onPrivacy();
    this.onMessages();
  };
}
