/**
 * All views of the core that the screen shows, cached, and which of them each change concerns. It
 * holds no truth of its own: what is here can be read again at any time.
 */
import { Cell, type View } from './cell';
import type { Core } from './core';
import { Kept } from './kept';
import { PersonalViews } from './personal';
import { OpenedFiles } from './files';
import { TimelineWindow } from './timeline';
import type {
  BannedView,
  Change,
  ConnectionView,
  ConversationId,
  ConversationView,
  GalleryView,
  KnockView,
  MemberView,
  MessageView,
  PeopleView,
  QrCodeView,
  RoomDoorView,
  RoomLinkView,
  ServerInfo,
  SessionView,
  Visibility,
} from './types';

/** A room, and how many stand at its door. */
type KnocksKey = `${string} ${number}`;

/** The views of the core. */
export class Store {
  /** What is the user's own. */
  readonly personal: PersonalViews;
  private readonly sessionCell: Cell<SessionView>;
  private readonly connectionCell: Cell<ConnectionView>;
  private readonly conversationsCell: Cell<readonly ConversationView[]>;
  private readonly serverCell: Cell<ServerInfo>;
  private readonly timelines = new Map<ConversationId, TimelineWindow>();
  private readonly foundPeople: Kept<PeopleView>;

  private readonly memberLists: Kept<readonly MemberView[], ConversationId>;
  private readonly knockLists: Kept<readonly KnockView[], KnocksKey>;
  private readonly bannedLists: Kept<readonly BannedView[], ConversationId>;
  private readonly roomLinks: Kept<RoomLinkView | undefined, ConversationId>;
  private readonly doors: Kept<RoomDoorView>;
  private readonly qrCodes: Kept<QrCodeView>;
  private readonly nicknameCell: Cell<string>;
  private readonly visibilityCell: Cell<Visibility>;
  private readonly onNotifications = new Set<() => void>();

  /** Files that were opened. */
  readonly files: OpenedFiles;
  private readonly pinnedLists: Kept<readonly MessageView[], ConversationId>;
  private readonly galleries: Kept<readonly GalleryView[], ConversationId>;
  private readonly starredCell: Cell<readonly MessageView[]>;

  constructor(readonly core: Core) {
    this.personal = new PersonalViews(core);
    this.files = new OpenedFiles(core);
    this.pinnedLists = new Kept((conversation) => new Cell(() => core.pinned(conversation)));
    this.galleries = new Kept((conversation) => new Cell(() => core.pictures(conversation)));
    this.starredCell = new Cell(() => core.starred());
    this.sessionCell = new Cell(() => core.session());
    this.connectionCell = new Cell(() => core.connection());
    this.conversationsCell = new Cell(() => core.conversations());
    this.serverCell = new Cell(() => core.serverInfo());
    this.foundPeople = new Kept((query) => new Cell(() => core.people(query === '' ? undefined : query)));
    this.memberLists = new Kept((conversation) => new Cell(() => core.members(conversation)));
    this.knockLists = new Kept((key) => new Cell(() => core.knocks(key.split(' ')[0] as ConversationId)));
    this.bannedLists = new Kept((conversation) => new Cell(() => core.banned(conversation)));
    this.roomLinks = new Kept((conversation) => new Cell(() => core.roomLink(conversation)));
    this.doors = new Kept((invitation) => new Cell(() => core.lookAtRoom(invitation)));
    this.qrCodes = new Kept((text) => new Cell(() => core.qrCode(text)));
    this.nicknameCell = new Cell(() => core.suggestNickname());
    this.visibilityCell = new Cell(() => core.visibility());
  }

  /** Who is signed in on this device. */
  get session(): View<SessionView> {
    return this.sessionCell;
  }

  /** How the server is reached, and how many messages wait. */
  get connection(): View<ConnectionView> {
    return this.connectionCell;
  }

  /** All conversations, newest first. */
  get conversations(): View<readonly ConversationView[]> {
    return this.conversationsCell;
  }

  /** What the server says of itself. */
  get server(): View<ServerInfo> {
    return this.serverCell;
  }

  /** The part of a conversation's messages that is looked at. */
  timeline(conversation: ConversationId): TimelineWindow {
    const known = this.timelines.get(conversation);
    if (known) return known;
    const timeline = new TimelineWindow(this.core, conversation);
    this.timelines.set(conversation, timeline);
    return timeline;
  }

  /** What is pinned in a conversation. */
  pinned(conversation: ConversationId): View<readonly MessageView[]> {
    return this.pinnedLists.get(conversation);
  }

  /** The newest pictures of a conversation, the oldest of them first. */
  pictures(conversation: ConversationId): View<readonly GalleryView[]> {
    return this.galleries.get(conversation);
  }

  /** What the user has starred, everywhere. */
  get starred(): View<readonly MessageView[]> {
    return this.starredCell;
  }

  /** People whose name contains the query. */
  people(query: string): View<PeopleView> {
    return this.foundPeople.get(query);
  }

  /** Who is in a conversation. */
  members(conversation: ConversationId): View<readonly MemberView[]> {
    return this.memberLists.get(conversation);
  }

  /** Who stands at the door of a room, for those who may let in: asked again when their number changes. */
  knocks(conversation: ConversationId, count: number): View<readonly KnockView[]> {
    return this.knockLists.get(`${conversation} ${count}`);
  }

  /** Who was put out for good. */
  banned(conversation: ConversationId): View<readonly BannedView[]> {
    return this.bannedLists.get(conversation);
  }

  /** Link and code of a room; nothing while they are being replaced. */
  roomLink(conversation: ConversationId): View<RoomLinkView | undefined> {
    return this.roomLinks.get(conversation);
  }

  /** What stands on the door that a link or code leads to. */
  door(invitation: string): View<RoomDoorView> {
    return this.doors.get(invitation);
  }

  /** Looks at a door again. */
  lookAgain(invitation: string): void {
    this.doors.get(invitation).invalidate();
  }

  /** A text as a QR code. */
  qrCode(text: string): View<QrCodeView> {
    return this.qrCodes.get(text);
  }

  /** A name for a guest, made up on this device. */
  get nickname(): View<string> {
    return this.nicknameCell;
  }

  /** Another one. */
  readonly shuffleNickname = (): void => this.nicknameCell.invalidate();

  /** Who sees that the user is here. */
  get visibility(): View<Visibility> {
    return this.visibilityCell;
  }

  /** The user chose otherwise. */
  readonly onVisibility = (): void => this.visibilityCell.invalidate();

  /** Calls back when there may be something to announce. */
  readonly listenForNotifications = (listener: () => void): (() => void) => {
    this.onNotifications.add(listener);
    return () => {
      this.onNotifications.delete(listener);
    };
  };

  /** Something changed. */
  readonly onChange = (change: Change): void => {
    if (typeof change === 'object') {
      this.timelines.get(change.timeline)?.cell.invalidate();
      this.personal.onEverything();
      this.pinnedLists.invalidate();
      this.galleries.invalidate();
      this.starredCell.invalidate();
      return;
    }
    switch (change) {
      case 'session':
        this.onEverything();
        break;
      case 'connection':
        this.connectionCell.invalidate();
        this.doors.retry();
        this.knockLists.retry();
        if (this.serverCell.snapshot().state === 'failed') this.serverCell.invalidate();
        break;
      case 'conversations':
        this.onConversations();
        break;
      case 'people':
        this.personal.onPeople();
        this.onConversations();
        break;
      case 'notify':
        this.personal.onNotify();
        for (const listener of this.onNotifications) listener();
        break;
      case 'presence':
        this.onConversations();
        this.foundPeople.invalidate();
        break;
    }
  };

  /** Everything may have changed. */
  readonly onEverything = (): void => {
    for (const cell of [this.sessionCell, this.connectionCell, this.conversationsCell, this.serverCell]) {
      cell.invalidate();
    }
    for (const timeline of this.timelines.values()) timeline.cell.invalidate();
    this.foundPeople.invalidate();
    this.personal.onEverything();
    this.personal.onDevices();
    this.memberLists.invalidate();
    this.knockLists.invalidate();
    this.bannedLists.invalidate();
    this.roomLinks.invalidate();
    this.doors.invalidate();
    this.visibilityCell.invalidate();
  };

  private onConversations(): void {
    this.conversationsCell.invalidate();
    this.memberLists.invalidate();
    this.bannedLists.invalidate();
    this.roomLinks.invalidate();
  }
}
