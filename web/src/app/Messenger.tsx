/** The screen of somebody who is signed in: three panes that fold to one. What is open is in the address. */
import { type ReactNode, useEffect, useState } from 'react';
import { at, doableAt, onSubject, sectionsAt } from '../actions/action';
import { type AtHand, atHand } from '../actions/at-hand';
import { SCENE_ACTIONS } from '../actions/registry';
import type { Scene } from '../actions/scene';
import { Bounded } from '../components/Bounded';
import { cx } from '../components/cx';
import { GuestNotice } from '../components/GuestNotice';
import { Pane } from '../components/Pane';
import { Toasts } from '../components/Toasts';
import type { ConnectionView, ConversationView, ServerInfo, SessionView } from '../core/types';
import { useCore, useValue, useView } from '../core/useView';
import { ConversationList } from '../features/conversation-list/ConversationList';
import type { Command } from '../features/conversation/composer/command';
import { ConversationPane } from '../features/conversation/ConversationPane';
import { OfflineBar } from '../features/conversation/OfflineBar';
import { NewGroup } from '../features/create/NewGroup';
import { NewRoom } from '../features/create/NewRoom';
import { Knocks } from '../features/door/Knocks';
import { ChoosePeople } from '../features/find/ChoosePeople';
import { JumpPalette } from '../features/find/JumpPalette';
import { PeoplePicker } from '../features/find/PeoplePicker';
import { RequestBar } from '../features/person/RequestBar';
import { SearchPane } from '../features/search/SearchPane';
import { SettingsPage } from '../features/settings/SettingsPage';
import { words } from '../i18n/words';
import { useAttention } from '../platform/attention';
import { navigate } from '../platform/location';
import { HOME } from '../platform/paths';
import { useIsNarrow } from '../platform/width';
import { Beside } from './Beside';
import { KeysPage } from './KeysPage';
import type { Beside as BesideName, Route } from './routes';
import { PaneTrouble } from './Trouble';
import { useActs } from './useActs';
import { useCounts, useNotifications, usePushAddress } from './useNotifications';
import { useShortcuts } from './useShortcuts';

interface MessengerProps {
  readonly route: Route;
  readonly session: Extract<SessionView, { state: 'signed_in' }>;
  readonly server: ServerInfo | undefined;
}

/** What lies over the screen. The palette is about what was at hand when it was opened. */
type Overlay = { readonly name: 'none' | 'picker' } | { readonly name: 'jump'; readonly atHand: AtHand | undefined };

const NONE: Overlay = { name: 'none' };

type Status = 'online' | 'offline' | 'connecting';

/** How the server is reached. A further try while offline is not yet a change: the bar stays until it succeeds. */
function useStatus(connection: ConnectionView | undefined): Status {
  const [settled, setSettled] = useState<Status>('connecting');
  const state = connection?.state ?? 'connecting';
  const now = state === 'connecting' ? settled : state === 'online' ? 'online' : 'offline';
  if (now !== settled) setSettled(now);
  return now;
}

/** Nothing is open: on wide screens the place says so. */
function NothingOpen({ title, lead }: { readonly title: string; readonly lead: string }) {
  return (
    <div className="row-span-full grid content-center justify-items-center gap-1 p-6 text-center">
      <h1 className="text-md">{title}</h1>
      <p className="text-sm text-ink-2">{lead}</p>
    </div>
  );
}

function besideLabel(beside: BesideName): string {
  switch (beside) {
    case 'people':
      return words.people.title;
    case 'search':
      return words.find.title;
    case 'profile':
      return words.person.title;
    case 'details':
    case 'nothing':
      return words.details.title;
  }
}

/** Tells the core whether somebody looks, for those who may see that. */
function useAttentionSignal(): void {
  const { core } = useCore();
  const isHere = useAttention();
  useEffect(() => {
    // Presence decides nothing: a signal that does not get through is no harm.
    core.setAttention(isHere).catch(() => {});
  }, [core, isHere]);
}

/** What is typed after a slash. */
function commandsOf(scene: Scene): readonly Command[] {
  return at('palette', SCENE_ACTIONS, scene).flatMap((action) => (action.typed === undefined ? [] : [{ ...onSubject(action, scene), word: action.typed }]));
}

/** Whether the list shows the archive: it stays there while one of its conversations is open. */
function useIsArchive(route: Route, open: ConversationView | undefined): boolean {
  const [isArchive, setArchive] = useState(false);
  const now = route.name === 'archive' || (isArchive && open?.archived === true);
  if (now !== isArchive) setArchive(now);
  return now;
}

export function Messenger({ route, session, server }: MessengerProps) {
  const { core, store } = useCore();
  const conversations = useView(store.conversations);
  const connection = useValue(store.connection);
  const [overlay, setOverlay] = useState<Overlay>(NONE);
  const isNarrow = useIsNarrow();
  const close = () => setOverlay(NONE);
  const acts = useActs();

  const all = conversations.state === 'ready' ? conversations.value : [];
  const openId = route.name === 'conversation' ? route.conversation : undefined;
  const open = all.find((each) => each.conversation === openId);
  const isArchive = useIsArchive(route, open);
  const beside = route.name === 'conversation' && open !== undefined ? route.beside : 'nothing';
  const showsDetails = beside !== 'nothing';
  const status = useStatus(connection);
  const scene: Scene = {
    route,
    conversations: all,
    openJump: () => setOverlay({ name: 'jump', atHand: atHand() }),
    openPicker: () => setOverlay({ name: 'picker' }),
    acts,
    isGuest: session.kind === 'guest',
  };
  useShortcuts(scene);
  useAttentionSignal();
  useNotifications(openId);
  usePushAddress();
  useCounts(open, all);

  const wake = () => void core.wake().catch(() => {});
  const bar: ReactNode = (
    <>
      {status === 'offline' && <OfflineBar waiting={connection?.waiting ?? 0} onTryNow={wake} />}
      {open?.request === true && <RequestBar conversation={open} onLeave={() => acts.leave(open)} />}
      {session.stayUntilMs !== undefined && <GuestNotice stayUntilMs={session.stayUntilMs} onStay={() => void core.stay().catch(() => {})} />}
    </>
  );

  const main = () => {
    if (route.name === 'settings') {
      return <SettingsPage me={session} server={server} onSignedOut={() => location.assign(HOME)} />;
    }
    if (route.name === 'keys') return <KeysPage scene={scene} />;
    if (route.name === 'search') {
      return (
        <div className="row-span-full mx-auto min-h-0 w-full max-w-measure">
          <SearchPane conversation={undefined} isAlone onClose={() => navigate(HOME)} />
        </div>
      );
    }
    if (route.name === 'new-group') {
      const without = new Set([session.user]);
      return (
        <NewGroup
          renderPeople={(chosen, onChange) => (
            <ChoosePeople
              label={words.create.people}
              hint={words.create.peopleHint}
              chosen={chosen}
              without={without}
              onChange={onChange}
            />
          )}
        />
      );
    }
    if (route.name === 'new-room') return <NewRoom />;
    if (open) {
      return (
        <ConversationPane
          key={open.conversation}
          conversation={open}
          isOffline={status === 'offline'}
          showsDetails={showsDetails}
          bar={bar}
          door={<Knocks conversation={open} isPrimary />}
          inHead={doableAt('head', SCENE_ACTIONS, scene)}
          commands={commandsOf(scene)}
        />
      );
    }
    if (openId && conversations.state === 'ready') {
      return <NothingOpen title={words.conversation.chooseTitle} lead={words.conversation.gone} />;
    }
    return <NothingOpen title={words.conversation.chooseTitle} lead={words.conversation.chooseLead} />;
  };

  // Going elsewhere is a new try for what could not be drawn.
  const place = Object.values(route).join('/');
  // Rooms and people have more to say than two people.
  const isWide = open !== undefined && open.kind !== 'direct';
  const isOnList = route.name === 'home' || route.name === 'archive';
  const showsList = !isNarrow || isOnList;
  const showsMain = !isNarrow || (!isOnList && !showsDetails);
  return (
    <div
      className={cx(
        'grid h-dvh grid-cols-1 safe-edges overflow-hidden md:columns-two-panes',
        showsDetails && (isWide ? 'lg:columns-three-panes-wide' : 'lg:columns-three-panes'),
      )}
    >
      {showsList && (
        <Pane
          label={words.list.label}
          isMain={isNarrow}
          className="flex min-h-0 flex-col bg-canvas on-canvas md:border-e md:border-line"
        >
          {isNarrow && <h1 className="sr-only">{words.list.label}</h1>}
          {!open && bar}
          <ConversationList
            conversations={conversations}
            open={openId}
            isArchive={isArchive}
            me={session}
            status={status}
            begin={sectionsAt('new', SCENE_ACTIONS, scene)}
            onJump={scene.openJump}
            onNewConversation={scene.openPicker}
          />
        </Pane>
      )}
      {showsMain && (
        <Pane isMain className="grid min-h-0 grid-cols-1 rows-pane bg-surface on-surface">
          <Bounded of={place} instead={<PaneTrouble />}>
            {main()}
          </Bounded>
        </Pane>
      )}
      {open && beside !== 'nothing' && (
        <Pane
          label={besideLabel(beside)}
          isMain={isNarrow}
          className={cx(
            'min-h-0 overflow-auto border-line bg-surface on-surface quiet-scroll md:fixed md:safe-over md:bottom-0 md:end-0 md:border-s md:floating lg:static lg:w-auto lg:shadow-none',
            isWide ? 'md:w-pane-people' : 'md:w-pane-details',
          )}
        >
          <Bounded of={place} instead={<PaneTrouble />}>
            <Beside
              key={beside}
              beside={beside}
              person={route.name === 'conversation' ? route.person : undefined}
              conversation={open}
              session={session}
              isOnline={status === 'online'}
              isAlone={isNarrow}
            />
          </Bounded>
        </Pane>
      )}
      <Toasts />
      {overlay.name === 'jump' && (
        <JumpPalette conversations={all} actions={doableAt('palette', SCENE_ACTIONS, scene)} atHand={overlay.atHand} onClose={close} />
      )}
      {overlay.name === 'picker' && <PeoplePicker me={session.user} onClose={close} />}
    </div>
  );
}
