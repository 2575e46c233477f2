/**
 * Deleting everything that this browser keeps. It happens at the next start, before the core opens its files; the
 * key goes first, so that whatever could not be deleted can no longer be read.
 */

/** Set while everything is to be deleted. All tabs see it. */
const MARK = 'undertone.wipe';
const LOCK = 'undertone-wipe';
/** The store, and the sealed files of messages. */
const DIRECTORIES = ['undertone', 'undertone-files'];
const KEYS = 'undertone-keys';
const TRIES_MAX = 50;
const RETRY_MS = 100;

/** Deletes everything: this page loads again, and so does every other tab. */
export function wipe(): void {
  localStorage.setItem(MARK, '1');
  location.replace('/');
}

function delay(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, RETRY_MS);
  });
}

function deleteKeys(): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(KEYS);
    // Blocked only as long as another tab still runs; its own start goes the same way.
    for (const name of ['success', 'error', 'blocked']) request.addEventListener(name, () => resolve(), { once: true });
  });
}

async function deleteFiles(directory: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    try {
      await root.removeEntry(directory, { recursive: true });
      return;
    } catch (thrown) {
      if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return;
      // The worker of a tab that just ended holds its files a little longer.
      await delay();
    }
  }
}

async function deleteProgram(): Promise<void> {
  for (const name of await caches.keys()) await caches.delete(name);
  for (const registration of (await navigator.serviceWorker?.getRegistrations()) ?? []) await registration.unregister();
}

async function deleteAll(): Promise<void> {
  if (localStorage.getItem(MARK) === null) return;
  await deleteKeys();
  for (const directory of DIRECTORIES) await deleteFiles(directory);
  await deleteProgram();
  localStorage.clear();
}

/** Before anything starts: deletes what is to be deleted. */
export async function wipeIfAsked(): Promise<void> {
  window.addEventListener('storage', ({ key, newValue }) => {
    if (key === MARK && newValue !== null) location.replace('/');
  });
  if (localStorage.getItem(MARK) !== null) await navigator.locks.request(LOCK, deleteAll);
}
