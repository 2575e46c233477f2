/** The reminder of a recovery key that was not checked: one mark on this device, not the key. */

const KEY = 'undertone.recovery-unchecked';

/** Whether the user went on without checking the key. */
export function isRecoveryUnchecked(): boolean {
  return localStorage.getItem(KEY) !== null;
}

/** Sets the reminder, or takes it away. */
export function setRecoveryUnchecked(unchecked: boolean): void {
  if (unchecked) localStorage.setItem(KEY, '1');
  else localStorage.removeItem(KEY);
}
