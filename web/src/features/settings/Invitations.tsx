/** Invitations, for those who run the server: make one, hand it on. */
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/Button';
import { CopyButton } from '../../components/CopyButton';
import { Notice } from '../../components/Notice';
import { UnderLine } from '../../components/UnderLine';
import { coreError } from '../../core/errors';
import { useCore } from '../../core/useView';
import { errorText } from '../../i18n/errors';
import { momentInWords } from '../../i18n/dates';
import { words } from '../../i18n/words';
import { invitationLink } from '../../platform/paths';
import { Section } from './Section';

type Making =
  | { readonly state: 'none' }
  | { readonly state: 'making' }
  | { readonly state: 'made'; readonly invitation: string; readonly expiresAtMs: number }
  | { readonly state: 'failed'; readonly text: string };

export function Invitations() {
  const { core } = useCore();
  const [making, setMaking] = useState<Making>({ state: 'none' });
  const { settings } = words;

  const make = async () => {
    setMaking({ state: 'making' });
    try {
      setMaking({ state: 'made', ...(await core.createInvitation()) });
    } catch (thrown) {
      setMaking({ state: 'failed', text: errorText(coreError(thrown)) });
    }
  };

  return (
    <Section title={settings.invitations}>
      <p className="text-sm">{settings.invitationsLead}</p>
      {making.state === 'made' && (
        <div className="grid gap-2">
          <p dir="ltr" aria-label={settings.invitation} className="rounded-bubble bg-sunken px-3.5 py-3 font-mono wrap-anywhere">
            {making.invitation}
          </p>
          <p className="text-xs text-ink-3">{settings.invitationEnds(momentInWords(making.expiresAtMs))}</p>
          <div className="flex flex-wrap gap-2">
            <CopyButton
              kind="primary"
              key={`link-${making.invitation}`}
              text={invitationLink(making.invitation)}
              label={settings.copyLink}
              done={settings.copied}
            />
            <CopyButton
              key={`code-${making.invitation}`}
              text={making.invitation}
              label={settings.copyCode}
              done={settings.copied}
            />
          </div>
        </div>
      )}
      {making.state === 'failed' && (
        <Notice tone="danger" alert>
          {making.text}
        </Notice>
      )}
      <div className="grid justify-items-start gap-2">
        <Button disabled={making.state === 'making'} onClick={() => void make()}>
          <UserPlus aria-hidden="true" size={18} strokeWidth={1.75} />
          {settings.makeInvitation}
        </Button>
        {making.state === 'making' && <UnderLine label={settings.makingInvitation} />}
      </div>
    </Section>
  );
}
