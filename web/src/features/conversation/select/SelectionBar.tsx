/** What can be done with several messages at once. It stands where one writes. */
import { Copy, Forward, Star, Trash2, X } from 'lucide-react';
import { useEffect } from 'react';
import { IconButton } from '../../../components/IconButton';
import { words } from '../../../i18n/words';

interface SelectionBarProps {
  readonly count: number;
  readonly onCopy: () => void;
  readonly onForward: () => void;
  readonly onStar: () => void;
  readonly onDelete: () => void;
  readonly onStop: () => void;
}

export function SelectionBar({ count, onCopy, onForward, onStar, onDelete, onStop }: SelectionBarProps) {
  const { select } = words.chat;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      onStop();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [onStop]);
  return (
    <div role="toolbar" aria-label={select.bar} className="mx-auto flex w-full max-w-measure items-center gap-1 rounded-bubble bg-raised p-1.5 edge">
      <IconButton label={select.stop} icon={X} onClick={onStop} />
      <p role="status" className="min-w-0 flex-1 truncate px-1 text-sm font-label tabular-nums">
        {select.count(count)}
      </p>
      {count > 0 && (
        <>
          <IconButton label={select.copy} icon={Copy} onClick={onCopy} />
          <IconButton label={select.forward} icon={Forward} directional onClick={onForward} />
          <IconButton label={select.star} icon={Star} onClick={onStar} />
          <IconButton label={select.remove} icon={Trash2} onClick={onDelete} />
        </>
      )}
    </div>
  );
}
