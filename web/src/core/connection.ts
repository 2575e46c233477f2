/**
 * The tab's side of the worker: calls out, answers and change notices in. It starts the worker again
 * when the core has stopped. It isn't a cache: that is `store.ts`.
 */
import { scriptUrl } from '../platform/trusted-types';
import type { Core, MethodName } from './core';
import { CoreError } from './errors';
import { type Answer, type FromWorker, INTERRUPTED, isRepeatable, type Request } from './protocol';
import type { Change } from './types';
// oxlint-disable-next-line import/default -- the bundler makes it
import workerUrl from './worker?worker&url';

/** What a tab is told without having asked. */
export interface Listener {
  /** Something changed; the views that show it are read again. */
  onChange(change: Change): void;
  /** Everything may have changed. */
  onEverything(): void;
}

interface Pending {
  readonly request: Request;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: CoreError) => void;
}

const RESTART_DELAY_MS_MAX = 30_000;
const STEADY_AFTER_MS = 60_000;

class Connection {
  private worker: Worker;
  private restarts = 0;
  private readonly pending = new Map<string, Pending>();

  constructor(private readonly listener: Listener) {
    this.worker = this.startWorker();
  }

  call(method: MethodName, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request: Request = { rid: crypto.randomUUID(), method, args };
      this.pending.set(request.rid, { request, resolve, reject });
      this.worker.postMessage(request);
    });
  }

  private startWorker(): Worker {
    const worker = new Worker(scriptUrl(workerUrl), { type: 'module', name: 'undertone' });
    worker.addEventListener('message', (event: MessageEvent<FromWorker>) => this.hear(event.data));
    return worker;
  }

  private hear(message: FromWorker): void {
    switch (message.type) {
      case 'answer':
        this.settle(message.answer);
        break;
      case 'change':
        this.listener.onChange(message.change);
        break;
      case 'new_owner':
      case 'unavailable':
        this.listener.onEverything();
        break;
      case 'stopped':
        this.restart();
        break;
    }
  }

  private settle(answer: Answer): void {
    const pending = this.pending.get(answer.rid);
    if (!pending) return;
    this.pending.delete(answer.rid);
    if ('failure' in answer) pending.reject(new CoreError(answer.failure));
    else pending.resolve(answer.ok);
  }

  /** The first restart is at once; the next ones wait longer and longer, until a minute went well. */
  private restart(): void {
    this.worker.terminate();
    const delay = this.restarts === 0 ? 0 : Math.min(1000 * 2 ** (this.restarts - 1), RESTART_DELAY_MS_MAX);
    this.restarts += 1;
    setTimeout(() => {
      this.worker = this.startWorker();
      setTimeout(() => {
        this.restarts = 0;
      }, STEADY_AFTER_MS);
      for (const { request, reject } of this.pending.values()) {
        if (isRepeatable(request.method)) {
          this.worker.postMessage(request);
        } else {
          this.pending.delete(request.rid);
          reject(new CoreError(INTERRUPTED));
        }
      }
    }, delay);
  }
}

/** Starts this tab's worker. Every method of the core becomes a message to it. */
export function connect(listener: Listener): Core {
  const connection = new Connection(listener);
  const call = (_: object, method: string | symbol) =>
    typeof method === 'string' ? (...args: unknown[]) => connection.call(method as MethodName, args) : undefined;
  return new Proxy({}, { get: call }) as Core;
}
