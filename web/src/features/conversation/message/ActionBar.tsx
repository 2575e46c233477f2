/** What can be done with a message: three actions and a menu with all. Shown where the pointer or the focus is; on phones the menu comes by a long press. */
import {
  Copy, CheckCheck, Ellipsis, Forward, type LucideIcon, Pencil, Pin, PinOff, Reply, SmilePlus, SquareCheck, Star, StarOff, Trash2,
} from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../../../components/IconButton';
import { Menu, type MenuSection } from '../../../components/Menu';
import type { MessageKey, MessageView } from '../../../core/types';
import { words } from '../../../i18n/words';
import { EmojiPopover } from '../emoji/EmojiPopover';
import type { Allowed, MessageActs } from '../../../actions/message-acts';

/** What was asked for by a key or a press. */
export type Asked = 'nothing' | 'menu' | 'emoji';

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

interface Item {
  readonly id: string;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly danger?: boolean;
  readonly when: boolean;
  readonly onChoose: () => void;
}

function itemsOf({ message, may, acts }: Pick<ActionBarProps, 'message' | 'may' | 'acts'>, onReact: () => void): readonly (readonly Item[])[] {
  const text = words.chat.message;
  const { key, pinned, starred } = message;
  const isWhole = !message.deleted;
  return [
    [
      { id: 'react', label: text.react, icon: SmilePlus, when: may.react, onChoose: onReact },
      { id: 'reply', label: text.reply, icon: Reply, when: may.reply, onChoose: () => acts.onReply(message) },
      { id: 'edit', label: text.edit, icon: Pencil, when: may.edit, onChoose: () => acts.onEdit(message) },
      { id: 'copy', label: text.copy, icon: Copy, when: isWhole && message.text !== '', onChoose: () => acts.onCopy(message) },
      { id: 'forward', label: text.forward, icon: Forward, when: isWhole && message.state === 'sent', onChoose: () => acts.onForward([key]) },
    ],
    [
      { id: 'pin', label: pinned ? text.unpin : text.pin, icon: pinned ? PinOff : Pin, when: may.pin, onChoose: () => acts.onPin(message) },
      { id: 'star', label: starred ? text.unstar : text.star, icon: starred ? StarOff : Star, when: isWhole, onChoose: () => acts.onStar(message) },
      { id: 'readers', label: text.readers, icon: CheckCheck, when: may.readers, onChoose: () => acts.onReaders(key) },
      { id: 'select', label: text.select, icon: SquareCheck, when: true, onChoose: () => acts.onSelect(key) },
    ],
    [
      { id: 'here', label: text.deleteHere, icon: Trash2, danger: true, when: true, onChoose: () => acts.onDeleteHere([key]) },
      { id: 'all', label: text.deleteAll, icon: Trash2, danger: true, when: may.deleteAll, onChoose: () => acts.onDeleteAll(key) },
    ],
  ];
}

function sectionsOf(items: readonly (readonly Item[])[]): readonly MenuSection[] {
  return items.map((section, at) => ({
    id: String(at),
    items: section.filter(({ when }) => when).map(({ id, label, icon, danger = false, onChoose }) => ({ id, label, icon, danger, onChoose })),
  }));
}

export function ActionBar({ message, may, acts, asked, onAsk, onClosed }: ActionBarProps) {
  const text = words.chat.message;
  const [isPicking, setPicking] = useState(asked === 'emoji');
  const items = itemsOf({ message, may, acts }, () => onAsk(message.key, 'emoji'));
  return (
    <div
      role="toolbar"
      aria-label={text.actions}
      className="absolute end-0 -top-3 z-10 flex rounded-field bg-raised hairline no-print"
    >
      {may.react && (
        <EmojiPopover
          label={text.react}
          icon={SmilePlus}
          isOpen={isPicking}
          onOpen={setPicking}
          onClosed={onClosed}
          onChoose={(emoji) => acts.onReact(message, emoji)}
        />
      )}
      {may.reply && (
        <span className="hidden md:inline">
          <IconButton label={text.reply} icon={Reply} directional onClick={() => acts.onReply(message)} />
        </span>
      )}
      {may.pin && (
        <span className="hidden md:inline">
          <IconButton label={message.pinned ? text.unpin : text.pin} icon={message.pinned ? PinOff : Pin} onClick={() => acts.onPin(message)} />
        </span>
      )}
      <Menu
        label={text.actions}
        startsOpen={asked === 'menu'}
        onClosed={onClosed}
        sections={sectionsOf(items)}
        renderTrigger={({ ref, ...trigger }) => (
          <span className="contents">
            <IconButton ref={ref} {...trigger} label={text.more} icon={Ellipsis} />
          </span>
        )}
      />
    </div>
  );
}
