/** Texts that mean harm, and what must hold wherever a person can put one. */
import { expect, type Page } from '@playwright/test';

/** What runs or asks others, if any of it becomes more than words. */
export const NAUGHTY = [
  '<script>globalThis.broken=1</script>',
  '<img src=x onerror="globalThis.broken=1">',
  '<svg/onload=globalThis.broken=1>',
  '"><iframe srcdoc="<script>parent.broken=1</script>">',
  '[press](javascript:globalThis.broken=1)',
  '[press](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '![picture](https://evil.example/pixel.png)',
  '<style>body{display:none}</style><link rel=stylesheet href=https://evil.example/x.css>',
  '{{constructor.constructor("globalThis.broken=1")()}}',
  '\u202Egnp.exe\u202C and \u2066hidden\u2069',
  '𒐫'.repeat(200),
  `Z${'\u0351\u0352\u0357\u035B'.repeat(60)}algo`,
  '> '.repeat(200),
  '*_'.repeat(400),
  '\u0000\u0007\uFEFF',
] as const;

/** The same for a name or a title: short, and something to see. */
export const NAUGHTY_NAMES = [
  '<img src=x onerror=globalThis.broken=1>',
  '"><script>globalThis.broken=1</script>',
  'javascript:globalThis.broken=1',
  '\u202Egnp.exe\u2066 ok',
  'W'.repeat(40),
  `Z${'\u0351\u0352\u0357\u035B'.repeat(8)}algo`,
] as const;

/**
 * Nothing ran, nothing was made that could run or load, no sign turns the text around it, nothing is wider than the
 * page. What somebody is typing themselves, `own`, may turn: it is theirs, and nobody else sees it.
 */
export async function expectHarmless(page: Page, where: string, own = false): Promise<void> {
  const found = await page.evaluate(() => {
    const text = document.body.innerText;
    const attributes = [...document.querySelectorAll('*')].flatMap((element) => element.getAttributeNames().map((name) => ({ name, value: element.getAttribute(name) ?? '' })));
    return {
      broken: Reflect.get(globalThis, 'broken'),
      made: [...document.body.querySelectorAll('iframe, object, embed, base, meta, link, style, script:not([src])')].map(({ outerHTML }) => outerHTML),
      pictures: [...document.querySelectorAll('img')].map(({ src }) => src).filter((source) => !source.startsWith('blob:')),
      handlers: attributes.filter(({ name }) => name.startsWith('on')),
      links: [...document.querySelectorAll('a')].map(({ protocol }) => protocol).filter((protocol) => !['http:', 'https:', 'mailto:', 'blob:'].includes(protocol)),
      turning: /[\u202A-\u202E\u2066-\u2069]/u.test(text),
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    };
  });
  expect(found, where).toEqual({ broken: undefined, made: [], pictures: [], handlers: [], links: [], turning: own ? expect.any(Boolean) : false, overflow: 0 });
}
