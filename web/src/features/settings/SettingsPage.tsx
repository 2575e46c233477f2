/** Settings, in one column: you, invitations, privacy, notifications, appearance, language, devices, storage, and what this page runs. */
import { ArrowLeft } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/Button';
import { IconButton } from '../../components/IconButton';
import { Notice } from '../../components/Notice';
import { UnderLine } from '../../components/UnderLine';
import { coreError } from '../../core/errors';
import type { ServerInfo, UserKind } from '../../core/types';
import { useCore } from '../../core/useView';
import { momentInWords } from '../../i18n/dates';
import { errorText } from '../../i18n/errors';
import { words } from '../../i18n/words';
import { navigate } from '../../platform/location';
import { HOME, KEEP_NAME } from '../../platform/paths';
import { isRecoveryUnchecked, setRecoveryUnchecked } from '../../platform/reminder';
import { VERSION } from '../../platform/program';
import { Appearance } from './Appearance';
import { Devices } from './Devices';
import { Invitations } from './Invitations';
import { LanguageChoice } from './LanguageChoice';
import { Notifications } from './Notifications';
import { Privacy } from './Privacy';
import { Profile } from './Profile';
import { Fact, Section } from './Section';
import { Storage } from './Storage';

interface Me {
  readonly name: string;
  readonly kind: UserKind;
  /** Of a guest: when the name ends, unless they come back before. */
  readonly stayUntilMs?: number | undefined;
  readonly identityColour: number;
  readonly identityShape: number;
  readonly isAdmin: boolean;
}

interface SettingsPageProps {
  readonly me: Me;
  readonly server: ServerInfo | undefined;
  /** Called when nobody is signed in here any more. */
  readonly onSignedOut: () => void;
}

function AsGuest({ stayUntilMs }: Pick<Me, 'stayUntilMs'>) {
  const { guest } = words;
  return (
    <div className="grid gap-3 text-sm">
      <p>{stayUntilMs === undefined ? guest.you : guest.youUntil(momentInWords(stayUntilMs))}</p>
      <div>
        <Button kind="primary" onClick={() => navigate(KEEP_NAME)}>
          {guest.account}
        </Button>
      </div>
    </div>
  );
}

function You({ me }: { readonly me: Me }) {
  const { settings } = words;
  const [isUnchecked, setUnchecked] = useState(isRecoveryUnchecked);
  const found = () => {
    setRecoveryUnchecked(false);
    setUnchecked(false);
  };
  return (
    <Section title={settings.you}>
      {me.isAdmin && <p className="text-xs text-ink-3">{settings.administrator}</p>}
      <Profile me={me} />
      {me.kind === 'guest' && <AsGuest stayUntilMs={me.stayUntilMs} />}
      {isUnchecked && (
        <Notice tone="ember">
          <p>{settings.recoveryUnchecked}</p>
          <p className="mt-2">
            <Button onClick={found}>{settings.recoveryFound}</Button>
          </p>
        </Notice>
      )}
    </Section>
  );
}

type Leaving =
  | { readonly state: 'staying' }
  | { readonly state: 'asked' }
  | { readonly state: 'leaving' }
  | { readonly state: 'failed'; readonly text: string };

function ThisDevice({ me, onSignedOut }: Pick<SettingsPageProps, 'me' | 'onSignedOut'>) {
  const { core } = useCore();
  const { guest, settings } = words;
  const said =
    me.kind === 'guest'
      ? { lead: guest.leaveLead, act: guest.leave, sure: guest.leaveSure }
      : { lead: settings.deviceLead, act: settings.signOut, sure: settings.signOutSure };
  const [leaving, setLeaving] = useState<Leaving>({ state: 'staying' });
  const leave = async () => {
    setLeaving({ state: 'leaving' });
    try {
      await core.logout();
      onSignedOut();
    } catch (thrown) {
      setLeaving({ state: 'failed', text: errorText(coreError(thrown)) });
    }
  };
  return (
    <Section title={settings.device}>
      <p className="text-sm">{said.lead}</p>
      {leaving.state === 'failed' && (
        <Notice tone="danger" alert>
          {leaving.text}
        </Notice>
      )}
      <div className="flex flex-wrap gap-2">
        {leaving.state === 'staying' || leaving.state === 'failed' ? (
          <Button onClick={() => setLeaving({ state: 'asked' })}>{said.act}</Button>
        ) : (
          <>
            <Button kind="danger" disabled={leaving.state === 'leaving'} onClick={() => void leave()}>
              {said.sure}
            </Button>
            <Button disabled={leaving.state === 'leaving'} onClick={() => setLeaving({ state: 'staying' })}>
              {settings.signOutKeep}
            </Button>
          </>
        )}
      </div>
      {leaving.state === 'leaving' && <UnderLine label={settings.signingOut} />}
    </Section>
  );
}

function About({ server }: Pick<SettingsPageProps, 'server'>) {
  const { settings } = words;
  return (
    <Section title={settings.about}>
      <dl>
        <Fact label={settings.server}>
          <bdi>{server?.name || location.host}</bdi>
        </Fact>
        {server && <Fact label={settings.version}>{words.front.version(server.version)}</Fact>}
        <Fact label={settings.pageVersion}>{words.front.version(VERSION)}</Fact>
        <Fact label={settings.connection}>{settings.secure}</Fact>
      </dl>
      {server?.caFingerprint && location.protocol === 'https:' && (
        <div className="grid gap-2 text-sm">
          <h3 className="text-sm font-label">{settings.certificate}</h3>
          <p className="text-ink-2">{settings.certificateLead}</p>
          <p dir="ltr" className="rounded-bubble bg-sunken px-3.5 py-3 font-mono text-xs wrap-anywhere">
            {server.caFingerprint}
          </p>
        </div>
      )}
      <div className="grid gap-1 text-sm">
        <h3 className="text-sm font-label">{settings.code}</h3>
        <p className="text-ink-2">{settings.codeLead}</p>
        <p>
          <a href="/changes.txt" target="_blank" rel="noreferrer" className="text-accent underlined">
            {settings.whatChanged}
          </a>
        </p>
        <p className="text-ink-2">{settings.licence}</p>
      </div>
    </Section>
  );
}

export function SettingsPage({ me, server, onSignedOut }: SettingsPageProps) {
  const { settings } = words;
  return (
    <>
      <header className="flex min-h-15 items-center gap-2 border-b border-line py-2 ps-1 pe-2 md:ps-6">
        <IconButton label={settings.back} icon={ArrowLeft} directional onlyNarrow onClick={() => navigate(HOME)} />
        <h1 className="text-md leading-5 max-md:ps-1">{settings.title}</h1>
      </header>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must do so by keyboard */}
      <div className="row-span-3 overflow-auto px-5 quiet-scroll focus-visible:-outline-offset-2 md:px-6" tabIndex={0} role="group" aria-label={settings.title}>
        <div className="max-w-page pb-8">
          <You me={me} />
          {me.isAdmin && <Invitations />}
          <Privacy />
          <Notifications />
          <Appearance />
          <LanguageChoice />
          {me.kind !== 'guest' && <Devices />}
          <ThisDevice me={me} onSignedOut={onSignedOut} />
          <Storage />
          <About server={server} />
        </div>
      </div>
    </>
  );
}
