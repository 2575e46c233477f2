/** Before a room: what it is and permits, a name for those without an account, and one button. Nothing about the reader is sent before it is pressed. */
import { Contrast } from 'lucide-react';
import { useEffect } from 'react';
import { Avatar } from '../../components/Avatar';
import { IconButton } from '../../components/IconButton';
import { Link } from '../../components/Link';
import { Notice } from '../../components/Notice';
import { PageFrame } from '../../components/PageFrame';
import { PageTitle } from '../../components/PageTitle';
import { UnderLine } from '../../components/UnderLine';
import type { CoreError } from '../../core/errors';
import type { ConversationId, ConversationView, RoomDoorView, ServerInfo, SessionView } from '../../core/types';
import { useCore, useView } from '../../core/useView';
import { errorText } from '../../i18n/errors';
import { words } from '../../i18n/words';
import { navigate } from '../../platform/location';
import { conversationPath, HOME } from '../../platform/paths';
import { toggleTheme } from '../../platform/theme';
import { DoorFacts } from './DoorFacts';
import { Entrance } from './Entrance';

interface JoinPageProps {
  /** The link, or the code. */
  readonly invitation: string;
  readonly session: SessionView;
  readonly server: ServerInfo | undefined;
  /** The user's conversations: one of them may be this room. */
  readonly conversations: readonly ConversationView[];
}

/** The link's secret leaves the address bar and the way back. */
function enter(conversation: ConversationId): void {
  navigate(conversationPath(conversation), { replace: true });
}

function RoomTitle({ door }: { readonly door: RoomDoorView }) {
  const { join } = words;
  const title = door.title || join.untitled;
  return (
    <div className="flex items-center gap-4">
      <Avatar name={title} colour={door.identityColour} shape={door.identityShape} size="large" square picture={door.picture} />
      <div className="min-w-0">
        <p className="text-sm text-ink-2">{join.invited}</p>
        <h1 dir="auto" className="text-parent text-xl wrap-anywhere">
          {title}
        </h1>
        {door.topic && (
          <p dir="auto" className="text-parent text-sm text-ink-2 wrap-anywhere">
            {door.topic}
          </p>
        )}
      </div>
    </div>
  );
}

/** Why this link leads nowhere, and whether another may. */
function refusal(error: CoreError): { readonly text: string; readonly hint: string | undefined } {
  const { join } = words;
  switch (error.code) {
    case 'not_found':
    case 'link_malformed':
    case 'bad_request':
      return { text: join.unknown, hint: join.askSender };
    case 'link_replaced':
      return { text: join.replaced, hint: join.askSender };
    case 'room_closed':
      return { text: join.closed, hint: undefined };
    case 'banned':
      return { text: join.banned, hint: undefined };
    default:
      return { text: errorText(error), hint: undefined };
  }
}

function Refused({ error, onAgain }: { readonly error: CoreError; readonly onAgain: () => void }) {
  const { join } = words;
  const { text, hint } = refusal(error);
  return (
    <>
      <PageTitle title={join.title} />
      <Notice tone="danger" alert>
        <p>{text}</p>
        {hint && <p>{hint}</p>}
      </Notice>
      <p className="flex flex-wrap gap-x-5 gap-y-2 text-sm">
        <Link to={HOME} className="text-accent underlined">
          {join.another}
        </Link>
        <button type="button" className="text-accent underlined" onClick={onAgain}>
          {join.again}
        </button>
      </p>
    </>
  );
}

function Looking() {
  const { join } = words;
  return (
    <div role="status" className="grid gap-1.5 text-sm text-ink-2">
      <h1 className="text-sm font-normal">{join.looking}</h1>
      <UnderLine label={join.looking} />
    </div>
  );
}

export function JoinPage({ invitation, session, server, conversations }: JoinPageProps) {
  const { store } = useCore();
  const door = useView(store.door(invitation));
  const known = door.state === 'ready' ? door.value.conversation : undefined;
  const room = conversations.find((each) => each.conversation === known);
  const isInside = room?.state === 'active';
  const wasWaiting = room?.state === 'waiting';

  // Who waited at the door is inside as soon as somebody opened.
  useEffect(() => {
    if (isInside && known && session.state === 'signed_in') enter(known);
  }, [isInside, known, session.state]);

  return (
    <PageFrame
      brand={words.brand}
      headEnd={<IconButton label={words.front.appearance} icon={Contrast} onClick={toggleTheme} />}
      footer={
        <>
          <span dir="auto">{server?.name || location.host}</span>
          {server && <span>{words.front.version(server.version)}</span>}
        </>
      }
    >
      {door.state === 'loading' && <Looking />}
      {door.state === 'failed' && <Refused error={door.error} onAgain={() => store.lookAgain(invitation)} />}
      {door.state === 'ready' && (
        <>
          <RoomTitle door={door.value} />
          <DoorFacts door={door.value} isSignedIn={session.state === 'signed_in'} />
          <Entrance
            invitation={invitation}
            door={door.value}
            session={session}
            server={server}
            isWaiting={wasWaiting}
            onInside={enter}
          />
        </>
      )}
    </PageFrame>
  );
}
