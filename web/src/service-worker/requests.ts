/** Which requests of the page the service worker answers, and from what. It decides; `worker.ts` does. */

/** How a request is answered. */
export type Way =
  /** Not by the service worker. */
  | 'network'
  /** By the page itself: all its own addresses are one file. */
  | 'page'
  /** By the kept file, or the network if it was not kept. */
  | 'kept'
  /** The same, and then it is kept: its name holds its hash. */
  | 'kept_for_ever';

/** What there is to know of a request. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  /** The browser goes to this address. */
  readonly isNavigation: boolean;
}

/** What the server answers itself, besides the API: never kept. */
const SERVERS_OWN: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics', '/sw.js']);

/** Chooses the way. What the API answers is somebody's, and never kept. */
export function wayOf({ method, url, isNavigation }: Asked, origin: string): Way {
  const { origin: asked, pathname } = new URL(url);
  if (method !== 'GET' || asked !== origin) return 'network';
  if (pathname === '/api' || pathname.startsWith('/api/') || SERVERS_OWN.has(pathname)) return 'network';
  if (pathname.startsWith('/assets/')) return 'kept_for_ever';
  const isFile = (pathname.split('/').at(-1) ?? '').includes('.');
  if (isFile) return isNavigation ? 'network' : 'kept';
  return isNavigation ? 'page' : 'network';
}
