/** The people of a group or room, by role; those at the door stand first. */
import { Search, UserPlus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../components/Button';
import { IconButton } from '../../components/IconButton';
import { Notice } from '../../components/Notice';
import { SkeletonRows } from '../../components/SkeletonRows';
import type { ConversationView, MemberView, PersonView, UserId } from '../../core/types';
import { useAct } from '../../core/useAct';
import { useCore, useView } from '../../core/useView';
import { words } from '../../i18n/words';
import { Banned } from './Banned';
import { byRole } from './choices';
import { MemberRow } from './MemberRow';
import { type Intending, useIntend } from './useIntend';
import { PanelHead, PanelSection } from '../../components/Panel';

/** Draws the choice of people to be added. */
type RenderPeople = (props: {
  readonly label: string;
  readonly chosen: readonly PersonView[];
  readonly without: ReadonlySet<UserId>;
  readonly onChange: (chosen: readonly PersonView[]) => void;
}) => ReactNode;

interface PeoplePaneProps {
  readonly conversation: ConversationView;
  readonly isAlone: boolean;
  readonly renderPeople: RenderPeople;
  /** Those who knock, for those who may let them in. */
  readonly door: ReactNode;
  /** Opens a conversation with one person; absent for guests, who cannot begin one. */
  readonly onWrite?: ((member: MemberView) => void) | undefined;
  readonly onClose: () => void;
}

/** From so many people on, there is a field to find one. */
const SEARCH_FROM = 12;

interface AddProps extends Pick<PeoplePaneProps, 'conversation' | 'renderPeople' | 'isAlone'> {
  readonly members: readonly MemberView[];
  readonly onDone: () => void;
}

function Add({ conversation, members, renderPeople, isAlone, onDone }: AddProps) {
  const { core } = useCore();
  const { people } = words;
  const [chosen, setChosen] = useState<readonly PersonView[]>([]);
  const { isBusy, failure, run } = useAct();
  const add = async () => {
    if (await run(() => core.addMembers(conversation.conversation, chosen.map(({ user }) => user)))) onDone();
  };
  return (
    <PanelSection title={people.addTitle} isAlone={isAlone}>
      <div className="grid gap-3">
        {renderPeople({
          label: words.create.find,
          chosen,
          without: new Set(members.map(({ user }) => user)),
          onChange: setChosen,
        })}
        {failure !== undefined && (
          <p role="alert" className="text-xs text-danger">
            {failure}
          </p>
        )}
        <div className="flex gap-2">
          <Button kind="primary" disabled={isBusy || chosen.length === 0} onClick={() => void add()}>
            {isBusy ? people.adding : people.addAct}
          </Button>
          <Button kind="quiet" disabled={isBusy} onClick={onDone}>
            {words.room.cancel}
          </Button>
        </div>
      </div>
    </PanelSection>
  );
}

function Find({ typed, onType }: { readonly typed: string; readonly onType: (text: string) => void }) {
  const { people } = words;
  return (
    <div className="px-5 pt-4">
      <div className="flex min-h-target items-center gap-2 rounded-field bg-sunken px-2.5 focus-within:edge-focus">
        <Search aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-ink-2" />
        <input
          type="search"
          aria-label={people.find}
          placeholder={people.find}
          autoComplete="off"
          className="min-h-target min-w-0 flex-1 bg-transparent text-sm focus-visible:outline-none"
          value={typed}
          onChange={(event) => onType(event.target.value)}
        />
      </div>
    </div>
  );
}

interface RolesProps extends Pick<PeoplePaneProps, 'conversation' | 'isAlone' | 'onWrite'> {
  readonly members: readonly MemberView[];
  readonly intend: Intending['intend'];
}

function Roles({ conversation, members, isAlone, intend, onWrite }: RolesProps) {
  const { people } = words;
  const groups = byRole(members);
  const sections = [
    { title: people.run, list: groups.run },
    { title: people.members, list: groups.members },
    { title: people.readOnly, list: groups.readOnly },
  ];
  return sections
    .filter(({ list }) => list.length > 0)
    .map(({ title, list }) => (
      <PanelSection key={title} title={title} isAlone={isAlone}>
        <ul>
          {list.map((member) => (
            <MemberRow key={member.user} conversation={conversation} member={member} intend={intend} onWrite={onWrite} />
          ))}
        </ul>
      </PanelSection>
    ));
}

export function PeoplePane({ conversation, isAlone, renderPeople, door, onWrite, onClose }: PeoplePaneProps) {
  const { store } = useCore();
  const { people } = words;
  const snapshot = useView(store.members(conversation.conversation));
  const { failure, intend } = useIntend(conversation.conversation);
  const [typed, setTyped] = useState('');
  const [isAdding, setAdding] = useState(false);
  const members = snapshot.state === 'ready' ? snapshot.value : [];
  const query = typed.trim().toLocaleLowerCase();
  const found = members.filter(({ name }) => name.toLocaleLowerCase().includes(query));
  return (
    <>
      <PanelHead title={people.title} count={conversation.people} isAlone={isAlone} closeLabel={people.back} isBack onClose={onClose}>
        {conversation.may.add && !isAdding && (
          <IconButton label={people.add} icon={UserPlus} onClick={() => setAdding(true)} />
        )}
      </PanelHead>
      {failure !== undefined && (
        <div className="px-5 pt-4">
          <Notice tone="danger" alert>
            {failure}
          </Notice>
        </div>
      )}
      {members.length >= SEARCH_FROM && <Find typed={typed} onType={setTyped} />}
      {isAdding && (
        <Add
          conversation={conversation}
          members={members}
          renderPeople={renderPeople}
          isAlone={isAlone}
          onDone={() => setAdding(false)}
        />
      )}
      {conversation.knocks > 0 && (
        <PanelSection title={people.door(conversation.knocks)} isAlone={isAlone}>
          {door}
        </PanelSection>
      )}
      {snapshot.state === 'loading' && (
        <div className="px-3 pt-4">
          <SkeletonRows rows={4} text={words.conversation.loading} />
        </div>
      )}
      {query !== '' && found.length === 0 && <p className="px-5 py-4 text-sm text-ink-3">{people.none(typed.trim())}</p>}
      <Roles conversation={conversation} members={found} isAlone={isAlone} intend={intend} onWrite={onWrite} />
      {conversation.may.remove && query === '' && <Banned conversation={conversation} isAlone={isAlone} />}
    </>
  );
}
