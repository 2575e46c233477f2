/** The details of a conversation: who can read it and how that works; of rooms and groups also invite, door, messages, people and leaving. */
import { Lock, Users } from 'lucide-react';
import { Notice } from '../../components/Notice';
import { SettingButton } from '../../components/SettingRow';
import type { ConversationView, StatePatch, TermsPatch } from '../../core/types';
import { useCore, useValue } from '../../core/useView';
import { words } from '../../i18n/words';
import { useMinute } from '../../platform/clock';
import { navigate } from '../../platform/location';
import { HOME, peoplePath, profilePath } from '../../platform/paths';
import { Door } from './Door';
import { Invite } from './Invite';
import { Leave } from './Leave';
import { Messages } from './Messages';
import { NotifyRows } from './NotifyRows';
import { PanelHead, PanelSection } from '../../components/Panel';
import { PersonRow } from './PersonRow';
import { presenceInWords } from './presence';
import { Saved } from './Saved';
import { Title } from './Title';
import { useIntend } from './useIntend';

interface Person {
  readonly name: string;
  readonly identityColour: number;
  readonly identityShape: number;
}

interface DetailsPaneProps {
  readonly conversation: ConversationView;
  /** Who is signed in. */
  readonly me: Person;
  readonly isOnline: boolean;
  /** It is the only pane, as on a phone. */
  readonly isAlone: boolean;
  readonly onClose: () => void;
}

/** Who can read this, and the long answer to how. */
function Trust({ conversation }: Pick<DetailsPaneProps, 'conversation'>) {
  const { details, room } = words;
  const { kind, title, people } = conversation;
  const only = { direct: details.only(title), group: room.onlyThese(people), room: room.only }[kind];
  const lines = kind === 'direct' ? details.howList : room.howList;
  return (
    <section className="grid columns-icon gap-x-2.5 gap-y-0.5 p-5 py-4">
      <Lock aria-hidden="true" size={18} strokeWidth={1.75} className="mt-0.5 text-good" />
      <p className="font-semibold">{only}</p>
      <div className="col-start-2 text-xs text-ink-2">
        <p>{details.notServer}</p>
        <details className="group mt-1">
          <summary className="-ms-0.5 inline-flex min-h-6 cursor-pointer items-center px-0.5 text-accent underlined max-md:min-h-11">
            {details.how}
          </summary>
          <ul className="mt-2 grid gap-2.5">
            {lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </details>
      </div>
    </section>
  );
}

function TwoPeople({ conversation, me, isOnline, isAlone }: Omit<DetailsPaneProps, 'onClose'>) {
  const { details } = words;
  const { peer } = conversation;
  const nowMs = useMinute();
  return (
    <PanelSection title={details.people(peer ? 2 : 1)} isAlone={isAlone}>
      <ul>
        {peer && (
          <PersonRow
            person={peer}
            note={presenceInWords(peer, nowMs)}
            online={peer.online}
            onOpen={() => navigate(profilePath(conversation.conversation, peer.user))}
          />
        )}
        <PersonRow person={me} note={details.you} online={isOnline} />
      </ul>
    </PanelSection>
  );
}

function AllPeople({ conversation, isAlone }: Pick<DetailsPaneProps, 'conversation' | 'isAlone'>) {
  const { store } = useCore();
  const { room } = words;
  const id = conversation.conversation;
  const members = useValue(store.members(id)) ?? [];
  const owners = members.filter((member) => member.role === 'owner');
  const isLastOwner = conversation.role === 'owner' && owners.length === 1 && members.length > 1;
  const isIn = conversation.state === 'active';
  return (
    <PanelSection isAlone={isAlone}>
      <SettingButton
        icon={Users}
        label={room.people}
        value={String(conversation.people)}
        onClick={() => navigate(peoplePath(id))}
      />
      {isIn && <Leave conversation={conversation} isLastOwner={isLastOwner} onLeft={() => navigate(HOME, { replace: true })} />}
    </PanelSection>
  );
}

/** What is changed from here, and can be undone; a failure stands at the top of what it concerns. */
function useChanges(conversation: ConversationView) {
  const { failure, intend } = useIntend(conversation.conversation);
  const { undo } = words;
  const onState = (patch: StatePatch) => void intend({ state: patch }, undo.state(patch));
  const onTerms = (patch: TermsPatch) => void intend({ terms: patch }, undo.terms(patch));
  return { failure, onState, onTerms };
}

export function DetailsPane({ conversation, me, isOnline, isAlone, onClose }: DetailsPaneProps) {
  const { details, room } = words;
  const { kind, may } = conversation;
  const { failure, onState, onTerms } = useChanges(conversation);
  const heading = { direct: details.title, group: room.groupDetails, room: room.details }[kind];
  return (
    <>
      <PanelHead title={heading} isAlone={isAlone} closeLabel={details.close} onClose={onClose} />
      <Trust conversation={conversation} />
      {failure !== undefined && (
        <div className="px-5 pb-4">
          <Notice tone="danger" alert>
            {failure}
          </Notice>
        </div>
      )}
      {kind === 'room' && may.shareLink && <Invite conversation={conversation} isAlone={isAlone} />}
      {kind !== 'direct' && <Title conversation={conversation} isAlone={isAlone} />}
      {kind === 'room' && <Door conversation={conversation} isAlone={isAlone} onTerms={onTerms} />}
      <Messages
        conversation={conversation}
        isAlone={isAlone}
        onState={onState}
        onTerms={onTerms}
      />
      <PanelSection isAlone={isAlone}>
        <NotifyRows conversation={conversation} />
      </PanelSection>
      <Saved conversation={conversation} isAlone={isAlone} />
      {kind === 'direct' ? (
        <TwoPeople conversation={conversation} me={me} isOnline={isOnline} isAlone={isAlone} />
      ) : (
        <AllPeople conversation={conversation} isAlone={isAlone} />
      )}
    </>
  );
}
