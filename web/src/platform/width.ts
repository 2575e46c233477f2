/** Whether the window has room for two panes. It isn't for looks: those follow the style sheet's own breakpoints. */
import { useSyncExternalStore } from 'react';

const twoPanes = matchMedia('(min-width: 45rem)');

function subscribe(onChange: () => void): () => void {
  twoPanes.addEventListener('change', onChange);
  return () => twoPanes.removeEventListener('change', onChange);
}

/** True while only one pane fits, which is then the main one. */
export function useIsNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => !twoPanes.matches);
}
