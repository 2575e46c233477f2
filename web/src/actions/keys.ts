/** Keys: whether one was pressed, and how it is written, for people and for their screen readers. */
import { words } from '../i18n/words';

/** A key, with others held. */
export interface Chord {
  /** As the browser names it. */
  readonly key: string;
  /** Ctrl, or Cmd on a Mac. */
  readonly control?: boolean;
  readonly alt?: boolean;
  readonly shift?: boolean;
  /** False: not while somebody types, where it is a character. @default true */
  readonly typing?: boolean;
}

/** Whether the focus is where text is typed, and some is there. */
export function isTyping(): boolean {
  const { activeElement: element } = document;
  const isField = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
  return isField && element.value !== '';
}

function isInField(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]') !== null;
}

/** Whether an event is this key. */
export function onKey(event: KeyboardEvent, { key, control = false, alt = false, shift, typing = true }: Chord): boolean {
  if (!typing && isInField(event)) return false;
  // Of a character that needs Shift itself, as “?”, Shift says nothing.
  const isShiftRight = shift === undefined && !control && !alt && key.length === 1 ? true : event.shiftKey === (shift ?? false);
  return (event.ctrlKey || event.metaKey) === control && event.altKey === alt && isShiftRight && event.key.toLowerCase() === key.toLowerCase();
}

const NAMES: Readonly<Record<string, (keys: typeof words.keys) => string>> = {
  ArrowUp: ({ up }) => up,
  ArrowDown: ({ down }) => down,
  Escape: ({ esc }) => esc,
  Enter: ({ enter }) => enter,
  Delete: (keys) => keys.delete,
};

/** How a key is written. */
export function keysInWords({ key, control = false, alt = false, shift = false }: Chord): readonly string[] {
  const { keys } = words;
  const name = NAMES[key]?.(keys) ?? (key.length === 1 ? key.toUpperCase() : key);
  return [...(control ? [keys.control] : []), ...(alt ? [keys.alt] : []), ...(shift ? [keys.shift] : []), name];
}

/** How screen readers are told of a key: not in the user's language, but in that of ARIA. */
export function keysForReaders({ key, control = false, alt = false, shift = false }: Chord): string {
  const name = key.length === 1 ? key.toUpperCase() : key;
  return [...(control ? ['Control'] : []), ...(alt ? ['Alt'] : []), ...(shift ? ['Shift'] : []), name === '+' ? 'Plus' : name].join('+');
}
