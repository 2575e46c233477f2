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

/** Goes to an address of this page; `replace` leaves no step to come back to. */
export function navigate(address: string, options: { readonly replace?: boolean } = {}): void {
  if (address === location.pathname + location.hash) return;
  if (options.replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  announce();
}

/** The path that is shown. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

/** What stands behind the path, with its `#`: the server never sees it. */
export function useFragment(): string {
  return useSyncExternalStore(subscribe, () => location.hash);
}

window.addEventListener('popstate', announce);
window.addEventListener('hashchange', announce);
