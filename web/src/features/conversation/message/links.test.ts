/** Links of messages: which are followed, and which tell where they really go. */
import { expect, test } from 'vitest';
import { foreignHost, isSafeHref } from './links';

test('only web and mail addresses are followed', () => {
  for (const href of ['https://a.example/', 'http://a.example', 'mailto:ada@a.example']) expect(isSafeHref(href)).toBe(true);
  for (const href of [
    'javascript:alert(1)', 'JaVaScRiPt:alert(1)', ' javascript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,<script>', 'vbscript:x',
    'blob:https://a.example/1', 'file:///etc/passwd', '/relative', 'x',
  ]) {
    expect(isSafeHref(href), href).toBe(false);
  }
});

test('words that name one host and go to another tell the other', () => {
  expect(foreignHost('https://evil.example/', 'https://bank.example/login')).toBe('evil.example');
  expect(foreignHost('https://evil.example/', 'www.bank.example')).toBe('evil.example');
  expect(foreignHost('https://bank.example@evil.example/', 'see here')).toBe('evil.example');
  expect(foreignHost('https://xn--bnk-5ma.example/', 'bank')).toBe('xn--bnk-5ma.example');
});

test('honest ones say nothing more', () => {
  expect(foreignHost('https://bank.example/login', 'bank.example')).toBeUndefined();
  expect(foreignHost('https://www.bank.example/', 'https://bank.example')).toBeUndefined();
  expect(foreignHost('https://bank.example/', 'the bank')).toBeUndefined();
  expect(foreignHost('mailto:ada@a.example', 'ada@a.example')).toBeUndefined();
});
