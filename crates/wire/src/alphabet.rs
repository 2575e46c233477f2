//! Bytes as text: base64url, base32 and hexadecimal (RFC 4648) without padding, one loop for all of them. Text that
//! is not exactly what would be written is refused. Not for secrets whose timing matters.

/// Symbols that stand for some bits each.
#[derive(Debug)]
pub struct Alphabet {
    symbols: &'static [u8],
    values: [u8; 256],
    bits: u32,
}

/// Letters, digits, minus and underscore.
pub static BASE64URL: Alphabet =
    Alphabet::new(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
/// Small letters and the digits 2 to 7.
pub static BASE32: Alphabet = Alphabet::new(b"abcdefghijklmnopqrstuvwxyz234567");
/// Digits and the letters up to V.
pub static BASE32HEX: Alphabet = Alphabet::new(b"0123456789ABCDEFGHIJKLMNOPQRSTUV");
/// Digits and the small letters up to f.
pub static HEX: Alphabet = Alphabet::new(b"0123456789abcdef");

/// Stands for none.
const NONE: u8 = 0xff;
const BYTE: u32 = 8;

impl Alphabet {
    #[expect(
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "run by the compiler, which stops at a mistake"
    )]
    const fn new(symbols: &'static [u8]) -> Self {
        let mut values = [NONE; 256];
        let mut value = 0;
        while value < symbols.len() {
            values[symbols[value] as usize] = value as u8;
            value += 1;
        }
        Self {
            symbols,
            values,
            bits: symbols.len().ilog2(),
        }
    }

    /// The text of bytes. It is never moved in memory while it grows.
    pub fn encode(&self, bytes: &[u8]) -> String {
        let length = bytes.len().saturating_mul(8).div_ceil(self.bits as usize);
        let mut text = String::with_capacity(length);
        let (mut held, mut count) = (0_u32, 0);
        for byte in bytes {
            held = (held << BYTE) | u32::from(*byte);
            count += BYTE;
            while count >= self.bits {
                count -= self.bits;
                text.push(self.symbol(held >> count));
            }
        }
        if count > 0 {
            text.push(self.symbol(held << (self.bits - count)));
        }
        text
    }

    fn symbol(&self, value: u32) -> char {
        let index = value as usize & (self.symbols.len() - 1);
        self.symbols.get(index).copied().map_or('?', char::from)
    }

    /// The bytes of a text; nothing if it is none that [`Self::encode`] gives.
    pub fn decode(&self, text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len().saturating_mul(self.bits as usize) / 8);
        let (mut held, mut count) = (0_u32, 0);
        for symbol in text.bytes() {
            let value = *self.values.get(usize::from(symbol))?;
            if value == NONE {
                return None;
            }
            held = (held << self.bits) | u32::from(value);
            count += self.bits;
            if count >= BYTE {
                count -= BYTE;
                let [.., byte] = (held >> count).to_be_bytes();
                bytes.push(byte);
            }
        }
        let rest = held & ((1 << count) - 1);
        (count < self.bits && rest == 0).then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::{BASE32_NOPAD, BASE32HEX_NOPAD, BASE64URL_NOPAD, Encoding, HEXLOWER};
    use proptest::prelude::*;

    fn each() -> [(&'static Alphabet, Encoding); 4] {
        let mut base32 = BASE32_NOPAD.specification();
        base32.symbols.make_ascii_lowercase();
        [
            (&BASE64URL, BASE64URL_NOPAD),
            (&BASE32, base32.encoding().unwrap()),
            (&BASE32HEX, BASE32HEX_NOPAD),
            (&HEX, HEXLOWER),
        ]
    }

    proptest! {
        #[test]
        fn the_text_is_that_of_another_implementation(bytes in any::<Vec<u8>>()) {
            for (ours, theirs) in each() {
                let text = ours.encode(&bytes);
                prop_assert_eq!(&text, &theirs.encode(&bytes));
                prop_assert_eq!(&ours.decode(&text).unwrap(), &bytes);
            }
        }

        #[test]
        fn what_another_implementation_refuses_is_refused(text in "[A-Za-z0-9_=+-]{0,12}|[a-z2-7]{0,20}|.{0,4}") {
            for (ours, theirs) in each() {
                prop_assert_eq!(ours.decode(&text), theirs.decode(text.as_bytes()).ok());
            }
        }
    }
}
