/** All emoji of Unicode with their names, words and shortcodes: loaded with the first use, searched on the device. */
import { language } from '../../../i18n/words';

/** One emoji. */
export interface Emoji {
  readonly emoji: string;
  readonly label: string;
  readonly group: number;
  /** Without colons. */
  readonly shortcodes: readonly string[];
  /** In the five skin tones, if it has them. */
  readonly tones: readonly string[];
  /** All that it is found by, in lower case. */
  readonly found: string;
}

interface Entry {
  readonly hexcode: string;
  readonly unicode: string;
  readonly label: string;
  readonly group?: number;
  readonly order?: number;
  readonly tags?: readonly string[];
  readonly skins?: readonly { readonly hexcode: string; readonly unicode: string }[];
}

type Shortcodes = Readonly<Record<string, string | readonly string[]>>;

const TONES = ['1F3FB', '1F3FC', '1F3FD', '1F3FE', '1F3FF'] as const;
/** Parts of emoji, which nobody sends alone. */
const COMPONENTS = 2;

/** In which all people of an emoji have the same tone. */
function tonesOf(skins: Entry['skins']): readonly string[] {
  if (!skins) return [];
  return TONES.flatMap((tone) => {
    const skin = skins.find(({ hexcode }) => {
      const used = hexcode.split('-').filter((part) => part.startsWith('1F3F') && part.length === 5 && part >= '1F3FB');
      return used.length > 0 && used.every((part) => part === tone);
    });
    return skin ? [skin.unicode] : [];
  });
}

function codesOf(shortcodes: Shortcodes, hexcode: string): readonly string[] {
  const codes = shortcodes[hexcode];
  return codes === undefined ? [] : typeof codes === 'string' ? [codes] : codes;
}

/** What the data set says, as the picker needs it. */
function prepare(entries: readonly Entry[], shortcodes: Shortcodes): readonly Emoji[] {
  return entries
    .filter((entry) => entry.group !== undefined && entry.group !== COMPONENTS)
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map((entry) => {
      const codes = codesOf(shortcodes, entry.hexcode);
      return {
        emoji: entry.unicode,
        label: entry.label,
        group: entry.group ?? 0,
        shortcodes: codes,
        tones: tonesOf(entry.skins),
        found: [entry.label, ...(entry.tags ?? []), ...codes].join('\n').toLowerCase(),
      };
    });
}

let loading: Promise<readonly Emoji[]> | undefined;

async function load(): Promise<readonly Emoji[]> {
  const [entries, shortcodes] = await Promise.all([
    language === 'de' ? import('emojibase-data/de/compact.json') : import('emojibase-data/en/compact.json'),
    import('emojibase-data/en/shortcodes/github.json'),
  ]);
  return prepare(entries.default, shortcodes.default);
}

/** All of them; asked again when it failed. */
export async function allEmoji(): Promise<readonly Emoji[]> {
  loading ??= load();
  try {
    return await loading;
  } catch (thrown) {
    loading = undefined;
    throw thrown;
  }
}

/** How well an emoji fits: lower is better; nothing if it does not. */
function fit(emoji: Emoji, query: string): number | undefined {
  if (emoji.shortcodes.includes(query) || emoji.label.toLowerCase() === query) return 0;
  if (emoji.shortcodes.some((code) => code.startsWith(query))) return 1;
  if (emoji.found.startsWith(query) || emoji.found.includes(`\n${query}`) || emoji.found.includes(` ${query}`)) return 2;
  return emoji.found.includes(query) ? 3 : undefined;
}

/** Those that fit a query, the best first. */
export function findEmoji(all: readonly Emoji[], query: string, most: number): readonly Emoji[] {
  const wanted = query.trim().toLowerCase().replaceAll(':', '');
  if (wanted === '') return [];
  return all
    .flatMap((emoji) => {
      const at = fit(emoji, wanted);
      return at === undefined ? [] : [{ emoji, at }];
    })
    .toSorted((a, b) => a.at - b.at)
    .slice(0, most)
    .map(({ emoji }) => emoji);
}

/** In a skin tone, from 0 for none to 5. */
export function inTone({ emoji, tones }: Emoji, tone: number): string {
  return tones[tone - 1] ?? emoji;
}
