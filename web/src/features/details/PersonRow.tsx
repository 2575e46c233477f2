/** One person in a list: who, what there is to say of them, and what can be done at the end of the row. */
import type { ReactNode } from 'react';
import { Avatar } from '../../components/Avatar';
import { NameClash } from '../../components/NameClash';
import { Tag } from '../../components/Tag';
import { PersonAvatar } from '../../core/PersonAvatar';
import type { UserId } from '../../core/types';
import { words } from '../../i18n/words';

interface PersonRowProps {
  readonly person: { readonly name: string; readonly identityColour: number; readonly identityShape: number; readonly user?: UserId; readonly nameClash?: boolean };
  readonly note: string;
  readonly online?: boolean | undefined;
  /** Has no account. @default false */
  readonly isGuest?: boolean;
  /** Shows what they tell of themselves. */
  readonly onOpen?: (() => void) | undefined;
  /** At the end of the row. */
  readonly end?: ReactNode;
  /** Below the row. */
  readonly below?: ReactNode;
}

export function PersonRow({ person, note, online, isGuest = false, onOpen, end, below }: PersonRowProps) {
  const look = { name: person.name, colour: person.identityColour, shape: person.identityShape, online };
  return (
    <li>
      <div className="relative flex min-h-12 items-center gap-3 py-1 text-sm">
        {person.user === undefined ? <Avatar {...look} /> : <PersonAvatar {...look} user={person.user} />}
        <span className="min-w-0 flex-1">
          <span className="flex items-center gap-2">
            {onOpen ? (
              <button type="button" dir="auto" className="min-h-6 truncate rounded-tag text-parent font-label after:absolute after:inset-0 after:content-[''] hover:underline" title={person.name} onClick={onOpen}>
                {person.name}
              </button>
            ) : (
              <span dir="auto" className="truncate text-parent font-label" title={person.name}>
                {person.name}
              </span>
            )}
            <NameClash of={{ nameClash: person.nameClash ?? false }} />
            {isGuest && <Tag>{words.people.guest}</Tag>}
          </span>
          <span className="block text-xs text-ink-3">{note}</span>
        </span>
        {end && <span className="relative flex-none">{end}</span>}
      </div>
      {below}
    </li>
  );
}
