/** What the service worker keeps, and what it must never keep. */
import { expect, test } from 'vitest';
import { wayOf } from './requests';

const ORIGIN = 'https://harbour.example';
const way = (path: string, more: { readonly method?: string; readonly isNavigation?: boolean } = {}) =>
  wayOf({ method: 'GET', isNavigation: false, ...more, url: path.startsWith('/') ? ORIGIN + path : path }, ORIGIN);

test('what the API answers is never kept, however it is asked for', () => {
  for (const path of ['/api', '/api/v1/session', '/api/v1/blobs/abc', '/metrics', '/healthz', '/sw.js']) {
    expect(way(path), path).toBe('network');
    expect(way(path, { isNavigation: true }), path).toBe('network');
  }
  expect(way('/', { method: 'POST', isNavigation: true })).toBe('network');
  expect(way('https://elsewhere.example/assets/a.js')).toBe('network');
});

test('every address of the page is the page, and files are files', () => {
  for (const path of ['/', '/c/abc', '/c/abc/details', '/settings', '/r/abc']) {
    expect(way(path, { isNavigation: true }), path).toBe('page');
  }
  expect(way('/ca.crt', { isNavigation: true })).toBe('network');
  expect(way('/changes.txt', { isNavigation: true })).toBe('network');
  expect(way('/mark.svg')).toBe('kept');
  expect(way('/assets/core-1a2b.wasm')).toBe('kept_for_ever');
});
