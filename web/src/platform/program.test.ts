/** A program that waits is told of and taken over only when it is asked for. */
import { beforeEach, expect, test, vi } from 'vitest';
import type { Program, ToServiceWorker } from '../service-worker/messages';

/** A worker that answers as ours does. */
class WorkerDouble extends EventTarget {
  readonly told: string[] = [];
  state = 'installed';

  constructor(private readonly program: Program) {
    super();
  }

  postMessage(message: ToServiceWorker, ports: readonly MessagePort[]): void {
    this.told.push(message.type);
    if (message.type === 'which') ports[0]?.postMessage(this.program);
  }
}

class RegistrationDouble extends EventTarget {
  active: WorkerDouble | undefined;
  waiting: WorkerDouble | undefined;
  installing: WorkerDouble | undefined;
}

class ContainerDouble extends EventTarget {
  controller: WorkerDouble | null = null;
  readonly registration = new RegistrationDouble();
  refuses: DOMException | undefined;

  startMessages(): void {}

  async register(): Promise<RegistrationDouble> {
    if (this.refuses) throw this.refuses;
    return this.registration;
  }
}

const listener = { onPushed: () => {}, onOpen: () => {} };
const old = { version: '1.0.0', build: 'a' };
const next = { version: '1.1.0', build: 'b' };
let container: ContainerDouble;

beforeEach(() => {
  vi.resetModules();
  container = new ContainerDouble();
  Object.defineProperty(navigator, 'serviceWorker', { configurable: true, value: container });
});

test('the first program is kept and has nothing to take over from', async () => {
  const { keepProgram, keeping, nextProgram } = await import('./program');
  const worker = new WorkerDouble(old);
  container.registration.installing = worker;
  await keepProgram(listener);
  expect(keeping.value).toBe('starting');
  worker.state = 'activated';
  worker.dispatchEvent(new Event('statechange'));
  expect(keeping.value).toBe('kept');
  expect(nextProgram.value).toBeUndefined();
});

test('another program is told of with its version, and takes over when it is asked for', async () => {
  const { keepProgram, nextProgram, takeOver } = await import('./program');
  container.controller = new WorkerDouble(old);
  container.registration.active = container.controller;
  await keepProgram(listener);
  expect(nextProgram.value).toBeUndefined();
  const worker = new WorkerDouble(next);
  worker.state = 'installing';
  container.registration.installing = worker;
  container.registration.dispatchEvent(new Event('updatefound'));
  worker.state = 'installed';
  container.registration.waiting = worker;
  worker.dispatchEvent(new Event('statechange'));
  await vi.waitFor(() => expect(nextProgram.value).toEqual(next));
  expect(worker.told).toEqual(['which']);
  takeOver();
  expect(worker.told).toEqual(['which', 'take_over']);
});

test('before another program takes over, what is not stored yet is stored', async () => {
  const { keepProgram, takeOver } = await import('./program');
  const { beforeLeaving } = await import('./leaving');
  const done: string[] = [];
  vi.spyOn(location, 'reload').mockImplementation(() => void done.push('loaded again'));
  beforeLeaving(async () => {
    await Promise.resolve();
    done.push('stored');
  });
  beforeLeaving(() => Promise.reject(new Error('no room')));
  const gone = beforeLeaving(async () => done.push('nobody is there any more'));
  gone();
  container.controller = new WorkerDouble(old);
  container.registration.waiting = new WorkerDouble(next);
  await keepProgram(listener);
  takeOver();
  expect(done).toEqual([]);
  container.dispatchEvent(new Event('controllerchange'));
  await vi.waitFor(() => expect(done).toContain('loaded again'));
  expect(done).toEqual(['stored', 'loaded again']);
});

test('a certificate that the browser does not trust is told apart from a browser that keeps no pages', async () => {
  const { keepProgram, keeping } = await import('./program');
  container.refuses = new DOMException('An SSL certificate error occurred', 'SecurityError');
  await keepProgram(listener);
  expect(keeping.value).toBe('refused');
  container.refuses = new DOMException('Not here', 'NotSupportedError');
  await keepProgram(listener);
  expect(keeping.value).toBe('unsupported');
});
