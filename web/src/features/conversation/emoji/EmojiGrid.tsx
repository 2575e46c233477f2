/** The grid of emoji: moved through by arrows, chosen by Enter. Only what is near the window costs anything. */
import { type KeyboardEvent, useRef, useState } from 'react';
import { words } from '../../../i18n/words';
import { type Emoji, inTone } from './data';

/** Emoji under one heading. */
export interface EmojiGroup {
  readonly id: string;
  readonly label: string;
  readonly emoji: readonly Emoji[];
}

interface EmojiGridProps {
  readonly groups: readonly EmojiGroup[];
  readonly tone: number;
  readonly onChoose: (emoji: string) => void;
}

const COLUMNS = 8;

/** Where an arrow leads. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -COLUMNS,
  ArrowDown: COLUMNS,
};

function inRows<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / COLUMNS) }, (_, row) => items.slice(row * COLUMNS, (row + 1) * COLUMNS));
}

export function EmojiGrid({ groups, tone, onChoose }: EmojiGridProps) {
  const grid = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState<string>();
  const first = groups.find(({ emoji }) => emoji.length > 0);
  const stop = current ?? (first && `${first.id} ${first.emoji[0]?.emoji ?? ''}`);

  const onKeyDown = (event: KeyboardEvent) => {
    const by = STEPS[event.key];
    const isRtl = document.dir === 'rtl' && (event.key === 'ArrowLeft' || event.key === 'ArrowRight');
    if (by === undefined) return;
    event.preventDefault();
    const all = [...(grid.current?.querySelectorAll<HTMLElement>('[data-emoji]') ?? [])];
    const at = all.findIndex((each) => each === document.activeElement);
    all[Math.min(all.length - 1, Math.max(0, at + (isRtl ? -by : by)))]?.focus();
  };

  return (
    // The keys move between the emoji, which have the focus.
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus
    <div ref={grid} role="grid" aria-label={words.chat.emoji.title} onKeyDown={onKeyDown} className="max-h-64 overflow-y-auto px-2 pb-2 quiet-scroll">
      {groups.map((group) => (
        <div key={group.id} role="rowgroup" aria-label={group.label} className="emoji-group">
          <p aria-hidden="true" className="px-1 pt-2 pb-1 text-2xs font-semibold text-ink-3">
            {group.label}
          </p>
          {inRows(group.emoji).map((row) => (
            <div key={row[0]?.emoji} role="row" className="emoji-row">
              {row.map((emoji) => {
                const id = `${group.id} ${emoji.emoji}`;
                const shown = inTone(emoji, tone);
                return (
                  <span key={emoji.emoji} role="gridcell">
                    <button
                      type="button"
                      data-emoji
                      aria-label={emoji.label}
                      title={emoji.shortcodes[0] === undefined ? emoji.label : `${emoji.label} :${emoji.shortcodes[0]}:`}
                      tabIndex={id === stop ? 0 : -1}
                      onFocus={() => setCurrent(id)}
                      onClick={() => onChoose(shown)}
                      className="grid size-full place-items-center rounded-field text-xl hover:bg-hover focus-visible:-outline-offset-2"
                    >
                      {shown}
                    </button>
                  </span>
                );
              })}
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}
