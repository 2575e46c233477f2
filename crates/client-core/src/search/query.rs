//! The language of the search field: words, "phrases", and `from:` `in:` `has:` `before:` `after:`. What
//! does not fit one of these is a word; there is no query that is wrong.

use super::words::{Atom, Ends, Kind, atoms, units_of};
use time::{Date, Month};
use unicode_normalization::UnicodeNormalization;

/// So many words of a query are looked for; the rest is ignored.
const TERMS_MAX: usize = 16;
/// So much of a query is read, in characters.
const QUERY_CHARS_MAX: usize = 512;
const MINUTE_MS: i64 = 60_000;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// All of them.
    pub(crate) terms: Vec<Term>,
    /// By one whose name begins with this, or `me`; by one of several.
    pub(crate) from: Vec<String>,
    /// In a conversation whose title holds this; in one of several.
    pub(crate) within: Vec<String>,
    /// With files.
    pub(crate) has_file: bool,
    /// With an address.
    pub(crate) has_link: bool,
    /// Sent before this, in milliseconds since 1970.
    pub(crate) before_ms: Option<i64>,
    /// Sent then or later.
    pub(crate) after_ms: Option<i64>,
}

/// Atoms that stand in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    atoms: Vec<Atom>,
    /// The last word may go on.
    open: bool,
}

impl Query {
    /// Reads what somebody typed, at so many minutes east of Greenwich.
    pub(crate) fn read(text: &str, offset_minutes: i32) -> Self {
        let text: String = text.nfc().take(QUERY_CHARS_MAX).collect();
        let mut query = Self::default();
        for piece in pieces(&text) {
            query.take(&piece, offset_minutes);
        }
        query.terms.truncate(TERMS_MAX);
        query
    }

    /// Whether it says nothing at all.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn take(&mut self, piece: &Piece, offset_minutes: i32) {
        let day = |begin: Option<Date>| {
            let midnight = begin?
                .midnight()
                .assume_utc()
                .unix_timestamp()
                .checked_mul(1000)?;
            midnight.checked_sub(i64::from(offset_minutes).checked_mul(MINUTE_MS)?)
        };
        match (piece.field.as_str(), piece.value.as_str()) {
            ("from", name) if !name.is_empty() => self.from.push(name.to_owned()),
            ("in", title) if !title.is_empty() => self.within.push(title.to_owned()),
            ("has", "file" | "files") => self.has_file = true,
            ("has", "link" | "links") => self.has_link = true,
            ("before", date) if day(date_of(date)).is_some() => self.before_ms = day(date_of(date)),
            ("after", date) if day(date_of(date)).is_some() => self.after_ms = day(date_of(date)),
            _ => self.terms.extend(term(&piece.whole, !piece.quoted)),
        }
    }
}

impl Term {
    /// It in the words of FTS5, with nothing in it that FTS5 would take for its own.
    pub(crate) fn expression(&self) -> Option<String> {
        let ends = if self.open { Ends::Open } else { Ends::Kept };
        let dense = self.atoms.last().is_some_and(|atom| atom.kind != Kind::Word);
        // A run of letters goes on in the text or does not: its pairs are found either way.
        let units = units_of(&self.atoms, if dense { Ends::Open } else { ends });
        let lone = dense && self.atoms.last().is_some_and(|atom| atom.kind == Kind::First);
        let one_letter = self
            .atoms
            .last()
            .is_some_and(|atom| atom.folded.chars().count() < 2);
        let star = if lone || (self.open && !dense && !one_letter) {
            " *"
        } else {
            ""
        };
        (!units.is_empty()).then(|| format!("\"{}\"{star}", units.join(" ")))
    }

    /// Where it stands in a text: ranges of its atoms.
    pub(crate) fn find<'t>(&self, text: &'t [Atom]) -> impl Iterator<Item = &'t [Atom]> {
        let length = self.atoms.len().max(1);
        text.windows(length).filter(|window| self.is(window))
    }

    fn is(&self, window: &[Atom]) -> bool {
        let last = self.atoms.len().saturating_sub(1);
        let mut pairs = self.atoms.iter().zip(window).enumerate();
        window.len() == self.atoms.len()
            && pairs.all(|(at, (wanted, found))| {
                let goes_on = at == last && self.open && wanted.kind == Kind::Word;
                found.folded == wanted.folded || (goes_on && found.folded.starts_with(&wanted.folded))
            })
    }
}

fn term(text: &str, open: bool) -> Option<Term> {
    let mut atoms = atoms(text);
    atoms.retain(|atom| !atom.folded.is_empty());
    (!atoms.is_empty()).then_some(Term { atoms, open })
}

/// A part of a query between spaces, or between quotes.
#[derive(Debug, Default)]
struct Piece {
    /// What stands before the colon, in small letters.
    field: String,
    /// What stands after it.
    value: String,
    whole: String,
    quoted: bool,
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut present = Piece::default();
    let mut in_quotes = false;
    for c in text.chars() {
        match c {
            '"' | '“' | '”' | '„' | '«' | '»' => {
                in_quotes = !in_quotes;
                present.quoted = true;
            }
            _ if c.is_whitespace() && !in_quotes => finish(&mut pieces, &mut present),
            _ => present.whole.push(c),
        }
    }
    finish(&mut pieces, &mut present);
    pieces
}

fn finish(pieces: &mut Vec<Piece>, present: &mut Piece) {
    let mut piece = std::mem::take(present);
    if piece.whole.is_empty() {
        return;
    }
    if let Some((field, value)) = piece.whole.split_once(':') {
        piece.field = field.to_lowercase();
        piece.value = value.trim().to_lowercase();
    }
    pieces.push(piece);
}

/// A year, a month or a day, as `2026`, `2026-03` or `2026-03-01`: where it begins.
fn date_of(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let year: i32 = parts.next()?.parse().ok()?;
    let month: u8 = parts.next().map_or(Some(1), |month| month.parse().ok())?;
    let day: u8 = parts.next().map_or(Some(1), |day| day.parse().ok())?;
    if parts.next().is_some() || !(1970..=9999).contains(&year) {
        return None;
    }
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expressions(text: &str) -> Vec<String> {
        let query = Query::read(text, 0);
        query.terms.iter().filter_map(Term::expression).collect()
    }

    #[test]
    fn words_become_quoted_prefixes() {
        assert_eq!(expressions("green  Téa"), ["\"green\" *", "\"tea\" *"]);
        assert_eq!(expressions("\"green tea\" a"), ["\"green tea\"", "\"a\""]);
        assert_eq!(expressions("e-mail"), ["\"e mail\" *"]);
        assert_eq!(
            expressions("\"a\" OR b* NEAR("),
            ["\"a\"", "\"or\" *", "\"b\"", "\"near\" *"]
        );
        assert_eq!(expressions(" -*( "), [] as [&str; 0]);
    }

    #[test]
    fn letters_without_spaces_become_pairs() {
        assert_eq!(expressions("天气"), ["\"天气\""]);
        assert_eq!(expressions("今天天"), ["\"今天 天天\""]);
        assert_eq!(expressions("茶"), ["\"茶\" *"]);
        assert_eq!(expressions("手机ok"), ["\"手机 机 ok\" *"]);
        assert_eq!(expressions("🍵"), ["\"🍵\""]);
    }

    #[test]
    fn filters_are_read() {
        let query = Query::read(
            "from:Ada from:\"Brisk Magpie\" in:Team has:file has:link before:2026-03 tea",
            60,
        );
        assert_eq!(query.from, ["ada", "brisk magpie"]);
        assert_eq!(query.within, ["team"]);
        assert!(query.has_file && query.has_link);
        assert_eq!(query.before_ms, Some(1_772_323_200_000 - 3_600_000));
        assert_eq!(query.after_ms, None);
        assert_eq!(query.terms.len(), 1);
        assert_eq!(
            Query::read("after:2026-03-01", 0).after_ms,
            Some(1_772_323_200_000)
        );
    }

    #[test]
    fn what_is_no_filter_is_a_word() {
        for text in [
            "before:tomorrow",
            "has:wings",
            "from:",
            "after:2026-13-01",
            "https://example.org",
        ] {
            let query = Query::read(text, 0);
            assert_eq!(query.terms.len(), 1, "{text}");
            assert!(query.from.is_empty() && query.before_ms.is_none() && query.after_ms.is_none());
        }
        assert!(Query::read(" ", 0).is_empty());
        assert_eq!(Query::read(&"word ".repeat(500), 0).terms.len(), TERMS_MAX);
    }
}
