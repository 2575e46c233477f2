/** People and ids of the double. It isn't part of the product. */
import type { ConversationId, DeviceId, DeviceView, PersonView, UserId } from '../types';

/** An id that looks like one, made of a text. */
export function idFrom<Id extends string>(text: string): Id {
  return text.toLowerCase().replaceAll(/[^a-z2-7]/gu, 'a').padEnd(26, 'a') as Id;
}

/** The id of a group or room with the given title. */
export function conversationNamed(kind: 'group' | 'room', title: string): ConversationId {
  return idFrom<ConversationId>(`${kind} ${title}`);
}

/** A person with the given name. */
export function person(name: string, colour: number, shape: number, online = false): PersonView {
  return {
    user: idFrom<UserId>(name),
    name,
    userName: name,
    nameClash: false,
    hasPicture: false,
    blocked: false,
    kind: 'account',
    identityColour: colour,
    identityShape: shape,
    online,
    presence: online ? { state: 'here' } : { state: 'unknown' },
  };
}

/** A device of the user's. */
export function device(name: string, current: boolean): DeviceView {
  return { device: idFrom<DeviceId>(name), current, registeredAtMs: Date.UTC(2026, 2, 1) };
}
