/** The address bar as a store: where we are, going elsewhere, and being told. It isn't aware of what the paths mean. */
import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();

function announce(): void {
  for (const listener of listeners) listener();
}

function subscribe(onChange: () => void): () => void {
  listeners.add(onChange);
  return () => {
    listeners.delete(onChange);
  };
}

/** Goes to a path of this page; `replace` leaves no step to come back to. */
export function navigate(path: string, options: { readonly replace?: boolean } = {}): void {
  if (path === location.pathname) return;
  if (options.replace) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  announce();
}

/** The path that is shown. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

window.addEventListener('popstate', announce);
