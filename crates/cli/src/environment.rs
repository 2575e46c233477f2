//! The environment variables of the scriptable client, read once, in one place. The server's own are
//! its configuration's.

use std::env;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What the environment says. `Debug` is left out: two of them are secrets.
pub(crate) struct Environment {
    /// `UNDERTONE_PASSWORD`: the account's password.
    pub(crate) password: Option<Zeroizing<String>>,
    /// `UNDERTONE_PASSPHRASE`: opens the profile's store.
    pub(crate) passphrase: Option<Zeroizing<String>>,
    /// The user's directory for data, by the XDG rules.
    pub(crate) data_home: Option<PathBuf>,
}

impl Environment {
    /// Reads it.
    pub(crate) fn read() -> Self {
        let path = |name: &str| {
            env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        Self {
            password: text("UNDERTONE_PASSWORD"),
            passphrase: text("UNDERTONE_PASSPHRASE"),
            data_home: path("XDG_DATA_HOME").or_else(|| path("HOME").map(|home| home.join(".local/share"))),
        }
    }
}

/// An empty variable counts as none.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
fn text(name: &str) -> Option<Zeroizing<String>> {
    env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .map(Zeroizing::new)
}
