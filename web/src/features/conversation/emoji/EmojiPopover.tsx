/** The button that opens the emoji, and where they open. The picker itself is loaded with the first press. */
import type { LucideIcon } from 'lucide-react';
import { lazy, type RefObject, Suspense, useEffect, useId, useRef } from 'react';
import { IconButton } from '../../../components/IconButton';

const EmojiPicker = lazy(async () => ({ default: (await import('./EmojiPicker')).EmojiPicker }));

interface EmojiPopoverProps {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
  readonly onChoose: (emoji: string) => void;
  /** It has closed, whatever was chosen. */
  readonly onClosed?: () => void;
  /** As high as a reaction. @default false */
  readonly isSmall?: boolean;
}

interface OpenProps extends Pick<EmojiPopoverProps, 'label' | 'onChoose'> {
  readonly id: string;
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly onClose: () => void;
}

function Open({ id, label, button, onChoose, onClose }: OpenProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const source = button.current;
    if (source) place.current?.showPopover?.({ source });
  }, [button]);
  return (
    // Keys inside do not reach the message below.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={place}
      id={id}
      popover="auto"
      role="dialog"
      aria-label={label}
      data-menu
      onToggle={(event) => event.newState === 'closed' && onClose()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Escape') {
          event.preventDefault();
          onClose();
          button.current?.focus();
        }
      }}
      className="menu-place w-84 rounded-bubble bg-raised text-ink on-raised floating"
    >
      <Suspense>
        <EmojiPicker
          onChoose={(emoji) => {
            onClose();
            button.current?.focus();
            onChoose(emoji);
          }}
        />
      </Suspense>
    </div>
  );
}

export function EmojiPopover({ label, icon, isOpen, onOpen, onChoose, onClosed, isSmall = false }: EmojiPopoverProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    onOpen(false);
    onClosed?.();
  };
  return (
    <>
      <span className={isSmall ? 'grid reaction-height place-items-center' : 'contents'}>
        <IconButton
          ref={button}
          label={label}
          icon={icon}
          aria-haspopup="dialog"
          aria-expanded={isOpen}
          popoverTarget={isOpen ? id : undefined}
          popoverTargetAction="hide"
          onClick={(event) => {
            if (isOpen) return;
            // Else the browser would close at once what this opens.
            event.preventDefault();
            onOpen(true);
          }}
        />
      </span>
      {isOpen && <Open id={id} label={label} button={button} onChoose={onChoose} onClose={close} />}
    </>
  );
}
