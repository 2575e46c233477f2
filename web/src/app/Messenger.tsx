/** The screen of somebody who is signed in: three panes that fold to one. What is open is in the address. */
import { type ReactNode, useEffect, useState } from 'react';
import { cx } from '../components/cx';
import { Pane } from '../components/Pane';
import type { ConversationView, ConnectionView, ServerInfo, SessionView } from '../core/types';
import { useCore, useValue, useView } from '../core/useView';
import { ConversationList } from '../features/conversation-list/ConversationList';
import { ConversationPane } from '../features/conversation/ConversationPane';
import { OfflineBar } from '../features/conversation/OfflineBar';
import { DetailsPane } from '../features/details/DetailsPane';
import { JumpPalette, type PaletteAction } from '../features/find/JumpPalette';
import { PeoplePicker } from '../features/find/PeoplePicker';
import { SettingsPage } from '../features/settings/SettingsPage';
import { words } from '../i18n/words';
import { navigate } from '../platform/location';
import { conversationPath, HOME } from '../platform/paths';
import { useIsNarrow } from '../platform/width';
import { ACTIONS, type Scene } from './actions';
import type { Route } from './routes';
import { useShortcuts } from './useShortcuts';

interface MessengerProps {
  readonly route: Route;
  readonly session: Extract<SessionView, { state: 'signed_in' }>;
  readonly server: ServerInfo | undefined;
}

type Overlay = 'none' | 'jump' | 'picker';

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

function useTitle(conversation: ConversationView | undefined, unread: number): void {
  useEffect(() => {
    const name = conversation ? `${conversation.title}${words.separator}${words.product}` : words.product;
    document.title = unread > 0 ? `(${unread}) ${name}` : name;
  }, [conversation, unread]);
}

function paletteActions(scene: Scene): readonly PaletteAction[] {
  return ACTIONS.flatMap(({ id, label, keys, run }) =>
    label === undefined || (id === 'details' && scene.route.name !== 'conversation')
      ? []
      : [{ id, label, ...(keys && { keys }), run: () => void run(scene) }],
  );
}

export function Messenger({ route, session, server }: MessengerProps) {
  const { core, store } = useCore();
  const conversations = useView(store.conversations);
  const connection = useValue(store.connection);
  const [overlay, setOverlay] = useState<Overlay>('none');
  const isNarrow = useIsNarrow();
  const close = () => setOverlay('none');

  const all = conversations.state === 'ready' ? conversations.value : [];
  const openId = route.name === 'conversation' ? route.conversation : undefined;
  const open = all.find((each) => each.conversation === openId);
  const showsDetails = route.name === 'conversation' && route.details && open !== undefined;
  const status = useStatus(connection);
  const scene: Scene = {
    route,
    conversations: all,
    openJump: () => setOverlay('jump'),
    openPicker: () => setOverlay('picker'),
  };
  useShortcuts(scene);
  useTitle(open, all.filter((each) => each.unread > 0).length);

  const bar: ReactNode = status === 'offline' && (
    <OfflineBar waiting={connection?.waiting ?? 0} onTryNow={() => void core.wake().catch(() => {})} />
  );

  const main = () => {
    if (route.name === 'settings') {
      return <SettingsPage me={session} server={server} onSignedOut={() => location.assign(HOME)} />;
    }
    if (open) {
      return (
        <ConversationPane
          key={open.conversation}
          conversation={open}
          isOffline={status === 'offline'}
          showsDetails={showsDetails}
          bar={bar}
        />
      );
    }
    if (openId && conversations.state === 'ready') {
      return <NothingOpen title={words.conversation.chooseTitle} lead={words.conversation.gone} />;
    }
    return <NothingOpen title={words.conversation.chooseTitle} lead={words.conversation.chooseLead} />;
  };

  const showsList = !isNarrow || route.name === 'home';
  const showsMain = !isNarrow || (route.name !== 'home' && !showsDetails);
  return (
    <div
      className={cx(
        'grid h-dvh grid-cols-1 overflow-hidden md:columns-two-panes',
        showsDetails && 'lg:columns-three-panes',
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
            me={session}
            status={status}
            onJump={scene.openJump}
            onNewConversation={scene.openPicker}
          />
        </Pane>
      )}
      {showsMain && (
        <Pane isMain className="grid min-h-0 grid-cols-1 rows-pane bg-surface on-surface">
          {main()}
        </Pane>
      )}
      {showsDetails && (
        <Pane
          label={words.details.title}
          isMain={isNarrow}
          className="min-h-0 overflow-auto border-line bg-surface on-surface quiet-scroll md:fixed md:inset-y-0 md:end-0 md:w-pane-details md:border-s md:floating lg:static lg:w-auto lg:shadow-none"
        >
          <DetailsPane
            conversation={open}
            me={session}
            isOnline={status === 'online'}
            isAlone={isNarrow}
            onClose={() => navigate(conversationPath(open.conversation))}
          />
        </Pane>
      )}
      {overlay === 'jump' && <JumpPalette conversations={all} actions={paletteActions(scene)} onClose={close} />}
      {overlay === 'picker' && <PeoplePicker me={session.user} onClose={close} />}
    </div>
  );
}
