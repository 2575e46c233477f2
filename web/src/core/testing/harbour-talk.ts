/** The conversation of the pictures with all that messages can be: marks, replies, reactions, files, and a long history. */
import type { Block, ConversationId, FileView, Inline, MessageView } from '../types';
import { type CoreDouble, person } from './double';
import { harbour } from './scene';
import { member } from './rooms';
import { plainBlocks } from './talk';

const MINUTE = 60_000;
const ines = person('Ines Okafor', 1, 0, true);
const tomasz = person('Tomasz Wilk', 5, 2, true);
const mei = person('Mei-Lin Chau', 10, 1);
const sana = { ...person('Sana Haddad', 9, 5), kind: 'guest' as const };

function me(double: CoreDouble) {
  const { session } = double;
  if (session.state !== 'signed_in') throw new Error('nobody is signed in');
  return { ...person(session.name, session.identityColour, session.identityShape, true), user: session.user };
}

const paragraph = (...inlines: Inline[]): Block => ({ paragraph: inlines });

const ORDERS: readonly Block[] = [
  paragraph({ text: 'Morning. The ' }, { bold: [{ text: 'inspection moved to 14:30' }] }, { text: ', the tide is with us until about five. Please bring:' }),
  {
    list: {
      ordered: false,
      start: 1,
      items: [
        [paragraph({ text: 'the torque wrench and the ' }, { italic: [{ text: 'short' }] }, { text: ' ladder' })],
        [paragraph({ text: 'October readings, if anyone has them' })],
      ],
    },
  },
  paragraph({ text: 'Then run ' }, { code: 'undertone messages pier --limit 50' }, { text: ' so the log is on the tablet.' }),
];

const PROGRAM = 'fn tide(hour: u32) -> f64 {\n    // Low at three\n    1.2 + (f64::from(hour) * 0.26).sin()\n}';

/** A file in a message. */
export function file(name: string, more: Partial<FileView>): FileView {
  return { index: 0, name, mediaType: 'application/pdf', size: 2_400_000, kind: 'other', transfer: { state: 'here' }, ...more };
}

/** The works at the north pier, as the pictures show them. */
export function harbourTalking(): CoreDouble {
  const double = harbour();
  const ada = me(double);
  const pier = double.gather('group', 'North pier works', [member(ines, 'owner'), member(tomasz, 'admin'), member(mei, 'member'), member(sana, 'member')], {
    people: 8,
    timer: { after_sent: 604_800 },
    typing: ['Tomasz'],
  });
  const morning = new Date().setHours(9, 0, 0, 0);
  const at = (minute: number) => ({ sentAtMs: morning + minute * MINUTE });
  const orders = double.say(pier, ines, 'Morning. The inspection moved to 14:30', {
    ...at(12),
    blocks: ORDERS as Block[],
    reactions: [
      { emoji: '👍', count: 4, own: true, names: ['Ada', 'Tomasz', 'Mei-Lin', 'Sana'] },
      { emoji: '🌊', count: 2, own: false, names: ['Tomasz', 'Mei-Lin'] },
    ],
  });
  double.say(pier, ada, 'I have both in the van.', {
    ...at(15),
    readBy: 4,
    reply: { key: orders, senderName: 'Ines', text: 'the torque wrench and the short ladder', own: false, deleted: false },
    mentions: [{ user: tomasz.user, name: 'Tomasz' }],
    blocks: [paragraph({ text: 'I have both in the van. ' }, { mention: { user: tomasz.user } }, { text: ' can you open the gate at two?' })],
  });
  double.say(pier, tomasz, 'Will do. Step 14 is loose again, I taped it off.', {
    ...at(21),
    files: [file('pier.webp', { kind: 'picture', mediaType: 'image/webp', width: 736, height: 460, size: 84_000 })],
  });
  double.say(pier, mei, '', { ...at(24), blocks: [], files: [file('gauge-readings-october.pdf', {})] });
  double.say(pier, mei, 'tide', { ...at(25), blocks: [{ code: { language: 'rust', text: PROGRAM } }], edited: true, pinned: true, starred: true });
  double.say(pier, sana, 'Gate code for today is', {
    ...at(38),
    blocks: [paragraph({ text: 'Gate code for today is ' }, { spoiler: [{ text: '4711 0' }] })],
    expiry: { after_sent: 60 },
    expiresAtMs: Date.now() + 42_000,
  });
  double.say(pier, ines, 'bank', {
    ...at(39),
    blocks: [
      paragraph({ text: 'The form is at ' }, { link: { href: 'https://evil.example/', host: 'evil.example', deceptive: true, inlines: [{ text: 'harbour.example/form' }] } }),
      { quote: [paragraph({ text: 'Sign it and bring it ' }, { strike: [{ text: 'today' }] }, { text: ' tomorrow.' })] },
    ],
  });
  double.say(pier, tomasz, '', { ...at(40), deleted: true, blocks: [] });
  double.say(pier, ada, 'Got it, I am at the gate from 13:50.', at(41));
  double.say(pier, ada, 'And I will take the gauge with me.', { ...at(42), state: 'failed' });
  double.say(pier, ada, 'plan.zip', {
    ...at(43),
    state: 'sending',
    blocks: [],
    files: [file('pier-plan.zip', { size: 48_000_000, transfer: { state: 'uploading', done: 31_000_000 } })],
  });
  double.conversations = double.conversations.map((each) => ({ ...each, unread: 0 }));
  return double;
}

const SAYINGS = [
  'Anyone at the east stairs?',
  'The tide is with us until about five, and the inspection moved to half past two. Bring the torque wrench and the short ladder, and October readings if anyone has them.',
  'Yes.',
  'Gate is open from 13:50.\nSecond line of the same message.',
] as const;

/** What some of very many messages are besides words: code, a picture, an answer, reactions. */
function besides(at: number, text: string): Partial<MessageView> {
  switch (at % 12) {
    case 1:
    case 6:
      return { reactions: [{ emoji: '👍', count: 3, own: true, names: ['Ada', 'Ines', 'Tomasz'] }, { emoji: '🌊', count: 1, own: false, names: ['Mei-Lin'] }] };
    case 5:
      return { files: [file('pier.webp', { kind: 'picture', mediaType: 'image/webp', width: 736, height: 460, size: 84_000 })] };
    case 8:
      return { blocks: [paragraph({ text }), { code: { language: 'rust', text: PROGRAM } }] };
    case 10:
      return { reply: { senderName: 'Ines', text: 'the torque wrench and the short ladder', own: false, deleted: false } };
    default:
      return {};
  }
}

/** A conversation with very many messages. */
export function longHistory(double: CoreDouble, count: number): ConversationId {
  const ada = me(double);
  const people = [ines, tomasz, mei, ada];
  const begin = Date.now() - count * 2 * MINUTE;
  const messages = Array.from({ length: count }, (_, at): Partial<MessageView> & { readonly text: string } => {
    const text = `${at + 1}. ${SAYINGS[at % SAYINGS.length] ?? ''}`;
    return { text, blocks: plainBlocks(text), sentAtMs: begin + at * 2 * MINUTE, ...besides(at, text) };
  });
  const conversation = double.gather('group', 'Long history', [member(ines, 'owner')]);
  double.fill(conversation, messages.map((message, at) => ({ from: people[(at >> 2) % people.length] ?? ada, message })));
  return conversation;
}
