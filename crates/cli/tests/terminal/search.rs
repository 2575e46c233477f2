//! Looks for a sentence where it must not be: in files, in a process's memory, in answers; as it is
//! and as base64, hexadecimal and UTF-16.

use anyhow::{Context, Result};
use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use memchr::memmem;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where a secret was found, and in which form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// A file, an address range, or the name of an answer.
    pub(crate) place: String,
    /// Which form.
    pub(crate) form: &'static str,
}

/// The forms in which a sentence is looked for.
pub(crate) struct Secret(Vec<(&'static str, Vec<u8>)>);

impl Secret {
    /// All forms of a sentence. It must be long enough not to occur by chance.
    pub(crate) fn new(sentence: &str) -> Self {
        assert!(sentence.len() >= 24, "a canary must be unmistakable");
        let bytes = sentence.as_bytes();
        let mut forms = vec![
            ("raw", bytes.to_vec()),
            ("hexadecimal", HEXLOWER.encode(bytes).into_bytes()),
            ("hexadecimal capitals", HEXUPPER.encode(bytes).into_bytes()),
            (
                "UTF-16 little endian",
                sentence.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            ),
            (
                "UTF-16 big endian",
                sentence.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            ),
        ];
        // Base64 depends on where in a group of three the sentence begins: what is sure is the middle.
        for skipped in 0..3 {
            let middle = &bytes[skipped..];
            let middle = &middle[..middle.len() / 3 * 3];
            forms.push(("base64", BASE64.encode(middle).into_bytes()));
            forms.push(("base64 for addresses", BASE64URL.encode(middle).into_bytes()));
        }
        Self(forms)
    }

    /// Looks in bytes.
    pub(crate) fn find_in_bytes(&self, place: &str, bytes: &[u8]) -> Vec<Finding> {
        let found = self
            .0
            .iter()
            .filter(|(_, form)| memmem::find(bytes, form).is_some());
        found
            .map(|(form, _)| Finding {
                place: place.to_owned(),
                form,
            })
            .collect()
    }

    /// Looks in every file below a folder, names included.
    pub(crate) fn find_in_folder(&self, folder: &Path) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for path in files_below(folder)? {
            let place = path.display().to_string();
            findings.extend(self.find_in_bytes(&format!("name of {place}"), place.as_bytes()));
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read {place}"))?;
            findings.extend(self.find_in_bytes(&place, &bytes));
        }
        Ok(findings)
    }

    /// Looks in all readable memory of a process, as Linux shows it.
    pub(crate) fn find_in_memory(&self, process: u32) -> Result<Vec<Finding>> {
        let maps =
            std::fs::read_to_string(format!("/proc/{process}/maps")).context("cannot read the memory map")?;
        let mut memory = File::open(format!("/proc/{process}/mem")).context("cannot open the memory")?;
        let mut findings = Vec::new();
        let mut read_bytes = 0;
        for line in maps.lines().filter(|line| line.contains(" r")) {
            let Some((start, length)) = region(line) else {
                continue;
            };
            let mut bytes = vec![0; length];
            // Some regions (devices, guard pages) cannot be read.
            if memory.seek(SeekFrom::Start(start)).is_ok() && memory.read_exact(&mut bytes).is_ok() {
                read_bytes += length;
                findings.extend(self.find_in_bytes(&format!("memory {line}"), &bytes));
            }
        }
        anyhow::ensure!(
            read_bytes > 1_000_000,
            "only {read_bytes} bytes of memory could be read"
        );
        Ok(findings)
    }
}

fn region(line: &str) -> Option<(u64, usize)> {
    let (start, end) = line.split_whitespace().next()?.split_once('-')?;
    let (start, end) = (
        u64::from_str_radix(start, 16).ok()?,
        u64::from_str_radix(end, 16).ok()?,
    );
    Some((start, usize::try_from(end.checked_sub(start)?).ok()?))
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                files.push(path);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENTENCE: &str = "the heron keeps the seventh key of the harbour";

    #[test]
    fn a_planted_leak_is_found_in_every_form() {
        let secret = Secret::new(SENTENCE);
        let utf16: Vec<u8> = SENTENCE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let leaks: [(&str, Vec<u8>); 4] = [
            ("raw", SENTENCE.into()),
            ("hexadecimal", HEXLOWER.encode(SENTENCE.as_bytes()).into()),
            ("UTF-16 little endian", utf16),
            ("base64", BASE64.encode(SENTENCE.as_bytes()).into()),
        ];
        for (form, leak) in leaks {
            for before in 0..4 {
                let mut bytes = vec![b'x'; before];
                bytes.extend(&leak);
                bytes.extend(b"and more");
                assert!(
                    secret
                        .find_in_bytes("here", &bytes)
                        .iter()
                        .any(|finding| finding.form == form)
                );
            }
        }
        assert!(
            secret
                .find_in_bytes("here", b"the heron keeps the sixth key")
                .is_empty()
        );
    }

    #[test]
    fn base64_is_found_wherever_in_the_text_the_sentence_begins() {
        let secret = Secret::new(SENTENCE);
        for before in 0..6 {
            let text = [vec![0xfb; before], SENTENCE.into(), b"tail".to_vec()].concat();
            for encoded in [BASE64.encode(&text), BASE64URL.encode(&text)] {
                assert!(
                    !secret.find_in_bytes("here", encoded.as_bytes()).is_empty(),
                    "{before} before"
                );
            }
        }
    }

    #[test]
    fn files_and_own_memory_are_searched() -> Result<()> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("deep"))?;
        let secret = Secret::new(SENTENCE);
        assert!(secret.find_in_folder(folder.path())?.is_empty());
        std::fs::write(folder.path().join("deep/file"), SENTENCE)?;
        assert_eq!(secret.find_in_folder(folder.path())?.len(), 1);
        assert!(
            !secret.find_in_memory(std::process::id())?.is_empty(),
            "this test itself holds the sentence"
        );
        Ok(())
    }
}
