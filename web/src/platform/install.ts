/** Putting the page among the programs of the device, where the browser offers it. */
import { Signal } from './signal';

/** Browsers of the Chromium family ask first whether the page wants to. */
interface InstallEvent extends Event {
  prompt(): Promise<unknown>;
}

declare global {
  interface WindowEventMap {
    beforeinstallprompt: InstallEvent;
  }
}

const HINT_KEY = 'undertone.install-hint';

let offer: InstallEvent | undefined;

/** True while the browser would install the page. */
export const canInstall = new Signal(false);
/** True while the hint may be shown: it was not put away. */
export const showsInstallHint = new Signal(localStorage.getItem(HINT_KEY) === null);

/** True when the page runs as a program of its own. */
export function isInstalled(): boolean {
  return matchMedia('(display-mode: standalone)').matches;
}

/** Lets the browser ask whether to install. */
export async function install(): Promise<void> {
  const event = offer;
  offer = undefined;
  canInstall.value = false;
  await event?.prompt();
}

/** Puts the hint away for good. */
export function hideInstallHint(): void {
  localStorage.setItem(HINT_KEY, 'hidden');
  showsInstallHint.value = false;
}

window.addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  offer = event;
  canInstall.value = true;
});
window.addEventListener('appinstalled', () => {
  canInstall.value = false;
});
