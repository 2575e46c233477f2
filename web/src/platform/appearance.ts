/** Density and size of text: two attributes on the root element, kept on this device. Theme and contrast are in `theme.ts`. */
import { Signal } from './signal';

/** The choices, in the order in which they are shown. */
export const DENSITIES = ['roomy', 'dense'] as const;
export const TEXT_SIZES = ['small', 'normal', 'large', 'larger'] as const;

export type Density = (typeof DENSITIES)[number];
export type TextSize = (typeof TEXT_SIZES)[number];

interface Sizes {
  readonly density: Density;
  readonly textSize: TextSize;
}

const DENSITY_KEY = 'undertone.density';
const TEXT_SIZE_KEY = 'undertone.text-size';

function read(): Sizes {
  return {
    density: DENSITIES.find((each) => each === localStorage.getItem(DENSITY_KEY)) ?? 'roomy',
    textSize: TEXT_SIZES.find((each) => each === localStorage.getItem(TEXT_SIZE_KEY)) ?? 'normal',
  };
}

/** The choices of this device. */
export const sizes = new Signal<Sizes>(read());

/** Puts the stored choice on the page. Called before the first drawing. */
export function applySizes(): void {
  sizes.value = read();
  const { dataset } = document.documentElement;
  dataset['density'] = sizes.value.density;
  dataset['textSize'] = sizes.value.textSize;
}

/** Keeps a density and shows it. */
export function setDensity(density: Density): void {
  localStorage.setItem(DENSITY_KEY, density);
  applySizes();
}

/** Keeps a size of text and shows it. */
export function setTextSize(textSize: TextSize): void {
  localStorage.setItem(TEXT_SIZE_KEY, textSize);
  applySizes();
}
