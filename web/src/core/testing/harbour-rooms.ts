/** The groups and rooms of the pictures: the night shift, and the works at the north pier. */
import { conversationNamed, type CoreDouble, person } from './double';
import { doorOf, happening, member, QUIET } from './rooms';
import { harbour } from './scene';
import type { ConversationId, KnockView } from '../types';

const MINUTE = 60_000;
const guest = (name: string, colour: number, shape: number) => ({ ...person(name, colour, shape, true), kind: 'guest' as const });

const heron = guest('Quiet Heron', 4, 3);
const lantern = guest('Small Lantern', 11, 0);
const ines = person('Ines.Okafor', 1, 0, true);
const tomasz = person('Tomasz.Wilk', 5, 2, true);
const mei = person('Mei-Lin', 10, 1);
const sana = person('Sana.Haddad', 9, 5);

function ada(double: CoreDouble) {
  const { session } = double;
  if (session.state !== 'signed_in') throw new Error('nobody is signed in');
  return { ...person(session.name, session.identityColour, session.identityShape, true), user: session.user };
}

/** A room that Ada owns; somebody knocks. */
function nightShift(double: CoreDouble): ConversationId {
  const me = ada(double);
  const room = double.gather(
    'room',
    'Night shift swaps',
    [member(heron, 'member'), member(lantern, 'member'), member(ines, 'admin'), member(mei, 'member'), member(sana, 'read_only')],
    {
      people: 14,
      capacity: 50,
      room: { locked: false, knock: true, rotation: 2, expiresAtMs: Date.now() + 3 * 86_400_000 },
      timer: { after_sent: 86_400 },
      slowModeSeconds: 10,
      knocks: 1,
      typing: ['Small Lantern'],
    },
  );
  const morning = new Date().setHours(9, 0, 0, 0);
  const at = (minute: number) => morning + minute * MINUTE;
  double.note(room, happening('founded', me, { whoIsMe: true }), at(0));
  double.say(room, heron, 'Anyone for Thursday night? I can take Saturday instead.', { sentAtMs: at(2) });
  double.say(room, lantern, 'Thursday works. Same handover time?', { sentAtMs: at(7) });
  double.note(room, happening('timer_set', me, { whoIsMe: true, timer: { after_sent: 86_400 } }), at(8));
  double.say(room, me, 'Yes, 21:45 at the east door. Please both confirm here.', { sentAtMs: at(10) });
  double.say(room, heron, 'Confirmed.', { sentAtMs: at(12) });
  double.say(room, lantern, 'Gate code for today is 4711', {
    sentAtMs: at(13),
    expiry: { after_read: 60 },
    expiresAtMs: Date.now() + 42_000,
  });
  double.note(room, happening('role_changed', me, { whoIsMe: true, role: 'read_only', whom: [{ user: sana.user, name: sana.name, userName: sana.userName, isMe: false }] }), at(14));
  const knock: KnockView = {
    device: 'device' as KnockView['device'],
    user: tomasz.user,
    name: 'Brisk Magpie',
    identityColour: 9,
    identityShape: 4,
    kind: 'guest',
    knockedAtMs: at(20),
  };
  double.waiting.set(room, [knock]);
  return room;
}

/** A harbour with its rooms. */
export function harbourWithRooms(): CoreDouble {
  const double = harbour();
  const me = ada(double);
  const group = double.gather('group', 'North pier works', [member(ines, 'owner'), member(tomasz, 'admin'), member(mei, 'member')]);
  double.note(group, happening('founded', ines));
  double.say(group, tomasz, 'see you at two');
  double.say(group, me, 'I take the short ladder');
  nightShift(double);
  double.conversations = double.conversations.map((each) => ({ ...each, unread: 0 }));
  return double;
}

/** A phone that was just handed a link. */
export function atTheDoor(double: CoreDouble, knock = false): CoreDouble {
  double.door = {
    ...doorOf({
      ...QUIET,
      conversation: conversationNamed('room', 'Night shift swaps'),
      kind: 'room',
      title: 'Night shift swaps',
      peer: undefined,
      people: 14,
      capacity: 50,
      timer: { after_sent: 86_400 },
      room: { locked: false, knock, rotation: 1 },
    }),
  };
  return double;
}
