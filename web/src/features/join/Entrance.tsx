/** The way into a room: a made-up name and a button, or why there is none. */
import { Shuffle } from 'lucide-react';
import { type SubmitEvent, useState } from 'react';
import { Button } from '../../components/Button';
import { IconButton } from '../../components/IconButton';
import { Link } from '../../components/Link';
import { Notice } from '../../components/Notice';
import { TextField } from '../../components/TextField';
import { UnderLine } from '../../components/UnderLine';
import { Working } from '../../components/Working';
import type { ConversationId, RoomDoorView, ServerInfo, SessionView } from '../../core/types';
import { useCore, useValue } from '../../core/useView';
import { words } from '../../i18n/words';
import { HOME, SIGN_IN } from '../../platform/paths';
import { layInvitationAside } from '../../platform/room-link';
import { useJoining } from './useJoining';

interface EntranceProps {
  readonly invitation: string;
  readonly door: RoomDoorView;
  readonly session: SessionView;
  readonly server: ServerInfo | undefined;
  /** The user knocked and nobody has opened yet. */
  readonly isWaiting: boolean;
  readonly onInside: (conversation: ConversationId) => void;
}

/** Why nobody comes in here now. */
function obstacle(door: RoomDoorView): string | undefined {
  const { join } = words;
  if (door.joined) return undefined;
  if (door.locked) return join.locked;
  return door.people >= door.capacity ? join.full(door.capacity) : undefined;
}

function SignInFirst({ why }: { readonly why: string }) {
  return (
    // The way back from signing in leads here again.
    <p className="text-center text-sm text-ink-2" onClickCapture={layInvitationAside}>
      <Link to={SIGN_IN} className="font-semibold text-accent underlined">
        {words.join.signInFirst}
      </Link>{' '}
      {why}
    </p>
  );
}

interface WayInProps {
  readonly door: RoomDoorView;
  readonly isBusy: boolean;
  readonly onJoin: (nickname?: string) => void;
}

function AsGuest({ door, isBusy, onJoin }: WayInProps) {
  const { store } = useCore();
  const suggested = useValue(store.nickname) ?? '';
  const [typed, setTyped] = useState<string>();
  const [error, setError] = useState<string>();
  const { join } = words;
  const name = typed ?? suggested;

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (name.trim() === '') setError(join.nameMissing);
    else onJoin(name.trim());
  };
  const shuffle = () => {
    setTyped(undefined);
    setError(undefined);
    store.shuffleNickname();
  };

  return (
    <form className="grid gap-4" noValidate onSubmit={submit}>
      <TextField
        label={join.name}
        hint={join.nameHint}
        error={error}
        value={name}
        onChange={(event) => {
          setTyped(event.target.value);
          setError(undefined);
        }}
        dir="auto"
        autoComplete="off"
        spellCheck={false}
        end={<IconButton label={join.shuffle} icon={Shuffle} onClick={shuffle} />}
      />
      <Button type="submit" kind="primary" big wide disabled={isBusy}>
        {door.knock ? join.ask : join.join}
      </Button>
      <SignInFirst why={join.signInWhy} />
    </form>
  );
}

function AsUser({ door, isBusy, onJoin, name }: WayInProps & { readonly name: string }) {
  const { join } = words;
  return (
    <Button kind="primary" big wide disabled={isBusy} onClick={() => onJoin()}>
      {door.knock ? join.askAs(name) : join.joinAs(name)}
    </Button>
  );
}

export function Entrance({ invitation, door, session, server, isWaiting, onInside }: EntranceProps) {
  const { isBusy, failure, join: come } = useJoining(invitation, onInside);
  const { join } = words;
  const why = obstacle(door);
  const [hasWaited, setWaited] = useState(isWaiting);
  if (isWaiting && !hasWaited) setWaited(true);
  const isSignedIn = session.state === 'signed_in';

  if (isSignedIn && door.joined && !isWaiting) {
    return (
      <Button kind="primary" big wide onClick={() => onInside(door.conversation)}>
        {join.open}
      </Button>
    );
  }
  if (isWaiting) {
    return (
      <div role="status" className="grid gap-3 text-sm">
        <UnderLine label={join.waitingLabel} />
        <p>{join.waiting}</p>
        <p>
          <Link to={HOME} className="text-accent underlined">
            {join.toList}
          </Link>
        </p>
      </div>
    );
  }
  if (why !== undefined) {
    return (
      <Notice tone="ember">
        <p>{why}</p>
        {door.locked && <p>{join.askSender}</p>}
      </Notice>
    );
  }
  const way = { door, isBusy, onJoin: (nickname?: string) => void come(nickname) };
  return (
    <div className="grid gap-3">
      {hasWaited && failure === undefined && !isBusy && <Notice tone="ember">{join.refused}</Notice>}
      {failure !== undefined && (
        <Notice tone="danger" alert>
          {failure}
        </Notice>
      )}
      {session.state === 'signed_in' && <AsUser {...way} name={session.name} />}
      {!isSignedIn && server?.guests === false && <SignInFirst why={join.noGuests} />}
      {!isSignedIn && server?.guests !== false && <AsGuest {...way} />}
      {isBusy && <Working text={join.joining} />}
    </div>
  );
}
