/** Opens the client core in the worker that holds the lock. It isn't aware of tabs: that is `worker.ts`. */
import { databaseKey } from './key';
import init, { Client } from './pkg/undertone_client_wasm';
import wasmUrl from './pkg/undertone_client_wasm_bg.wasm?url';
import { estimate } from './strength';
import type { Change } from './types';
import { failureOf, isPanic } from './errors';

/** The directory of this site's private file system in which the store lives. */
const DIRECTORY = 'undertone';

/** The files of a worker that has just ended may be held a little longer than its lock. */
const OPEN_TRIES_MAX = 40;
const BUSY: ReadonlySet<string> = new Set(['store', 'profile_in_use']);

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** Loads the module, opens the store and starts to sync. */
export async function openClient(onChange: (change: Change) => void): Promise<Client> {
  const [key] = await Promise.all([databaseKey(), init({ module_or_path: wasmUrl })]);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const client = await Client.open(location.origin, DIRECTORY, key, onChange, estimate);
      client.start();
      return client;
    } catch (thrown) {
      if (isPanic(thrown) || !BUSY.has(failureOf(thrown).code) || attempt === OPEN_TRIES_MAX) throw thrown;
      await delay(Math.min(25 * attempt, 250));
    }
  }
}
