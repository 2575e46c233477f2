/** Chooses the language once, at the start. A further language is one more file, typed by `Words`. */
import { en } from './en';

type Widened<T> = T extends string
  ? string
  : T extends (...args: infer Args) => string
    ? (...args: Args) => string
    : { readonly [Key in keyof T]: Widened<T[Key]> };

/** What every language has to say. */
export type Words = Widened<typeof en>;

const catalogues: Readonly<Record<string, Words>> = { en };

/** The language of the words: the first of the user's that there is. */
export const language: string =
  navigator.languages.map((tag) => tag.split('-')[0] ?? tag).find((tag) => tag in catalogues) ?? 'en';

/** All words of the screen. */
export const words: Words = catalogues[language] ?? en;

/** For dates and times: the user's own variant of the language, if there is one. */
export const locale: string = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
