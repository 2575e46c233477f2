/** Links and codes as people type and paste them. */
import { expect, test } from 'vitest';
import { groupCode, invitationAt, invitationFrom } from './room-link';

const CODE = 'nswp-4kqt-hq7m-3txa-5rkd-6wvn';

test('a code groups itself while it is typed, and what is no part of it falls away', () => {
  expect(groupCode('n')).toBe('n');
  expect(groupCode('NSWP')).toBe('nswp-');
  expect(groupCode('nswp4')).toBe('nswp-4');
  expect(groupCode('nswp 4kqt\nhq7m 3txa 5rkd 6wvn zzzz')).toBe(CODE);
  expect(groupCode('n01s8w9p')).toBe('nswp-');
});

test('a code leads to an address of this page in which only the part behind # says it', () => {
  expect(invitationFrom(CODE)).toEqual({ kind: 'here', address: `/r#${CODE}` });
  expect(invitationFrom(` ${CODE.toUpperCase()} `)).toEqual({ kind: 'here', address: `/r#${CODE}` });
  expect(invitationFrom('')).toEqual({ kind: 'empty' });
  expect(invitationFrom('nswp-4kqt')).toEqual({ kind: 'malformed' });
});

test('links of this server are followed, those of others named, others refused', () => {
  const here = `${location.origin}/r/abc#${CODE}`;
  expect(invitationFrom(here)).toEqual({ kind: 'here', address: `/r/abc#${CODE}` });
  expect(invitationFrom(here.replace(/^https?:\/\//u, ''))).toEqual({ kind: 'here', address: `/r/abc#${CODE}` });
  expect(invitationFrom(`https://elsewhere.example/r/abc#${CODE}`)).toEqual({ kind: 'elsewhere', host: 'elsewhere.example' });
  expect(invitationFrom(`${location.origin}/r/abc`)).toEqual({ kind: 'malformed' });
  expect(invitationFrom(`${location.origin}/settings#${CODE}`)).toEqual({ kind: 'malformed' });
});

test('the core is asked with the whole link, or with the code alone', () => {
  expect(invitationAt('/r/abc', `#${CODE}`)).toBe(`${location.origin}/r/abc#${CODE}`);
  expect(invitationAt('/r', `#${CODE}`)).toBe(CODE);
  expect(invitationAt('/r/abc', '')).toBeUndefined();
});
