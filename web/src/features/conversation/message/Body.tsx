/** What stands in a message: what it answers, its words, its files, its marks. Long ones are folded; one that cannot be drawn says so and stays alone with it. */
import { Forward, Pin, Star } from 'lucide-react';
import { useState } from 'react';
import { Bounded } from '../../../components/Bounded';
import type { MessageView } from '../../../core/types';
import { words } from '../../../i18n/words';
import { Files } from '../files/Files';
import { Blocks } from './Blocks';
import type { MessageActs } from '../../../actions/message-acts';
import { Fleeting } from './Fleeting';
import { Quote } from './Quote';

interface BodyProps {
  readonly message: MessageView;
  /** The user's own id. */
  readonly me: string;
  readonly acts: MessageActs;
}

/** Beyond this a message would push all others off the screen. */
const FOLD_LETTERS = 1600;
const FOLD_LINES = 24;

function isLong(text: string): boolean {
  return text.length > FOLD_LETTERS || text.split('\n', FOLD_LINES + 1).length > FOLD_LINES;
}

function Words({ message, me }: Pick<BodyProps, 'message' | 'me'>) {
  const text = words.chat.message;
  const [isOpen, setOpen] = useState(false);
  const isFoldable = isLong(message.text);
  const content = <Blocks blocks={message.blocks} mentions={message.mentions} me={me} isOwn={message.own} />;
  if (!isFoldable) return content;
  return (
    <>
      <div className={isOpen ? undefined : 'folded-words'}>{content}</div>
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} className="min-h-target text-sm font-label text-accent">
        {isOpen ? text.showLess : text.showAll}
      </button>
    </>
  );
}

function Broken({ text }: { readonly text: string }) {
  const [isShown, setShown] = useState(false);
  const message = words.chat.message;
  return (
    <div className="text-sm text-danger">
      <p>{message.broken}</p>
      {isShown ? (
        <p className="max-h-48 overflow-auto whitespace-pre-wrap text-ink">{text}</p>
      ) : (
        <button type="button" onClick={() => setShown(true)} className="min-h-6 text-accent underlined">
          {message.brokenShow}
        </button>
      )}
    </div>
  );
}

function Marks({ message, acts }: Pick<BodyProps, 'message' | 'acts'>) {
  const text = words.chat.message;
  const { edited, pinned, starred } = message;
  if (!edited && !pinned && !starred) return undefined;
  const mark = 'inline-flex items-center gap-1';
  return (
    <span className="mt-0.5 flex flex-wrap items-center gap-x-2.5 text-2xs text-ink-3">
      {edited && (
        <button type="button" aria-label={text.editedShow} title={text.editedShow} onClick={() => acts.onHistory(message.key)} className="min-h-6 underlined">
          {text.edited}
        </button>
      )}
      {pinned && (
        <span className={mark}>
          <Pin aria-hidden="true" size={12} strokeWidth={1.75} />
          {text.pinned}
        </span>
      )}
      {starred && (
        <span className={mark}>
          <Star aria-hidden="true" size={12} strokeWidth={1.75} />
          {text.starred}
        </span>
      )}
    </span>
  );
}

export function Body({ message, me, acts }: BodyProps) {
  const text = words.chat.message;
  if (message.hidden) return <p className="text-sm text-ink-3 slant">{text.hidden}</p>;
  if (message.deleted) return <p className="text-sm text-ink-3 slant">{message.own ? text.deletedOwn : text.deleted}</p>;
  return (
    <Bounded of={message} instead={<Broken text={message.text} />}>
      {message.forwarded && (
        <p className="flex items-center gap-1.25 text-2xs text-ink-3">
          <Forward aria-hidden="true" size={15} strokeWidth={1.75} className="flip-rtl" />
          {text.forwarded}
        </p>
      )}
      {message.reply && <Quote reply={message.reply} isOwnBubble={message.own} onJump={acts.onJump} />}
      {message.blocks.length > 0 && (
        <div dir="auto" className="text-start wrap-anywhere">
          <Words message={message} me={me} />
        </div>
      )}
      <Files message={message} onOpen={(index) => acts.onOpenFile(message.key, index)} />
      <Marks message={message} acts={acts} />
      <Fleeting message={message} />
    </Bounded>
  );
}
