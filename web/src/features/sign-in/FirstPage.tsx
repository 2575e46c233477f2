/** The first page: three doors, and the waterline between what the server cannot see and what it must. */
import { ChevronRight, Contrast, Eye, EyeOff, type LucideIcon } from 'lucide-react';
import { Brand } from '../../components/Brand';
import { cx } from '../../components/cx';
import { IconButton } from '../../components/IconButton';
import { Link } from '../../components/Link';
import { Notice } from '../../components/Notice';
import { UnderLine } from '../../components/UnderLine';
import type { ServerInfo } from '../../core/types';
import { words } from '../../i18n/words';
import { SET_UP, SIGN_IN } from '../../platform/paths';
import { toggleTheme } from '../../platform/theme';
import { RoomDoor } from './RoomDoor';
import { ServerFooter } from './ServerFooter';

interface FirstPageProps {
  /** What the server says of itself; unknown while it does not answer. */
  readonly server: ServerInfo | undefined;
  /** True when it was asked and did not answer. */
  readonly isUnreachable: boolean;
  /** What ended on this device: a session whose history is still here, or a guest of whom nothing is left. */
  readonly ended: 'nothing' | 'session' | 'guest';
}

interface FactsProps {
  readonly title: string;
  readonly facts: readonly string[];
  readonly icon: LucideIcon;
  readonly below?: boolean;
}

function Facts({ title, facts, icon: Icon, below = false }: FactsProps) {
  return (
    <section>
      <h2 className={cx('mb-2 text-sm', below && 'text-accent-soft-ink')}>{title}</h2>
      <ul className="grid max-w-words columns-facts gap-x-8">
        {facts.map((fact) => (
          <li key={fact} className="flex items-center gap-2.5 py-1.25 text-sm text-ink-2">
            <Icon
              aria-hidden="true"
              size={18}
              strokeWidth={1.75}
              className={cx('flex-none', below && 'text-accent-soft-ink')}
            />
            {fact}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface DoorProps {
  readonly title: string;
  readonly hint: string;
  readonly to: string;
}

function Door({ title, hint, to }: DoorProps) {
  return (
    <Link
      to={to}
      className="quick flex items-center gap-4 p-5 hover:bg-hover focus-visible:rounded-sheet focus-visible:-outline-offset-2"
    >
      <span className="min-w-0 flex-1">
        <span className="block text-lg font-semibold">{title}</span>
        <span className="block text-sm text-ink-2">{hint}</span>
      </span>
      <ChevronRight aria-hidden="true" size={18} strokeWidth={1.75} className="flip-rtl text-ink-3" />
    </Link>
  );
}

function Doors({ server, isUnreachable, ended }: FirstPageProps) {
  const { front, join } = words;
  return (
    <div className="relative grid gap-3">
      {ended === 'session' && <Notice tone="ember">{front.ended}</Notice>}
      {ended === 'guest' && <p className="text-sm text-ink-2">{front.guestEnded}</p>}
      {isUnreachable && (
        <div role="status" className="grid gap-1.5 text-sm text-ember">
          {front.unreachable}
          <UnderLine label={front.unreachable} />
        </div>
      )}
      <nav aria-label={words.product} className="divide-y divide-line overflow-hidden rounded-sheet bg-surface hairline">
        <div className="grid gap-3.5 p-5">
          <div>
            <h2 className="text-lg">{join.title}</h2>
            <p className="text-sm text-ink-2">{join.lead}</p>
          </div>
          <RoomDoor />
        </div>
        <Door title={front.account} hint={front.accountHint} to={SIGN_IN} />
        {server?.setupOpen && <Door title={front.setUp} hint={front.setUpHint} to={SET_UP} />}
      </nav>
    </div>
  );
}

export function FirstPage(props: FirstPageProps) {
  const { front } = words;
  return (
    <div className="grid min-h-dvh grid-cols-1 safe-page rows-frame bg-canvas">
      <header className="flex min-h-15 flex-wrap items-center justify-between gap-x-4 px-5 py-3 md:px-8 md:py-5">
        <Brand name={words.brand} />
        <IconButton label={front.appearance} icon={Contrast} onClick={toggleTheme} />
      </header>
      <main className="grid grid-cols-1 rows-front">
        <div className="mx-auto grid w-full max-w-front grid-cols-1 content-start gap-6 px-5 pt-3 pb-6 md:px-8 lg:columns-front lg:content-end lg:gap-x-24 lg:pt-8 lg:pb-0">
          <div className="contents md:block lg:self-end lg:pb-7">
            <div>
              <h1 className="text-2xl tracking-page lg:max-w-front-title lg:text-3xl">{front.title}</h1>
              <p className="mt-3 max-w-bubble text-md text-ink-2 lg:mt-4 lg:text-lg">{front.lead}</p>
            </div>
            <div className="order-2 md:mt-8 lg:mt-14">
              <Facts title={front.cannotSee} facts={front.cannotSeeList} icon={EyeOff} />
            </div>
          </div>
          <div className="order-1 lg:-mb-25 lg:self-end">
            <Doors {...props} />
          </div>
        </div>
        <div className="bg-accent-soft py-6 lg:pt-8 lg:pb-24">
          <div className="mx-auto w-full max-w-front px-5 md:px-8">
            <Facts title={front.mustSee} facts={front.mustSeeList} icon={Eye} below />
          </div>
        </div>
      </main>
      <footer className="flex flex-wrap gap-x-5 gap-y-1 bg-accent-soft px-5 pt-2 pb-5 text-xs text-ink-2 md:px-8">
        <ServerFooter server={props.server} />
      </footer>
    </div>
  );
}
