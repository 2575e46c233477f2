//! Links and codes of rooms from the command line or from standard input. They are secrets: nothing
//! here prints or logs them.

use crate::error::CliError;
use std::io::{self, BufRead};
use zeroize::Zeroizing;

/// Longer than any link.
const LINK_BYTES_MAX: u64 = 4096;

/// What was given, or the first line of standard input for `-`.
pub(super) fn link(given: String) -> Result<Zeroizing<String>, CliError> {
    if given == "-" {
        first_line(io::stdin().lock())
    } else {
        Ok(Zeroizing::new(given))
    }
}

fn first_line(input: impl BufRead) -> Result<Zeroizing<String>, CliError> {
    let mut line = Zeroizing::new(String::new());
    input
        .take(LINK_BYTES_MAX)
        .read_line(&mut line)
        .map_err(CliError::Input)?;
    Ok(Zeroizing::new(line.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_counts_and_no_more_than_a_link_is_read() {
        assert_eq!(
            first_line(&b" abcd-efgh \r\nmore\n"[..]).unwrap().as_str(),
            "abcd-efgh"
        );
        let endless = first_line(io::BufReader::new(io::repeat(b'x')));
        assert_eq!(endless.unwrap().len(), 4096);
    }
}
