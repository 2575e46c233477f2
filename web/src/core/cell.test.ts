/** A view is read while somebody looks, and again when it changed. */
import { expect, test, vi } from 'vitest';
import { Cell } from './cell';

test('reads at the first look only', async () => {
  const read = vi.fn(async () => 1);
  const cell = new Cell(read);
  expect(cell.snapshot()).toEqual({ state: 'loading' });
  cell.subscribe(() => {});
  cell.subscribe(() => {});
  await vi.waitFor(() => expect(cell.snapshot()).toEqual({ state: 'ready', value: 1, isStale: false }));
  expect(read).toHaveBeenCalledTimes(1);
});

test('a change while it is read leads to one more read', async () => {
  let now = 0;
  const read = vi.fn(async () => {
    now += 1;
    return now;
  });
  const cell = new Cell(read);
  cell.subscribe(() => {});
  cell.invalidate();
  cell.invalidate();
  await vi.waitFor(() => expect(cell.snapshot()).toEqual({ state: 'ready', value: 2, isStale: false }));
  expect(read).toHaveBeenCalledTimes(2);
});

test('what was shown stays when reading fails', async () => {
  const read = vi.fn().mockResolvedValueOnce('shown').mockRejectedValueOnce(new Error('gone'));
  const cell = new Cell<string>(read);
  cell.subscribe(() => {});
  await vi.waitFor(() => expect(cell.snapshot()).toEqual({ state: 'ready', value: 'shown', isStale: false }));
  cell.invalidate();
  expect(cell.snapshot()).toEqual({ state: 'ready', value: 'shown', isStale: true });
  await vi.waitFor(() => expect(cell.snapshot()).toEqual({ state: 'ready', value: 'shown', isStale: false }));
  expect(read).toHaveBeenCalledTimes(2);
});

test('nobody looks, nothing is read', () => {
  const read = vi.fn(async () => 1);
  const cell = new Cell(read);
  const stop = cell.subscribe(() => {});
  stop();
  cell.invalidate();
  expect(read).toHaveBeenCalledTimes(1);
});

test('what changed while nobody looked is shown, but known to be old', async () => {
  const read = vi.fn().mockResolvedValueOnce('old').mockResolvedValueOnce('new');
  const cell = new Cell<string>(read);
  const stop = cell.subscribe(() => {});
  await vi.waitFor(() => expect(cell.snapshot()).toEqual({ state: 'ready', value: 'old', isStale: false }));
  stop();
  cell.invalidate();
  expect(cell.snapshot()).toEqual({ state: 'ready', value: 'old', isStale: true });
  cell.subscribe(() => {});
  await vi.waitFor(() => expect(cell.snapshot()).toEqual({ state: 'ready', value: 'new', isStale: false }));
});
