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
  MessageView,
  PeopleView,
  ServerInfo,
  SessionView,
  TimelineView,
} from './types';

const PAGE = 60;
const FOUND_MAX = 20;
const QUERIES_KEPT = 8;

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
class Kept<T> {
  private readonly cells = new Map<string, Cell<T>>();

  constructor(private readonly make: (key: string) => Cell<T>) {}

  get(key: string): Cell<T> {
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

  constructor(readonly core: Core) {
    this.sessionCell = new Cell(() => core.session());
    this.connectionCell = new Cell(() => core.connection());
    this.conversationsCell = new Cell(() => core.conversations());
    this.serverCell = new Cell(() => core.serverInfo());
    this.foundPeople = new Kept((query) => new Cell(() => core.people(query === '' ? undefined : query)));
    this.foundMessages = new Kept(
      (query) => new Cell(async () => (query === '' ? [] : core.search(query, FOUND_MAX))),
    );
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
        if (this.serverCell.snapshot().state === 'failed') this.serverCell.invalidate();
        break;
      case 'conversations':
        this.conversationsCell.invalidate();
        break;
      case 'presence':
        this.conversationsCell.invalidate();
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
  };

  private timelineOf(conversation: ConversationId): Timeline {
    const known = this.timelines.get(conversation);
    if (known) return known;
    const timeline = new Timeline(this.core, conversation);
    this.timelines.set(conversation, timeline);
    return timeline;
  }
}
