/** What component tests need of a browser and the test environment does not bring. */
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';

class NoObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

globalThis.ResizeObserver = NoObserver;
configure({ asyncUtilTimeout: 15_000 });
afterEach(cleanup);
