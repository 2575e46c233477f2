//! Names of files, which strangers choose: what is shown and what a file is saved under. Nothing in it
//! leads elsewhere, turns the direction of writing round, or names a device of some system.

use undertone_wire::limits::FILE_NAME_BYTES_MAX;
use unicode_normalization::UnicodeNormalization;

/// What a file is called whose name has nothing that can be used.
const NAMELESS: &str = "file";
/// Longer endings are not taken for one.
const ENDING_BYTES_MAX: usize = 16;
/// Names that some system takes for a device, whatever their ending.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
    "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A name under which a file can be shown and saved, whoever chose it.
pub(crate) fn safe(name: &str) -> String {
    // Only the last part of what may be a path.
    let last = name
        .rsplit(['/', '\\'])
        .find(|part| !part.is_empty())
        .unwrap_or_default();
    let kept: String = last
        .nfc()
        .filter(|c| !is_hidden(*c))
        .map(|c| if is_special(c) { '_' } else { c })
        .collect();
    let kept = kept.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let kept = shortened(kept);
    if kept.is_empty() {
        NAMELESS.to_owned()
    } else if is_device(&kept) {
        format!("_{kept}")
    } else {
        kept
    }
}

/// Controls, what changes the direction of writing, and what takes no room: it makes one name look like
/// another. The joiner stays, since emoji are made with it.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// What some system does not take in a name.
const fn is_special(c: char) -> bool {
    matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device))
}

/// Within the limit, with its ending.
fn shortened(name: &str) -> String {
    // One is for the line before a device's name.
    let most = FILE_NAME_BYTES_MAX - 1;
    if name.len() <= most {
        return name.to_owned();
    }
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending)
        .filter(|ending| ending.len() <= ENDING_BYTES_MAX)
        .unwrap_or_default();
    let room = most.saturating_sub(ending.len().saturating_add(1));
    let mut kept = String::new();
    for c in name.chars() {
        if kept.len().saturating_add(c.len_utf8()) > room {
            break;
        }
        kept.push(c);
    }
    let kept = kept.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    if ending.is_empty() {
        kept.to_owned()
    } else {
        format!("{kept}.{ending}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_leads_nowhere_and_means_what_it_shows() {
        for (name, expected) in [
            ("holiday.jpg", "holiday.jpg"),
            ("Sommer ☀️ 2026.png", "Sommer ☀️ 2026.png"),
            ("../../.ssh/authorized_keys", "authorized_keys"),
            ("C:\\Windows\\system32\\cmd.exe", "cmd.exe"),
            ("/etc/", "etc"),
            ("..", "file"),
            ("", "file"),
            (" .hidden. ", "hidden"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("a\u{200b}b\u{0}c\nd", "abcd"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("Lpt1 .tar.gz", "_Lpt1 .tar.gz"),
            ("console.log", "console.log"),
            ("a:b*c?d\"e<f>g|h", "a_b_c_d_e_f_g_h"),
            ("e\u{301}.txt", "é.txt"),
        ] {
            assert_eq!(safe(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = safe(&format!("{}.jpeg", "ä".repeat(400)));
        assert!(name.len() <= FILE_NAME_BYTES_MAX);
        assert!(name.ends_with("ä.jpeg"), "{name}");
        assert!(safe(&"x".repeat(1000)).len() <= FILE_NAME_BYTES_MAX);
    }

    proptest! {
        #[test]
        fn whatever_the_name_one_plain_part_of_a_path_comes_of_it(name in ".{0,300}") {
            let safe = safe(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= FILE_NAME_BYTES_MAX);
            prop_assert!(!safe.contains(['/', '\\', ':', '\0']) && safe != "." && safe != "..");
            prop_assert!(!safe.chars().any(is_hidden) && !is_device(&safe));
            prop_assert_eq!(super::safe(&safe), safe.clone());
        }
    }
}
