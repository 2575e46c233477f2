/** A menu that opens at its button: actions, or choices of which one holds. On phones a sheet from below. Arrows move, a letter jumps, Esc gives the focus back. */
import { Check, type LucideIcon } from 'lucide-react';
import { type KeyboardEvent, type MouseEvent, type ReactNode, type RefObject, useEffect, useId, useRef, useState } from 'react';
import { cx } from './cx';
import { Kbd } from './Kbd';

/** One line of a menu. */
interface MenuItem {
  readonly id: string;
  readonly label: string;
  readonly icon?: LucideIcon;
  /** It takes something away. */
  readonly danger?: boolean;
  /** The icon turns around in right-to-left writing. */
  readonly directional?: boolean;
  /** The keys that do the same, in words and for screen readers. */
  readonly keys?: readonly string[];
  readonly ariaKeys?: string;
  /** With choices: whether this one holds now. */
  readonly isChosen?: boolean;
  readonly onChoose: () => void;
}

/** Items that belong together. */
export interface MenuSection {
  readonly id: string;
  readonly label?: string;
  readonly items: readonly MenuItem[];
}

/** What the button of a menu needs. */
interface MenuTrigger {
  readonly ref: RefObject<HTMLButtonElement | null>;
  readonly 'aria-haspopup': 'menu';
  readonly 'aria-expanded': boolean;
  readonly popoverTarget: string | undefined;
  readonly popoverTargetAction: 'hide';
  readonly onClick: (event: MouseEvent) => void;
}

interface MenuProps {
  /** What is chosen or done. */
  readonly label: string;
  readonly sections: readonly MenuSection[];
  /** Below the items: what there is to know. */
  readonly note?: string;
  /** Opened by something else than its button: a key, a long press. @default false */
  readonly startsOpen?: boolean;
  /** It has closed, whatever was chosen. */
  readonly onClosed?: () => void;
  /** The button. */
  readonly renderTrigger: (props: MenuTrigger) => ReactNode;
}

const ITEMS = '[role^="menuitem"]';

/** The first item that begins with a letter. */
function byLetter(items: readonly HTMLElement[], letter: string): HTMLElement | undefined {
  return items.find((item) => item.textContent.trim().toLocaleLowerCase().startsWith(letter.toLocaleLowerCase()));
}

function Item({ item, onDone }: { readonly item: MenuItem; readonly onDone: () => void }) {
  const { icon: Icon, isChosen, keys, ariaKeys, directional = false, danger = false } = item;
  const choose = () => {
    onDone();
    item.onChoose();
  };
  return (
    <button
      type="button"
      role={isChosen === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={isChosen}
      aria-keyshortcuts={ariaKeys}
      tabIndex={-1}
      onClick={choose}
      className={cx(
        'flex min-h-target w-full items-center gap-3 rounded-field px-2.5 text-start text-sm hover:bg-hover focus-visible:bg-hover focus-visible:-outline-offset-2',
        danger && 'text-danger',
      )}
    >
      {isChosen !== undefined && (
        <Check aria-hidden="true" size={18} strokeWidth={1.75} className={isChosen ? 'flex-none text-accent' : 'invisible flex-none'} />
      )}
      {Icon && <Icon aria-hidden="true" size={18} strokeWidth={1.75} className={cx('flex-none', directional && 'flip-rtl')} />}
      {item.label}
      {keys && (
        <span aria-hidden="true" className="ms-auto hidden gap-1 ps-4 md:flex">
          {keys.map((key) => (
            <Kbd key={key}>{key}</Kbd>
          ))}
        </span>
      )}
    </button>
  );
}

interface OpenMenuProps extends Omit<MenuProps, 'renderTrigger' | 'startsOpen' | 'onClosed'> {
  readonly id: string;
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly onClosed: () => void;
}

function OpenMenu({ id, label, sections, note, button, onClosed }: OpenMenuProps) {
  const menu = useRef<HTMLDivElement>(null);
  const items = () => [...(menu.current?.querySelectorAll<HTMLElement>(ITEMS) ?? [])];

  useEffect(() => {
    const element = menu.current;
    const source = button.current;
    if (!element || !source) return;
    element.showPopover?.({ source });
    (element.querySelector<HTMLElement>('[aria-checked="true"]') ?? element.querySelector<HTMLElement>(ITEMS))?.focus();
  }, [button]);

  const close = () => {
    menu.current?.hidePopover?.();
    onClosed();
    button.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const all = items();
    const at = all.findIndex((item) => item === document.activeElement);
    const last = all.length - 1;
    const to: Readonly<Record<string, number>> = {
      ArrowDown: at === last ? 0 : at + 1,
      ArrowUp: at <= 0 ? last : at - 1,
      Home: 0,
      End: last,
    };
    const index = to[event.key];
    const next = index === undefined ? (event.key.length === 1 && event.key !== ' ' ? byLetter([...all.slice(at + 1), ...all.slice(0, at + 1)], event.key) : undefined) : all[index];
    if (event.key === 'Tab' || event.key === 'Escape') {
      event.preventDefault();
      close();
    } else if (next) {
      event.preventDefault();
      next.focus();
    }
  };

  return (
    // The keys belong to the items, which have the focus.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={menu}
      id={id}
      popover="auto"
      data-menu
      onToggle={(event) => event.newState === 'closed' && onClosed()}
      onKeyDown={onKeyDown}
      className="menu-place quiet-scroll rounded-bubble bg-raised p-1.5 text-ink on-raised floating"
    >
      <div role="menu" aria-label={label} className="divide-y divide-line">
        {sections
          .filter((section) => section.items.length > 0)
          .map((section) => (
            <div key={section.id} role="group" aria-label={section.label} className="py-1 first:pt-0 last:pb-0">
              {section.label && (
                <p aria-hidden="true" className="px-2.5 pt-1.5 pb-1 text-2xs font-semibold text-ink-3">
                  {section.label}
                </p>
              )}
              {section.items.map((item) => (
                <Item key={item.id} item={item} onDone={close} />
              ))}
            </div>
          ))}
      </div>
      {note && <p className="max-w-72 px-2.5 pt-2 pb-1 text-xs text-ink-3">{note}</p>}
    </div>
  );
}

export function Menu({ renderTrigger, startsOpen = false, onClosed, ...rest }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(startsOpen);
  return (
    <>
      {renderTrigger({
        ref: button,
        'aria-haspopup': 'menu',
        'aria-expanded': isOpen,
        popoverTarget: isOpen ? id : undefined,
        popoverTargetAction: 'hide',
        onClick: (event) => {
          if (isOpen) return;
          // Else the browser would close at once what this opens.
          event.preventDefault();
          setOpen(true);
        },
      })}
      {isOpen && (
        <OpenMenu
          id={id}
          button={button}
          onClosed={() => {
            setOpen(false);
            onClosed?.();
          }}
          {...rest}
        />
      )}
    </>
  );
}
