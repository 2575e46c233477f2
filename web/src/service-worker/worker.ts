/**
 * The service worker: it keeps the files of the page, so that it opens without a network, and shows what a push
 * has to say. It holds no message and no key, and never keeps what the API answers.
 */
import type { FromServiceWorker, NotificationData, Program, StreamHead, StreamPiece, StreamsPath, ToServiceWorker } from './messages';
import { wayOf } from './requests';
import { answerStream, pathOf, placeOf, type Tab } from './streams';

/** Filled in when everything else of the page is built: see `shell.ts`. */
declare const UNDERTONE_SHELL: Program & { readonly files: readonly string[] };

declare const self: ServiceWorkerGlobalScope;

const scope = self;
const shell = UNDERTONE_SHELL;

const CACHE_PREFIX = 'undertone-shell-';
const CACHE = `${CACHE_PREFIX}${shell.build}`;
const PAGE = '/';

/** How long a tab has to say that it tells its user. */
const ANSWER_MS_MAX = 3000;
/** How long it has for a piece of a file, which it may have to fetch over a bad line. */
const PIECE_MS_MAX = 240_000;

/** Keeps every file of this program. Those without a hash in their name are asked for anew. */
async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  const requests = shell.files.map((file) => new Request(file, { cache: file.startsWith('/assets/') ? 'default' : 'reload' }));
  await cache.addAll(requests);
}

/** Takes over: programs before this one are deleted, and open tabs are served from here. */
async function begin(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(CACHE_PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
  await scope.clients.claim();
}

async function answer(request: Request, isKeptForEver: boolean): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  if (isKeptForEver && response.ok) await cache.put(request, response.clone());
  return response;
}

async function page(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(PAGE, { ignoreVary: true })) ?? fetch(request);
}

/** Asks a tab something; nothing, if it does not answer in time. */
function ask<T>(client: Client, message: FromServiceWorker, withinMs = ANSWER_MS_MAX): Promise<T | undefined> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    // The timer would hold the answer, which may be a piece of a file, for as long as it runs.
    const end = (data?: T) => {
      clearTimeout(timer);
      port1.close();
      resolve(data);
    };
    const timer = setTimeout(end, withinMs);
    port1.addEventListener('message', ({ data }: MessageEvent<T | undefined>) => end(data));
    port1.start();
    client.postMessage(message, [port2]);
  });
}

/** A file of a tab, played or saved. */
async function stream(request: Request, { client, token }: NonNullable<ReturnType<typeof placeOf>>): Promise<Response> {
  const tab = await scope.clients.get(client);
  if (!tab) return new Response(null, { status: 404 });
  const pieces: Tab = {
    head: (name) => ask<StreamHead>(tab, { type: 'stream', token: name }),
    piece: (name, offset) => ask<StreamPiece>(tab, { type: 'piece', token: name, offset }, PIECE_MS_MAX),
    leave: (name) => tab.postMessage({ type: 'left', token: name } satisfies FromServiceWorker),
  };
  return answerStream(pieces, { token, range: request.headers.get('range'), destination: request.destination });
}

/** The tabs of this page. */
async function tabs(): Promise<readonly WindowClient[]> {
  return scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
}

/** A tab that lives fetches what came and tells better than we can. Without one, only that something came is said. */
async function tellOfPush(): Promise<void> {
  const answers = await Promise.all((await tabs()).map((tab) => ask<boolean>(tab, { type: 'pushed' })));
  if (answers.includes(true)) return;
  const isGerman = scope.navigator.language.startsWith('de');
  const data: NotificationData = { path: '/' };
  await scope.registration.showNotification(isGerman ? 'Neue Nachricht' : 'New message', {
    tag: 'undertone-push',
    icon: '/icon-192.png',
    badge: '/badge-96.png',
    data,
  });
}

/** Goes to what a notification was about: in an open tab, or in a new one. */
async function open(path: string): Promise<void> {
  const all = await tabs();
  const tab = all.find((each) => each.focused) ?? all[0];
  if (!tab) {
    await scope.clients.openWindow(path);
    return;
  }
  const message: FromServiceWorker = { type: 'open', path };
  tab.postMessage(message);
  await tab.focus();
}

scope.addEventListener('install', (event) => event.waitUntil(keep()));
scope.addEventListener('activate', (event) => event.waitUntil(begin()));
scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const place = request.method === 'GET' ? placeOf(request.url) : undefined;
  if (place) {
    event.respondWith(stream(request, place));
    return;
  }
  const way = wayOf({ method: request.method, url: request.url, isNavigation: request.mode === 'navigate' }, scope.location.origin);
  if (way === 'page') event.respondWith(page(request));
  else if (way !== 'network') event.respondWith(answer(request, way === 'kept_for_ever'));
});
scope.addEventListener('message', (event) => {
  const message: ToServiceWorker = event.data;
  switch (message.type) {
    case 'take_over':
      event.waitUntil(scope.skipWaiting());
      break;
    case 'which': {
      const program: Program = { version: shell.version, build: shell.build };
      event.ports[0]?.postMessage(program);
      break;
    }
    case 'streams': {
      const streams: StreamsPath = { path: event.source && 'id' in event.source ? pathOf(event.source.id) : '' };
      event.ports[0]?.postMessage(streams);
      break;
    }
    case 'awake':
      // Having heard it is enough.
      break;
  }
});
scope.addEventListener('push', (event) => event.waitUntil(tellOfPush()));
scope.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const data: NotificationData | undefined = event.notification.data ?? undefined;
  event.waitUntil(open(data?.path ?? '/'));
});
