//! GIF: a screen, then blocks up to an end. Kept are the pictures, how they follow one another, and how
//! often; comments, XMP, what programs note for themselves and what stands behind the end go.

pub(super) const SIGNATURES: [&[u8]; 2] = [b"GIF87a", b"GIF89a"];

const EXTENSION: u8 = 0x21;
const PICTURE: u8 = 0x2c;
const END: u8 = 0x3b;
/// How long a picture is shown, and what of it is clear.
const CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;
/// How often the pictures follow one another.
const LOOPS: [&[u8]; 2] = [b"\x0bNETSCAPE2.0", b"\x0bANIMEXTS1.0"];

pub(super) fn strip(picture: &[u8]) -> Option<Vec<u8>> {
    // Signature, size, and what the screen is like.
    let (screen, mut rest) = picture.split_at_checked(13)?;
    let mut kept = Vec::with_capacity(picture.len());
    kept.extend(screen);
    rest = take(&mut kept, rest, colours(*screen.get(10)?))?;
    let mut has_picture = false;
    loop {
        // Many programs leave the end out.
        let (kind, after) = rest.split_first().unwrap_or((&END, &[]));
        match *kind {
            END => {
                kept.push(END);
                return has_picture.then_some(kept);
            }
            // An empty block too many.
            0 => rest = after,
            PICTURE => {
                has_picture = true;
                let flags = *rest.get(9)?;
                rest = take(&mut kept, rest, 10_usize.checked_add(colours(flags))?)?;
                // How the pixels are written, and then they.
                rest = take(&mut kept, rest, 1)?;
                let length = blocks(rest)?;
                rest = take(&mut kept, rest, length)?;
            }
            EXTENSION => {
                let (label, content) = after.split_first()?;
                let length = blocks(content)?;
                let (whole, next) = rest.split_at_checked(length.checked_add(2)?)?;
                let loops = LOOPS.iter().any(|name| content.starts_with(name));
                if *label == CONTROL || (*label == APPLICATION && loops) {
                    kept.extend(whole);
                }
                rest = next;
            }
            _ => return None,
        }
    }
}

/// Bytes of a table of colours, by the flags before it.
const fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// How long a row of blocks is, up to its empty one.
fn blocks(bytes: &[u8]) -> Option<usize> {
    let mut at = 0_usize;
    loop {
        let length = *bytes.get(at)?;
        at = at.checked_add(1)?.checked_add(usize::from(length))?;
        if length == 0 {
            return Some(at);
        }
    }
}

fn take<'a>(kept: &mut Vec<u8>, from: &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(length)?;
    kept.extend(taken);
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
    const LOOP: &[u8] = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0";
    const DELAY: &[u8] = b"\x21\xf9\x04\0\x0a\0\0\0";
    const DOT: &[u8] = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";

    #[test]
    fn comments_and_notes_go_and_the_film_stays() {
        let comment = b"\x21\xfe\x06CANARY\0".as_slice();
        let xmp = b"\x21\xff\x0bXMP DataXMP\x06CANARY\0".as_slice();
        let told = [
            SCREEN,
            LOOP,
            comment,
            DELAY,
            DOT,
            xmp,
            DELAY,
            DOT,
            b"\x3b",
            b"behind the end",
        ]
        .concat();
        let plain = [SCREEN, LOOP, DELAY, DOT, DELAY, DOT, b"\x3b"].concat();
        assert_eq!(strip(&told), Some(plain.clone()));
        assert_eq!(strip(&plain), Some(plain.clone()), "nothing to take out");
        for length in 0..plain.len() {
            // Between two blocks it may end; within one it may not.
            let cut = [&plain[..length], &[END]].concat();
            let kept = strip(&plain[..length]);
            assert!(kept.is_none() || kept == Some(cut), "{length}");
        }
        assert_eq!(
            strip(&plain[..plain.len() - 1]),
            Some(plain.clone()),
            "without its end"
        );
        assert_eq!(
            strip(&[SCREEN, LOOP, b"\x3b"].concat()),
            None,
            "without a picture"
        );
        let within = plain.len() - 3;
        assert_eq!(strip(&plain[..within]), None);
        let strange = b"\x21\x77\x06CANARY\0\0".as_slice();
        assert_eq!(
            strip(&[SCREEN, strange, DOT, b"\x3b"].concat()),
            Some([SCREEN, DOT, b"\x3b"].concat()),
            "what is not known goes"
        );
    }

    #[test]
    fn a_picture_with_colours_of_its_own_stays_whole() {
        let own = b"\x2c\0\0\0\0\x01\0\x01\0\x80\x01\x02\x03\x04\x05\x06\x02\x02\x44\x01\0".as_slice();
        let plain = [SCREEN, own, b"\x3b"].concat();
        assert_eq!(strip(&plain), Some(plain));
    }
}
