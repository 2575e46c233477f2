/** The buttons under the field: files, emoji, the marks. On phones they stand in one menu behind a plus. */
import {
  Bold, Code, EyeOff, Italic, Link as LinkIcon, List, ListOrdered, type LucideIcon, Paperclip, Plus, Smile, SquareCode, Strikethrough, TextQuote,
} from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../../../components/IconButton';
import { Menu, type MenuSection } from '../../../components/Menu';
import { words } from '../../../i18n/words';
import { EmojiPopover } from '../emoji/EmojiPopover';
import type { Mark } from './format';
import { withKeyOf } from './marks';

interface FormatBarProps {
  readonly onMark: (mark: Mark) => void;
  readonly onEmoji: (emoji: string) => void;
  /** Missing while editing: files stay as they are. */
  readonly onAttach: (() => void) | undefined;
}

interface Tool {
  readonly mark: Mark;
  readonly label: string;
  readonly icon: LucideIcon;
}

function mainTools(): readonly Tool[] {
  const text = words.chat.write;
  return [
    { mark: 'bold', label: withKeyOf('bold', text.bold), icon: Bold },
    { mark: 'italic', label: withKeyOf('italic', text.italic), icon: Italic },
    { mark: 'list', label: text.list, icon: List },
    { mark: 'code', label: withKeyOf('code', text.code), icon: Code },
  ];
}

function moreTools(): readonly Tool[] {
  const text = words.chat.write;
  return [
    { mark: 'strike', label: withKeyOf('strike', text.strike), icon: Strikethrough },
    { mark: 'spoiler', label: text.spoiler, icon: EyeOff },
    { mark: 'link', label: withKeyOf('link', text.link), icon: LinkIcon },
    { mark: 'quote', label: text.quote, icon: TextQuote },
    { mark: 'numbered', label: text.numbered, icon: ListOrdered },
    { mark: 'code_block', label: text.codeBlock, icon: SquareCode },
  ];
}

function section(tools: readonly Tool[], onMark: (mark: Mark) => void): MenuSection {
  return { id: 'marks', items: tools.map(({ mark, label, icon }) => ({ id: mark, label, icon, onChoose: () => onMark(mark) })) };
}

/** Under the field, where there is room. */
export function FormatBar({ onMark, onEmoji, onAttach }: FormatBarProps) {
  const text = words.chat.write;
  const [isPicking, setPicking] = useState(false);
  return (
    <div role="toolbar" aria-label={text.toolbar} className="composer-tools hidden items-center gap-px md:flex">
      {onAttach && <IconButton label={text.attach} icon={Paperclip} onClick={onAttach} />}
      <EmojiPopover label={text.emoji} icon={Smile} isOpen={isPicking} onOpen={setPicking} onChoose={onEmoji} />
      <span aria-hidden="true" className="mx-1.5 h-4.5 w-px bg-line" />
      {mainTools().map(({ mark, label, icon }) => (
        <IconButton key={mark} label={label} icon={icon} onClick={() => onMark(mark)} />
      ))}
      <Menu
        label={text.more}
        sections={[section(moreTools(), onMark)]}
        renderTrigger={(trigger) => <IconButton {...trigger} label={text.more} icon={Plus} />}
      />
    </div>
  );
}

/** Behind a plus, on phones. */
export function PlusMenu({ onMark, onEmoji, onAttach }: FormatBarProps) {
  const text = words.chat.write;
  const [isPicking, setPicking] = useState(false);
  const first = [
    ...(onAttach ? [{ id: 'attach', label: text.attach, icon: Paperclip, onChoose: onAttach }] : []),
    { id: 'emoji', label: text.emoji, icon: Smile, onChoose: () => setPicking(true) },
  ];
  if (isPicking) {
    return (
      <span className="composer-plus md:hidden">
        <EmojiPopover label={text.emoji} icon={Smile} isOpen onOpen={setPicking} onChoose={onEmoji} />
      </span>
    );
  }
  return (
    <span className="composer-plus md:hidden">
      <Menu
        label={text.add}
        sections={[{ id: 'first', items: first }, section([...mainTools(), ...moreTools()], onMark)]}
        renderTrigger={(trigger) => <IconButton {...trigger} label={text.add} icon={Plus} />}
      />
    </span>
  );
}
