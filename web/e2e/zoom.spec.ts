/** With text at twice its size every screen can still be read and used: nothing leaves the page, and no word is cut off. */
import type { Page } from '@playwright/test';
import config from '../playwright.config';
import { expect, test } from './preview';

/* oxlint-disable unicorn/consistent-function-scoping -- what runs in the page brings along what it needs */

const { launchOptions } = config.use ?? {};

// What the browser's own setting for the size of text does: the page's breakpoints follow it, too.
test.use({ launchOptions: { ...launchOptions, args: [...(launchOptions?.args ?? []), '--blink-settings=defaultFontSize=32'] } });

const PIER = '/c/groupanorthapieraworksaaaa';
const NIGHT = '/c/roomanightashiftaswapsaaaa';

/** Scenes, paths, and something that is there when the screen is. */
const SCREENS: readonly (readonly [scene: string, path: string, there: RegExp | string])[] = [
  ['signed-out', '/', 'I run this server'],
  ['signed-out', '/sign-in', 'I am new here'],
  ['signed-out', '/recover', /recovery key/iu],
  ['signed-out', '/setup', 'Set-up code'],
  ['door', '/r/aaaaaaaaaaaaaaaaaaaaaaaaaa#aaaa-aaaa-aaaa-aaaa-aaaa-aaaa', 'Join the room'],
  ['empty', '/', 'Nobody here yet'],
  ['talk', '/', 'North pier works'],
  ['talk', PIER, /inspection moved/u],
  ['talk', `${PIER}/details`, 'Pinned'],
  ['rooms', NIGHT, 'Brisk Magpie'],
  ['rooms', `${NIGHT}/details`, 'Copy link'],
  ['rooms', `${NIGHT}/people`, 'Small Lantern'],
  ['rooms', `${NIGHT}/search`, /Nothing that you type/u],
  ['talk', '/search', /Nothing that you type/u],
  ['talk', '/settings', 'Privacy'],
  ['talk', '/keys', 'In the messages'],
  ['talk', '/new/group', 'Make the group'],
  ['talk', '/new/room', 'Make the room'],
  ['guest', '/keep-name', 'Make an account'],
];

const SIZES = [{ width: 1440, height: 900 }, { width: 900, height: 700 }, { width: 390, height: 844 }] as const;

/** Words that their box cuts off, without the sign that says so; and by how much the page is wider than the window. */
function misfits(page: Page): Promise<{ readonly cut: readonly string[]; readonly overflow: number }> {
  return page.evaluate(() => {
    const SLACK_PX = 3;
    const cuts = ({ overflowX, overflowY }: CSSStyleDeclaration) => ['hidden', 'clip'].includes(overflowX) || ['hidden', 'clip'].includes(overflowY);
    /** Whoever shortens words says so by dots, and has them whole in a tip. */
    const shortens = (style: CSSStyleDeclaration) => style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none';
    const isMeant = (element: Element) => element.closest('.sr-only, [inert], .folded-words, svg, textarea') !== null;
    const cutBy = (element: HTMLElement, box: DOMRect): boolean => {
      for (let above: HTMLElement | null = element; above; above = above.parentElement) {
        const style = getComputedStyle(above);
        if (shortens(style)) return false;
        const scrolls = ['auto', 'scroll'].includes(style.overflowY) || ['auto', 'scroll'].includes(style.overflowX);
        if (scrolls) return false;
        if (!cuts(style)) continue;
        const edge = above.getBoundingClientRect();
        if (box.right > edge.right + SLACK_PX || box.left < edge.left - SLACK_PX || box.bottom > edge.bottom + SLACK_PX || box.top < edge.top - SLACK_PX) return true;
      }
      return false;
    };
    const cut: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const element = text.parentElement;
      if (!element || (text.textContent ?? '').trim() === '' || isMeant(element) || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      if (cutBy(element, range.getBoundingClientRect())) cut.push(`“${(text.textContent ?? '').slice(0, 40)}”`);
    }
    return { cut, overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth };
  });
}

for (const [scene, path, there] of SCREENS) {
  test(`text at twice its size: ${scene} ${path.split('#')[0]}`, async ({ page, preview }, info) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    for (const viewport of SIZES) {
      await page.setViewportSize(viewport);
      await page.goto(preview.at(scene, path));
      await expect(page.getByText(there).or(page.getByLabel(there)).first()).toBeAttached({ timeout: 5000 });
      expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe('32px');
      await page.screenshot({ path: info.outputPath(`${viewport.width}.png`) });
      expect.soft(await misfits(page), `${viewport.width} wide`).toEqual({ cut: [], overflow: 0 });
    }
  });
}

test('text at twice its size: one still writes and sends', async ({ page, preview }) => {
  for (const viewport of SIZES) {
    await page.setViewportSize(viewport);
    await page.goto(preview.at('talk', PIER));
    const field = page.getByRole('textbox', { name: /^Message to/u });
    await expect(field).toBeVisible();
    await field.fill('Found at twice the size');
    const send = page.getByRole('button', { name: 'Send' });
    await expect(send).toBeInViewport({ ratio: 1 });
    await send.click();
    await expect(page.getByRole('log').getByText('Found at twice the size')).toBeInViewport();
  }
});
