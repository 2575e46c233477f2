/** Draws the whole screen over a double, as a test's user sees it. */
import { act, fireEvent, render, screen } from '@testing-library/react';
import { run } from 'axe-core';
import { expect } from 'vitest';
import { App } from '../../app/App';
import { navigate } from '../../platform/location';
import { CoreContext } from '../useView';
import type { CoreDouble } from './double';

/** Opens an address. */
export async function open(double: CoreDouble, path: string) {
  navigate(path, { replace: true });
  const drawn = render(
    <CoreContext value={double}>
      <App />
    </CoreContext>,
  );
  // The first views are read; then comes the part of the page that is fetched by itself.
  await act(async () => {});
  await act(async () => {
    await import('../../app/Messenger');
  });
  return drawn;
}

/** No rule of accessibility is broken. Colours need a real browser: they are checked in `e2e`. */
export async function expectAccessible(container: Element): Promise<void> {
  const { violations } = await run(container, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
}

/** Where a message is written. */
export function field(): HTMLTextAreaElement {
  const found = screen.getByRole('textbox', { name: /^Message to/u });
  if (!(found instanceof HTMLTextAreaElement)) throw new Error('not a field');
  return found;
}

/** Writes there, without sending. */
export function write(text: string): void {
  field().focus();
  fireEvent.change(field(), { target: { value: text, selectionStart: text.length, selectionEnd: text.length } });
}
