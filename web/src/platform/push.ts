/** Being woken by the server through the browser's push service: the browser's side of it. What is pushed says nothing. */
import { serviceWorkerRegistration } from './program';

/** Where and how the server wakes this device; bytes as base64url. */
export interface PushAddress {
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
}

/** Whether this browser can be woken by pages. */
export function hasPush(): boolean {
  return 'PushManager' in window && 'serviceWorker' in navigator;
}

function toBytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

function toBase64Url(bytes: ArrayBuffer | null): string {
  const text = String.fromCodePoint(...new Uint8Array(bytes ?? new ArrayBuffer(0)));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function addressOf(subscription: PushSubscription): PushAddress {
  return {
    endpoint: subscription.endpoint,
    p256dh: toBase64Url(subscription.getKey('p256dh')),
    auth: toBase64Url(subscription.getKey('auth')),
  };
}

/** The address that the browser has given, if any. */
export async function pushAddress(): Promise<PushAddress | undefined> {
  const registration = await serviceWorkerRegistration();
  const subscription = await registration?.pushManager?.getSubscription();
  return subscription ? addressOf(subscription) : undefined;
}

/** Asks the browser for an address; an old one of another server key is given up first. */
export async function subscribe(serverKey: string): Promise<PushAddress> {
  const registration = await serviceWorkerRegistration();
  if (!registration) throw new Error('no service worker');
  const key = toBytes(serverKey);
  const old = await registration.pushManager.getSubscription();
  if (old && toBase64Url(old.options.applicationServerKey) !== toBase64Url(key.buffer)) await old.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey: key };
  return addressOf(await registration.pushManager.subscribe(options));
}

/** Gives the address up. */
export async function unsubscribe(): Promise<void> {
  const registration = await serviceWorkerRegistration();
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}
