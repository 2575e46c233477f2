/**
 * All views of the core that the screen shows, cached, and which of them each change concerns. It
 * holds no truth of its own: what is here can be read again at any time.
 */
import { Cell, type View } from './cell';
import type { Core } from './core';
import type {
  Change,
  ConnectionView,
  ConversationId,
  ConversationView,
  KnockView,
  MemberView,
  MessageView,
  PeopleView,
  QrCodeView,
  RoomDoorView,
  RoomLinkView,
  ServerInfo,
  SessionView,
  TimelineView,
  Visibility,
} from './types';

const PAGE = 60;
const FOUND_MAX = 20;
const QUERIES_KEPT = 8;

/** A room, and how many stand at its door. */
type KnocksKey = `${string} ${number}`;

/** The newest messages of one conversation; more of them when asked. */
class Timeline {
  private limit = PAGE;
  readonly cell: Cell<TimelineView>;

  constructor(core: Core, conversation: ConversationId) {
    this.cell = new Cell(() => core.timeline(conversation, { limit: this.limit }));
  }

  /** Shows one page more of what lies further back. */
  readonly showOlder = (): void => {
    this.limit += PAGE;
    this.cell.invalidate();
  };
}

/** Cells by key, of which only the last few are kept. */
class Kept<T, Key extends string = string> {
  private readonly cells = new Map<Key, Cell<T>>();

  constructor(private readonly make: (key: Key) => Cell<T>) {}

  get(key: Key): Cell<T> {
    const cell = this.cells.get(key) ?? this.make(key);
    this.cells.delete(key);
    this.cells.set(key, cell);
    const oldest = this.cells.keys().next().value;
    if (this.cells.size > QUERIES_KEPT && oldest !== undefined) this.cells.delete(oldest);
    return cell;
  }

  invalidate(): void {
    for (const cell of this.cells.values()) cell.invalidate();
  }

  /** Reads again what could not be read. */
  retry(): void {
    for (const cell of this.cells.values()) {
      if (cell.snapshot().state === 'failed') cell.invalidate();
    }
  }
}

/** The views of the core. */
export class Store {
  private readonly sessionCell: Cell<SessionView>;
  private readonly connectionCell: Cell<ConnectionView>;
  private readonly conversationsCell: Cell<readonly ConversationView[]>;
  private readonly serverCell: Cell<ServerInfo>;
  private readonly timelines = new Map<ConversationId, Timeline>();
  private readonly foundPeople: Kept<PeopleView>;
  private readonly foundMessages: Kept<readonly MessageView[]>;

  private readonly memberLists: Kept<readonly MemberView[], ConversationId>;
  private readonly knockLists: Kept<readonly KnockView[], KnocksKey>;
  private readonly roomLinks: Kept<RoomLinkView | undefined, ConversationId>;
  private readonly doors: Kept<RoomDoorView>;
  private readonly qrCodes: Kept<QrCodeView>;
  private readonly nicknameCell: Cell<string>;
  private readonly visibilityCell: Cell<Visibility>;

  constructor(readonly core: Core) {
    this.sessionCell = new Cell(() => core.session());
    this.connectionCell = new Cell(() => core.connection());
    this.conversationsCell = new Cell(() => core.conversations());
    this.serverCell = new Cell(() => core.serverInfo());
    this.foundPeople = new Kept((query) => new Cell(() => core.people(query === '' ? undefined : query)));
    this.foundMessages = new Kept(
      (query) => new Cell(async () => (query === '' ? [] : core.search(query, FOUND_MAX))),
    );
    this.memberLists = new Kept((conversation) => new Cell(() => core.members(conversation)));
    this.knockLists = new Kept((key) => new Cell(() => core.knocks(key.split(' ')[0] as ConversationId)));
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

  /** The newest messages of a conversation. */
  timeline(conversation: ConversationId): View<TimelineView> {
    return this.timelineOf(conversation).cell;
  }

  /** Shows one page more of a conversation. */
  showOlder(conversation: ConversationId): void {
    this.timelineOf(conversation).showOlder();
  }

  /** People whose name contains the query. */
  people(query: string): View<PeopleView> {
    return this.foundPeople.get(query);
  }

  /** Messages on this device that contain the query. */
  messages(query: string): View<readonly MessageView[]> {
    return this.foundMessages.get(query);
  }

  /** Who is in a conversation. */
  members(conversation: ConversationId): View<readonly MemberView[]> {
    return this.memberLists.get(conversation);
  }

  /** Who stands at the door of a room, for those who may let in: asked again when their number changes. */
  knocks(conversation: ConversationId, count: number): View<readonly KnockView[]> {
    return this.knockLists.get(`${conversation} ${count}`);
  }

  /** Link and code of a room. */
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

  /** Something changed. */
  readonly onChange = (change: Change): void => {
    if (typeof change === 'object') {
      this.timelines.get(change.timeline)?.cell.invalidate();
      this.foundMessages.invalidate();
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
    this.foundMessages.invalidate();
    this.memberLists.invalidate();
    this.knockLists.invalidate();
    this.roomLinks.invalidate();
    this.doors.invalidate();
    this.visibilityCell.invalidate();
  };

  private onConversations(): void {
    this.conversationsCell.invalidate();
    this.memberLists.invalidate();
    this.roomLinks.invalidate();
  }

  private timelineOf(conversation: ConversationId): Timeline {
    const known = this.timelines.get(conversation);
    if (known) return known;
    const timeline = new Timeline(this.core, conversation);
    this.timelines.set(conversation, timeline);
    return timeline;
  }
}
