/** What stands beside the open conversation: details, people, a profile, or the search. */
import type { ConversationView, SessionView, UserId } from '../core/types';
import { useCore } from '../core/useView';
import { DetailsPane } from '../features/details/DetailsPane';
import { PeoplePane } from '../features/details/PeoplePane';
import { Knocks } from '../features/door/Knocks';
import { ChoosePeople } from '../features/find/ChoosePeople';
import { ProfilePane } from '../features/person/ProfilePane';
import { SearchPane } from '../features/search/SearchPane';
import { navigate } from '../platform/location';
import { conversationPath, detailsPath, HOME, peoplePath } from '../platform/paths';
import type { Beside as What } from './routes';

interface BesideProps {
  readonly beside: Exclude<What, 'nothing'>;
  readonly person: UserId | undefined;
  readonly conversation: ConversationView;
  readonly session: Extract<SessionView, { state: 'signed_in' }>;
  readonly isOnline: boolean;
  readonly isAlone: boolean;
}

export function Beside({ beside, person, conversation, session, isOnline, isAlone }: BesideProps) {
  const { core } = useCore();
  const id = conversation.conversation;
  const write = async (user: UserId) => navigate(conversationPath(await core.openDirect(user)));
  // Where that fails, everything stays as it is: the core says no more than the button could.
  const writeTo = (user: UserId) => void write(user).catch(() => {});
  const isGuest = session.kind === 'guest';
  if (beside === 'search') return <SearchPane conversation={conversation} isAlone={isAlone} onClose={() => navigate(conversationPath(id))} />;
  if (beside === 'profile' && person !== undefined) {
    const isWithThem = conversation.kind === 'direct';
    return (
      <ProfilePane
        user={person}
        isMe={person === session.user}
        isAlone={isAlone}
        onWrite={isGuest || isWithThem ? undefined : () => writeTo(person)}
        onBlocked={() => {
          // A conversation of two with somebody who is blocked is no longer shown.
          if (isWithThem) navigate(HOME);
        }}
        onClose={() => navigate(isWithThem ? detailsPath(id) : peoplePath(id))}
      />
    );
  }
  if (beside === 'people') {
    return (
      <PeoplePane
        conversation={conversation}
        isAlone={isAlone}
        door={<Knocks conversation={conversation} />}
        renderPeople={(props) => <ChoosePeople {...props} />}
        onWrite={isGuest ? undefined : ({ user }) => writeTo(user)}
        onClose={() => navigate(detailsPath(id))}
      />
    );
  }
  return (
    <DetailsPane
      conversation={conversation}
      me={session}
      isOnline={isOnline}
      isAlone={isAlone}
      onClose={() => navigate(conversationPath(id))}
    />
  );
}
