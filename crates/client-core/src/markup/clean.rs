//! What never reaches a screen: control characters, characters that turn the direction of what follows,
//! invisible tags, and towers of accents. It does not judge what a text says.

use unicode_normalization::char::is_combining_mark;

/// So many marks may stand on one letter; living scripts need fewer.
const MARKS_MAX: u8 = 8;

/// The text without what could disturb the text around it. Line ends are `\n`; tabs stay.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut marks = 0_u8;
    let mut in_flag = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        // The flags of England, Scotland and Wales are spelt with tags after a black flag.
        in_flag = c == '\u{1f3f4}' || (in_flag && is_tag(c));
        let kept = match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                Some('\n')
            }
            '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{b}' | '\u{c}' => Some('\n'),
            '\n' | '\t' => Some(c),
            _ if c.is_control() || turns(c) || is_annotation(c) => None,
            _ if is_tag(c) && !in_flag => None,
            _ => Some(c),
        };
        let Some(kept) = kept else { continue };
        marks = if is_combining_mark(kept) {
            marks.saturating_add(1)
        } else {
            0
        };
        if marks <= MARKS_MAX {
            cleaned.push(kept);
        }
    }
    cleaned
}

/// Embeddings, overrides and isolates: what is between them reads in another order than it is written.
/// The marks U+200E, U+200F and U+061C stay: right-to-left writing needs them, and they open nothing.
const fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{206a}'..='\u{206f}')
}

/// Interlinear annotations, and what stands for an object.
const fn is_annotation(c: char) -> bool {
    matches!(c, '\u{fff9}'..='\u{fffc}' | '\u{feff}')
}

const fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}
