/** Choosing an emoji: what was used lately, a search, all groups, and the skin tone. */
import { useEffect, useState } from 'react';
import { UnderLine } from '../../../components/UnderLine';
import { words } from '../../../i18n/words';
import { onEmojiUsed, recentEmoji, setSkinTone, skinTone } from '../../../platform/writing';
import { allEmoji, type Emoji, findEmoji } from './data';
import { EmojiGrid, type EmojiGroup } from './EmojiGrid';

interface EmojiPickerProps {
  readonly onChoose: (emoji: string) => void;
}

const FOUND_MAX = 64;
const HANDS = ['✋', '✋🏻', '✋🏼', '✋🏽', '✋🏾', '✋🏿'] as const;

type Loaded = readonly Emoji[] | 'loading' | 'failed';

function useEmoji(): Loaded {
  const [loaded, setLoaded] = useState<Loaded>('loading');
  useEffect(() => {
    allEmoji().then(setLoaded, () => setLoaded('failed'));
  }, []);
  return loaded;
}

/** What was used lately is shown as it was used. */
function usedLately(all: readonly Emoji[]): readonly Emoji[] {
  return recentEmoji().flatMap((used) => {
    const known = all.find(({ emoji, tones }) => emoji === used || tones.includes(used));
    return known ? [{ ...known, emoji: used, tones: [] }] : [];
  });
}

function groupsOf(all: readonly Emoji[], query: string): readonly EmojiGroup[] {
  const text = words.chat.emoji;
  if (query.trim() !== '') return [{ id: 'found', label: text.found, emoji: findEmoji(all, query, FOUND_MAX) }];
  const groups = text.groups.map((label, group) => ({
    id: String(group),
    label,
    emoji: all.filter((each) => each.group === group),
  }));
  const lately = { id: 'recent', label: text.recent, emoji: usedLately(all) };
  return [lately, ...groups].filter(({ emoji }) => emoji.length > 0);
}

function Tones({ tone, onTone }: { readonly tone: number; readonly onTone: (tone: number) => void }) {
  const text = words.chat.emoji;
  return (
    <div role="group" aria-label={text.tone} className="flex gap-1 border-t border-line px-2 py-1.5">
      {HANDS.map((hand, at) => (
        <button
          key={hand}
          type="button"
          aria-pressed={tone === at}
          aria-label={text.tones[at]}
          title={text.tones[at]}
          onClick={() => onTone(at)}
          className="grid size-8 place-items-center rounded-field text-md aria-pressed:bg-accent-soft aria-pressed:own-edge hover:bg-hover"
        >
          {hand}
        </button>
      ))}
    </div>
  );
}

export function EmojiPicker({ onChoose }: EmojiPickerProps) {
  const text = words.chat.emoji;
  const loaded = useEmoji();
  const [query, setQuery] = useState('');
  const [tone, setTone] = useState(skinTone);
  const choose = (emoji: string) => {
    onEmojiUsed(emoji);
    onChoose(emoji);
  };
  const onTone = (next: number) => {
    setSkinTone(next);
    setTone(next);
  };
  const groups = typeof loaded === 'string' ? [] : groupsOf(loaded, query);
  const isEmpty = typeof loaded !== 'string' && groups.every(({ emoji }) => emoji.length === 0);
  return (
    <div className="grid">
      <input
        type="search"
        aria-label={text.search}
        placeholder={text.search}
        value={query}
        autoComplete="off"
        spellCheck={false}
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- what opens by a press puts the focus inside itself
        autoFocus={matchMedia('(pointer: fine)').matches}
        onChange={({ target }) => setQuery(target.value)}
        onKeyDown={(event) => {
          const best = groups[0]?.emoji[0];
          if (event.key !== 'Enter' || !best) return;
          event.preventDefault();
          choose(best.tones[tone - 1] ?? best.emoji);
        }}
        className="m-2 min-h-target rounded-field bg-surface px-3 edge focus-visible:edge-focus focus-visible:outline-none"
      />
      {loaded === 'loading' && (
        <div className="p-4">
          <UnderLine label={text.loading} />
        </div>
      )}
      {loaded === 'failed' && <p role="alert" className="p-4 text-sm text-danger">{text.failed}</p>}
      {isEmpty && <p role="status" className="p-4 text-sm text-ink-2">{text.none(query)}</p>}
      {!isEmpty && typeof loaded !== 'string' && <EmojiGrid groups={groups} tone={tone} onChoose={choose} />}
      <Tones tone={tone} onTone={onTone} />
    </div>
  );
}
