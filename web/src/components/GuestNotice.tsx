/** Said in the last quarter of an hour of a guest's stay: to stay, or to make an account. */
import { Clock } from 'lucide-react';
import { spanInWords } from '../i18n/durations';
import { words } from '../i18n/words';
import { useMinute } from '../platform/clock';
import { navigate } from '../platform/location';
import { KEEP_NAME } from '../platform/paths';
import { Button } from './Button';

interface GuestNoticeProps {
  /** When the guest ends. */
  readonly stayUntilMs: number;
  /** Asks the server to put it off. */
  readonly onStay: () => void;
}

const NOTICE_MS = 15 * 60_000;

export function GuestNotice({ stayUntilMs, onStay }: GuestNoticeProps) {
  const { guest } = words;
  const leftMs = stayUntilMs - useMinute();
  if (leftMs > NOTICE_MS || leftMs <= 0) return undefined;
  return (
    <div role="status" className="flex gap-3 border-b border-line px-4 py-3 md:px-6">
      <Clock aria-hidden="true" size={18} strokeWidth={1.75} className="mt-0.5 flex-none text-ember" />
      <div>
        <p className="font-strong">{guest.ends(spanInWords(Math.ceil(leftMs / 1000)))}</p>
        <p className="text-sm text-ink-2">{guest.endsLead}</p>
        <div className="mt-2 flex flex-wrap gap-2">
          <Button kind="primary" onClick={onStay}>
            {guest.stay}
          </Button>
          <Button kind="quiet" onClick={() => navigate(KEEP_NAME)}>
            {guest.account}
          </Button>
        </div>
      </div>
    </div>
  );
}
