/** Groups and rooms of the double: their views as the core would give them. It isn't part of the product. */
import type { ConversationView, EventView, MemberView, PersonView, Role, RoomDoorView } from '../types';

/** Everything that a conversation of several people has at its beginning. */
export const QUIET: Omit<ConversationView, 'conversation' | 'title' | 'peer' | 'kind'> = {
  topic: '',
  identityColour: 3,
  identityShape: 1,
  state: 'active',
  role: 'member',
  may: { write: true, add: false, remove: false, setState: false, setTerms: false, shareLink: false },
  people: 2,
  capacity: 300,
  history: 'nothing',
  slowModeSeconds: 0,
  tooFast: false,
  knocks: 0,
  typing: [],
  lastText: undefined,
  lastAtMs: 0,
  lastState: undefined,
  lastOwn: false,
  unread: 0,
  writable: true,
  notice: undefined,
  hasDraft: false,
  request: false,
  notify: 'all',
  archived: false,
  mentions: 0,
};

/** What owners may. */
export const OWNER = { write: true, add: true, remove: true, setState: true, setTerms: true, shareLink: true } as const;

/** Somebody in a conversation. */
export function member(person: PersonView, role: Role, more: Partial<MemberView> = {}): MemberView {
  return {
    user: person.user,
    name: person.name,
    userName: person.userName,
    nameClash: person.nameClash,
    hasPicture: person.hasPicture,
    blocked: person.blocked,
    identityColour: person.identityColour,
    identityShape: person.identityShape,
    kind: person.kind,
    online: person.online,
    presence: person.presence,
    role,
    isMe: false,
    devices: 1,
    keyChanged: false,
    ...more,
  };
}

/** Something that happened. */
export function happening(what: EventView['what'], who: PersonView, more: Partial<EventView> = {}): EventView {
  return { what, who: who.user, whoName: who.name, whoUserName: who.userName, whoIsMe: false, whom: [], ...more };
}

/** What stands on the door of a conversation. */
export function doorOf(room: ConversationView): RoomDoorView {
  return {
    conversation: room.conversation,
    title: room.title,
    topic: room.topic,
    people: room.people,
    capacity: room.capacity,
    locked: room.room?.locked ?? false,
    knock: room.room?.knock ?? false,
    slowModeSeconds: room.slowModeSeconds,
    retentionSeconds: room.retentionSeconds ?? 30 * 86_400,
    history: room.history,
    joined: false,
    identityColour: room.identityColour,
    identityShape: room.identityShape,
    ...(room.timer && { timer: room.timer }),
  };
}
