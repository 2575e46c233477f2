/**
 * The worker of one tab. The worker that holds the lock owns the client core; the others forward
 * their tab's calls to it and send them again when another takes over. It isn't concerned with what
 * the calls mean.
 */
import { type Failure, failureOf, isPanic } from './errors';
import { openClient } from './owner';
import type { Client } from './pkg/undertone_client_wasm';
import {
  type Answer,
  type BetweenWorkers,
  CHANNEL,
  type FromWorker,
  INTERRUPTED,
  isRepeatable,
  OWNER_LOCK,
  type Request,
} from './protocol';
import type { Change } from './types';

const scope = globalThis as unknown as Worker & { close(): void };
const channel = new BroadcastChannel(CHANNEL);
const me = crypto.randomUUID();

let client: Client | undefined;
let unavailable: Failure | undefined;

/** Calls of our tab that wait for the owner. */
const waiting = new Map<string, Request>();
/** Calls that the core is carrying out, so that one which was sent twice runs once. */
const running = new Set<string>();

function tell(message: FromWorker): void {
  scope.postMessage(message);
}

function broadcast(message: BetweenWorkers): void {
  channel.postMessage(message);
}

/** Bytes are handed over, not copied: pieces of files are large. */
function answerTab(answer: Answer): void {
  const message: FromWorker = { type: 'answer', answer };
  const bytes = 'ok' in answer && answer.ok instanceof Uint8Array ? [answer.ok.buffer] : [];
  scope.postMessage(message, bytes);
}

/** The module's memory can no longer be trusted: give lock and files back and let the tab start afresh. */
function stop(thrown: unknown): void {
  client = undefined;
  tell({ type: 'stopped', reason: failureOf(thrown).message });
  channel.close();
  scope.close();
}

async function carryOut(owner: Client, request: Request): Promise<Answer | undefined> {
  if (running.has(request.rid)) return undefined;
  running.add(request.rid);
  try {
    const method = Reflect.get(owner, request.method) as (...args: readonly unknown[]) => unknown;
    return { rid: request.rid, ok: await method.apply(owner, [...request.args]) };
  } catch (thrown) {
    if (isPanic(thrown)) {
      stop(thrown);
      return undefined;
    }
    return { rid: request.rid, failure: failureOf(thrown) };
  } finally {
    running.delete(request.rid);
  }
}

async function dispatch(request: Request): Promise<void> {
  if (unavailable) {
    tell({ type: 'answer', answer: { rid: request.rid, failure: unavailable } });
  } else if (client) {
    const answer = await carryOut(client, request);
    if (answer) answerTab(answer);
  } else {
    waiting.set(request.rid, request);
    broadcast({ type: 'request', from: me, request });
  }
}

/** Sends what still waits to the owner that has just begun, and gives up what must not run twice. */
function sendAgain(isOurOwn: boolean): void {
  for (const request of waiting.values()) {
    if (isOurOwn) waiting.delete(request.rid);
    if (isOurOwn || isRepeatable(request.method)) {
      void dispatch(request);
    } else {
      waiting.delete(request.rid);
      tell({ type: 'answer', answer: { rid: request.rid, failure: INTERRUPTED } });
    }
  }
}

async function answerOther(from: string, request: Request): Promise<void> {
  if (!client) return;
  const answer = await carryOut(client, request);
  if (answer) broadcast({ type: 'answer', to: from, answer });
}

function hear(message: BetweenWorkers): void {
  switch (message.type) {
    case 'request':
      void answerOther(message.from, message.request);
      break;
    case 'answer':
      if (message.to === me && waiting.delete(message.answer.rid)) tell({ type: 'answer', answer: message.answer });
      break;
    case 'change':
      tell({ type: 'change', change: message.change });
      break;
    case 'new_owner':
      unavailable = undefined;
      tell({ type: 'new_owner' });
      sendAgain(false);
      break;
  }
}

function spread(change: Change): void {
  tell({ type: 'change', change });
  broadcast({ type: 'change', change });
}

async function own(): Promise<void> {
  try {
    client = await openClient(spread);
  } catch (thrown) {
    if (isPanic(thrown)) {
      stop(thrown);
      return;
    }
    unavailable = failureOf(thrown);
    tell({ type: 'unavailable', failure: unavailable });
    sendAgain(true);
    return;
  }
  tell({ type: 'new_owner' });
  broadcast({ type: 'new_owner' });
  sendAgain(true);
  // The lock is held until this worker ends.
  await new Promise<never>(() => {});
}

channel.addEventListener('message', (event: MessageEvent<BetweenWorkers>) => hear(event.data));
scope.addEventListener('message', (event: MessageEvent<Request>) => void dispatch(event.data));
// A panic in a task of the core's own reaches no caller.
globalThis.addEventListener('error', (event) => {
  if (isPanic(event.error)) stop(event.error);
});
globalThis.addEventListener('unhandledrejection', (event) => {
  if (isPanic(event.reason)) stop(event.reason);
});
void navigator.locks.request(OWNER_LOCK, own);
