/** One quiet bar while the server is not reached: work goes on. */
import { WifiOff } from 'lucide-react';
import { words } from '../../i18n/words';

interface OfflineBarProps {
  /** Messages that wait on this device. */
  readonly waiting: number;
  readonly onTryNow: () => void;
}

export function OfflineBar({ waiting, onTryNow }: OfflineBarProps) {
  return (
    <div className="flex min-h-9 items-center gap-2 bg-sunken px-4 text-xs font-label text-ink-2 md:px-6">
      <WifiOff aria-hidden="true" size={15} strokeWidth={1.75} className="flex-none" />
      <p role="status" className="flex-1">
        {words.offline.bar(waiting)}
      </p>
      <button type="button" onClick={onTryNow} className="min-h-9 px-1 text-accent underlined">
        {words.offline.now}
      </button>
    </div>
  );
}
