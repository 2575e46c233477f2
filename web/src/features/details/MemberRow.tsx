/** One person in a group or room: their role as a menu, and what else can be done. Most of it can be undone for some seconds; what weighs more is asked below the row. */
import { Ban, ChevronDown, Crown, MessageCircle, UserMinus, Volume2, VolumeX } from 'lucide-react';
import { useState } from 'react';
import { AskInPlace } from '../../components/AskInPlace';
import { Menu, type MenuSection } from '../../components/Menu';
import { Tag } from '../../components/Tag';
import type { ConversationView, MemberView, Role } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore } from '../../core/useView';
import { words } from '../../i18n/words';
import { useMinute } from '../../platform/clock';
import { navigate } from '../../platform/location';
import { profilePath } from '../../platform/paths';
import { canHandOver, canRemove, rolesFor } from './choices';
import { PersonRow } from './PersonRow';
import { presenceInWords } from './presence';
import type { Intending } from './useIntend';

interface MemberRowProps {
  readonly conversation: ConversationView;
  readonly member: MemberView;
  /** Changes something that can be undone. */
  readonly intend: Intending['intend'];
  /** Opens a conversation with this person alone; absent where that is not possible. */
  readonly onWrite?: ((member: MemberView) => void) | undefined;
}

/** What is asked before it is done. */
type Question = 'ban' | 'owner';

function note(member: MemberView, nowMs: number): string {
  const { people } = words;
  if (member.isMe) return people.you;
  return member.keyChanged ? people.keyChanged : presenceInWords(member, nowMs);
}

interface AskProps extends Omit<MemberRowProps, 'intend'> {
  readonly question: Question;
  readonly onBan: () => Promise<boolean>;
  readonly onDone: () => void;
}

function Ask({ question, conversation, member, onBan, onDone }: AskProps) {
  const { core } = useCore();
  const { people } = words;
  const { isBusy, failure, run } = useAct();
  const id = conversation.conversation;
  const isRoom = conversation.kind === 'room';
  const { name, user } = member;
  const asks = {
    ban: {
      question: isRoom && !conversation.room?.knock ? people.banAskOpen(name) : people.banAsk(name),
      act: people.banAct(name),
      work: onBan,
    },
    owner: {
      question: people.ownerAsk(name),
      act: people.ownerAct(name),
      work: () => run(() => core.setRole(id, user, 'owner')),
    },
  }[question];
  const act = async () => {
    if (await asks.work()) onDone();
  };
  return (
    <AskInPlace
      question={asks.question}
      act={asks.act}
      keep={people.keep}
      isBusy={isBusy}
      busyLabel={people.working}
      onAct={() => void act()}
      onKeep={onDone}
    >
      {failure !== undefined && (
        <p role="alert" className="text-danger">
          {failure}
        </p>
      )}
    </AskInPlace>
  );
}

interface ActionsProps extends Omit<MemberRowProps, 'intend'> {
  readonly onRole: (role: Role) => void;
  readonly onRemove: () => void;
  readonly onAsk: (question: Question) => void;
}

function sectionsOf({ conversation, member, onWrite, onRole, onRemove, onAsk }: ActionsProps): readonly MenuSection[] {
  const { people } = words;
  const mine = conversation.role;
  const roles = rolesFor(mine, member);
  const isMuted = member.role === 'read_only';
  return [
    {
      id: 'role',
      label: people.role,
      items: roles.map((role) => ({
        id: role,
        label: people.roles[role],
        isChosen: role === member.role,
        onChoose: () => onRole(role),
      })),
    },
    {
      id: 'more',
      items: [
        ...(onWrite ? [{ id: 'write', label: people.write, icon: MessageCircle, onChoose: () => onWrite(member) }] : []),
        ...(canHandOver(mine, member)
          ? [{ id: 'owner', label: people.handOver, icon: Crown, onChoose: () => onAsk('owner') }]
          : []),
        ...(roles.includes('read_only') && member.role !== 'admin'
          ? [
              {
                id: 'mute',
                label: isMuted ? people.unmute : people.mute,
                icon: isMuted ? Volume2 : VolumeX,
                onChoose: () => onRole(isMuted ? 'member' : 'read_only'),
              },
            ]
          : []),
        ...(canRemove(mine, member)
          ? [
              { id: 'remove', label: people.remove, icon: UserMinus, danger: true, onChoose: onRemove },
              { id: 'ban', label: people.ban, icon: Ban, danger: true, onChoose: () => onAsk('ban') },
            ]
          : []),
      ],
    },
  ];
}

export function MemberRow({ conversation, member, intend, onWrite }: MemberRowProps) {
  const { people, undo } = words;
  const { name, user } = member;
  const nowMs = useMinute();
  const [question, setQuestion] = useState<Question>();
  const onRole = (role: Role) => void intend({ setRole: { user, role } }, undo.role(name, role));
  const onRemove = () => void intend({ remove: user }, undo.remove(name));
  const onBan = () => intend({ ban: user }, undo.ban(name));
  const sections = member.isMe ? [] : sectionsOf({ conversation, member, onWrite, onRole, onRemove, onAsk: setQuestion });
  const hasMenu = sections.some(({ items }) => items.length > 0);
  const role = people.roles[member.role];
  return (
    <PersonRow
      person={member}
      isGuest={member.kind === 'guest'}
      note={note(member, nowMs)}
      online={member.isMe ? undefined : member.online}
      onOpen={() => navigate(profilePath(conversation.conversation, user))}
      end={
        hasMenu ? (
          <Menu
            label={people.roleOf(member.name)}
            sections={sections}
            renderTrigger={(trigger) => (
              <button
                type="button"
                {...trigger}
                aria-label={`${role}. ${people.roleOf(member.name)}`}
                className="quick inline-flex min-h-target flex-none items-center gap-1.5 rounded-field px-2.5 text-xs font-label text-ink-2 hover:bg-hover aria-expanded:bg-hover"
              >
                {role}
                <ChevronDown aria-hidden="true" size={15} strokeWidth={1.75} />
              </button>
            )}
          />
        ) : (
          member.role !== 'member' && <Tag>{role}</Tag>
        )
      }
      below={
        question && (
          <div className="pb-2">
            <Ask
              question={question}
              conversation={conversation}
              member={member}
              onBan={onBan}
              onDone={() => setQuestion(undefined)}
            />
          </div>
        )
      }
    />
  );
}
