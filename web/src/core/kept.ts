/** Views by key, of which only the last few are kept. */
import type { Cell } from './cell';

const KEPT_MAX = 8;

export class Kept<T, Key extends string = string> {
  private readonly cells = new Map<Key, Cell<T>>();

  constructor(
    private readonly make: (key: Key) => Cell<T>,
    /** How many. */
    private readonly max = KEPT_MAX,
  ) {}

  get(key: Key): Cell<T> {
    const cell = this.cells.get(key) ?? this.make(key);
    this.cells.delete(key);
    this.cells.set(key, cell);
    const oldest = this.cells.keys().next().value;
    if (this.cells.size > this.max && oldest !== undefined) this.cells.delete(oldest);
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
