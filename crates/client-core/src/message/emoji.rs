//! What may stand as a reaction: one emoji, as people see one, and nothing that could be read as words.

use undertone_wire::limits::EMOJI_BYTES_MAX;
use unicode_properties::UnicodeEmoji;
use unicode_segmentation::UnicodeSegmentation;

/// Makes an emoji of a digit, `#` or `*`.
const KEYCAP: char = '\u{20e3}';
/// Asks for the colourful form of a character that is also a letter or sign.
const COLOURFUL: char = '\u{fe0f}';

/// Whether a text is exactly one emoji.
pub fn is_emoji(text: &str) -> bool {
    if text.len() > EMOJI_BYTES_MAX || text.graphemes(true).count() != 1 {
        return false;
    }
    let is_part = |c: char| c.is_emoji_char_or_emoji_component() || c == KEYCAP;
    let is_keycap =
        text.ends_with(KEYCAP) && text.starts_with(|c: char| c.is_ascii_digit() || "#*".contains(c));
    let mut shown = text.chars().filter(|c| !c.is_ascii() && c.is_emoji_char());
    text.chars().all(is_part) && (shown.next().is_some() || is_keycap) && text != "\u{fe0f}" && {
        // A sign that is usually text, such as the copyright sign, is one only in its colourful form.
        let first = text.chars().next();
        first.is_some_and(|c| !matches!(c, '©' | '®' | '™') || text.contains(COLOURFUL))
    }
}

#[cfg(test)]
mod tests {
    use super::is_emoji;

    #[test]
    fn an_emoji_is_one_whatever_it_is_made_of() {
        for text in [
            "👍",
            "👍🏽",
            "❤️",
            "❤",
            "☺",
            "🏳️‍🌈",
            "👩‍👩‍👧‍👦",
            "👨🏿‍❤️‍💋‍👨🏻",
            "🇳🇱",
            "1️⃣",
            "#️⃣",
            "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
            "©️",
        ] {
            assert!(is_emoji(text), "{text}");
        }
    }

    #[test]
    fn whatever_else_is_none() {
        for text in [
            "",
            " ",
            "a",
            "ok",
            "1",
            "12",
            "#",
            "👍👍",
            "👍a",
            "👍 ",
            "\u{202e}👍",
            "👍\u{202e}",
            "e\u{301}",
            "é",
            "字",
            "\u{200d}",
            "\u{fe0f}",
            "1\u{fe0f}",
            "👍\u{301}",
            "👍\n",
            "©",
            "&",
            "<b>",
        ] {
            assert!(!is_emoji(text), "{text:?}");
        }
        assert!(!is_emoji(&"👩‍".repeat(20)), "too long");
    }
}
