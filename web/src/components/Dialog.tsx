/** A dialog over the page, for the little that needs one: the focus stays inside, Esc closes, the focus returns. */
import { X } from 'lucide-react';
import { type MouseEvent, type ReactNode, useEffect, useRef } from 'react';
import { words } from '../i18n/words';
import { cx } from './cx';
import { IconButton } from './IconButton';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** The whole window, for pictures. @default false */
  readonly fills?: boolean;
  readonly children: ReactNode;
}

export function Dialog({ title, onClose, fills = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal?.();
    return () => {
      element?.close?.();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  const onBackdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose();
  };
  return (
    // The keyboard's way to close is Esc, which the dialog brings along.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      aria-label={title}
      onClick={onBackdrop}
      onKeyDown={(event) => event.stopPropagation()}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      className={cx('bg-transparent text-ink', fills ? 'm-0 h-dvh max-h-none w-screen max-w-none' : 'm-auto w-full max-w-narrow px-4')}
    >
      {fills ? (
        children
      ) : (
        <div className="grid max-h-[80dvh] rows-frame overflow-hidden rounded-sheet bg-raised on-raised floating">
          <header className="flex items-center gap-2 border-b border-line py-1.5 ps-4.5 pe-1.5">
            <h2 className="min-w-0 flex-1 truncate text-md">{title}</h2>
            <IconButton label={words.chat.files.close} icon={X} onClick={onClose} />
          </header>
          {children}
        </div>
      )}
    </dialog>
  );
}
