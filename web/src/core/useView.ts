/** How components read the core: `useCore` to act, `useView` to show. The core comes in by context, so that tests can pass a double. */
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Snapshot, View } from './cell';
import type { Core } from './core';
import type { Store } from './store';

/** The core and the views of it. */
export interface CoreAccess {
  readonly core: Core;
  readonly store: Store;
}

/** Provided once, in `main.tsx`. */
export const CoreContext = createContext<CoreAccess | undefined>(undefined);

/** The core and the views of it. */
export function useCore(): CoreAccess {
  const access = useContext(CoreContext);
  if (!access) throw new Error('no CoreContext');
  return access;
}

/** What a view shows now; draws again when it changes. */
export function useView<T>(view: View<T>): Snapshot<T> {
  return useSyncExternalStore(view.subscribe, view.snapshot);
}

/** The value of a view, once there is one. */
export function useValue<T>(view: View<T>): T | undefined {
  const snapshot = useView(view);
  return snapshot.state === 'ready' ? snapshot.value : undefined;
}
