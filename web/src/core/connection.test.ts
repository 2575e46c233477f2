/** The tab's side of the worker: answers find their calls, and a worker that stopped is started again. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connect } from './connection';
import type { FromWorker, Request } from './protocol';

vi.mock('./worker?worker&url', () => ({ default: '/assets/worker.js' }));

class WorkerDouble extends EventTarget {
  static readonly started: WorkerDouble[] = [];
  readonly received: Request[] = [];
  isTerminated = false;

  constructor() {
    super();
    WorkerDouble.started.push(this);
  }

  postMessage(request: Request): void {
    this.received.push(request);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  says(data: FromWorker): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

const listener = { onChange: vi.fn(), onEverything: vi.fn() };

function worker(index: number): WorkerDouble {
  const found = WorkerDouble.started[index];
  if (!found) throw new Error(`no worker ${index}`);
  return found;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('Worker', WorkerDouble);
  WorkerDouble.started.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('an answer reaches the call that asked, and a failure rejects it', async () => {
  const core = connect(listener);
  const session = core.session();
  const connection = core.connection();
  const [first, second] = worker(0).received;
  worker(0).says({ type: 'answer', answer: { rid: second?.rid ?? '', failure: { code: 'unreachable', message: '' } } });
  worker(0).says({ type: 'answer', answer: { rid: first?.rid ?? '', ok: { state: 'signed_out', ended: false } } });
  await expect(session).resolves.toEqual({ state: 'signed_out', ended: false });
  await expect(connection).rejects.toMatchObject({ code: 'unreachable' });
});

test('after a stop, what may be repeated is sent to a new worker under the same name', async () => {
  const core = connect(listener);
  void core.conversations();
  const registered = core.register({ name: 'Ada', password: 'secret' });
  worker(0).says({ type: 'stopped', reason: 'unreachable' });
  const interrupted = expect(registered).rejects.toMatchObject({ code: 'interrupted' });
  vi.advanceTimersByTime(0);
  await interrupted;
  expect(worker(0).isTerminated).toBe(true);
  expect(worker(1).received).toEqual(worker(0).received.slice(0, 1));
});

test('a worker that keeps stopping is started more and more slowly', () => {
  connect(listener);
  worker(0).says({ type: 'stopped', reason: 'again' });
  vi.advanceTimersByTime(0);
  worker(1).says({ type: 'stopped', reason: 'again' });
  vi.advanceTimersByTime(999);
  expect(WorkerDouble.started).toHaveLength(2);
  vi.advanceTimersByTime(1);
  worker(2).says({ type: 'stopped', reason: 'again' });
  vi.advanceTimersByTime(1999);
  expect(WorkerDouble.started).toHaveLength(3);
  vi.advanceTimersByTime(1);
  expect(WorkerDouble.started).toHaveLength(4);
});
