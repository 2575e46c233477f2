/** The toasts, above everything else: their time runs as the under-line, and stands still while somebody is at them. */
import { X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { words } from '../i18n/words';
import { useSignal } from '../platform/signal';
import { Bounded } from './Bounded';
import { openToast, settleToast, type Toast, toasts, TOAST_MS, undoToast } from './toasts';

const STEP_MS = 250;
const HOLD_EVERY_MS = 4000;

interface OneProps {
  readonly toast: Toast;
}

/** What is left of its time; it does not run while it is held. */
function useTimeLeft(toast: Toast, isHeld: boolean): number {
  const [left, setLeft] = useState(TOAST_MS);
  useEffect(() => {
    if (isHeld) return undefined;
    const timer = setInterval(() => setLeft((before) => Math.max(0, before - STEP_MS)), STEP_MS);
    return () => clearInterval(timer);
  }, [isHeld]);
  useEffect(() => {
    if (!isHeld || !toast.onHold) return undefined;
    toast.onHold();
    const timer = setInterval(toast.onHold, HOLD_EVERY_MS);
    return () => {
      clearInterval(timer);
      toast.onHold?.();
    };
  }, [isHeld, toast]);
  useEffect(() => {
    if (left === 0) settleToast(toast);
  }, [left, toast]);
  return left;
}

function Words({ toast }: OneProps) {
  return (
    <>
      {toast.title !== undefined && (
        <span dir="auto" className="block truncate text-parent font-semibold">
          {toast.title}
        </span>
      )}
      <span dir="auto" className="line-clamp-2 text-parent wrap-anywhere">
        {toast.text}
      </span>
    </>
  );
}

function One({ toast }: OneProps) {
  const [isHeld, setHeld] = useState(false);
  const left = useTimeLeft(toast, isHeld);
  const text = words.toast;
  return (
    // Whoever points at it or is inside it has all the time in the world; there is nothing to press here.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <li
      className="overflow-hidden rounded-bubble bg-ink text-sm text-surface floating"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <div className="flex items-center gap-2 ps-4 pe-1.5">
        {toast.onOpen ? (
          <button type="button" className="min-h-11 min-w-0 flex-1 py-2 focus-visible:-outline-offset-2 focus-visible:outline-surface" onClick={() => openToast(toast)}>
            <Words toast={toast} />
          </button>
        ) : (
          <p className="min-w-0 flex-1 py-2.5">
            <Words toast={toast} />
          </p>
        )}
        {toast.onUndo && (
          <button
            type="button"
            className="min-h-target flex-none rounded-field px-2.5 font-semibold underline underline-offset-4 focus-visible:-outline-offset-2 focus-visible:outline-surface"
            onClick={() => undoToast(toast)}
          >
            {text.undo}
          </button>
        )}
        <button
          type="button"
          aria-label={text.close}
          title={text.close}
          className="grid size-target flex-none place-items-center rounded-field focus-visible:-outline-offset-2 focus-visible:outline-surface"
          onClick={() => settleToast(toast)}
        >
          <X aria-hidden="true" size={18} strokeWidth={1.75} />
        </button>
      </div>
      {toast.onUndo && <progress aria-label={text.timeLeft} value={left} max={TOAST_MS} />}
    </li>
  );
}

/** All of them; `F8` jumps here. */
export function Toasts() {
  const shown = useSignal(toasts);
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    // Above whatever dialog is open, too.
    const element = list.current;
    if (shown.length > 0) element?.showPopover?.();
    else element?.hidePopover?.();
  }, [shown]);
  return (
    <>
      <p role="status" className="sr-only">
        {shown.map(({ title, text }) => (title === undefined ? text : words.conversation.announce(title, text))).join(' ')}
      </p>
      <section ref={list} popover="manual" data-toasts aria-label={words.toast.label} className="toast-place text-ink">
        <ul className="grid gap-2">
          {shown.map((toast) => (
            <Bounded key={toast.id} instead={undefined}>
              <One toast={toast} />
            </Bounded>
          ))}
        </ul>
      </section>
    </>
  );
}

/** Puts the focus on the newest toast; false, if there is none. */
export function focusToasts(): boolean {
  const buttons = document.querySelectorAll<HTMLElement>('[data-toasts] li:last-child button');
  buttons[0]?.focus();
  return buttons.length > 0;
}
