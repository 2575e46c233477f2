/** The details of a conversation: who can read it and how that works, and who is in it. */
import { Lock, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Avatar } from '../../components/Avatar';
import { IconButton } from '../../components/IconButton';
import type { ConversationView } from '../../core/types';
import { words } from '../../i18n/words';

interface Person {
  readonly name: string;
  readonly identityColour: number;
  readonly identityShape: number;
}

interface DetailsPaneProps {
  readonly conversation: ConversationView;
  /** Who is signed in. */
  readonly me: Person;
  readonly isOnline: boolean;
  /** It is the only pane, as on a phone. */
  readonly isAlone: boolean;
  readonly onClose: () => void;
}

function PersonRow({ person, note, online }: { readonly person: Person; readonly note: string; readonly online: boolean }) {
  return (
    <li className="flex min-h-12 items-center gap-3 py-1 text-sm">
      <Avatar name={person.name} colour={person.identityColour} shape={person.identityShape} online={online} />
      <span className="min-w-0">
        <span dir="auto" className="block truncate text-start font-label" title={person.name}>
          {person.name}
        </span>
        <span className="block text-xs text-ink-3">{note}</span>
      </span>
    </li>
  );
}

export function DetailsPane({ conversation, me, isOnline, isAlone, onClose }: DetailsPaneProps) {
  const { details } = words;
  const { peer, title } = conversation;
  const Title = isAlone ? 'h1' : 'h2';
  const Heading = isAlone ? 'h2' : 'h3';
  const closeButton = useRef<HTMLDivElement>(null);

  // Opening moves the focus here; closing gives it back to where it came from.
  useEffect(() => {
    const before = document.activeElement;
    closeButton.current?.querySelector('button')?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);

  return (
    <>
      <header className="flex min-h-15 items-center justify-between border-b border-line ps-5 pe-2">
        <Title className="text-sm font-semibold">{details.title}</Title>
        <div ref={closeButton}>
          <IconButton label={details.close} icon={X} onClick={onClose} />
        </div>
      </header>
      <section className="grid columns-icon gap-x-2.5 gap-y-0.5 p-5 py-4">
        <Lock aria-hidden="true" size={18} strokeWidth={1.75} className="mt-0.5 text-good" />
        <p className="font-semibold">{details.only(title)}</p>
        <div className="col-start-2 text-xs text-ink-2">
          <p>{details.notServer}</p>
          <details className="group mt-1">
            <summary className="-ms-0.5 inline-flex min-h-6 cursor-pointer items-center px-0.5 text-accent underlined">
              {details.how}
            </summary>
            <ul className="mt-2 grid gap-2.5">
              {details.howList.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </details>
        </div>
      </section>
      <section className="border-t border-line p-5 py-4">
        <Heading className="mb-1.5 text-xs font-semibold text-ink-2">{details.people(peer ? 2 : 1)}</Heading>
        <ul>
          {peer && <PersonRow person={peer} note={peer.online ? details.online : details.offline} online={peer.online} />}
          <PersonRow person={me} note={details.you} online={isOnline} />
        </ul>
      </section>
    </>
  );
}
