/** What can be done with a message: three actions and a menu with all. Shown where the pointer or the focus is; on phones the menu comes by a long press. */
import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { doableAt, sectionsAt } from '../../../actions/action';
import { type Asked, MESSAGE_ACTIONS } from '../../../actions/message';
import type { Allowed, MessageActs } from '../../../actions/message-acts';
import { IconButton } from '../../../components/IconButton';
import { Menu } from '../../../components/Menu';
import type { MessageKey, MessageView } from '../../../core/types';
import { words } from '../../../i18n/words';
import { EmojiPopover } from '../emoji/EmojiPopover';

interface ActionBarProps {
  readonly message: MessageView;
  readonly may: Allowed;
  readonly acts: MessageActs;
  readonly asked: Asked;
  /** The emoji are wanted. */
  readonly onAsk: (key: MessageKey, asked: Asked) => void;
  /** The menu or the picker has closed. */
  readonly onClosed: () => void;
}

/** The one that needs a picker of its own. */
const REACT = 'react';

export function ActionBar({ message, may, acts, asked, onAsk, onClosed }: ActionBarProps) {
  const text = words.chat.message;
  const [isPicking, setPicking] = useState(asked === 'emoji');
  const subject = { message, may, acts, ask: onAsk };
  return (
    <div
      role="toolbar"
      aria-label={text.actions}
      className="absolute end-0 -top-3 z-10 flex rounded-field bg-raised hairline no-print"
    >
      {doableAt('bar', MESSAGE_ACTIONS, subject).map(({ id, label, icon, directional, ariaKeys, run }) => {
        if (icon === undefined) return undefined;
        if (id === REACT) {
          return (
            <EmojiPopover
              key={id}
              label={label}
              icon={icon}
              isOpen={isPicking}
              onOpen={setPicking}
              onClosed={onClosed}
              onChoose={(emoji) => acts.onReact(message, emoji)}
            />
          );
        }
        return (
          <span key={id} className="hidden md:inline">
            <IconButton label={label} icon={icon} directional={directional} aria-keyshortcuts={ariaKeys} onClick={run} />
          </span>
        );
      })}
      <Menu
        label={text.actions}
        startsOpen={asked === 'menu'}
        onClosed={onClosed}
        sections={sectionsAt('menu', MESSAGE_ACTIONS, subject)}
        renderTrigger={({ ref, ...trigger }) => (
          <span className="contents">
            <IconButton ref={ref} {...trigger} label={text.more} icon={Ellipsis} />
          </span>
        )}
      />
    </div>
  );
}
