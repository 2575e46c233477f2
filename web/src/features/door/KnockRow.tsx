/** Somebody at the door of a room, and the two answers. */
import { Avatar } from '../../components/Avatar';
import { Button } from '../../components/Button';
import { Tag } from '../../components/Tag';
import type { KnockView } from '../../core/types';
import { timeOf } from '../../i18n/dates';
import { words } from '../../i18n/words';

interface KnockRowProps {
  readonly knock: KnockView;
  readonly isBusy: boolean;
  /** Letting in is the one action of this view. @default false */
  readonly isPrimary?: boolean;
  readonly onAdmit: () => void;
  readonly onRefuse: () => void;
}

export function KnockRow({ knock, isBusy, isPrimary = false, onAdmit, onRefuse }: KnockRowProps) {
  const { people } = words;
  return (
    <div className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 py-1 text-sm">
      <Avatar name={knock.name} colour={knock.identityColour} shape={knock.identityShape} />
      <span className="min-w-24 flex-1">
        <span className="flex items-center gap-2">
          <span dir="auto" className="truncate text-parent font-label" title={knock.name}>
            {knock.name}
          </span>
          {knock.kind === 'guest' && <Tag>{people.guest}</Tag>}
        </span>
        <span className="block text-xs text-ink-3">
          {isPrimary ? people.asksIn : people.asked(timeOf(knock.knockedAtMs))}
        </span>
      </span>
      <span className="flex gap-2">
        <Button disabled={isBusy} onClick={onRefuse}>
          <span>
            {people.notNow}
            <span className="sr-only"> {knock.name}</span>
          </span>
        </Button>
        <Button
          kind={isPrimary ? 'primary' : 'line'}
          disabled={isBusy}
          onClick={onAdmit}
        >
          <span>
            {people.letIn}
            <span className="sr-only"> {knock.name}</span>
          </span>
        </Button>
      </span>
    </div>
  );
}
