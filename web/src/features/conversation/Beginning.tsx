/** A conversation in which nothing was written yet: what it is, and real next steps. */
import { ChevronRight, Hand, Link as LinkIcon, type LucideIcon, ShieldCheck, Timer, UserPlus } from 'lucide-react';
import { useState } from 'react';
import { Avatar } from '../../components/Avatar';
import { Link } from '../../components/Link';
import { lookOf } from '../../core/look';
import type { ConversationView } from '../../core/types';
import { useCore, useValue } from '../../core/useView';
import { words } from '../../i18n/words';
import { copyText } from '../../platform/clipboard';
import { detailsPath, peoplePath } from '../../platform/paths';

interface BeginningProps {
  readonly conversation: ConversationView;
}

const STEP = 'flex min-h-11 w-full items-center gap-3 text-start text-sm hover:bg-hover';

function StepText({ icon: Icon, text, isLive = false }: { readonly icon: LucideIcon; readonly text: string; readonly isLive?: boolean }) {
  return (
    <>
      <Icon aria-hidden="true" size={18} strokeWidth={1.75} className="flex-none text-ink-2" />
      <span className="flex-1" aria-live={isLive ? 'polite' : undefined}>
        {text}
      </span>
      <ChevronRight aria-hidden="true" size={15} strokeWidth={1.75} className="flip-rtl flex-none text-ink-3" />
    </>
  );
}

function CopyInvitation({ conversation }: BeginningProps) {
  const { store } = useCore();
  const link = useValue(store.roomLink(conversation.conversation));
  const [isCopied, setCopied] = useState(false);
  const { room, talk } = words;
  const copy = async () => setCopied(link !== undefined && (await copyText(link.link)));
  return (
    <button type="button" className={STEP} onClick={() => void copy()}>
      <StepText icon={LinkIcon} text={isCopied ? room.copied : talk.copyInvitation} isLive />
    </button>
  );
}

function StepsTogether({ conversation }: BeginningProps) {
  const { talk } = words;
  const { conversation: id, kind, may } = conversation;
  return (
    <ul className="mt-3 w-full max-w-narrow divide-y divide-line border-y border-line">
      {kind === 'room' && may.shareLink && (
        <li>
          <CopyInvitation conversation={conversation} />
        </li>
      )}
      {kind === 'group' && may.add && (
        <li>
          <Link to={peoplePath(id)} className={STEP}>
            <StepText icon={UserPlus} text={talk.addPeople} />
          </Link>
        </li>
      )}
      {may.setState && (
        <li>
          <Link to={detailsPath(id)} className={STEP}>
            <StepText icon={Timer} text={talk.letDisappear} />
          </Link>
        </li>
      )}
      {kind === 'room' && may.setTerms && (
        <li>
          <Link to={detailsPath(id)} className={STEP}>
            <StepText icon={Hand} text={talk.askBefore} />
          </Link>
        </li>
      )}
    </ul>
  );
}

export function Beginning({ conversation }: BeginningProps) {
  const { title, kind, people } = conversation;
  const text = words.conversation;
  const isDirect = kind === 'direct';
  return (
    <div className="grid content-center justify-items-center gap-1 overflow-auto p-6 text-center">
      <Avatar name={title} {...lookOf(conversation)} size="large" />
      <h2 dir="auto" className="mt-2 text-md wrap-anywhere">
        {isDirect ? text.emptyTitle(title) : words.talk.roomReady(title)}
      </h2>
      <p className="text-sm text-ink-2">{isDirect || people > 1 ? text.emptyLead : words.talk.nobodyElse}</p>
      {isDirect ? (
        <p className="mt-2 w-full max-w-narrow border-t border-line">
          <Link
            to={detailsPath(conversation.conversation)}
            className="flex min-h-11 items-center justify-center gap-3 text-sm text-accent"
          >
            <ShieldCheck aria-hidden="true" size={18} strokeWidth={1.75} />
            {text.emptyHow}
          </Link>
        </p>
      ) : (
        <StepsTogether conversation={conversation} />
      )}
    </div>
  );
}
