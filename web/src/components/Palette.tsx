/** A field with one list of results below it, over the page: for finding and going. The first result is chosen; Enter opens it, Esc closes and gives the focus back. */
import { Search } from 'lucide-react';
import { type KeyboardEvent, type MouseEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Bounded } from './Bounded';
import { cx } from './cx';
import { Highlighted } from './Highlighted';
import { Kbd } from './Kbd';

/** One result. */
interface PaletteOption {
  readonly id: string;
  /** An avatar or icon before the words. */
  readonly lead: ReactNode;
  readonly text: string;
  /** What of the text was found; without it, wherever the query stands in it. */
  readonly marks?: readonly (readonly [number, number])[];
  /** Faint words after it. */
  readonly detail?: string | undefined;
  /** At the end of the row: a time, keys. */
  readonly end?: ReactNode;
  readonly onChoose: () => void;
}

/** Results under one heading. */
export interface PaletteGroup {
  readonly label: string;
  readonly options: readonly PaletteOption[];
}

interface PaletteProps {
  /** What it is for: the label of the field and of the dialog. */
  readonly label: string;
  /** The name of the list of results. */
  readonly resultsLabel: string;
  readonly query: string;
  /** What is marked in the results. @default the query */
  readonly marked?: string;
  readonly onQuery: (query: string) => void;
  readonly groups: readonly PaletteGroup[];
  /** Below the results: what there is to know. */
  readonly note?: ReactNode;
  /** The names of the keys, and what they do. */
  readonly keys: { readonly esc: string; readonly enter: string; readonly hints: ReactNode };
  readonly onClose: () => void;
}

function marksOf(text: string, query: string): readonly (readonly [number, number])[] {
  const at = query === '' ? -1 : text.toLocaleLowerCase().indexOf(query.toLocaleLowerCase());
  return at < 0 ? [] : [[at, at + query.length]];
}

interface RowProps {
  readonly option: PaletteOption;
  readonly elementId: string;
  readonly query: string;
  readonly isChosen: boolean;
  readonly enterKey: string;
}

function Row({ option, elementId, query, isChosen, enterKey }: RowProps) {
  const ref = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isChosen) ref.current?.scrollIntoView({ block: 'nearest' });
  }, [isChosen]);
  return (
    // The keyboard's way is the field above, which says by `aria-activedescendant` where it is.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <li
      ref={ref}
      id={elementId}
      role="option"
      aria-selected={isChosen}
      onClick={option.onChoose}
      className={cx(
        'flex min-h-10 cursor-pointer items-center gap-3 rounded-field px-2.5 py-1 text-sm',
        isChosen ? 'bg-accent-soft' : 'hover:bg-hover',
      )}
    >
      {option.lead}
      <span className="min-w-0 flex-1 truncate" dir="auto">
        <Highlighted text={option.text} stretches={option.marks ?? marksOf(option.text, query)} />
        {option.detail && (
          <span className={cx('ms-1.5 text-xs', isChosen ? 'text-ink-2' : 'text-ink-3')}>{option.detail}</span>
        )}
      </span>
      {option.end}
      {isChosen && (
        <span className="hidden md:inline">
          <Kbd>{enterKey}</Kbd>
        </span>
      )}
    </li>
  );
}

export function Palette(props: PaletteProps) {
  const { query, groups, onClose } = props;
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [chosen, setChosen] = useState(0);
  const options = groups.flatMap((group) => group.options);
  const current = options[Math.min(chosen, options.length - 1)];

  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && options.length > 0) {
      event.preventDefault();
      setChosen((Math.min(chosen, options.length - 1) + step + options.length) % options.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      current?.onChoose();
    }
  };

  const onBackdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose();
  };

  return (
    // The keyboard's way to close is Esc, which the dialog brings along.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      aria-label={props.label}
      onClick={onBackdrop}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      className="m-0 mx-auto mt-12 w-full max-w-palette bg-transparent px-4 text-ink md:mt-26"
    >
      <div className="overflow-hidden rounded-sheet bg-raised on-raised floating">
        <div className="flex items-center gap-3 border-b-2 border-accent px-4.5 text-ink-2">
          <Search aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none" />
          <input
            role="combobox"
            aria-label={props.label}
            aria-expanded={options.length > 0}
            aria-controls={`${id}-results`}
            aria-activedescendant={current && `${id}-${current.id}`}
            aria-autocomplete="list"
            placeholder={props.label}
            autoComplete="off"
            spellCheck={false}
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- a dialog puts the focus inside itself
            autoFocus
            className="h-13 min-w-0 flex-1 bg-transparent text-lg text-ink focus-visible:outline-none"
            value={query}
            onChange={(event) => {
              props.onQuery(event.target.value);
              setChosen(0);
            }}
            onKeyDown={onKeyDown}
          />
          <Kbd>{props.keys.esc}</Kbd>
        </div>
        <div id={`${id}-results`} role="listbox" aria-label={props.resultsLabel} className="max-h-96 overflow-auto quiet-scroll">
          {groups
            .filter((group) => group.options.length > 0)
            .map((group) => (
              <ul key={group.label} role="group" aria-label={group.label} className="px-2 py-1.5">
                <li role="presentation" className="px-2.5 pt-2 pb-1 text-2xs font-semibold text-ink-3">
                  {group.label}
                </li>
                {group.options.map((option) => (
                  <Bounded key={option.id} of={option} instead={undefined}>
                    <Row
                      option={option}
                      elementId={`${id}-${option.id}`}
                      query={props.marked ?? query}
                      isChosen={option === current}
                      enterKey={props.keys.enter}
                    />
                  </Bounded>
                ))}
              </ul>
            ))}
        </div>
        <div className="flex min-h-10 flex-wrap items-center gap-x-4 gap-y-1.5 border-t border-line px-4.5 py-2.5 text-2xs text-ink-3">
          <span className="hidden gap-4 md:flex">{props.keys.hints}</span>
          <span role="status" className="ms-auto">
            {props.note}
          </span>
        </div>
      </div>
    </dialog>
  );
}
