/**
 * The program that this page runs, kept on the device by the service worker: whether it is kept, whether the server
 * has another one, and how to change to it. It isn't aware of what the program does.
 */
import type { FromServiceWorker, Program, ToServiceWorker } from '../service-worker/messages';
import { loadAgain } from './leaving';
import { Signal } from './signal';
import { scriptUrl } from './trusted-types';

declare const UNDERTONE_VERSION: string;

/** The version of what runs now. */
export const VERSION: string = typeof UNDERTONE_VERSION === 'string' ? UNDERTONE_VERSION : '';

/** Whether the page opens without a network. */
export type Keeping =
  | 'starting'
  | 'kept'
  /** This browser, or this kind of window, keeps no pages. */
  | 'unsupported'
  /** The browser does not trust the server's certificate. */
  | 'refused';

/** Whether the page is kept. */
export const keeping = new Signal<Keeping>('starting');
/** The program that waits to take over, if the server has another one. */
export const nextProgram = new Signal<Program | undefined>(undefined);

const pushed = new EventTarget();
const ARRIVAL_MS_MAX = 20_000;

/** Ends when a push arrives; false, if none does in time. */
export function whenPushed(): Promise<boolean> {
  return new Promise((resolve) => {
    pushed.addEventListener('pushed', () => resolve(true), { once: true });
    setTimeout(() => resolve(false), ARRIVAL_MS_MAX);
  });
}

const CHECK_EVERY_MS = 3_600_000;

let registration: ServiceWorkerRegistration | undefined;
let isAskedFor = false;

/** What a tab does when the service worker has something to say. */
export interface Listener {
  /** The server has something for this device. */
  readonly onPushed: () => void;
  /** A notification was pressed. */
  readonly onOpen: (path: string) => void;
}

function tell(worker: ServiceWorker, message: ToServiceWorker, port?: MessagePort): void {
  worker.postMessage(message, port ? [port] : []);
}

function programOf(worker: ServiceWorker): Promise<Program> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', ({ data }: MessageEvent<Program>) => resolve(data));
    port1.start();
    tell(worker, { type: 'which' }, port2);
  });
}

async function lookAtWaiting({ waiting }: ServiceWorkerRegistration): Promise<void> {
  // The first one has nothing to wait for.
  nextProgram.value = waiting && navigator.serviceWorker.controller ? await programOf(waiting) : undefined;
}

function follow(found: ServiceWorkerRegistration): void {
  const { installing } = found;
  installing?.addEventListener('statechange', () => {
    if (installing.state === 'installed') void lookAtWaiting(found);
    if (installing.state === 'activated') keeping.value = 'kept';
  });
}

/** Another program took over: a tab that nobody looks at follows at once, another one says so. */
function onTakenOver(): void {
  if (isAskedFor || document.visibilityState === 'hidden') void loadAgain();
}

function hear({ data, ports }: MessageEvent<FromServiceWorker>, listener: Listener): void {
  switch (data.type) {
    case 'pushed':
      listener.onPushed();
      pushed.dispatchEvent(new Event('pushed'));
      ports[0]?.postMessage(true);
      break;
    case 'open':
      listener.onOpen(data.path);
      break;
    case 'stream':
    case 'piece':
    case 'left':
      // Files are the business of `streams.ts`.
      break;
  }
}

function checkNowAndThen(found: ServiceWorkerRegistration): void {
  let checkedAtMs = Date.now();
  const check = () => {
    if (document.visibilityState !== 'visible' || Date.now() - checkedAtMs < CHECK_EVERY_MS) return;
    checkedAtMs = Date.now();
    // Offline there is nothing to find out; the next hour tries again.
    found.update().catch(() => {});
  };
  setInterval(check, CHECK_EVERY_MS);
  document.addEventListener('visibilitychange', check);
}

/** Lets the service worker keep this page, and listens to it. */
export async function keepProgram(listener: Listener): Promise<void> {
  if (!('serviceWorker' in navigator)) {
    keeping.value = 'unsupported';
    return;
  }
  const { serviceWorker } = navigator;
  const wasKept = serviceWorker.controller !== null;
  serviceWorker.addEventListener('message', (event: MessageEvent<FromServiceWorker>) => hear(event, listener));
  serviceWorker.startMessages();
  if (wasKept) serviceWorker.addEventListener('controllerchange', onTakenOver);
  try {
    registration = await serviceWorker.register(scriptUrl('/sw.js'), { updateViaCache: 'none' });
  } catch (thrown) {
    keeping.value = thrown instanceof DOMException && thrown.name === 'SecurityError' ? 'refused' : 'unsupported';
    return;
  }
  if (registration.active) keeping.value = 'kept';
  const found = registration;
  found.addEventListener('updatefound', () => follow(found));
  follow(found);
  await lookAtWaiting(found);
  checkNowAndThen(found);
}

/** Changes to the program that waits; the page loads again, with what is being written. */
export function takeOver(): void {
  const { waiting } = registration ?? {};
  if (!waiting) {
    void loadAgain();
    return;
  }
  isAskedFor = true;
  // Without one to take over from, the change is not announced.
  if (!navigator.serviceWorker.controller) waiting.addEventListener('statechange', () => void loadAgain());
  else navigator.serviceWorker.addEventListener('controllerchange', onTakenOver);
  tell(waiting, { type: 'take_over' });
}

/** The registration, for subscriptions and notifications; nothing where there is none. */
export async function serviceWorkerRegistration(): Promise<ServiceWorkerRegistration | undefined> {
  if (keeping.value === 'unsupported' || keeping.value === 'refused' || !('serviceWorker' in navigator)) return undefined;
  return (await navigator.serviceWorker.getRegistration()) ?? undefined;
}
