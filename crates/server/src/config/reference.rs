//! The list of all settings: from it the reference is made, and against it the command's flags are
//! tested. What a setting does is not said in code here.

/// One setting, as the reference lists it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The flag without dashes. In the file the dashes inside are underscores; in the environment it
    /// is upper case with `UNDERTONE_` before.
    pub flag: &'static str,
    /// What stands when nobody says anything.
    pub default: &'static str,
    /// What it is for.
    pub description: &'static str,
}

impl Setting {
    /// The key in the file.
    pub fn key(&self) -> String {
        self.flag.replace('-', "_")
    }

    /// The variable in the environment.
    pub fn variable(&self) -> String {
        format!("UNDERTONE_{}", self.key().to_uppercase())
    }
}

/// Every setting: the one list from which the reference is made and against which the command's
/// flags are tested.
pub const SETTINGS: &[Setting] = &[
    Setting {
        flag: "data",
        default: "undertone-data",
        description: "Directory of the database, the key file and the local CA. Made at the first start, for its owner only.",
    },
    Setting {
        flag: "listen",
        default: "0.0.0.0:8443",
        description: "Address for other devices, encrypted as `--tls` says. `none`: only this machine is served.",
    },
    Setting {
        flag: "http-loopback",
        default: "127.0.0.1:8080",
        description: "Plain address for this machine alone; browsers treat `http://localhost` as secure. `none`: there is none.",
    },
    Setting {
        flag: "tls",
        default: "auto",
        description: "`auto`: a certificate of a local CA in the data directory. `files`: your own. `off`: none, only on a loopback address or behind a proxy. `acme` is refused: it is not part of this version.",
    },
    Setting {
        flag: "tls-certificate",
        default: "",
        description: "With `--tls files`: PEM file of the certificate chain.",
    },
    Setting {
        flag: "tls-key",
        default: "",
        description: "With `--tls files`: PEM file of the private key.",
    },
    Setting {
        flag: "database",
        default: "sqlite",
        description: "`sqlite`: an encrypted file in the data directory. Or `postgres://user:password@host/database`.",
    },
    Setting {
        flag: "bus",
        default: "local",
        description: "`local`: this server is alone on its database. `nats://host:4222`, or several separated by commas: servers with the same key file on the same PostgreSQL tell each other news through NATS. May hold a user and a password.",
    },
    Setting {
        flag: "behind-proxy",
        default: "",
        description: "Addresses of proxies, separated by commas, whose `X-Forwarded-For` is believed. Addresses are never stored.",
    },
    Setting {
        flag: "origin",
        default: "",
        description: "Origins besides the server's own pages that may call it, separated by commas.",
    },
    Setting {
        flag: "limit-scale",
        default: "1",
        description: "Multiplies every limit of speed, for many people behind one address.",
    },
    Setting {
        flag: "guests",
        default: "on",
        description: "`on`: people without an account may come into rooms. `off`: only accounts.",
    },
    Setting {
        flag: "guest-idle-hours",
        default: "24",
        description: "A guest who does not come back for so many hours ends, and the server forgets them.",
    },
    Setting {
        flag: "guest-messages-per-minute",
        default: "10",
        description: "Messages that one guest may send.",
    },
    Setting {
        flag: "guest-rooms-per-hour",
        default: "3",
        description: "Rooms that one guest may make.",
    },
    Setting {
        flag: "guest-sessions-per-hour",
        default: "5",
        description: "Guests who may come from one network.",
    },
    Setting {
        flag: "guest-free-per-minute",
        default: "30",
        description: "New guests on the whole server who come in just so. Beyond, each solves a proof of work first.",
    },
    Setting {
        flag: "guest-proof-bits",
        default: "18",
        description: "How hard that proof is, up to 24: each bit doubles the work.",
    },
    Setting {
        flag: "blobs",
        default: "",
        description: "Directory of the files that people send, which the server sees as sealed bytes; `blobs` in the data directory unless said otherwise. Or a bucket of S3 or what speaks like it: `s3://bucket/prefix?endpoint=https://host&region=name`, of which all but the bucket may be left out.",
    },
    Setting {
        flag: "s3-access-key",
        default: "",
        description: "With `--blobs s3://…`: the name of the keys.",
    },
    Setting {
        flag: "s3-secret-key",
        default: "",
        description: "With `--blobs s3://…`: the secret. Better in the environment or the file than on the command line, where other users of the machine can read it.",
    },
    Setting {
        flag: "file-bytes-max",
        default: "1073741824",
        description: "Bytes of the largest file that may be sent, up to 2147483648.",
    },
    Setting {
        flag: "user-blob-bytes-max",
        default: "8589934592",
        description: "Bytes of files that one account may have on the server at once.",
    },
    Setting {
        flag: "guest-blob-bytes-max",
        default: "268435456",
        description: "Bytes of files that one guest may have on the server at once.",
    },
    Setting {
        flag: "push",
        default: "on",
        description: "`on`: devices that are not connected are woken by Web Push, through the service of their browser. `off`: this server calls nobody.",
    },
    Setting {
        flag: "push-contact",
        default: "mailto:nobody@example.org",
        description: "Whom push services may write to about this server: an address that begins with `mailto:` or `https:`. Some services refuse to work without a real one.",
    },
    Setting {
        flag: "push-private-endpoints",
        default: "off",
        description: "`on`: push services may be on this machine or in its network, also without encryption. Whoever has an account can then make the server call there.",
    },
    Setting {
        flag: "metrics",
        default: "none",
        description: "Address at which Prometheus may read how the server fares, under `/metrics`, such as `127.0.0.1:9464`: numbers alone, nothing of anybody. `none`: there is none.",
    },
    Setting {
        flag: "metrics-on-network",
        default: "off",
        description: "`on`: that may be an address of the network, where whoever reaches it can read how busy the server is. It is not encrypted.",
    },
    Setting {
        flag: "log",
        default: "info",
        description: "What is written to standard error: `error`, `warn`, `info`, `debug`, or a filter of `tracing-subscriber`.",
    },
];

/// What `undertone serve` ends with, for supervisors.
pub const EXIT_CODES: &[(u8, &str)] = &[
    (
        0,
        "stopped by SIGTERM or Ctrl-C, after finishing what was under way",
    ),
    (1, "something else failed; standard error says what"),
    (2, "the command line makes no sense"),
    (
        69,
        "an address is taken, or the database does not answer: trying again later may help",
    ),
    (
        77,
        "a file of the data directory cannot be used: missing rights, or too many",
    ),
    (78, "the settings make no sense or do not go together"),
];

/// The reference of all settings in Markdown, as it stands in `docs/configuration.md`.
pub fn reference() -> String {
    let mut text = String::from(
        "# Settings of `undertone serve`\n\n\
         A flag wins over the environment, the environment over the file (`--config FILE`, TOML), the file over the default.\n\
         This page is made from `crates/server/src/config/reference.rs`; a test compares them.\n\n\
         | flag | environment | file | default | what it is for |\n|---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let default = if setting.default.is_empty() {
            String::new()
        } else {
            format!("`{}`", setting.default)
        };
        let (flag, variable, key) = (setting.flag, setting.variable(), setting.key());
        let row = [
            "| `--",
            flag,
            "` | `",
            &variable,
            "` | `",
            &key,
            "` | ",
            &default,
            " | ",
            setting.description,
            " |\n",
        ];
        text.extend(row);
    }
    text.push_str("\n## Exit codes\n\n| code | meaning |\n|--:|---|\n");
    for (code, meaning) in EXIT_CODES {
        text.extend(["| ", &code.to_string(), " | ", meaning, " |\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == reference(),
            "docs/configuration.md should read:\n\n{}",
            reference()
        );
    }
}
