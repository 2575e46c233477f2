/** Beside a name that looks like another’s: a warning that is read before the name is trusted. */
import { TriangleAlert } from 'lucide-react';
import { words } from '../i18n/words';

interface NameClashProps {
  /** Who is called so, as the core knows them; nobody where it is no person. */
  readonly of: { readonly nameClash: boolean } | undefined;
  /** A sign alone, where the name itself needs the room. @default false */
  readonly isSign?: boolean;
}

export function NameClash({ of, isSign = false }: NameClashProps) {
  if (of?.nameClash !== true) return undefined;
  const { clash, clashShort } = words.person;
  if (isSign) {
    return (
      <span title={clash} className="flex-none text-ember">
        <TriangleAlert aria-hidden="true" size={15} strokeWidth={1.75} />
        <span className="sr-only">{clashShort}</span>
      </span>
    );
  }
  return (
    <span title={clash} className="flex-none rounded-tag bg-ember-soft px-1 text-2xs font-label whitespace-nowrap text-ember">
      {clashShort}
    </span>
  );
}
