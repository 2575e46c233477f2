/** The pane of conversations: finding, the list itself, and who is signed in. */
import { Archive, ArrowLeft, LogIn, Plus, Search, Settings, UserPlus } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { Avatar } from '../../components/Avatar';
import { Bounded } from '../../components/Bounded';
import { Brand } from '../../components/Brand';
import { Button } from '../../components/Button';
import { cx } from '../../components/cx';
import { IconButton } from '../../components/IconButton';
import { Kbd } from '../../components/Kbd';
import { Link } from '../../components/Link';
import { Menu, type MenuSection } from '../../components/Menu';
import { ProgramNotes } from '../../components/ProgramNotes';
import { SkeletonRows } from '../../components/SkeletonRows';
import type { Snapshot } from '../../core/cell';
import type { ConversationId, ConversationView, UserKind } from '../../core/types';
import { words } from '../../i18n/words';
import { useMinute } from '../../platform/clock';
import { navigate } from '../../platform/location';
import { ARCHIVE, conversationPath, HOME, ROOM, SETTINGS } from '../../platform/paths';
import { ConversationRow } from './ConversationRow';

interface ConversationListProps {
  readonly conversations: Snapshot<readonly ConversationView[]>;
  readonly open: ConversationId | undefined;
  /** What was put aside is shown, instead of the others. */
  readonly isArchive: boolean;
  /** Who is signed in. */
  readonly me: {
    readonly name: string;
    readonly kind: UserKind;
    readonly identityColour: number;
    readonly identityShape: number;
    readonly isAdmin: boolean;
  };
  /** Whether the server is reached. */
  readonly status: 'online' | 'offline' | 'connecting';
  /** What can be begun. */
  readonly begin: readonly MenuSection[];
  readonly onJump: () => void;
  readonly onNewConversation: () => void;
}

type Filter = 'all' | 'unread';

/** Up and down move between the rows; Enter opens, as for every link. */
function moveFocus(event: KeyboardEvent<HTMLElement>) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || event.altKey) return;
  const rows = [...event.currentTarget.querySelectorAll('a')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const next = rows[at + step];
  if (at < 0 || !next) return;
  event.preventDefault();
  next.focus();
}

interface FilterTabProps {
  readonly isChosen: boolean;
  readonly label: string;
  readonly count?: number;
  readonly onChoose: () => void;
}

function FilterTab({ isChosen, label, count = 0, onChoose }: FilterTabProps) {
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      onClick={onChoose}
      className="inline-flex min-h-7.5 min-w-11 items-center justify-center gap-1.5 rounded-field px-2.5 text-xs font-label text-ink-2 aria-pressed:bg-sunken aria-pressed:text-ink max-md:min-h-11 pointer-coarse:min-h-11"
    >
      {label}
      {count > 0 && <span className="tabular-nums">{count}</span>}
    </button>
  );
}

function NewMenu({ sections }: { readonly sections: ConversationListProps['begin'] }) {
  const { menu } = words.create;
  return <Menu label={menu} sections={sections} renderTrigger={(trigger) => <IconButton {...trigger} label={menu} icon={Plus} />} />;
}

interface EmptyListProps {
  readonly isAdmin: boolean;
  readonly isGuest: boolean;
  readonly onNewConversation: () => void;
}

function EmptyList({ isAdmin, isGuest, onNewConversation }: EmptyListProps) {
  const { list } = words;
  return (
    <div className="grid justify-items-center gap-1 px-4 pt-10 text-center">
      <h2 className="text-md">{list.emptyTitle}</h2>
      <p className="max-w-60 text-sm text-ink-2">{isGuest ? list.emptyGuest : list.emptyLead}</p>
      <div className="mt-3 grid gap-2">
        {!isGuest && (
          <Button kind="primary" onClick={onNewConversation}>
            <Plus aria-hidden="true" size={18} strokeWidth={1.75} />
            {list.start}
          </Button>
        )}
        <Button kind={isGuest ? 'primary' : 'line'} onClick={() => navigate(ROOM)}>
          <LogIn aria-hidden="true" size={18} strokeWidth={1.75} />
          {words.create.join}
        </Button>
        {isAdmin && (
          <Button onClick={() => navigate(SETTINGS)}>
            <UserPlus aria-hidden="true" size={18} strokeWidth={1.75} />
            {list.invite}
          </Button>
        )}
      </div>
    </div>
  );
}

/** A row that cannot be drawn still leads to its conversation. */
function BrokenRow({ conversation }: { readonly conversation: ConversationId }) {
  return (
    <Link to={conversationPath(conversation)} className="quick flex min-h-14 items-center rounded-field p-2 text-sm text-danger hover:bg-hover focus-visible:-outline-offset-2">
      {words.list.broken}
    </Link>
  );
}

function Rows({ shown, open }: { readonly shown: readonly ConversationView[]; readonly open: ConversationId | undefined }) {
  const nowMs = useMinute();
  return (
    <ul>
      {shown.map((conversation) => (
        <li key={conversation.conversation} className="lazy-row">
          <Bounded of={conversation} instead={<BrokenRow conversation={conversation.conversation} />}>
            <ConversationRow conversation={conversation} isOpen={conversation.conversation === open} nowMs={nowMs} />
          </Bounded>
        </li>
      ))}
    </ul>
  );
}

/** At the end of the list: where those are that were put aside. */
function ToArchive({ archived }: { readonly archived: readonly ConversationView[] }) {
  if (archived.length === 0) return undefined;
  const unread = archived.filter((each) => each.unread > 0).length;
  return (
    <Link to={ARCHIVE} className="quick mt-1 flex min-h-11 items-center gap-3 rounded-field px-2 text-sm text-ink-2 hover:bg-hover hover:text-ink focus-visible:-outline-offset-2">
      <span className="grid w-9 flex-none place-items-center">
        <Archive aria-hidden="true" size={18} strokeWidth={1.75} />
      </span>
      <span className="min-w-0 flex-1 truncate">{words.archive.title}</span>
      {unread > 0 && <span className="sr-only">{words.list.unreadCount}</span>}
      <span className="text-2xs text-ink-3 tabular-nums">{unread > 0 ? unread : archived.length}</span>
    </Link>
  );
}

/** Above the archive: what it is, and the way back. */
function ArchiveHead() {
  const { archive } = words;
  return (
    <div className="flex items-center gap-1 ps-2 pe-4 pb-1.5">
      <IconButton label={archive.back} icon={ArrowLeft} directional onClick={() => navigate(HOME)} />
      <div className="min-w-0">
        <h2 className="text-sm">{archive.title}</h2>
        <p className="text-2xs text-ink-3">{archive.hint}</p>
      </div>
    </div>
  );
}

/** Why no row is shown, if none is. */
function nothingShown({ all, kept, isArchive }: { readonly all: number; readonly kept: number; readonly isArchive: boolean }): string {
  if (isArchive) return words.archive.empty;
  return kept === 0 && all > 0 ? words.archive.onlyHere : words.list.nothingUnread;
}

export function ConversationList(props: ConversationListProps) {
  const [filter, setFilter] = useState<Filter>('all');
  const { conversations, me, status, open, isArchive } = props;
  const { list } = words;
  const all = conversations.state === 'ready' ? conversations.value : [];
  const archived = all.filter((each) => each.archived);
  const kept = isArchive ? archived : all.filter((each) => !each.archived);
  const unread = kept.filter((conversation) => conversation.unread > 0);
  const isFiltered = filter === 'unread' && !isArchive;
  const shown = isFiltered ? kept.filter((each) => each.unread > 0 || each.conversation === open) : kept;
  return (
    <>
      <div className="grid gap-3 ps-4 pe-3 pt-3 pb-2">
        <div className="flex items-center justify-between">
          <Brand name={words.brand} />
          <NewMenu sections={props.begin} />
        </div>
        <button
          type="button"
          onClick={props.onJump}
          aria-keyshortcuts="Control+K"
          className="flex min-h-target w-full items-center gap-2 rounded-field bg-sunken ps-2.5 pe-2 text-sm text-ink-3 hover:text-ink-2"
        >
          <Search aria-hidden="true" size={18} strokeWidth={1.75} />
          <span className="flex-1">{list.jump}</span>
          <span className="hidden md:inline">
            <Kbd>{list.jumpKey}</Kbd>
          </span>
        </button>
      </div>
      {isArchive && <ArchiveHead />}
      {all.length > 0 && !isArchive && (
        <div role="group" aria-label={list.show} className="flex gap-1 px-3 pb-1.5">
          <FilterTab isChosen={filter === 'all'} label={list.all} onChoose={() => setFilter('all')} />
          <FilterTab
            isChosen={filter === 'unread'}
            label={list.unread}
            count={unread.length}
            onChoose={() => setFilter('unread')}
          />
        </div>
      )}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- arrows move between its links */}
      <nav aria-label={list.listLabel} onKeyDown={moveFocus} className="min-h-0 flex-1 overflow-auto px-2 py-px quiet-scroll">
        {conversations.state === 'loading' && <SkeletonRows rows={4} text={list.loading} />}
        {conversations.state === 'failed' && (
          <p role="alert" className="p-2 text-sm text-danger">
            {list.failedToRead}
          </p>
        )}
        {conversations.state === 'ready' && all.length === 0 && !isArchive && (
          <EmptyList isAdmin={me.isAdmin} isGuest={me.kind === 'guest'} onNewConversation={props.onNewConversation} />
        )}
        {conversations.state === 'ready' && shown.length === 0 && (all.length > 0 || isArchive) && (
          <p className="p-2 text-sm text-ink-3">{nothingShown({ all: all.length, kept: kept.length, isArchive })}</p>
        )}
        <Rows shown={shown} open={open} />
        {!isArchive && <ToArchive archived={archived} />}
      </nav>
      <ProgramNotes />
      <div className="flex items-center gap-2.5 border-t border-line safe-foot ps-4 pe-3 pt-2.5">
        <Avatar name={me.name} colour={me.identityColour} shape={me.identityShape} online={status === 'online'} />
        <div className="min-w-0 flex-1">
          <p dir="auto" className="truncate text-parent text-xs font-semibold" title={me.name}>
            {me.name}
          </p>
          <p className={cx('truncate text-2xs', status === 'offline' ? 'text-ember' : 'text-ink-3')}>{me.kind === 'guest' ? list.asGuest(list[status]) : list[status]}</p>
        </div>
        <IconButton label={list.settings} icon={Settings} onClick={() => navigate(SETTINGS)} />
      </div>
    </>
  );
}
