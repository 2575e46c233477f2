//! What may be a link: `http`, `https` and `mailto`, and nothing else whatever it looks like. Says which
//! host it goes to, and whether its text or its host imitates another. It never asks the network.

use super::plain::{Spoilers, inlines_with};
use super::{Inline, punycode};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;
use unicode_security::RestrictionLevelDetection;
use unicode_security::confusable_detection::skeleton;
use unicode_security::restriction_level::RestrictionLevel;

/// Longest address, in bytes.
const ADDRESS_BYTES_MAX: usize = 2048;
/// Brackets in each other inside an address, at most.
const BRACKETS_MAX: usize = 16;
/// Longest host, in bytes (RFC 1035 section 2.3.4).
const HOST_BYTES_MAX: usize = 253;

/// What ends a sentence rather than an address.
const TAIL: &str = ".,:;!?'*_~|]}。，、！？：；）」』”’»";

/// Where a link goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    href: String,
    host: String,
    /// It is written so that it looks like another.
    odd: bool,
}

impl Target {
    /// The link that shows its own address.
    pub(super) fn standing_for(self, address: &str) -> Inline {
        Inline::Link {
            href: self.href,
            host: self.host,
            deceptive: self.odd,
            inlines: vec![Inline::Text(address.to_owned())],
        }
    }
}

/// The link that shows something else.
pub(super) fn link(target: Target, inlines: Vec<Inline>) -> Inline {
    let shown = inlines_with(&inlines, Spoilers::Shown);
    Inline::Link {
        deceptive: target.odd || names_another(&shown, &target.host),
        href: target.href,
        host: target.host,
        inlines,
    }
}

/// Reads an address. Nothing in it needs to be decoded to know where it goes.
pub(super) fn target(address: &str) -> Option<Target> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\' | '`');
    if address.len() > ADDRESS_BYTES_MAX || address.contains(bad) {
        return None;
    }
    let (scheme, rest) = address.split_once(':')?;
    match scheme.to_ascii_lowercase().as_str() {
        scheme @ ("http" | "https") => web(scheme, rest.strip_prefix("//")?),
        "mailto" => mail(rest),
        _ => None,
    }
}

fn web(scheme: &str, rest: &str) -> Option<Target> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    // `https://bank.com@evil.com` goes to evil.com; what stands before the @ is dropped.
    let (user, host_and_port) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let (host, port) = split_port(host_and_port)?;
    let host = Host::read(host)?;
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(Target {
        href: format!("{scheme}://{}{port}{path}", host.ascii),
        odd: user.is_some() || host.odd,
        host: host.shown,
    })
}

/// What follows a question mark would fill in a letter for the reader; it is dropped.
fn mail(rest: &str) -> Option<Target> {
    let address = rest.split('?').next()?;
    let (user, host) = address.split_once('@')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    if user.is_empty() || !user.chars().all(plain) {
        return None;
    }
    let host = Host::read(host)?;
    Some(Target {
        href: format!("mailto:{user}@{}", host.ascii),
        host: format!("{user}@{}", host.shown),
        odd: host.odd,
    })
}

fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(end) = text.strip_prefix('[').and_then(|_| text.find(']')) {
        let (host, port) = text.split_at_checked(end.saturating_add(1))?;
        return match port.strip_prefix(':') {
            None if port.is_empty() => Some((host, None)),
            None => None,
            Some(port) => Some((host, Some(port.parse().ok()?))),
        };
    }
    match text.rsplit_once(':') {
        None => Some((text, None)),
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
    }
}

/// A host, and how it is shown.
struct Host {
    ascii: String,
    shown: String,
    odd: bool,
}

impl Host {
    fn read(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > HOST_BYTES_MAX {
            return None;
        }
        if let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            let fits = address.contains(':')
                && address
                    .chars()
                    .all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
            return fits.then(|| Self {
                ascii: text.to_ascii_lowercase(),
                shown: text.to_ascii_lowercase(),
                odd: false,
            });
        }
        // As browsers read it, so that what is checked is what is gone to.
        let host = folded(text);
        let labels = || host.strip_suffix('.').unwrap_or(&host).split('.');
        if !labels().all(is_label) {
            return None;
        }
        let odd = labels().any(is_odd_label);
        let ascii = labels()
            .map(punycode::label)
            .collect::<Option<Vec<_>>>()?
            .join(".");
        Some(Self {
            shown: if odd { ascii.clone() } else { host.clone() },
            odd,
            ascii,
        })
    }
}

/// Letters that look like others are those others (NFKC), capitals are small, and every full stop is one.
/// Characters that cannot be seen are left out.
fn folded(text: &str) -> String {
    let seen = text.chars().filter(|c| !is_invisible(*c));
    let stops = seen.map(|c| {
        if matches!(c, '\u{3002}' | '\u{ff61}') {
            '.'
        } else {
            c
        }
    });
    let small: String = stops.nfkc().collect::<String>().to_lowercase();
    small.nfkc().collect()
}

const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
    )
}

fn is_label(label: &str) -> bool {
    let letter =
        |c: char| c.is_alphanumeric() || (!c.is_ascii() && unicode_normalization::char::is_combining_mark(c));
    !label.is_empty() && label.chars().all(|c| letter(c) || matches!(c, '-' | '_'))
}

/// Letters of several alphabets, such that all look like Latin ones, or an encoded name, which is not
/// read here.
fn is_odd_label(label: &str) -> bool {
    if label.is_ascii() {
        return label.starts_with("xn--");
    }
    let letters = label.replace(['-', '_'], "");
    letters.as_str().detect_restriction_level() > RestrictionLevel::HighlyRestrictive
        || skeleton(&letters).all(|c| c.is_ascii())
}

/// Whether a text looks like the address of another host.
fn names_another(shown: &str, host: &str) -> bool {
    shown.split_whitespace().any(|word| {
        let named = host_in(word);
        named.is_some_and(|named| bare(&named) != bare(host))
    })
}

fn bare(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

/// The host, or the mail address, that a word seems to name.
fn host_in(word: &str) -> Option<String> {
    let word = folded(word);
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
    let (has_scheme, rest) = match word.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, word.strip_prefix("mailto:").unwrap_or(word)),
    };
    let rest = rest.trim_start_matches('/');
    let end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    let (named, _path) = rest.split_at_checked(end)?;
    let named: Cow<'_, str> = match named.rsplit_once('@') {
        Some((_, host)) if has_scheme => host.into(),
        _ => named.into(),
    };
    let host = named.rsplit('@').next()?;
    let last = host.rsplit_once('.').map(|(_, last)| last);
    let ends_as_one =
        last.is_some_and(|last| last.chars().count() >= 2 && last.chars().all(char::is_alphabetic));
    let is_host = host.split('.').all(is_label) && (has_scheme || ends_as_one);
    is_host.then(|| named.into_owned())
}

/// The address at the beginning of a text, up to where it seems to end.
pub(super) fn bare_address(text: &str) -> Option<&str> {
    let begins = |scheme: &str| {
        text.get(..scheme.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    };
    if !(begins("https://") || begins("http://") || begins("mailto:")) {
        return None;
    }
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '\\');
    let found = text
        .char_indices()
        .take_while(|(at, c)| *at <= ADDRESS_BYTES_MAX && !ends(*c))
        .last();
    let (at, last) = found?;
    let address = text.get(..at.saturating_add(last.len_utf8()))?;
    Some(without_tail(address))
}

/// An address without the punctuation of the sentence around it; brackets in it stay if they are pairs.
fn without_tail(address: &str) -> &str {
    let count = |sign: char| address.chars().filter(|c| *c == sign).count();
    let mut unpaired = count(')').saturating_sub(count('('));
    let mut kept = address;
    while let Some(last) = kept.chars().next_back() {
        let is_tail = match last {
            ')' => {
                let goes = unpaired > 0;
                unpaired = unpaired.saturating_sub(1);
                goes
            }
            _ => TAIL.contains(last),
        };
        if !is_tail {
            break;
        }
        kept = kept.strip_suffix(last).unwrap_or_default();
    }
    kept
}

/// What stands between round brackets after a link's text: the address, and how many bytes it all takes.
pub(super) fn destination(text: &str) -> Option<(String, usize)> {
    let inside = text.strip_prefix('(')?;
    let trimmed = inside.trim_start_matches([' ', '\n']);
    let (address, after) = if let Some(angled) = trimmed.strip_prefix('<') {
        let end = angled
            .bytes()
            .take(ADDRESS_BYTES_MAX)
            .position(|b| matches!(b, b'>' | b'\n'))?;
        (angled.get(..end)?, angled.get(end..)?.strip_prefix('>')?)
    } else {
        let end = bracketed(trimmed)?;
        (trimmed.get(..end)?, trimmed.get(end..)?)
    };
    let after = title(after.trim_start_matches([' ', '\n'])).trim_start_matches([' ', '\n']);
    let after = after.strip_prefix(')')?;
    Some((address.to_owned(), text.len().saturating_sub(after.len())))
}

/// Where an address between brackets ends: at a space, or at the bracket that closes it.
fn bracketed(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate().take(ADDRESS_BYTES_MAX) {
        match byte {
            b'(' if open >= BRACKETS_MAX => return None,
            b'(' => open = open.saturating_add(1),
            b')' if open == 0 => return Some(at),
            b')' => open = open.saturating_sub(1),
            b' ' | b'\n' => return Some(at),
            _ => {}
        }
    }
    None
}

/// Skips a title in double quotes: it is not shown.
fn title(text: &str) -> &str {
    let Some(inside) = text.strip_prefix('"') else {
        return text;
    };
    let end = inside.bytes().take(ADDRESS_BYTES_MAX).position(|b| b == b'"');
    end.and_then(|end| inside.get(end.saturating_add(1)..))
        .unwrap_or(text)
}
