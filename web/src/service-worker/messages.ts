/** What the page and its service worker say to each other. Plain data; who says it when is in `worker.ts` and `platform/service-worker.ts`. */

/** From a tab to the service worker. */
export type ToServiceWorker =
  /** Take over from the one before. */
  | { readonly type: 'take_over' }
  /** Answered through the port that comes along: which program is this? */
  | { readonly type: 'which' }
  /** Answered through the port with `StreamsPath`. */
  | { readonly type: 'streams' }
  /** A tab has a piece under way: do not fall asleep. */
  | { readonly type: 'awake' };

/** From the service worker to a tab. */
export type FromServiceWorker =
  /** The server has something for this device. Answered through the port: true, if the tab tells its user. */
  | { readonly type: 'pushed' }
  /** A notification was pressed. */
  | { readonly type: 'open'; readonly path: string }
  /** What the file of this name is. Answered through the port with a `StreamHead`, or nothing. */
  | { readonly type: 'stream'; readonly token: string }
  /** The piece that begins there. Answered through the port with a `StreamPiece`. */
  | { readonly type: 'piece'; readonly token: string; readonly offset: number }
  /** The browser wants no more of it. Not answered. */
  | { readonly type: 'left'; readonly token: string };

/** Where the files of a tab can be streamed from: a name of theirs follows. */
export interface StreamsPath {
  readonly path: string;
}

/** A file that a tab lets the browser play, or save if it has a name. */
export interface StreamHead {
  readonly size: number;
  readonly mediaType: string;
  readonly saveAs?: string;
}

/** A piece of it; without bytes, if it cannot be opened. */
export interface StreamPiece {
  readonly bytes?: Uint8Array<ArrayBuffer>;
}

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
