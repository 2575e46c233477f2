/** Notifications of the system: whether this device wants them, and showing one. It isn't aware of what is worth one. */
import type { NotificationData } from '../service-worker/messages';
import { serviceWorkerRegistration } from './program';
import { Signal } from './signal';

/** What was chosen on this device. */
export interface Notifying {
  /** The system may say that something came. */
  readonly isOn: boolean;
  /** With name and text. */
  readonly showsText: boolean;
}

const ON_KEY = 'undertone.notify';
const TEXT_KEY = 'undertone.notify-text';

function read(): Notifying {
  return { isOn: localStorage.getItem(ON_KEY) !== null && canNotify(), showsText: localStorage.getItem(TEXT_KEY) !== null };
}

/** Whether this browser shows notifications at all. */
export function hasNotifications(): boolean {
  return 'Notification' in window;
}

/** Whether the browser lets this page notify. */
export function canNotify(): boolean {
  return hasNotifications() && Notification.permission === 'granted';
}

/** Whether the browser was told never to ask again. */
export function isRefused(): boolean {
  return hasNotifications() && Notification.permission === 'denied';
}

/** What is chosen now. */
export const notifying = new Signal<Notifying>(read());

function set(key: string, on: boolean): void {
  if (on) localStorage.setItem(key, '1');
  else localStorage.removeItem(key);
  notifying.value = read();
}

/** Turns them on or off. Turning on lets the browser ask; false if it refused. */
export async function setNotifying(on: boolean): Promise<boolean> {
  const isAllowed = !on || (hasNotifications() && (await Notification.requestPermission()) === 'granted');
  set(ON_KEY, on && isAllowed);
  return isAllowed;
}

/** Whether they show name and text. */
export function setShowsText(on: boolean): void {
  set(TEXT_KEY, on);
}

/** One notification. */
export interface Announcement {
  readonly title: string;
  readonly body?: string;
  /** Another one of the same takes its place. */
  readonly tag: string;
  /** Where pressing it leads. */
  readonly path: string;
}

/** Shows one, through the service worker where there is one: phones know no other way. */
export async function notify({ title, body, tag, path }: Announcement): Promise<void> {
  const data: NotificationData = { path };
  const options = { tag, data, icon: '/icon-192.png', badge: '/badge-96.png', ...(body !== undefined && { body }) };
  const registration = await serviceWorkerRegistration();
  if (registration?.active) await registration.showNotification(title, options);
  else if (canNotify()) {
    const shown = new Notification(title, options);
    shown.addEventListener('click', () => window.focus());
  }
}

/** Takes away what was shown of something that was read meanwhile. */
export async function withdraw(tag: string): Promise<void> {
  const registration = await serviceWorkerRegistration();
  const shown = (await registration?.getNotifications({ tag })) ?? [];
  for (const each of shown) each.close();
}

/** The number at the program's icon, where the system shows one. */
export function setBadge(count: number): void {
  if (!('setAppBadge' in navigator)) return;
  const done = count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge();
  // Not every system has a place for it.
  done.catch(() => {});
}
