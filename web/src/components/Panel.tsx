/** The head of a pane beside the main one, and its sections. Opening moves the focus there; closing gives it back. */
import { ArrowLeft, X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { IconButton } from './IconButton';

interface PanelHeadProps {
  readonly title: string;
  /** A number after the title. */
  readonly count?: number;
  /** It is the only pane, as on a phone. */
  readonly isAlone: boolean;
  /** What the closing button does, in words. */
  readonly closeLabel: string;
  /** It leads back to where one came from, and is shown as an arrow. @default false */
  readonly isBack?: boolean;
  readonly onClose: () => void;
  /** More controls at the end. */
  readonly children?: ReactNode;
}

function useFocusInside() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    place.current?.querySelector('button')?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return place;
}

export function PanelHead({ title, count, isAlone, closeLabel, isBack = false, onClose, children }: PanelHeadProps) {
  const Title = isAlone ? 'h1' : 'h2';
  const place = useFocusInside();
  const showsArrow = isBack || isAlone;
  const close = (
    <div ref={place}>
      <IconButton label={closeLabel} icon={showsArrow ? ArrowLeft : X} directional={showsArrow} onClick={onClose} />
    </div>
  );
  return (
    <header className="flex min-h-15 items-center gap-1 border-b border-line px-2">
      {showsArrow && close}
      <Title className="min-w-0 flex-1 truncate ps-3 text-sm font-semibold">
        <bdi>{title}</bdi>
        {count !== undefined && <span className="ms-1.5 font-normal text-ink-3 tabular-nums">{count}</span>}
      </Title>
      {children}
      {!showsArrow && close}
    </header>
  );
}

interface PanelSectionProps {
  readonly title?: string;
  /** It is the only pane, so its title is the page's. */
  readonly isAlone: boolean;
  readonly children: ReactNode;
}

/** A section, parted from the one before by a hairline. */
export function PanelSection({ title, isAlone, children }: PanelSectionProps) {
  const Heading = isAlone ? 'h2' : 'h3';
  return (
    <section className="border-t border-line px-5 py-4">
      {title && <Heading className="mb-2 text-xs font-semibold text-ink-2">{title}</Heading>}
      {children}
    </section>
  );
}
