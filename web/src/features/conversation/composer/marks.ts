/** The keys of marks: one list behind what a key does, what its button says, and the page of all keys. */
import { words } from '../../../i18n/words';
import type { Mark } from './format';

interface MarkKey {
  readonly mark: Extract<Mark, 'bold' | 'italic' | 'code' | 'strike' | 'link'>;
  /** With Ctrl, or Cmd on a Mac. */
  readonly key: string;
  readonly shift: boolean;
  /** Without words that are selected, the key keeps its meaning everywhere: search. */
  readonly onlySelected?: true;
}

/** All of them. */
export const MARK_KEYS: readonly MarkKey[] = [
  { mark: 'bold', key: 'b', shift: false },
  { mark: 'italic', key: 'i', shift: false },
  { mark: 'code', key: 'e', shift: false },
  { mark: 'strike', key: 'x', shift: true },
  { mark: 'link', key: 'k', shift: false, onlySelected: true },
];

/** The mark of a key that was pressed. */
export function markOf(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>, hasSelection: boolean): Mark | undefined {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return undefined;
  const pressed = event.key.toLowerCase();
  return MARK_KEYS.find(({ key, shift, onlySelected }) => key === pressed && shift === event.shiftKey && (hasSelection || !onlySelected))?.mark;
}

/** How a key is written. */
export function markKeysInWords({ key, shift }: Pick<MarkKey, 'key' | 'shift'>): readonly string[] {
  const { keys } = words;
  return [keys.control, ...(shift ? [keys.shift] : []), key.toUpperCase()];
}

/** How a mark is called, with its key. */
export function withKeyOf(mark: Mark, label: string): string {
  const found = MARK_KEYS.find((each) => each.mark === mark);
  return found ? words.chat.write.withKeys(label, markKeysInWords(found).join(' ')) : label;
}
