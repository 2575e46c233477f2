/**
 * One view of the core, cached: an immutable snapshot that is read again when the core says that it
 * changed. It isn't aware of which changes concern it: that is `store.ts`.
 */
import { type CoreError, coreError } from './errors';
import { reuse } from './reuse';

/** What is known of a view at the moment. */
export type Snapshot<T> =
  | { readonly state: 'loading' }
  /** `isStale`: it changed since, and is being read again. */
  | { readonly state: 'ready'; readonly value: T; readonly isStale: boolean }
  | { readonly state: 'failed'; readonly error: CoreError };

/** Something that `useView` can show. */
export interface View<T> {
  readonly subscribe: (onChange: () => void) => () => void;
  readonly snapshot: () => Snapshot<T>;
}

const LOADING: Snapshot<never> = { state: 'loading' };

/** A view with its cache. Reads only while somebody looks; a change while it is read leads to one more read. */
export class Cell<T> implements View<T> {
  private current: Snapshot<T> = LOADING;
  private stale = true;
  private reading = false;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly read: () => Promise<T>) {}

  readonly snapshot = (): Snapshot<T> => this.current;

  readonly subscribe = (onChange: () => void): (() => void) => {
    this.listeners.add(onChange);
    if (this.stale) void this.refresh();
    return () => {
      this.listeners.delete(onChange);
    };
  };

  /** Tells the cell that what it holds may be out of date. */
  readonly invalidate = (): void => {
    this.stale = true;
    if (this.current.state === 'ready') this.current = { ...this.current, isStale: true };
    if (this.listeners.size > 0) void this.refresh();
  };

  private async refresh(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    while (this.stale && this.listeners.size > 0) {
      this.stale = false;
      this.show(await this.readOnce());
    }
    this.reading = false;
  }

  private async readOnce(): Promise<Snapshot<T>> {
    try {
      return { state: 'ready', value: await this.read(), isStale: false };
    } catch (thrown) {
      // What was shown stays: an old view is worth more than an error in its place.
      return this.current.state === 'ready' ? { ...this.current, isStale: false } : { state: 'failed', error: coreError(thrown) };
    }
  }

  private show(next: Snapshot<T>): void {
    const shown = reuse(this.current, next);
    if (shown === this.current) return;
    this.current = shown;
    for (const listener of this.listeners) listener();
  }
}
