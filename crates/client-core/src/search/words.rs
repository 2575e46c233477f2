//! What of a text can be looked for, in all scripts: words where writing puts spaces between them, and
//! pairs of letters where it does not (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese, Tibetan).
//! The index and every query are made by the same code here, so that they meet.

use std::fmt::Write as _;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longer words are cut, in letters: nobody types more of one.
const WORD_CHARS_MAX: usize = 64;

/// The smallest thing that is compared: a word, or a letter of a script without spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Atom {
    /// Without capitals and accents.
    pub(crate) folded: String,
    /// Where it stands in the text, in bytes.
    pub(crate) range: Range<usize>,
    /// How it is written.
    pub(crate) kind: Kind,
}

/// How an atom is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word between spaces or signs.
    Word,
    /// A letter that begins a run of letters without spaces.
    First,
    /// A letter that follows another one.
    Next,
    /// An emoji or another sign that means something by itself.
    Sign,
}

/// Takes a text apart.
pub(crate) fn atoms(text: &str) -> Vec<Atom> {
    let mut atoms: Vec<Atom> = Vec::new();
    let mut word: Option<Atom> = None;
    let mut after_dense = false;
    for (range, cluster) in clusters(text) {
        let Some(letter) = cluster.chars().next() else {
            continue;
        };
        if is_dense(letter) {
            atoms.extend(word.take());
            let kind = if after_dense { Kind::Next } else { Kind::First };
            atoms.push(Atom {
                folded: fold(cluster),
                range,
                kind,
            });
            after_dense = true;
            continue;
        }
        after_dense = false;
        if letter.is_alphanumeric() {
            let word = word.get_or_insert_with(|| Atom {
                folded: String::new(),
                range: range.clone(),
                kind: Kind::Word,
            });
            if word.range.len() < WORD_CHARS_MAX.saturating_mul(4) {
                word.folded.push_str(&fold(cluster));
            }
            word.range.end = range.end;
            continue;
        }
        atoms.extend(word.take());
        if is_sign(letter) {
            atoms.push(Atom {
                folded: letter.to_string(),
                range,
                kind: Kind::Sign,
            });
        }
    }
    atoms.extend(word);
    atoms
}

/// What the index keeps of a text: units between spaces.
pub(crate) fn units(text: &str) -> String {
    let composed: String = text.nfc().collect();
    units_of(&atoms(&composed), Ends::Kept).join(" ")
}

/// What becomes of the last letter of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// It is a unit of its own, after the pairs: so a single letter is found wherever it stands.
    Kept,
    /// The run goes on, as far as is known: only its pairs count.
    Open,
}

/// The units of atoms: words as they are, runs of letters as pairs.
pub(crate) fn units_of(atoms: &[Atom], last: Ends) -> Vec<String> {
    let mut units = Vec::with_capacity(atoms.len());
    let mut rest = atoms;
    while let Some((atom, after)) = rest.split_first() {
        let is_dense = matches!(atom.kind, Kind::First | Kind::Next);
        match after.first().filter(|next| is_dense && next.kind == Kind::Next) {
            Some(next) => {
                let mut pair = String::new();
                let _written = write!(pair, "{}{}", atom.folded, next.folded);
                units.push(pair);
            }
            // The letter at the end of everything, after a pair, says nothing new of an open run.
            None if is_dense && atom.kind == Kind::Next && after.is_empty() && last == Ends::Open => {}
            None => units.push(atom.folded.clone()),
        }
        rest = after;
    }
    units
}

/// Letters with the marks on them.
fn clusters(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (begin, c) = chars.next()?;
        let mut end = begin.saturating_add(c.len_utf8());
        while let Some((at, mark)) = chars.next_if(|(_, next)| joins(*next)) {
            end = at.saturating_add(mark.len_utf8());
        }
        Some((begin..end, text.get(begin..end).unwrap_or_default()))
    })
}

/// Marks that stand on the letter before them; those of half-width kana are no combining ones.
fn joins(c: char) -> bool {
    is_combining_mark(c) || matches!(c, '\u{ff9e}' | '\u{ff9f}')
}

/// Without capitals, accents and differences of width.
fn fold(cluster: &str) -> String {
    let bare = cluster.nfkd().filter(|c| !is_accent(*c));
    let small: String = bare.flat_map(char::to_lowercase).collect();
    small
        .nfc()
        .map(plain_letter)
        .filter(|c| c.is_alphanumeric() || is_combining_mark(*c))
        .take(WORD_CHARS_MAX)
        .collect()
}

/// Marks that readers leave out when they search: accents, and the points of Hebrew and Arabic. The vowel
/// signs of other scripts are letters.
const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}')
}

/// Letters with a stroke are no letters with an accent, but are looked for as such.
const fn plain_letter(c: char) -> char {
    match c {
        'ł' => 'l',
        'ø' => 'o',
        'đ' => 'd',
        'ħ' => 'h',
        'ı' => 'i',
        'ŧ' => 't',
        'ς' => 'σ',
        'ё' => 'е',
        _ => c,
    }
}

/// Scripts that put no spaces between words, and Korean, which puts none before endings.
const fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}'      // Thai, Lao
        | '\u{f40}'..='\u{fbc}'    // Tibetan
        | '\u{1000}'..='\u{109f}'  // Burmese
        | '\u{1100}'..='\u{11ff}'  // Hangul
        | '\u{1780}'..='\u{17d3}'  // Khmer
        | '\u{3005}'..='\u{3007}' | '\u{3031}'..='\u{3035}'
        | '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}'
        | '\u{3105}'..='\u{318e}' | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97c}' | '\u{aa60}'..='\u{aa7f}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ffdc}'
        | '\u{20000}'..='\u{3ffff}'
    )
}

/// Emoji and the like, which FTS5 would leave out among punctuation.
const fn is_sign(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_capitals_and_accents() {
        assert_eq!(units("Grüner  Tee, bitte!"), "gruner tee bitte");
        assert_eq!(units("Łódź ΣΊΣΥΦΟΣ ёлка"), "lodz σισυφοσ елка");
        assert_eq!(units("ＡＢＣ １２"), "abc 12");
        assert_eq!(units("snake_case e-mail"), "snake case e mail");
        assert_eq!(units("שָׁלוֹם مُحَمَّد"), "שלום محمد");
        assert_eq!(units("हिन्दी"), "हिन्दी");
        assert_eq!(units(""), "");
    }

    #[test]
    fn scripts_without_spaces_become_pairs() {
        assert_eq!(units("今天天气"), "今天 天天 天气 气");
        assert_eq!(units("茶"), "茶");
        assert_eq!(units("iPhone手机 ok"), "iphone 手机 机 ok");
        assert_eq!(units("がっこう"), "がっ っこ こう う");
        assert_eq!(units("ｶﾞ"), "ガ");
        assert_eq!(units("서울"), "서울 울");
        assert_eq!(units("한글".nfd().collect::<String>().as_str()), "한글 글");
        assert!(units("สวัสดี").starts_with("สวั วัส "));
    }

    #[test]
    fn signs_are_units() {
        assert_eq!(units("tea🍵🎉 → now"), "tea 🍵 🎉 → now");
    }

    #[test]
    fn long_words_are_cut() {
        assert!(units(&"a".repeat(100_000)).len() <= 4 * WORD_CHARS_MAX);
    }
}
