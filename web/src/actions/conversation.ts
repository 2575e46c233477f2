/** What can be done with the conversation that is open. */
import { Archive, ArchiveRestore, BellOff, DoorOpen, PanelRight, Pin, Search, Timer, UserPlus, Users } from 'lucide-react';
import { words } from '../i18n/words';
import { navigate } from '../platform/location';
import { conversationPath, detailsPath, peoplePath, pinnedPath, SEARCH, searchPath } from '../platform/paths';
import { type Action, done, PALETTE } from './action';
import { ifOpened, inConversation, isMuted, isOpened, nameOf, opened, openConversation, type Scene, withOpened } from './scene';

/** Opens the choice of timers beside the field. */
function chooseTimer(): boolean {
  const button = document.querySelector<HTMLElement>('[data-timer] button');
  button?.click();
  return button !== null;
}

function toggleDetails({ route }: Scene): boolean {
  if (route.name !== 'conversation') return false;
  return done(() => navigate(route.beside === 'nothing' ? detailsPath(route.conversation) : conversationPath(route.conversation)));
}

function archiveLabel(scene: Scene): string {
  const { actions, archive } = words;
  const open = opened(scene);
  if (open === undefined) return archive.put;
  return (open.archived ? actions.unarchive : actions.archive)(open.title);
}

function searchHere(scene: Scene): boolean {
  const open = openConversation(scene);
  return done(() => navigate(open === undefined ? SEARCH : searchPath(open)));
}

/** What stands beside it. */
function looking(): readonly Action<Scene>[] {
  const { actions } = words;
  const { typed } = actions;
  const group = 'anywhere';
  const places = PALETTE;
  return [
    {
      id: 'details', typed: typed.details, label: actions.details, brief: words.conversation.details, icon: PanelRight, directional: true, group, places: ['palette', 'head'],
      keys: { key: '.', control: true }, isPossible: inConversation, run: toggleDetails,
    },
    { id: 'pins', typed: typed.pins, label: actions.pins, icon: Pin, group, places, isPossible: isOpened, run: withOpened(({ conversation }) => navigate(pinnedPath(conversation))) },
    {
      id: 'people', typed: typed.people, label: actions.people, icon: Users, group, places,
      isPossible: ifOpened(({ kind }) => kind !== 'direct'), run: withOpened(({ conversation }) => navigate(peoplePath(conversation))),
    },
    {
      id: 'invite', typed: typed.invite, label: actions.invite, icon: UserPlus, group, places,
      isPossible: ifOpened(({ kind, may }) => kind === 'room' && may.shareLink), run: withOpened(({ conversation }) => navigate(detailsPath(conversation))),
    },
  ];
}

/** What changes it for oneself. */
function changing(): readonly Action<Scene>[] {
  const { actions } = words;
  const { typed } = actions;
  const group = 'anywhere';
  const places = PALETTE;
  return [
    { id: 'timer', typed: typed.timer, label: actions.timer, icon: Timer, group, places, isPossible: ifOpened(({ may, state }) => may.write && state === 'active'), run: chooseTimer },
    {
      id: 'mute', typed: typed.mute, label: (scene) => (ifOpened(isMuted)(scene) ? actions.unmute : actions.mute)(nameOf(scene)), icon: BellOff, group, places,
      isPossible: isOpened, run: withOpened((open, { acts }) => acts.mute(open)),
    },
    {
      id: 'archive', typed: typed.archive, label: archiveLabel, icon: Archive, otherIcon: { icon: ArchiveRestore, when: ifOpened(({ archived }) => archived) }, group, places,
      keys: { key: 'e', control: true, shift: true }, isPossible: isOpened, run: withOpened((open, { acts }) => acts.archive(open)),
    },
    {
      id: 'leave', typed: typed.leave, label: (scene) => actions.leave(nameOf(scene)), icon: DoorOpen, danger: true, group, places,
      isPossible: ifOpened(({ kind, state }) => kind !== 'direct' && state === 'active'), run: withOpened((open, { acts }) => acts.leave(open)),
    },
  ];
}

/** Searching in it. */
export const SEARCH_HERE: Action<Scene> = {
  id: 'search-here', typed: words.actions.typed.search, label: words.actions.searchHere, brief: words.chat.timeline.search, icon: Search, group: 'anywhere', places: ['palette', 'head'],
  keys: { key: 'f', control: true, shift: true }, keepsKey: true, isPossible: inConversation, run: searchHere,
};

/** All others. */
export const CONVERSATION_ACTIONS: readonly Action<Scene>[] = [...looking(), ...changing()];
