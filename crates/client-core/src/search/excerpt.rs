//! The part of a message in which the words of a query stand, and where they stand in it.

use super::query::Term;
use super::words::{Atom, atoms};
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// Longer texts are cut, in characters.
const EXCERPT_CHARS_MAX: usize = 320;
/// So many characters stand before the first word that was found.
const BEFORE_CHARS: usize = 80;
/// Most places that are named.
const HIGHLIGHTS_MAX: usize = 64;
const CUT: char = '…';

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) text: String,
    /// Beginning and end, in UTF-16 units.
    pub(super) highlights: Vec<[u32; 2]>,
}

/// Finds it.
pub(super) fn excerpt(text: &str, terms: &[Term]) -> Excerpt {
    let text: String = text.nfc().collect();
    let places = places(&text, terms);
    let window = window(&text, places.first());
    let mut shown = String::new();
    if window.start > 0 {
        shown.push(CUT);
    }
    let shift = shown.encode_utf16().count();
    let part = text.get(window.clone()).unwrap_or_default();
    shown.push_str(part);
    if window.end < text.len() {
        shown.push(CUT);
    }
    let unit = |at: usize| {
        let before = text.get(window.start..at).unwrap_or_default();
        u32::try_from(before.encode_utf16().count().saturating_add(shift)).unwrap_or(u32::MAX)
    };
    let inside = |place: &&Range<usize>| place.start >= window.start && place.end <= window.end;
    Excerpt {
        highlights: places
            .iter()
            .filter(inside)
            .map(|place| [unit(place.start), unit(place.end)])
            .collect(),
        text: shown,
    }
}

/// Where the terms stand, in order, those that touch or overlap made one.
fn places(text: &str, terms: &[Term]) -> Vec<Range<usize>> {
    let text = atoms(text);
    let mut places: Vec<Range<usize>> = terms
        .iter()
        .flat_map(|term| term.find(&text).take(HIGHLIGHTS_MAX))
        .filter_map(whole)
        .collect();
    places.sort_by_key(|place| (place.start, place.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for place in places {
        match joined.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            _ => joined.push(place),
        }
    }
    joined.truncate(HIGHLIGHTS_MAX);
    joined
}

fn whole(atoms: &[Atom]) -> Option<Range<usize>> {
    Some(atoms.first()?.range.start..atoms.last()?.range.end)
}

/// Which part of a text is shown, so that the first place is in it.
fn window(text: &str, first: Option<&Range<usize>>) -> Range<usize> {
    let found = first.map_or(0, |place| place.start);
    let before = text.get(..found).unwrap_or_default();
    let start = if before.chars().count() > BEFORE_CHARS && text.chars().count() > EXCERPT_CHARS_MAX {
        let mut starts = before.char_indices().rev().skip(BEFORE_CHARS.saturating_sub(1));
        starts.next().map_or(0, |(at, _)| at)
    } else {
        0
    };
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.char_indices().nth(EXCERPT_CHARS_MAX);
    start..end.map_or(text.len(), |(at, _)| start.saturating_add(at))
}

#[cfg(test)]
mod tests {
    use super::super::query::Query;
    use super::*;

    /// The excerpt with the places in brackets, counted as JavaScript counts.
    fn shown(text: &str, query: &str) -> String {
        let excerpt = excerpt(text, &Query::read(query, 0).terms);
        let units: Vec<u16> = excerpt.text.encode_utf16().collect();
        let mut out = String::new();
        let mut at = 0;
        for [begin, end] in excerpt.highlights {
            let part = |from: usize, to: u32| String::from_utf16(&units[from..to as usize]).unwrap();
            out.extend([&part(at, begin), "[", &part(begin as usize, end), "]"]);
            at = end as usize;
        }
        out + &String::from_utf16(&units[at..]).unwrap()
    }

    #[test]
    fn words_are_found_where_they_stand() {
        assert_eq!(
            shown("Grüner Tee, green tea", "gruner te"),
            "[Grüner] [Tee], green [tea]"
        );
        assert_eq!(shown("🎉🎉 a party 🎉", "party"), "🎉🎉 a [party] 🎉");
        assert_eq!(shown("今天天气很好", "天气"), "今天[天气]很好");
        assert_eq!(shown("今天天气", "天"), "今[天天]气");
        assert_eq!(
            shown("green tea and tea green", "\"tea green\""),
            "green tea and [tea green]"
        );
        assert_eq!(shown("cafe\u{301}s", "café"), "[cafés]");
        assert_eq!(shown("nothing", "else"), "nothing");
    }

    #[test]
    fn a_long_text_is_cut_around_the_first_place() {
        let text = format!("{} needle {}", "hay ".repeat(500), "straw ".repeat(500));
        let shown = shown(&text, "needle");
        assert!(shown.starts_with('…') && shown.ends_with('…') && shown.contains("[needle]"));
        assert!(shown.chars().count() <= EXCERPT_CHARS_MAX + 4);
    }
}
