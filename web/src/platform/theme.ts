/** Theme and contrast: two attributes on the root element, kept on this device. Absent means: as the system has it. */
import { useSyncExternalStore } from 'react';

/** The choices, in the order in which they are shown. */
export const THEMES = ['system', 'light', 'dark'] as const;
export const CONTRASTS = ['system', 'normal', 'more'] as const;

export type Theme = (typeof THEMES)[number];
export type Contrast = (typeof CONTRASTS)[number];

interface Appearance {
  readonly theme: Theme;
  readonly contrast: Contrast;
}

const THEME_KEY = 'undertone.theme';
const CONTRAST_KEY = 'undertone.contrast';

function stored<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
  const value = localStorage.getItem(key);
  return allowed.find((choice) => choice === value) ?? fallback;
}

function read(): Appearance {
  return {
    theme: stored(THEME_KEY, THEMES, 'system'),
    contrast: stored(CONTRAST_KEY, CONTRASTS, 'system'),
  };
}

let current = read();
const listeners = new Set<() => void>();

function setAttribute(name: string, choice: string): void {
  if (choice === 'system') document.documentElement.removeAttribute(name);
  else document.documentElement.setAttribute(name, choice);
}

/** Puts the stored choice on the page. Called before the first drawing, and when another tab changed it. */
export function applyAppearance(): void {
  current = read();
  setAttribute('data-theme', current.theme);
  setAttribute('data-contrast', current.contrast);
  for (const listener of listeners) listener();
}

/** Keeps a theme and shows it. */
export function setTheme(theme: Theme): void {
  localStorage.setItem(THEME_KEY, theme);
  applyAppearance();
}

/** Keeps a contrast and shows it. */
export function setContrast(contrast: Contrast): void {
  localStorage.setItem(CONTRAST_KEY, contrast);
  applyAppearance();
}

/** From whatever is shown now to the other of light and dark. */
export function toggleTheme(): void {
  const systemIsDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const isDark = current.theme === 'dark' || (current.theme === 'system' && systemIsDark);
  setTheme(isDark ? 'light' : 'dark');
}

function subscribe(onChange: () => void): () => void {
  listeners.add(onChange);
  return () => {
    listeners.delete(onChange);
  };
}

/** The choices of this device. */
export function useAppearance(): Appearance {
  return useSyncExternalStore(subscribe, () => current);
}

window.addEventListener('storage', (event) => {
  if (event.key === THEME_KEY || event.key === CONTRAST_KEY) applyAppearance();
});
