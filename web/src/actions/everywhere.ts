/** What can be done from anywhere: one registry behind keys, menus, the palette and the page of all keys. */
import { focusToasts } from '../components/Toasts';
import { undoNewest } from '../components/toasts';
import type { ConversationId, ConversationView } from '../core/types';
import { words } from '../i18n/words';
import { canInstall, install } from '../platform/install';
import { navigate } from '../platform/location';
import { ARCHIVE, conversationPath, detailsPath, HOME, KEYS, NEW_GROUP, NEW_ROOM, peoplePath, pinnedPath, ROOM, SEARCH, searchPath, SETTINGS } from '../platform/paths';
import { toggleTheme } from '../platform/theme';
import { type Chord, isTyping, onKey } from './keys';
import type { Route } from '../app/routes';
import { type Acts, isMuted } from '../app/useActs';

/** What an action needs to know of the screen. */
export interface Scene {
  readonly route: Route;
  readonly conversations: readonly ConversationView[];
  readonly openJump: () => void;
  readonly openPicker: () => void;
  readonly acts: Acts;
  /** Without an account one makes rooms, and no groups. */
  readonly isGuest: boolean;
}

/** Where an action stands on the page of all keys. */
export type ActionGroup = 'anywhere' | 'going';

/** An action. */
export interface Action {
  readonly id: string;
  readonly label: string | ((scene: Scene) => string);
  readonly group: ActionGroup;
  readonly keys?: Chord;
  /** It is about moving; the palette has better ways. @default true */
  readonly inPalette?: boolean;
  /** Typed after a slash where one writes, it does the same. */
  readonly typed?: string;
  /** Whether it means anything now. @default always */
  readonly isPossible?: (scene: Scene) => boolean;
  /** Does it; false when there was nothing to do, so that the key keeps its own meaning. */
  readonly run: (scene: Scene) => boolean;
}

function go(path: string): boolean {
  navigate(path);
  return true;
}

function openConversation({ route }: Scene): ConversationId | undefined {
  return route.name === 'conversation' ? route.conversation : undefined;
}

function opened(scene: Scene): ConversationView | undefined {
  const id = openConversation(scene);
  return scene.conversations.find((each) => each.conversation === id);
}

const inConversation = (scene: Scene) => openConversation(scene) !== undefined;
const isOpened = (scene: Scene) => opened(scene) !== undefined;

/** Does something with the conversation that is open. */
function withOpened(work: (open: ConversationView, scene: Scene) => unknown): (scene: Scene) => boolean {
  return (scene) => {
    const open = opened(scene);
    if (open) work(open, scene);
    return open !== undefined;
  };
}

/** Whether the open conversation is like this. */
function ifOpened(is: (open: ConversationView) => boolean): (scene: Scene) => boolean {
  return (scene) => {
    const open = opened(scene);
    return open !== undefined && is(open);
  };
}

function nameOf(scene: Scene): string {
  return opened(scene)?.title ?? '';
}

/** Opens the choice of timers beside the field. */
function chooseTimer(): boolean {
  const button = document.querySelector<HTMLElement>('[data-timer] button');
  button?.click();
  return button !== null;
}
const withAccount = (scene: Scene) => !scene.isGuest;

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

function toggleDetails({ route }: Scene): boolean {
  if (route.name !== 'conversation') return false;
  return go(route.beside === 'nothing' ? detailsPath(route.conversation) : conversationPath(route.conversation));
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

function done(work: () => void): boolean {
  work();
  return true;
}

/** What can be done with the open conversation. */
function ofConversation(): readonly Action[] {
  const { actions } = words;
  const { typed } = actions;
  const group = 'anywhere';
  return [
    { id: 'details', typed: typed.details, label: actions.details, group, keys: { key: '.', control: true }, isPossible: inConversation, run: toggleDetails },
    { id: 'pins', typed: typed.pins, label: actions.pins, group, isPossible: isOpened, run: withOpened(({ conversation }) => go(pinnedPath(conversation))) },
    { id: 'people', typed: typed.people, label: actions.people, group, isPossible: ifOpened(({ kind }) => kind !== 'direct'), run: withOpened(({ conversation }) => go(peoplePath(conversation))) },
    { id: 'invite', typed: typed.invite, label: actions.invite, group, isPossible: ifOpened(({ kind, may }) => kind === 'room' && may.shareLink), run: withOpened(({ conversation }) => go(detailsPath(conversation))) },
    { id: 'timer', typed: typed.timer, label: actions.timer, group, isPossible: ifOpened(({ may, state }) => may.write && state === 'active'), run: chooseTimer },
    { id: 'mute', typed: typed.mute, label: (scene) => (ifOpened(isMuted)(scene) ? actions.unmute : actions.mute)(nameOf(scene)), group, isPossible: isOpened, run: withOpened((open, { acts }) => acts.mute(open)) },
    {
      id: 'archive',
      typed: typed.archive,
      label: (scene) => {
        const open = opened(scene);
        if (open === undefined) return words.archive.put;
        return (open.archived ? actions.unarchive : actions.archive)(open.title);
      },
      group,
      keys: { key: 'e', control: true, shift: true },
      isPossible: isOpened,
      run: withOpened((open, { acts }) => acts.archive(open)),
    },
    { id: 'leave', typed: typed.leave, label: (scene) => actions.leave(nameOf(scene)), group, isPossible: ifOpened(({ kind, state }) => kind !== 'direct' && state === 'active'), run: withOpened((open, { acts }) => acts.leave(open)) },
  ];
}

/** What the palette and the page of keys show. */
function described(): readonly Action[] {
  const { actions } = words;
  return [
    { id: 'jump', label: actions.jump, group: 'anywhere', keys: { key: 'k', control: true }, inPalette: false, run: ({ openJump }) => done(openJump) },
    {
      id: 'search-here',
      typed: actions.typed.search,
      label: actions.searchHere,
      group: 'anywhere',
      keys: { key: 'f', control: true, shift: true },
      isPossible: inConversation,
      run: (scene) => {
        const open = openConversation(scene);
        return go(open === undefined ? SEARCH : searchPath(open));
      },
    },
    { id: 'search', label: actions.search, group: 'anywhere', run: () => go(SEARCH) },
    {
      id: 'new-conversation',
      label: actions.newConversation,
      group: 'anywhere',
      keys: { key: 'n', control: true },
      isPossible: withAccount,
      run: ({ openPicker }) => done(openPicker),
    },
    { id: 'new-group', label: actions.newGroup, group: 'anywhere', isPossible: withAccount, run: () => go(NEW_GROUP) },
    { id: 'new-room', label: actions.newRoom, group: 'anywhere', run: () => go(NEW_ROOM) },
    { id: 'join-room', label: actions.joinRoom, group: 'anywhere', run: () => go(ROOM) },
    ...ofConversation(),
    { id: 'to-archive', label: actions.toArchive, group: 'anywhere', isPossible: ({ conversations }) => conversations.some(({ archived }) => archived), run: () => go(ARCHIVE) },
    { id: 'settings', label: actions.settings, group: 'anywhere', keys: { key: ',', control: true }, run: () => go(SETTINGS) },
    { id: 'keys', typed: actions.typed.help, label: actions.keys, group: 'anywhere', keys: { key: '?', typing: false }, run: () => go(KEYS) },
    { id: 'theme', label: actions.theme, group: 'anywhere', run: () => done(toggleTheme) },
    { id: 'install', label: actions.install, group: 'anywhere', isPossible: () => canInstall.value, run: () => done(() => void install()) },
    { id: 'next', label: actions.next, group: 'going', keys: { key: 'ArrowDown', alt: true }, inPalette: false, run: (scene) => step(scene, 1, false) },
    { id: 'previous', label: actions.previous, group: 'going', keys: { key: 'ArrowUp', alt: true }, inPalette: false, run: (scene) => step(scene, -1, false) },
    {
      id: 'next-unread',
      label: actions.nextUnread,
      group: 'going',
      keys: { key: 'ArrowDown', alt: true, shift: true },
      inPalette: false,
      run: (scene) => step(scene, 1, true),
    },
    {
      id: 'previous-unread',
      label: actions.previousUnread,
      group: 'going',
      keys: { key: 'ArrowUp', alt: true, shift: true },
      inPalette: false,
      run: (scene) => step(scene, -1, true),
    },
    { id: 'next-pane', label: actions.nextPane, group: 'going', keys: { key: 'F6' }, inPalette: false, run: nextPane },
    { id: 'toasts', label: actions.toasts, group: 'going', keys: { key: 'F8' }, inPalette: false, run: focusToasts },
    { id: 'undo', label: actions.undo, group: 'going', keys: { key: 'z', control: true }, inPalette: false, run: () => !isTyping() && undoNewest() },
    { id: 'back', label: actions.back, group: 'going', keys: { key: 'Escape' }, inPalette: false, run: stepBack },
  ];
}

/** All of them. */
export const ACTIONS: readonly Action[] = described();

/** How an action is called now. */
export function labelOf({ label }: Action, scene: Scene): string {
  return typeof label === 'string' ? label : label(scene);
}

/** Those that the palette offers now. */
export function offered(scene: Scene): readonly Action[] {
  return ACTIONS.filter(({ inPalette = true, isPossible }) => inPalette && (isPossible?.(scene) ?? true));
}

/** Those that may be typed after a slash now. */
export function typeable(scene: Scene): readonly (Action & { readonly typed: string })[] {
  return offered(scene).flatMap((action) => (action.typed === undefined ? [] : [{ ...action, typed: action.typed }]));
}

/** The action of a key, if it means anything now. */
export function actionFor(event: KeyboardEvent, scene: Scene): Action | undefined {
  return ACTIONS.find(({ keys, isPossible, id }) => keys && onKey(event, keys) && (id === 'search-here' || (isPossible?.(scene) ?? true)));
}
