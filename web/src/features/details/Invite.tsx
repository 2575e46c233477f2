/** How others come into a room: QR code, code and link, to copy or to share. */
import { Link as LinkIcon, Share2 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/Button';
import { CopyButton } from '../../components/CopyButton';
import { QrCode } from '../../components/QrCode';
import { SkeletonRows } from '../../components/SkeletonRows';
import { Working } from '../../components/Working';
import type { ConversationView, RoomLinkView } from '../../core/types';
import { useCore, useValue, useView } from '../../core/useView';
import { words } from '../../i18n/words';
import { canShare, shareLink } from '../../platform/clipboard';
import { PanelSection } from '../../components/Panel';

interface InviteProps {
  readonly conversation: ConversationView;
  readonly isAlone: boolean;
}

function Code({ link, knocks }: { readonly link: RoomLinkView; readonly knocks: boolean }) {
  const { store } = useCore();
  const { room } = words;
  const qr = useValue(store.qrCode(link.link));
  return (
    <div className="flex flex-wrap items-start gap-4">
      {qr ? (
        <QrCode label={room.qr} size={qr.size} path={qr.path} />
      ) : (
        <span className="size-33 flex-none rounded-field bg-sunken" aria-hidden="true" />
      )}
      <div className="min-w-36 flex-1">
        <p className="text-xs text-ink-3">{room.code}</p>
        <p dir="ltr" className="font-mono text-md font-medium">
          {link.code.split(/(?<=-)/u).map((group) => (
            <span key={group} className="inline-block">
              {group}
            </span>
          ))}
        </p>
        <p className="mt-1.5 text-xs text-ink-2">{knocks ? room.whoeverKnocks : room.whoeverEnters}</p>
      </div>
    </div>
  );
}

export function Invite({ conversation, isAlone }: InviteProps) {
  const { store } = useCore();
  const link = useView(store.roomLink(conversation.conversation));
  const [note, setNote] = useState<string>();
  const { room } = words;
  const refused = () => setNote(room.copyFailed);
  return (
    <PanelSection title={room.invite} isAlone={isAlone}>
      {link.state === 'loading' && <SkeletonRows rows={2} text={words.conversation.loading} />}
      {link.state === 'failed' && <p className="text-sm text-danger">{room.linkFailed}</p>}
      {link.state === 'ready' && !link.value && <Working text={room.linkComing} />}
      {link.state === 'ready' && link.value && (
        <div className="grid gap-3">
          <Code link={link.value} knocks={conversation.room?.knock ?? false} />
          <div className="grid auto-cols-fr grid-flow-col gap-2" key={link.value.code}>
            <CopyButton kind="primary" icon={LinkIcon} text={link.value.link} label={room.copyLink} done={room.copied} onRefused={refused} />
            <CopyButton text={link.value.code} label={room.copyCode} done={room.copied} onRefused={refused} />
          </div>
          {canShare() && (
            <Button wide onClick={() => void shareLink(conversation.title, link.value?.link ?? '')}>
              <Share2 aria-hidden="true" size={18} strokeWidth={1.75} />
              {room.share}
            </Button>
          )}
          {note && (
            <p role="status" className="text-xs text-ember">
              {note}
            </p>
          )}
        </div>
      )}
    </PanelSection>
  );
}
