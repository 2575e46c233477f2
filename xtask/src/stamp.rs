//! Remembers from which inputs something was made, so that a second start has nothing to do.
//! The stamp lies beside what was made: two clones that share a target directory cannot confuse each other.

use crate::files;
use anyhow::{Context as _, Result};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

/// The inputs of one step as a number, and where that number is kept.
pub(crate) struct Stamp {
    file: PathBuf,
    value: String,
}

impl Stamp {
    /// Reads the inputs: words (versions, options) and the contents of all files below `paths`.
    pub(crate) fn new(file: PathBuf, words: &[&str], paths: &[PathBuf]) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        words.hash(&mut hasher);
        for path in paths {
            for input in files::below(path)? {
                input.hash(&mut hasher);
                let content = fs::read(&input).with_context(|| format!("cannot read {}", input.display()))?;
                content.hash(&mut hasher);
            }
        }
        Ok(Self {
            file,
            value: format!("{:016x}", hasher.finish()),
        })
    }

    /// True if `made` exists and was made from these very inputs.
    pub(crate) fn is_fresh(&self, made: &Path) -> bool {
        made.exists() && fs::read_to_string(&self.file).is_ok_and(|kept| kept == self.value)
    }

    /// Remembers the inputs after the step has succeeded.
    pub(crate) fn keep(&self) -> Result<()> {
        if let Some(directory) = self.file.parent() {
            fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        }
        fs::write(&self.file, &self.value).with_context(|| format!("cannot write {}", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory of this test's own, removed when the test ends.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("undertone-xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_stamp_is_fresh_until_an_input_changes() {
        let folder = Folder::new("stamp");
        let (input, made) = (folder.0.join("input"), folder.0.join("made"));
        fs::write(&input, "one").unwrap();
        fs::write(&made, "").unwrap();
        let stamp =
            |word: &str| Stamp::new(folder.0.join("stamp"), &[word], std::slice::from_ref(&input)).unwrap();

        assert!(!stamp("v1").is_fresh(&made), "nothing was kept yet");
        stamp("v1").keep().unwrap();
        assert!(stamp("v1").is_fresh(&made));
        assert!(!stamp("v2").is_fresh(&made), "another version");
        fs::write(&input, "two").unwrap();
        assert!(!stamp("v1").is_fresh(&made), "another content");
        fs::write(&input, "one").unwrap();
        fs::remove_file(&made).unwrap();
        assert!(!stamp("v1").is_fresh(&made), "what was made is gone");
    }
}
