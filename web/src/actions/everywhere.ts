/** What can be done from anywhere, whatever is open. */
import { Archive, Contrast, DoorOpen, Download, Keyboard, LogIn, MessageCircle, Search, Settings, Users } from 'lucide-react';
import { focusToasts } from '../components/Toasts';
import { undoNewest } from '../components/toasts';
import { words } from '../i18n/words';
import { canInstall, install } from '../platform/install';
import { navigate } from '../platform/location';
import { ARCHIVE, conversationPath, detailsPath, HOME, KEYS, NEW_GROUP, NEW_ROOM, ROOM, SEARCH, SETTINGS } from '../platform/paths';
import { toggleTheme } from '../platform/theme';
import { type Action, done, PALETTE } from './action';
import { isTyping } from './keys';
import { opened, openConversation, type Scene, withAccount } from './scene';

const NEW = ['palette', 'new'] as const;

function go(path: string): boolean {
  navigate(path);
  return true;
}

/** From the open conversation to the next or the one before; with Shift only to unread ones. */
function step(scene: Scene, by: 1 | -1, onlyUnread: boolean): boolean {
  const open = openConversation(scene);
  const isArchived = opened(scene)?.archived ?? false;
  const conversations = scene.conversations.filter(({ archived }) => archived === isArchived);
  const at = conversations.findIndex((each) => each.conversation === open);
  const ahead = by === 1 ? conversations.slice(at + 1) : conversations.slice(0, Math.max(at, 0)).toReversed();
  const next = ahead.find((each) => !onlyUnread || each.unread > 0);
  return next ? go(conversationPath(next.conversation)) : true;
}

function stepBack({ route }: Scene): boolean {
  switch (route.name) {
    case 'conversation':
      if (route.beside === 'people') return go(detailsPath(route.conversation));
      return route.beside === 'nothing' ? false : go(conversationPath(route.conversation));
    case 'archive':
    case 'settings':
    case 'search':
    case 'keys':
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

/** Beginning something. */
function beginning(): readonly Action<Scene>[] {
  const { actions, create } = words;
  const group = 'anywhere';
  return [
    {
      id: 'new-conversation', label: actions.newConversation, brief: create.direct, icon: MessageCircle, group, places: NEW,
      keys: { key: 'n', control: true }, isPossible: withAccount, run: ({ openPicker }) => done(openPicker),
    },
    { id: 'new-group', label: actions.newGroup, brief: create.group, icon: Users, group, places: NEW, isPossible: withAccount, run: () => go(NEW_GROUP) },
    { id: 'new-room', label: actions.newRoom, brief: create.room, icon: DoorOpen, group, places: NEW, run: () => go(NEW_ROOM) },
    { id: 'join-room', label: actions.joinRoom, brief: create.join, icon: LogIn, group, places: NEW, run: () => go(ROOM) },
  ];
}

/** The pages and the page itself. */
function around(): readonly Action<Scene>[] {
  const { actions } = words;
  const group = 'anywhere';
  const places = PALETTE;
  return [
    { id: 'to-archive', label: actions.toArchive, icon: Archive, group, places, isPossible: ({ conversations }) => conversations.some(({ archived }) => archived), run: () => go(ARCHIVE) },
    { id: 'settings', label: actions.settings, icon: Settings, group, places, keys: { key: ',', control: true }, run: () => go(SETTINGS) },
    { id: 'keys', typed: actions.typed.help, label: actions.keys, icon: Keyboard, group, places, keys: { key: '?', typing: false }, run: () => go(KEYS) },
    { id: 'theme', label: actions.theme, icon: Contrast, group, places, run: () => done(toggleTheme) },
    { id: 'install', label: actions.install, icon: Download, group, places, isPossible: () => canInstall.value, run: () => done(() => void install()) },
  ];
}

/** Moving: the palette has better ways. */
function going(): readonly Action<Scene>[] {
  const { actions } = words;
  const group = 'going';
  const places = [] as const;
  return [
    { id: 'next', label: actions.next, group, places, keys: { key: 'ArrowDown', alt: true }, run: (scene) => step(scene, 1, false) },
    { id: 'previous', label: actions.previous, group, places, keys: { key: 'ArrowUp', alt: true }, run: (scene) => step(scene, -1, false) },
    { id: 'next-unread', label: actions.nextUnread, group, places, keys: { key: 'ArrowDown', alt: true, shift: true }, run: (scene) => step(scene, 1, true) },
    { id: 'previous-unread', label: actions.previousUnread, group, places, keys: { key: 'ArrowUp', alt: true, shift: true }, run: (scene) => step(scene, -1, true) },
    { id: 'next-pane', label: actions.nextPane, group, places, keys: { key: 'F6' }, run: nextPane },
    { id: 'toasts', label: actions.toasts, group, places, keys: { key: 'F8' }, run: focusToasts },
    { id: 'undo', label: actions.undo, group, places, keys: { key: 'z', control: true }, run: () => !isTyping() && undoNewest() },
    { id: 'back', label: actions.back, group, places, keys: { key: 'Escape' }, run: stepBack },
  ];
}

/** The palette itself. */
export const JUMP: Action<Scene> = { id: 'jump', label: words.actions.jump, group: 'anywhere', places: [], keys: { key: 'k', control: true }, run: ({ openJump }) => done(openJump) };
export const SEARCH_ALL: Action<Scene> = { id: 'search', label: words.actions.search, icon: Search, group: 'anywhere', places: PALETTE, run: () => go(SEARCH) };

export const BEGINNING = beginning();
export const AROUND = around();
export const GOING = going();
