/** Decides which screen is shown: by who is signed in on this device, and by the address. */
import { useEffect, useState } from 'react';
import { useCore, useValue, useView } from '../core/useView';
import { FirstPage } from '../features/sign-in/FirstPage';
import { SetUpPage } from '../features/sign-in/SetUpPage';
import { SignInPage } from '../features/sign-in/SignInPage';
import { navigate, usePath } from '../platform/location';
import { HOME } from '../platform/paths';
import { Messenger } from './Messenger';
import { type Route, routeOf } from './routes';
import { Starting, StoreTrouble } from './Trouble';

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

function ToHome() {
  useEffect(toHome, []);
  return <Starting />;
}

/** Addresses that only exist while nobody is signed in, or until what was begun there is finished. */
function isEntry(route: Route): boolean {
  return route.name === 'sign-in' || route.name === 'set-up';
}

interface EntryProps {
  readonly route: Route;
  /** Somebody was signed in when the page was opened. */
  readonly wasSignedIn: boolean;
  /** The server ended the session of this device. */
  readonly isEnded: boolean;
}

function Entry({ route, wasSignedIn, isEnded }: EntryProps) {
  const { store } = useCore();
  const server = useView(store.server);
  const info = server.state === 'ready' ? server.value : undefined;
  const [isPointless] = useState(wasSignedIn);
  if (isPointless) return <ToHome />;
  if (route.name === 'set-up') return <SetUpPage server={info} onDone={toHome} />;
  if (route.name === 'sign-in') return <SignInPage server={info} onDone={toHome} />;
  return <FirstPage server={info} isUnreachable={server.state === 'failed'} isEnded={isEnded} />;
}

export function App() {
  const { store } = useCore();
  const route = routeOf(usePath());
  const session = useView(store.session);
  const server = useValue(store.server);
  useWakeUps();

  if (session.state === 'loading') return <Starting />;
  if (session.state === 'failed') return <StoreTrouble reason={`${session.error.code}: ${session.error.message}`} />;
  const isSignedIn = session.value.state === 'signed_in';
  const isEnded = session.value.state === 'signed_out' && session.value.ended;
  if (isEntry(route)) return <Entry key={route.name} route={route} wasSignedIn={isSignedIn} isEnded={isEnded} />;
  if (session.value.state === 'signed_in') return <Messenger route={route} session={session.value} server={server} />;
  return route.name === 'home' ? <Entry key="home" route={route} wasSignedIn={false} isEnded={isEnded} /> : <ToHome />;
}
