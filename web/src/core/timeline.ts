/**
 * The part of a conversation's messages that is looked at: the newest ones, or those around a place. However long the
 * history, only so many are held; where the reader goes, the window follows. It isn't aware of pixels.
 */
import { Cell, type Snapshot, type View } from './cell';
import type { Core } from './core';
import type { ConversationId, MessageKey, TimelineView } from './types';

/** At the end: enough for some screens, and quick to read again with each new message. */
const END_MAX = 80;
/** Around a place: half of them on either side. */
const AROUND_MAX = 160;

type Place =
  | { readonly at: 'end' }
  | { readonly at: 'unread' }
  | { readonly at: 'message'; readonly key: MessageKey };

/** A window on the messages of one conversation. */
export class TimelineWindow implements View<TimelineView> {
  private place: Place = { at: 'end' };
  private target: MessageKey | 'end' | undefined;
  private readonly targetListeners = new Set<() => void>();
  readonly cell: Cell<TimelineView>;

  constructor(
    private readonly core: Core,
    private readonly conversation: ConversationId,
  ) {
    this.cell = new Cell(() => this.read());
  }

  readonly snapshot = (): Snapshot<TimelineView> => this.cell.snapshot();

  readonly subscribe = (onChange: () => void): (() => void) => this.cell.subscribe(onChange);

  /** Follows the newest messages. */
  readonly toEnd = (): void => this.go({ at: 'end' });

  /** Shows where the unread ones begin. */
  readonly toUnread = (): void => this.go({ at: 'unread' });

  /** Jumps to a message: shows what stands around it, and asks for it to be marked. */
  readonly toMessage = (key: MessageKey): void => {
    this.aim(key);
    this.go({ at: 'message', key });
  };

  /** Jumps to the newest message: the reader has written one. */
  readonly toNewest = (): void => {
    this.aim('end');
    this.go({ at: 'end' });
  };

  /** The reader has scrolled to a message near the border of what is held. */
  readonly follow = (key: MessageKey): void => this.go({ at: 'message', key });

  /** What is jumped to, until it is on the screen. */
  readonly jump: { readonly subscribe: (onChange: () => void) => () => void; readonly snapshot: () => MessageKey | 'end' | undefined } = {
    subscribe: (onChange) => {
      this.targetListeners.add(onChange);
      return () => this.targetListeners.delete(onChange);
    },
    snapshot: () => this.target,
  };

  /** It is on the screen. */
  readonly onArrived = (): void => {
    this.aim(undefined);
  };

  private aim(target: MessageKey | 'end' | undefined): void {
    this.target = target;
    for (const listener of this.targetListeners) listener();
  }

  private go(place: Place): void {
    if (place.at !== 'message' && place.at === this.place.at) return;
    if (place.at === 'message' && this.place.at === 'message' && place.key === this.place.key) return;
    this.place = place;
    this.cell.invalidate();
  }

  /** What was jumped to is gone: nobody waits for it any longer. */
  private onMissing(key: MessageKey): void {
    if (this.target === key) this.onArrived();
  }

  private async read(): Promise<TimelineView> {
    const { place } = this;
    if (place.at === 'end') return this.core.timeline(this.conversation, { limit: END_MAX });
    try {
      const query = place.at === 'unread' ? { aroundUnread: true } : { around: place.key };
      const view = await this.core.timeline(this.conversation, { limit: AROUND_MAX, ...query });
      if (place.at === 'message' && !view.messages.some(({ key }) => key === place.key)) this.onMissing(place.key);
      return view;
    } catch {
      if (place.at === 'message') this.onMissing(place.key);
      // The message is gone: what is newest always is there.
      this.place = { at: 'end' };
      return this.core.timeline(this.conversation, { limit: END_MAX });
    }
  }
}
