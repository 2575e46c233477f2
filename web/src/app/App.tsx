/** Decides which screen is shown: by who is signed in on this device, and by the address. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { Bounded } from '../components/Bounded';
import { useCore, useValue, useView } from '../core/useView';
import { JoinPage } from '../features/join/JoinPage';
import { KeepNamePage } from '../features/sign-in/KeepNamePage';
import { EnterCodePage } from '../features/sign-in/EnterCodePage';
import { FirstPage } from '../features/sign-in/FirstPage';
import { RecoverPage } from '../features/sign-in/RecoverPage';
import { SetUpPage } from '../features/sign-in/SetUpPage';
import { SignInPage } from '../features/sign-in/SignInPage';
import { navigate, useFragment, usePath } from '../platform/location';
import { HOME } from '../platform/paths';
import { invitationAt, resumeInvitation } from '../platform/room-link';
import type { SessionView } from '../core/types';
import { type Route, routeOf } from './routes';
import { PageTrouble, ProgramTrouble, Starting, StoreTrouble } from './Trouble';

/** The larger half of the page, which nobody needs before somebody is signed in. */
const Messenger = lazy(() =>
  import('./Messenger').then(
    ({ Messenger: whole }) => ({ default: whole }),
    () => ({ default: ProgramTrouble }),
  ),
);

/** The core tries again by itself; these tell it that now is a good moment. */
function useWakeUps(): void {
  const { core } = useCore();
  useEffect(() => {
    const wake = () => {
      if (document.visibilityState === 'visible') void core.wake().catch(() => {});
    };
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
    return () => {
      window.removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [core]);
}

/** Goes to the first page, without a step to come back to. */
function toHome(): void {
  navigate(HOME, { replace: true });
}

/** After signing in: back to the room before which it was asked for, else to the list. */
function goOn(): void {
  if (!resumeInvitation()) toHome();
}

function ToHome() {
  useEffect(toHome, []);
  return <Starting />;
}

/** Addresses that only exist while nobody is signed in, or until what was begun there is finished. */
function isEntry(route: Route): boolean {
  return route.name === 'sign-in' || route.name === 'recover' || route.name === 'set-up';
}

/** What came to its end on this device before somebody signs in again. */
type Ended = 'nothing' | 'session' | 'guest';

function endOf(session: SessionView): Ended {
  if (session.state === 'signed_in') return 'nothing';
  if (session.guestEnded) return 'guest';
  return session.ended ? 'session' : 'nothing';
}

interface EntryProps {
  readonly route: Route;
  /** Somebody was signed in when the page was opened. */
  readonly wasSignedIn: boolean;
  readonly ended: Ended;
}

function Entry({ route, wasSignedIn, ended }: EntryProps) {
  const { store } = useCore();
  const server = useView(store.server);
  const info = server.state === 'ready' ? server.value : undefined;
  const [isPointless] = useState(wasSignedIn);
  if (isPointless) return <ToHome />;
  if (route.name === 'set-up') return <SetUpPage server={info} onDone={toHome} />;
  if (route.name === 'recover') return <RecoverPage server={info} onDone={goOn} />;
  if (route.name === 'sign-in') return <SignInPage server={info} onDone={goOn} />;
  return <FirstPage server={info} isUnreachable={server.state === 'failed'} ended={ended} />;
}

/** Before a room, for guests to be and for those who are signed in alike. */
function Join({ session }: { readonly session: SessionView }) {
  const { store } = useCore();
  const server = useValue(store.server);
  const conversations = useValue(store.conversations) ?? [];
  const path = usePath();
  const invitation = invitationAt(path, useFragment());
  if (invitation === undefined) return <EnterCodePage server={server} />;
  return (
    <JoinPage key={invitation} invitation={invitation} session={session} server={server} conversations={conversations} />
  );
}

/** The screens; should one fail where nothing smaller holds that, words say so and what to do. */
export function App() {
  return (
    <Bounded instead={<PageTrouble />}>
      <Screens />
    </Bounded>
  );
}

function Screens() {
  const { store } = useCore();
  const route = routeOf(usePath());
  const session = useView(store.session);
  const server = useValue(store.server);
  useWakeUps();

  if (session.state === 'loading') return <Starting />;
  if (session.state === 'failed') return <StoreTrouble reason={`${session.error.code}: ${session.error.message}`} />;
  const isSignedIn = session.value.state === 'signed_in';
  const ended = endOf(session.value);
  if (isEntry(route)) return <Entry key={route.name} route={route} wasSignedIn={isSignedIn} ended={ended} />;
  if (route.name === 'join') return <Join session={session.value} />;
  if (session.value.state === 'signed_in') {
    if (route.name === 'keep-name') return <KeepNamePage server={server} onDone={toHome} />;
    return (
      <Suspense fallback={<Starting />}>
        <Messenger route={route} session={session.value} server={server} />
      </Suspense>
    );
  }
  return route.name === 'home' ? <Entry key="home" route={route} wasSignedIn={false} ended={ended} /> : <ToHome />;
}
