/** What tabs and workers say to each other. Plain data only; who says it when is in `worker.ts` and `connection.ts`. */
import type { MethodName } from './core';
import type { Failure } from './errors';
import type { Change } from './types';

/** A call of one method, named so that it can be sent again. */
export interface Request {
  readonly rid: string;
  readonly method: MethodName;
  readonly args: readonly unknown[];
}

/** How a call ended. */
export type Answer =
  | { readonly rid: string; readonly ok: unknown }
  | { readonly rid: string; readonly failure: Failure };

/** From a worker to its tab. */
export type FromWorker =
  | { readonly type: 'answer'; readonly answer: Answer }
  | { readonly type: 'change'; readonly change: Change }
  /** Another worker, or this one, has taken over: everything must be read again. */
  | { readonly type: 'new_owner' }
  /** The store could not be opened; calls fail with this until it can. */
  | { readonly type: 'unavailable'; readonly failure: Failure }
  /** The core has stopped for good; the tab starts another worker. */
  | { readonly type: 'stopped'; readonly reason: string };

/** Between the workers of all tabs. */
export type BetweenWorkers =
  | { readonly type: 'request'; readonly from: string; readonly request: Request }
  | { readonly type: 'answer'; readonly to: string; readonly answer: Answer }
  | { readonly type: 'change'; readonly change: Change }
  | { readonly type: 'new_owner' };

/** The lock whose holder owns the store. */
export const OWNER_LOCK = 'undertone-owner';

/** The channel over which the other workers reach the owner. */
export const CHANNEL = 'undertone-core';

/**
 * Methods that must not run twice. All others only read, or carry a key by which the core knows a
 * call that it has carried out already, so they are sent again when the owner disappears.
 */
const ONCE: ReadonlySet<MethodName> = new Set<MethodName>([
  'register',
  'login',
  'createInvitation',
  'becomeGuest',
  'becomeAccount',
  'recover',
  'createGroup',
  'createRoom',
  'rotateLink',
  'intend',
  'forward',
]);

/** Whether a call may be sent again when its answer did not come. */
export function isRepeatable(method: MethodName): boolean {
  return !ONCE.has(method);
}

/** Told to the caller of a method that must not run twice when its owner disappeared. */
export const INTERRUPTED: Failure = { code: 'interrupted', message: 'The work was interrupted. Try again.' };
