/** The reactions to a message, one's own outlined. Pressing one joins it, or takes one's own back. */
import { SmilePlus } from 'lucide-react';
import { useState } from 'react';
import { cx } from '../../../components/cx';
import type { MessageView } from '../../../core/types';
import { listInWords } from '../../../i18n/durations';
import { words } from '../../../i18n/words';
import { EmojiPopover } from '../emoji/EmojiPopover';

interface ReactionsProps {
  readonly message: MessageView;
  readonly mayReact: boolean;
  readonly onReact: (message: MessageView, emoji: string) => void;
}

export function Reactions({ message, mayReact, onReact }: ReactionsProps) {
  const text = words.chat.message;
  const [isPicking, setPicking] = useState(false);
  if (message.reactions.length === 0) return undefined;
  return (
    <div className="flex flex-wrap items-center gap-1 pt-1.25">
      {message.reactions.map(({ emoji, count, own, names }) => {
        const who = names.length > 0 ? text.reaction(emoji, listInWords(names)) : text.reactionMany(emoji, count);
        return (
          <button
            key={emoji}
            type="button"
            aria-pressed={own}
            aria-label={text.reactionMany(emoji, count)}
            title={who}
            disabled={!mayReact}
            onClick={() => onReact(message, emoji)}
            className={cx(
              'quick grow-target inline-flex reaction-height items-center gap-1.25 rounded-full px-2 text-2xs font-semibold tabular-nums',
              own ? 'bg-accent-soft text-accent-soft-ink own-edge' : 'bg-sunken text-ink-2 hover:bg-hover',
            )}
          >
            <span aria-hidden="true" className="emoji-text">
              {emoji}
            </span>
            {count}
          </button>
        );
      })}
      {mayReact && (
        <EmojiPopover
          label={text.addReaction}
          icon={SmilePlus}
          isSmall
          isOpen={isPicking}
          onOpen={setPicking}
          onChoose={(emoji) => onReact(message, emoji)}
        />
      )}
    </div>
  );
}
