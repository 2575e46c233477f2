/** The estimate of a password: loaded when it is needed, and asked again after a failure. */
import { expect, test, vi } from 'vitest';

const load = vi.fn(async () => {});
const free = vi.fn<() => void>();

vi.mock('./pkg/undertone_strength', () => ({
  default: load,
  estimate: (password: string, known: readonly string[]) => ({ score: known.includes(password) ? 0 : 4, hint: undefined, free }),
}));

test('nothing is loaded before a password is judged, and then once', async () => {
  const { estimate } = await import('./strength');
  expect(load).not.toHaveBeenCalled();

  load.mockRejectedValueOnce(new TypeError('no network'));
  await expect(estimate('harbour', [])).rejects.toThrow('no network');
  expect(await estimate('harbour', [])).toEqual({ score: 4, hint: undefined });
  expect(await estimate('harbour', ['harbour'])).toEqual({ score: 0, hint: undefined });
  expect(load).toHaveBeenCalledTimes(2);
  expect(free).toHaveBeenCalledTimes(2);
});
