/** Chooses the language once, at the start, and loads its words. A further language is one more folder, typed by `Words`: a missing word does not compile. */
import { en } from './en';

type Widened<T> = T extends string
  ? string
  : T extends (...args: infer Args) => string
    ? (...args: Args) => string
    : { readonly [Key in keyof T]: Widened<T[Key]> };

/** What every language has to say. */
export type Words = Widened<typeof en>;

/** The languages that there are. */
export const LANGUAGES = ['en', 'de'] as const;

export type Language = (typeof LANGUAGES)[number];

const KEY = 'undertone.language';

function known(tag: string | null): Language | undefined {
  return LANGUAGES.find((language) => language === tag?.split('-')[0]);
}

/** What the user chose on this device; nothing: as the browser. */
export const chosenLanguage: Language | undefined = known(localStorage.getItem(KEY));

/** The language of the words: the chosen one, else the first of the user's that there is. */
export const language: Language =
  chosenLanguage ?? navigator.languages.map(known).find((found) => found !== undefined) ?? 'en';

/** Keeps the choice; it holds from the next start. */
export function setLanguage(choice: Language | undefined): void {
  if (choice === undefined) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, choice);
}

async function load(): Promise<Words> {
  switch (language) {
    case 'en':
      return en;
    case 'de':
      return (await import('./de')).de;
  }
}

/** All words of the screen. */
export const words: Words = await load();

/** For dates and times: the user's own variant of the language, if there is one. */
export const locale: string = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
