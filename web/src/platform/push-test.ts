/**
 * The way of a notification, hop by hop, and where it ends when none comes. It asks the browser; what the server
 * does is handed in.
 */
import { canNotify, notify } from './notifying';
import { keeping, whenPushed } from './program';
import { hasPush, type PushAddress, pushAddress } from './push';

/** The hops, in order. */
export const HOPS = ['permission', 'worker', 'subscription', 'server', 'service', 'arrived'] as const;

export type Hop = (typeof HOPS)[number];

/** What the server said of its push. */
type PushResult = 'accepted' | 'not_subscribed' | 'gone' | 'refused' | 'unreachable';

/** Why it ended: a hop that has one reason only, or one of several. */
type Fault = Exclude<Hop, 'service'> | 'refused_certificate' | Exclude<PushResult, 'accepted' | 'refused'> | 'refused_by_service';

/** How a test ended. */
export type Outcome =
  | { readonly kind: 'ok' }
  /** All that works without being woken. */
  | { readonly kind: 'open_only' }
  | { readonly kind: 'fault'; readonly hop: Hop; readonly fault: Fault };

/** What the test needs of elsewhere. */
export interface Way {
  readonly announce: () => Promise<void>;
  readonly keeping: () => string;
  readonly canNotify: () => boolean;
  readonly hasPush: () => boolean;
  readonly address: () => Promise<PushAddress | undefined>;
  /** Tells the server the address. */
  readonly register: (address: PushAddress) => Promise<void>;
  readonly push: () => Promise<PushResult>;
  /** Ends when a push arrives; false, if none does in time. */
  readonly arrival: () => Promise<boolean>;
}

/** What a browser brings. */
export const BROWSER: Pick<Way, 'keeping' | 'canNotify' | 'hasPush' | 'address' | 'arrival'> = {
  keeping: () => keeping.value,
  canNotify,
  hasPush,
  address: pushAddress,
  arrival: whenPushed,
};

/** Shows the test's own notification. */
export async function announceTest(title: string, body: string): Promise<void> {
  await notify({ title, body, tag: 'test', path: '/settings' });
}

const ended = (hop: Hop, fault: Fault): Outcome => ({ kind: 'fault', hop, fault });

function faultOf(result: Exclude<PushResult, 'accepted'>): Fault {
  return result === 'refused' ? 'refused_by_service' : result;
}

/** Goes the way; each hop that was passed is told. */
export async function testWay(way: Way, onPassed: (hop: Hop) => void): Promise<Outcome> {
  if (!way.canNotify()) return ended('permission', 'permission');
  onPassed('permission');
  if (way.keeping() !== 'kept') return ended('worker', way.keeping() === 'refused' ? 'refused_certificate' : 'worker');
  onPassed('worker');
  await way.announce();
  const address = way.hasPush() ? await way.address() : undefined;
  if (!address) return { kind: 'open_only' };
  onPassed('subscription');
  try {
    await way.register(address);
  } catch {
    return ended('server', 'server');
  }
  onPassed('server');
  const arrival = way.arrival();
  const result = await way.push();
  if (result !== 'accepted') return ended('service', faultOf(result));
  onPassed('service');
  if (!(await arrival)) return ended('arrived', 'arrived');
  onPassed('arrived');
  return { kind: 'ok' };
}
