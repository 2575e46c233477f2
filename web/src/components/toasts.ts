/**
 * What the page says in passing: that something was done and can be undone, or that a message came. Whoever can undo
 * lets the toast carry the work out: when its time is over, or at once when the page goes. Never an error.
 */
import { Signal } from '../platform/signal';

/** What can be said. */
export interface ToastInput {
  readonly text: string;
  /** A line above the text, as the name of who wrote. */
  readonly title?: string;
  /** Takes it back. */
  readonly onUndo?: () => void;
  /** Somebody is at it: what can be undone is to wait for as long. Called again and again meanwhile. */
  readonly onHold?: () => void;
  /** Does it, once it can no longer be undone. */
  readonly onDone?: () => void;
  /** Goes to what it is about. */
  readonly onOpen?: () => void;
  /** Another one of the same replaces it. */
  readonly about?: string;
}

/** One that is shown. */
export interface Toast extends ToastInput {
  readonly id: number;
}

/** How long there is to undo. */
export const TOAST_MS = 8000;
const SHOWN_MAX = 3;

/** All that are shown, oldest first. */
export const toasts = new Signal<readonly Toast[]>([]);

let counter = 0;

function remove(toast: Toast): boolean {
  if (!toasts.value.includes(toast)) return false;
  toasts.value = toasts.value.filter((each) => each !== toast);
  return true;
}

/** Its time is over, or it was put away: what it stands for is done. */
export function settleToast(toast: Toast): void {
  if (remove(toast)) toast.onDone?.();
}

/** Takes back what it stands for. */
export function undoToast(toast: Toast): void {
  if (remove(toast)) toast.onUndo?.();
}

/** Goes to what it is about. */
export function openToast(toast: Toast): void {
  if (remove(toast)) toast.onOpen?.();
}

/** Shows one. The oldest gives way when there are too many. */
export function showToast(input: ToastInput): void {
  counter += 1;
  const replaced = input.about === undefined ? undefined : toasts.value.find(({ about }) => about === input.about);
  if (replaced) settleToast(replaced);
  toasts.value = [...toasts.value, { ...input, id: counter }];
  const [oldest] = toasts.value;
  if (toasts.value.length > SHOWN_MAX && oldest) settleToast(oldest);
}

/** What it is about was seen elsewhere: it goes. */
export function settleToastAbout(about: string): void {
  const seen = toasts.value.find((toast) => toast.about === about);
  if (seen) settleToast(seen);
}

/** Undoes the newest that can be undone; false, if there is none. */
export function undoNewest(): boolean {
  const toast = toasts.value.findLast(({ onUndo }) => onUndo !== undefined);
  if (toast) undoToast(toast);
  return toast !== undefined;
}

window.addEventListener('pagehide', () => {
  for (const toast of toasts.value) settleToast(toast);
});
