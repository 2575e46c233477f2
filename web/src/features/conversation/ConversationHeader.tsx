/** The head of a conversation: what it is called, and who can read it. */
import { ArrowLeft, Lock } from 'lucide-react';
import type { Doable } from '../../actions/action';
import { IconButton } from '../../components/IconButton';
import { NameClash } from '../../components/NameClash';
import { ConversationAvatar } from '../../core/ConversationAvatar';
import type { ConversationView } from '../../core/types';
import { words } from '../../i18n/words';
import { navigate } from '../../platform/location';
import { ARCHIVE, HOME } from '../../platform/paths';

/** The one that opens and closes a pane beside it. */
const DETAILS = 'details';

interface HeaderProps {
  readonly conversation: ConversationView;
  /** Whether the details stand beside it. */
  readonly showsDetails: boolean;
  /** What can be done from here. */
  readonly doables: readonly Doable[];
}

/** Who can read this: long, and short for narrow screens. */
function readersOf({ kind, title, people }: ConversationView): { readonly long: string; readonly short: string } {
  const { conversation, talk } = words;
  switch (kind) {
    case 'direct':
      return { long: conversation.between(title), short: conversation.betweenShort(title) };
    case 'group':
      return { long: talk.onlyThese(people), short: talk.onlyTheseShort(people) };
    case 'room':
      return { long: talk.onlyRoom, short: talk.onlyRoomShort };
  }
}

export function ConversationHeader({ conversation, showsDetails, doables }: HeaderProps) {
  const { peer, title } = conversation;
  const text = words.conversation;
  const readers = readersOf(conversation);
  return (
    <header className="flex min-h-15 items-center gap-2 border-b border-line py-2 ps-1 pe-2 md:ps-6 md:pe-3">
      <IconButton label={text.back} icon={ArrowLeft} directional onlyNarrow onClick={() => navigate(conversation.archived ? ARCHIVE : HOME)} />
      <ConversationAvatar conversation={conversation} online={peer?.online} />
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <h1 dir="auto" className="truncate text-parent text-md leading-5" title={title}>
            {title}
          </h1>
          <NameClash of={peer} isSign />
        </div>
        <p className="flex items-center gap-1.25 text-xs text-ink-3">
          <Lock aria-hidden="true" size={15} strokeWidth={1.75} className="flex-none text-good" />
          <span className="truncate md:hidden">{readers.short}</span>
          <span className="hidden truncate md:inline">{readers.long}</span>
        </p>
      </div>
      {doables.map(
        ({ id, label, icon, directional, ariaKeys, run }) =>
          icon && (
            <IconButton
              key={id}
              label={label}
              icon={icon}
              directional={directional}
              aria-keyshortcuts={ariaKeys}
              aria-expanded={id === DETAILS ? showsDetails : undefined}
              onClick={run}
            />
          ),
      )}
    </header>
  );
}
