/** Keeps the parts of an old value that equal the new one, so that only what changed is drawn again. */

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Error);
}

function identity(item: unknown, index: number): unknown {
  if (!isRecord(item)) return index;
  return item['key'] ?? item['conversation'] ?? item['user'] ?? index;
}

function reuseList(old: readonly unknown[], next: readonly unknown[]): readonly unknown[] {
  const known = new Map(old.map((item, index) => [identity(item, index), item]));
  const merged = next.map((item, index) => reuse(known.get(identity(item, index)), item));
  return merged.length === old.length && merged.every((item, index) => item === old[index]) ? old : merged;
}

function reuseRecord(old: Record<string, unknown>, next: Record<string, unknown>): Record<string, unknown> {
  const names = Object.keys(next);
  const merged = Object.fromEntries(names.map((name) => [name, reuse(old[name], next[name])]));
  const same = names.length === Object.keys(old).length && names.every((name) => merged[name] === old[name]);
  return same ? old : merged;
}

/** The new value, with every part that did not change taken from the old one. */
export function reuse<T>(old: unknown, next: T): T {
  if (Object.is(old, next)) return next;
  if (Array.isArray(old) && Array.isArray(next)) return reuseList(old, next) as T;
  if (isRecord(old) && isRecord(next) && !Array.isArray(old) && !Array.isArray(next)) {
    return reuseRecord(old, next) as T;
  }
  return next;
}
