/** The test of notifications says which hop failed, and why. */
import { expect, test } from 'vitest';
import { type Hop, HOPS, testWay, type Way } from './push-test';

const GOOD: Way = {
  announce: async () => {},
  keeping: () => 'kept',
  canNotify: () => true,
  hasPush: () => true,
  address: async () => ({ endpoint: 'https://push.example/a', p256dh: 'p', auth: 'a' }),
  register: async () => {},
  push: async () => 'accepted',
  arrival: async () => true,
};

async function go(change: Partial<Way>) {
  const passed: Hop[] = [];
  const outcome = await testWay({ ...GOOD, ...change }, (hop) => passed.push(hop));
  return { passed, outcome };
}

test('all six hops are passed when everything works', async () => {
  expect(await go({})).toEqual({ passed: [...HOPS], outcome: { kind: 'ok' } });
});

test('without a subscription it works while the page is open', async () => {
  expect(await go({ address: async () => undefined })).toEqual({ passed: ['permission', 'worker'], outcome: { kind: 'open_only' } });
});

test('each hop that fails has its reason', async () => {
  const cases: readonly [Partial<Way>, Hop, string][] = [
    [{ canNotify: () => false }, 'permission', 'permission'],
    [{ keeping: () => 'refused' }, 'worker', 'refused_certificate'],
    [{ keeping: () => 'unsupported' }, 'worker', 'worker'],
    [{ register: () => Promise.reject(new Error('offline')) }, 'server', 'server'],
    [{ push: async () => 'gone' }, 'service', 'gone'],
    [{ push: async () => 'refused' }, 'service', 'refused_by_service'],
    [{ push: async () => 'unreachable' }, 'service', 'unreachable'],
    [{ arrival: async () => false }, 'arrived', 'arrived'],
  ];
  for (const [change, hop, fault] of cases) {
    const { outcome, passed } = await go(change);
    expect(outcome).toEqual({ kind: 'fault', hop, fault });
    expect(passed).toEqual(HOPS.slice(0, HOPS.indexOf(hop)));
  }
});
