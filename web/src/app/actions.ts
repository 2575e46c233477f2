/** What can be done from anywhere: one registry gives the keys and the entries of the palette. */
import { words } from '../i18n/words';
import { navigate } from '../platform/location';
import { conversationPath, detailsPath, HOME, NEW_GROUP, NEW_ROOM, ROOM, SETTINGS } from '../platform/paths';
import { toggleTheme } from '../platform/theme';
import type { ConversationView } from '../core/types';
import type { Route } from './routes';

/** What an action needs to know of the screen. */
export interface Scene {
  readonly route: Route;
  readonly conversations: readonly ConversationView[];
  readonly openJump: () => void;
  readonly openPicker: () => void;
  /** Without an account one makes rooms, and no groups. */
  readonly isGuest: boolean;
}

/** An action. */
export interface Action {
  readonly id: string;
  /** In the palette; an action without stands only behind its keys. */
  readonly label?: string;
  /** As they are shown. */
  readonly keys?: readonly string[];
  /** Only people with an account have it. */
  readonly forAccounts?: boolean;
  readonly matches: (event: KeyboardEvent) => boolean;
  /** Does it; false when there was nothing to do, so that the key keeps its own meaning. */
  readonly run: (scene: Scene) => boolean;
}

const withControl = (event: KeyboardEvent, key: string) =>
  (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === key;
const withAlt = (event: KeyboardEvent, key: string, shift: boolean) =>
  event.altKey && !event.ctrlKey && event.shiftKey === shift && event.key === key;
const never = () => false;

function go(path: string): boolean {
  navigate(path);
  return true;
}

/** From the open conversation to the next or the one before; with Shift only to unread ones. */
function step(scene: Scene, by: 1 | -1, onlyUnread: boolean): boolean {
  const { route, conversations } = scene;
  const open = route.name === 'conversation' ? route.conversation : undefined;
  const at = conversations.findIndex((each) => each.conversation === open);
  const ahead = by === 1 ? conversations.slice(at + 1) : conversations.slice(0, Math.max(at, 0)).toReversed();
  const next = ahead.find((each) => !onlyUnread || each.unread > 0);
  return next ? go(conversationPath(next.conversation)) : true;
}

function toggleDetails({ route }: Scene): boolean {
  if (route.name !== 'conversation') return false;
  return go(route.beside === 'nothing' ? detailsPath(route.conversation) : conversationPath(route.conversation));
}

function stepBack({ route }: Scene): boolean {
  switch (route.name) {
    case 'conversation':
      if (route.beside === 'people') return go(detailsPath(route.conversation));
      return route.beside === 'details' ? go(conversationPath(route.conversation)) : false;
    case 'settings':
    case 'new-group':
    case 'new-room':
      return go(HOME);
    default:
      return false;
  }
}

/** Moves the focus to the next pane. */
function nextPane(): boolean {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter((pane) => pane.offsetParent !== null);
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const pane = panes[(at + 1) % panes.length];
  pane?.querySelector<HTMLElement>('textarea, [aria-current], a, button')?.focus();
  return pane !== undefined;
}

/** All of them. */
export const ACTIONS: readonly Action[] = [
  {
    id: 'jump',
    matches: (event) => withControl(event, 'k'),
    run: ({ openJump }) => {
      openJump();
      return true;
    },
  },
  {
    id: 'new-conversation',
    label: words.actions.newConversation,
    forAccounts: true,
    matches: never,
    run: ({ openPicker }) => {
      openPicker();
      return true;
    },
  },
  {
    id: 'new-group',
    label: words.actions.newGroup,
    forAccounts: true,
    matches: never,
    run: () => go(NEW_GROUP),
  },
  { id: 'new-room', label: words.actions.newRoom, matches: never, run: () => go(NEW_ROOM) },
  { id: 'join-room', label: words.actions.joinRoom, matches: never, run: () => go(ROOM) },
  {
    id: 'details',
    label: words.actions.details,
    keys: ['Ctrl', '.'],
    matches: (event) => withControl(event, '.'),
    run: toggleDetails,
  },
  {
    id: 'settings',
    label: words.actions.settings,
    keys: ['Ctrl', ','],
    matches: (event) => withControl(event, ','),
    run: () => go(SETTINGS),
  },
  {
    id: 'theme',
    label: words.actions.theme,
    matches: never,
    run: () => {
      toggleTheme();
      return true;
    },
  },
  { id: 'next', matches: (event) => withAlt(event, 'ArrowDown', false), run: (scene) => step(scene, 1, false) },
  { id: 'previous', matches: (event) => withAlt(event, 'ArrowUp', false), run: (scene) => step(scene, -1, false) },
  {
    id: 'next-unread',
    matches: (event) => withAlt(event, 'ArrowDown', true),
    run: (scene) => step(scene, 1, true),
  },
  {
    id: 'previous-unread',
    matches: (event) => withAlt(event, 'ArrowUp', true),
    run: (scene) => step(scene, -1, true),
  },
  { id: 'next-pane', matches: (event) => event.key === 'F6', run: nextPane },
  { id: 'back', matches: (event) => event.key === 'Escape', run: stepBack },
];
