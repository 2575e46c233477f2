/** People, emoji or things to do, offered above the field. The focus stays in the field, which says where it is in the list. */
import { Avatar } from '../../../components/Avatar';
import { cx } from '../../../components/cx';
import { Kbd } from '../../../components/Kbd';
import { NameClash } from '../../../components/NameClash';
import { words } from '../../../i18n/words';
import type { Suggestion } from './useCompletion';

interface SuggestionsProps {
  readonly id: string;
  readonly suggestions: readonly Suggestion[];
  readonly current: Suggestion | undefined;
  readonly onChoose: (suggestion: Suggestion) => void;
}

function Lead({ lead }: Pick<Suggestion, 'lead'>) {
  if (lead === undefined) return <span className="size-7" />;
  if ('emoji' in lead) return <span className="grid size-7 place-items-center text-lg">{lead.emoji}</span>;
  const { name, identityColour, identityShape } = lead.person;
  return <Avatar name={name} colour={identityColour} shape={identityShape} size="small" />;
}

export function Suggestions({ id, suggestions, current, onChoose }: SuggestionsProps) {
  if (suggestions.length === 0) return undefined;
  return (
    <ul
      id={id}
      role="listbox"
      aria-label={words.chat.write.suggestions}
      className="absolute inset-x-0 bottom-full z-20 mb-1 max-h-72 overflow-auto rounded-bubble bg-raised p-1.5 on-raised floating quiet-scroll"
    >
      {suggestions.map((suggestion) => (
        // The keyboard's way is the field, which says by `aria-activedescendant` where it is.
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
        <li
          key={suggestion.id}
          id={`${id}-${suggestion.id}`}
          role="option"
          aria-selected={suggestion === current}
          // Else the field would lose the focus before the press counts.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onChoose(suggestion)}
          className={cx(
            'flex min-h-target cursor-pointer items-center gap-2.5 rounded-field px-2 text-sm',
            suggestion === current ? 'bg-accent-soft' : 'hover:bg-hover',
          )}
        >
          {!suggestion.run && <Lead lead={suggestion.lead} />}
          <bdi className="truncate">{suggestion.text}</bdi>
          {suggestion.lead && 'person' in suggestion.lead && <NameClash of={suggestion.lead.person} isSign />}
          {suggestion.detail !== undefined && <span className="truncate text-xs text-ink-2">{suggestion.detail}</span>}
          {suggestion.keys && (
            <span className="ms-auto hidden flex-none gap-1 md:flex">
              {suggestion.keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
