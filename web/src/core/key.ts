/**
 * The key of this browser's database: 32 random bytes, wrapped by a WebCrypto key that cannot be
 * exported and never leaves IndexedDB. It isn't known to the server, and is gone with the site's data.
 */

const DATABASE = 'undertone-keys';
const STORE = 'keys';
const RECORD = 'database';

interface WrappedKey {
  readonly wrapper: CryptoKey;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly wrapped: ArrayBuffer;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result), { once: true });
    request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB failed')), { once: true });
  });
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE));
  return settled(request);
}

async function makeKey(): Promise<{ record: WrappedKey; key: Uint8Array<ArrayBuffer> }> {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const wrapper = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const wrapped = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, wrapper, key);
  return { record: { wrapper, iv, wrapped }, key };
}

async function unwrap(record: WrappedKey): Promise<Uint8Array> {
  const key = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: record.iv }, record.wrapper, record.wrapped);
  return new Uint8Array(key);
}

/** Stores the key on the disk: what is encrypted with a key that a power cut takes back is lost. */
function store(database: IDBDatabase, record: WrappedKey): Promise<void> {
  const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
  transaction.objectStore(STORE).put(record, RECORD);
  return new Promise((resolve, reject) => {
    const failed = () => reject(transaction.error ?? new Error('IndexedDB failed'));
    transaction.addEventListener('complete', () => resolve(), { once: true });
    transaction.addEventListener('abort', failed, { once: true });
    transaction.addEventListener('error', failed, { once: true });
  });
}

/** Reads the key, or makes it at the first start. Only the owner of the store calls this. */
export async function databaseKey(): Promise<Uint8Array> {
  const database = await openDatabase();
  try {
    const stored: WrappedKey | undefined = await settled(
      database.transaction(STORE, 'readonly').objectStore(STORE).get(RECORD),
    );
    if (stored) return await unwrap(stored);
    const { record, key } = await makeKey();
    await store(database, record);
    return key;
  } finally {
    database.close();
  }
}
