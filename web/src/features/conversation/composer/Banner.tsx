/** Above the field: what is answered or edited, and the way out. */
import { Pencil, Reply, X } from 'lucide-react';
import { IconButton } from '../../../components/IconButton';
import { words } from '../../../i18n/words';

interface BannerProps {
  readonly kind: 'reply' | 'edit';
  readonly title: string;
  readonly text: string;
  readonly onLeave: () => void;
}

export function Banner({ kind, title, text, onLeave }: BannerProps) {
  const { write } = words.chat;
  const Icon = kind === 'reply' ? Reply : Pencil;
  return (
    <div className="flex items-center gap-2.5 border-b border-line py-0.5 ps-3.5 pe-1">
      <Icon aria-hidden="true" size={15} strokeWidth={1.75} className="flip-rtl flex-none text-accent" />
      <p className="flex min-w-0 flex-1 items-baseline gap-2 text-xs">
        <bdi className="max-w-40 flex-none truncate font-semibold text-accent">{title}</bdi>
        <span dir="auto" className="min-w-0 truncate text-ink-2">{text}</span>
      </p>
      <IconButton label={kind === 'reply' ? write.stopReply : write.stopEdit} icon={X} onClick={onLeave} />
    </div>
  );
}
