/** Undo is real: what a toast stands for happens when it is over, and not before. */
import { beforeEach, expect, test, vi } from 'vitest';
import { settleToast, settleToastAbout, showToast, toasts, undoNewest } from './toasts';

beforeEach(() => {
  toasts.value = [];
});

test('what was undone is never done', () => {
  const onDone = vi.fn();
  const onUndo = vi.fn();
  showToast({ text: 'Message deleted', onDone, onUndo });
  const [toast] = toasts.value;
  expect(undoNewest()).toBe(true);
  expect(onUndo).toHaveBeenCalledOnce();
  if (toast) settleToast(toast);
  expect(onDone).not.toHaveBeenCalled();
  expect(undoNewest()).toBe(false);
});

test('what is not undone is done once: in time, when another takes its place, or when the page goes', () => {
  const done: string[] = [];
  const say = (text: string, about?: string) =>
    showToast({ text, onUndo: () => {}, onDone: () => done.push(text), ...(about !== undefined && { about }) });
  say('one', 'same');
  say('two', 'same');
  expect(done).toEqual(['one']);
  say('three');
  say('four');
  say('five');
  expect(done).toEqual(['one', 'two']);
  window.dispatchEvent(new Event('pagehide'));
  expect(done).toEqual(['one', 'two', 'three', 'four', 'five']);
  expect(toasts.value).toEqual([]);
});

test('what was seen elsewhere is no longer said', () => {
  showToast({ text: 'Morning.', about: 'conversation-a' });
  showToast({ text: 'Evening.', about: 'conversation-b' });
  settleToastAbout('conversation-a');
  settleToastAbout('conversation-c');
  expect(toasts.value.map(({ text }) => text)).toEqual(['Evening.']);
});
