/** How the user writes: which key sends, which emoji they used lately, in which skin tone. Kept on the device; it holds no words. */

const ENTER = 'undertone-enter';
const RECENT = 'undertone-emoji';
const TONE = 'undertone-tone';
const RECENT_MAX = 24;
const TONES = 6;

function read(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing: it holds until the page is closed, or not at all.
  }
}

/** Whether Enter sends, and Shift and Enter begins a new line; else the other way round. */
export function entersSends(): boolean {
  return read(ENTER) !== 'newline';
}

/** The user chose. */
export function setEnterSends(sends: boolean): void {
  write(ENTER, sends ? 'send' : 'newline');
}

/** Emoji used lately, the last first. */
export function recentEmoji(): readonly string[] {
  return (read(RECENT) ?? '').split(' ').filter(Boolean);
}

/** An emoji was used. */
export function onEmojiUsed(emoji: string): void {
  write(RECENT, [emoji, ...recentEmoji().filter((each) => each !== emoji)].slice(0, RECENT_MAX).join(' '));
}

/** The skin tone, from 0 for none to 5. */
export function skinTone(): number {
  const tone = Number(read(TONE) ?? 0);
  return Number.isInteger(tone) && tone >= 0 && tone < TONES ? tone : 0;
}

/** The user chose another. */
export function setSkinTone(tone: number): void {
  write(TONE, String(tone));
}
