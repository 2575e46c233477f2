/** Typing into a field as its user would: the browser's own undo takes each step back. */
import type { Change, Selected } from './format';

/** The text and the selection. */
export function selectedIn(field: HTMLTextAreaElement): Selected {
  return { text: field.value, start: field.selectionStart, end: field.selectionEnd };
}

/** Types over a part of the text. */
export function typeInto(field: HTMLTextAreaElement, change: Change): void {
  field.focus();
  field.setSelectionRange(change.from, change.to);
  // Deprecated, and still the only way that the field's own undo learns of it.
  const isTyped = change.insert === '' ? document.execCommand?.('delete') : document.execCommand?.('insertText', false, change.insert);
  if (isTyped !== true) {
    const text = field.value.slice(0, change.from) + change.insert + field.value.slice(change.to);
    // By the element's own setter: React would otherwise not notice.
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set?.call(field, text);
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }
  field.setSelectionRange(change.start, change.end);
}

/** Types at the selection. */
export function typeAt(field: HTMLTextAreaElement, text: string): void {
  const { start, end } = selectedIn(field);
  const to = start + text.length;
  typeInto(field, { from: start, to: end, insert: text, start: to, end: to });
}
