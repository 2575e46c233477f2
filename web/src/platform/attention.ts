/** Whether somebody looks at this page: visible and in front. */
import { useSyncExternalStore } from 'react';

function isAttended(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

function subscribe(onChange: () => void): () => void {
  document.addEventListener('visibilitychange', onChange);
  window.addEventListener('focus', onChange);
  window.addEventListener('blur', onChange);
  return () => {
    document.removeEventListener('visibilitychange', onChange);
    window.removeEventListener('focus', onChange);
    window.removeEventListener('blur', onChange);
  };
}

/** True while the page is visible and has the focus. */
export function useAttention(): boolean {
  return useSyncExternalStore(subscribe, isAttended);
}
