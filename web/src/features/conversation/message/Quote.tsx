/** The message that another answers: who and one line of it. Pressing it goes there. */
import { CornerUpLeft } from 'lucide-react';
import type { MessageKey, ReplyView } from '../../../core/types';
import { cx } from '../../../components/cx';
import { words } from '../../../i18n/words';

interface QuoteProps {
  readonly reply: ReplyView;
  readonly isOwnBubble: boolean;
  readonly onJump: (key: MessageKey) => void;
}

export function Quote({ reply, isOwnBubble, onJump }: QuoteProps) {
  const text = words.chat.message;
  const { key } = reply;
  const name = reply.own ? text.you : reply.senderName;
  const look = cx('flex max-w-full items-center gap-1.5 text-start text-xs text-ink-2', isOwnBubble ? 'quote-own mb-1.5 w-full pb-1' : 'mb-0.5');
  const content = (
    <>
      <CornerUpLeft aria-hidden="true" size={15} strokeWidth={1.75} className="flip-rtl flex-none" />
      <span className="sr-only">{text.quoteOf}</span>
      <bdi className="max-w-48 flex-none truncate font-semibold">{name}</bdi>
      <span dir="auto" className="min-w-0 truncate">
        {reply.text === '' ? text.quoteGone : reply.text}
      </span>
    </>
  );
  if (key === undefined) return <p className={look}>{content}</p>;
  return (
    <button type="button" onClick={() => onJump(key)} className={cx(look, 'min-h-6')}>
      {content}
    </button>
  );
}
