/** That what is pressed is large enough for a finger, on the screen of a phone. */
import { expect, type Page } from '@playwright/test';

/* oxlint-disable unicorn/consistent-function-scoping -- what runs in the page brings along what it needs */

/** The edge of the smallest target, in CSS pixels. */
const TARGET_PX = 44;
/** Names, quotes and receipts between the words of a message; a finger that misses them has the message’s menu. */
const IN_MESSAGE_PX = 24;
/** Rounding of what is measured in rem. */
const SLACK_PX = 0.5;

/** Every button, field and choice that can be seen is large enough; links within sentences are as high as their line. */
export async function expectLargeTargets(page: Page, screen: string): Promise<void> {
  const small = await page.evaluate(
    ([usual, inMessage]) => {
      const all = document.querySelectorAll<HTMLElement>('button, a[href], input, textarea, select, summary, [role="option"], [role^="menuitem"]');
      const isShown = (element: HTMLElement) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !element.closest('.sr-only');
      // A field that is not seen is pressed by its label.
      const pressed = [...all].flatMap((element) => {
        if (isShown(element) && !(element instanceof HTMLInputElement && element.type === 'radio')) return [element.closest('label') ?? element];
        const label = element.closest('label');
        return label && isShown(label) ? [label] : [];
      });
      // What is drawn may be smaller than what is pressed.
      const pressedArea = (element: HTMLElement) => {
        const { width, height } = element.getBoundingClientRect();
        const after = getComputedStyle(element, '::after');
        if (after.position !== 'absolute') return { width, height };
        return { width: Math.max(width, Number.parseFloat(after.width)), height: Math.max(height, Number.parseFloat(after.height)) };
      };
      const isInSentence = (element: HTMLElement) => getComputedStyle(element).display === 'inline' && element.closest('p, li, dd') !== null;
      return [...new Set(pressed)].filter((element) => !isInSentence(element)).flatMap((element) => {
        const { width, height } = pressedArea(element);
        const least = element.closest('[data-message]') ? inMessage : usual;
        if (width === 0 || (width >= least && height >= least)) return [];
        const name = element.getAttribute('aria-label') ?? element.innerText;
        return [`${element.tagName.toLowerCase()} “${name.slice(0, 40)}” ${Math.round(width)}×${Math.round(height)}`];
      });
    },
    [TARGET_PX - SLACK_PX, IN_MESSAGE_PX - SLACK_PX] as const,
  );
  expect(small, `${screen}: too small for a finger`).toEqual([]);
}
