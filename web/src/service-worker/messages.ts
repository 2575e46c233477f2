/** What the page and its service worker say to each other. Plain data; who says it when is in `worker.ts` and `platform/service-worker.ts`. */

/** From a tab to the service worker. */
export type ToServiceWorker =
  /** Take over from the one before. */
  | { readonly type: 'take_over' }
  /** Answered through the port that comes along: which program is this? */
  | { readonly type: 'which' };

/** From the service worker to a tab. */
export type FromServiceWorker =
  /** The server has something for this device. Answered through the port: true, if the tab tells its user. */
  | { readonly type: 'pushed' }
  /** A notification was pressed. */
  | { readonly type: 'open'; readonly path: string };

/** Which program a service worker holds. */
export interface Program {
  readonly version: string;
  /** A hash of all its files. */
  readonly build: string;
}

/** What a notification carries for the moment when it is pressed. */
export interface NotificationData {
  readonly path: string;
}
