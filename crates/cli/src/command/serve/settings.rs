//! The settings of `undertone serve`: flag over environment over file over default. What each is for
//! stands in the server's list of settings.

use super::ServeError;
use clap::Args;
use config::{Config as Sources, Environment as Variables, File, FileFormat};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use undertone_server::Config;
use undertone_server::config::{
    BlobPlace, BlobSettings, GuestSettings, MetricsSettings, PushSettings, S3Keys, SETTINGS, TlsMode,
};

/// The settings as flags; `docs/configuration.md` describes each. What is not given here is taken from
/// the environment (`UNDERTONE_…`), then from the file, then the default.
#[derive(Debug, Default, Args)]
pub(crate) struct ServeArgs {
    /// Read settings from this TOML file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory of the database, the key file and the local CA [default: undertone-data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Address for other devices, or none [default: 0.0.0.0:8443]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Plain address for this machine alone, or none [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    http_loopback: Option<String>,
    /// auto, files or off [default: auto]
    #[arg(long, value_name = "MODE")]
    tls: Option<String>,
    /// With --tls files: PEM file of the certificate chain.
    #[arg(long, value_name = "FILE")]
    tls_certificate: Option<String>,
    /// With --tls files: PEM file of the private key.
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// sqlite, or <postgres://user:password@host/database> [default: sqlite]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// local, or the NATS of several servers: <nats://host:4222> [default: local]
    #[arg(long, value_name = "URL")]
    bus: Option<String>,
    /// Addresses of proxies, separated by commas, whose X-Forwarded-For is believed.
    #[arg(long, value_name = "ADDRESSES")]
    behind_proxy: Option<String>,
    /// Origins besides the server's own pages that may call it, separated by commas.
    #[arg(long, value_name = "ORIGINS")]
    origin: Option<String>,
    /// Multiplies every limit of speed [default: 1]
    #[arg(long, value_name = "NUMBER")]
    limit_scale: Option<String>,
    /// on or off: whether people without an account may come into rooms [default: on]
    #[arg(long, value_name = "WORD")]
    guests: Option<String>,
    /// A guest who does not come back for so long ends [default: 24]
    #[arg(long, value_name = "HOURS")]
    guest_idle_hours: Option<String>,
    /// Messages that one guest may send [default: 10]
    #[arg(long, value_name = "NUMBER")]
    guest_messages_per_minute: Option<String>,
    /// Rooms that one guest may make [default: 3]
    #[arg(long, value_name = "NUMBER")]
    guest_rooms_per_hour: Option<String>,
    /// Guests who may come from one network [default: 5]
    #[arg(long, value_name = "NUMBER")]
    guest_sessions_per_hour: Option<String>,
    /// New guests who come in without a proof of work [default: 30]
    #[arg(long, value_name = "NUMBER")]
    guest_free_per_minute: Option<String>,
    /// How hard that proof is, up to 24 [default: 18]
    #[arg(long, value_name = "NUMBER")]
    guest_proof_bits: Option<String>,
    /// Directory of the files that people send, as sealed bytes, or <s3://bucket/prefix>
    #[arg(long, value_name = "PLACE")]
    blobs: Option<String>,
    /// With a bucket of S3: the name of the keys.
    #[arg(long, value_name = "NAME")]
    s3_access_key: Option<String>,
    /// With a bucket of S3: the secret; better in the environment.
    #[arg(long, value_name = "SECRET")]
    s3_secret_key: Option<String>,
    /// Bytes of the largest file [default: 1073741824]
    #[arg(long, value_name = "NUMBER")]
    file_bytes_max: Option<String>,
    /// Bytes of files that one account may have here [default: 8589934592]
    #[arg(long, value_name = "NUMBER")]
    user_blob_bytes_max: Option<String>,
    /// Bytes of files that one guest may have here [default: 268435456]
    #[arg(long, value_name = "NUMBER")]
    guest_blob_bytes_max: Option<String>,
    /// on or off: whether devices that are not connected are woken by Web Push [default: on]
    #[arg(long, value_name = "WORD")]
    push: Option<String>,
    /// Whom push services may write to [default: mailto:nobody@example.org]
    #[arg(long, value_name = "ADDRESS")]
    push_contact: Option<String>,
    /// on or off: whether push services may be in the server's own network [default: off]
    #[arg(long, value_name = "WORD")]
    push_private_endpoints: Option<String>,
    /// Address at which Prometheus reads how the server fares, or none [default: none]
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<String>,
    /// on or off: whether that may be an address of the network [default: off]
    #[arg(long, value_name = "WORD")]
    metrics_on_network: Option<String>,
    /// What is written to standard error: error, warn, info, debug [default: info]
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
    /// When ready, print one line of JSON instead of words.
    #[arg(long)]
    pub(crate) json: bool,
    /// When ready, write a line to this file descriptor.
    #[arg(long, value_name = "N")]
    pub(super) ready_fd: Option<u32>,
}

/// The settings' words, from all sources.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Settings {
    data: Option<String>,
    listen: Option<String>,
    http_loopback: Option<String>,
    tls: Option<String>,
    tls_certificate: Option<String>,
    tls_key: Option<String>,
    database: Option<String>,
    bus: Option<String>,
    behind_proxy: Option<String>,
    origin: Option<String>,
    limit_scale: Option<String>,
    guests: Option<String>,
    guest_idle_hours: Option<String>,
    guest_messages_per_minute: Option<String>,
    guest_rooms_per_hour: Option<String>,
    guest_sessions_per_hour: Option<String>,
    guest_free_per_minute: Option<String>,
    guest_proof_bits: Option<String>,
    blobs: Option<String>,
    s3_access_key: Option<String>,
    s3_secret_key: Option<String>,
    file_bytes_max: Option<String>,
    user_blob_bytes_max: Option<String>,
    guest_blob_bytes_max: Option<String>,
    push: Option<String>,
    push_contact: Option<String>,
    push_private_endpoints: Option<String>,
    metrics: Option<String>,
    metrics_on_network: Option<String>,
    pub(super) log: Option<String>,
}

impl Settings {
    /// Flag over environment over file over default.
    pub(super) fn assemble(args: &ServeArgs, variables: Variables) -> Result<Self, ServeError> {
        let mut sources = Sources::builder();
        for setting in SETTINGS.iter().filter(|setting| !setting.default.is_empty()) {
            sources = sources.set_default(setting.key(), setting.default)?;
        }
        if let Some(path) = &args.config {
            let file = || File::from(path.as_path()).format(FileFormat::Toml);
            check_keys(Sources::builder().add_source(file()).build()?)?;
            sources = sources.add_source(file());
        }
        sources = sources.add_source(variables);
        for (key, value) in args.given() {
            sources = sources.set_override(key, value.as_str())?;
        }
        Ok(sources.build()?.try_deserialize()?)
    }

    pub(super) fn to_config(&self) -> Result<Config, ServeError> {
        let path = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(PathBuf::from);
        let (certificate, key) = (path(&self.tls_certificate), path(&self.tls_key));
        let config = Config {
            listen: address("listen", self.listen.as_deref())?,
            http_loopback: address("http-loopback", self.http_loopback.as_deref())?,
            tls: TlsMode::parse(
                self.tls.as_deref().unwrap_or("auto"),
                certificate.as_deref(),
                key.as_deref(),
            )?,
            database: self.database.as_deref().unwrap_or("sqlite").parse()?,
            bus: self.bus.as_deref().unwrap_or("local").parse()?,
            behind_proxy: list("behind-proxy", self.behind_proxy.as_deref(), |text| {
                text.parse::<IpAddr>().ok()
            })?,
            origins: list("origin", self.origin.as_deref(), |text| Some(text.to_owned()))?,
            limit_scale: parse(
                "limit-scale",
                self.limit_scale.as_deref().unwrap_or("1"),
                |text| text.parse::<NonZeroU32>().ok(),
            )?,
            guests: self.guest_settings()?,
            blobs: self.blob_settings()?,
            push: self.push_settings()?,
            metrics: MetricsSettings {
                listen: address("metrics", self.metrics.as_deref())?,
                on_network: switch("metrics-on-network", self.metrics_on_network.as_deref(), false)?,
            },
            ..Config::new(self.data_dir())
        };
        config.validate()?;
        Ok(config)
    }

    fn guest_settings(&self) -> Result<GuestSettings, ServeError> {
        let default = GuestSettings::default();
        Ok(GuestSettings {
            enabled: switch("guests", self.guests.as_deref(), default.enabled)?,
            idle_hours: number(
                "guest-idle-hours",
                self.guest_idle_hours.as_deref(),
                default.idle_hours,
            )?,
            messages_per_minute: number(
                "guest-messages-per-minute",
                self.guest_messages_per_minute.as_deref(),
                default.messages_per_minute,
            )?,
            rooms_per_hour: number(
                "guest-rooms-per-hour",
                self.guest_rooms_per_hour.as_deref(),
                default.rooms_per_hour,
            )?,
            sessions_per_hour: number(
                "guest-sessions-per-hour",
                self.guest_sessions_per_hour.as_deref(),
                default.sessions_per_hour,
            )?,
            free_per_minute: number(
                "guest-free-per-minute",
                self.guest_free_per_minute.as_deref(),
                default.free_per_minute,
            )?,
            proof_bits: number(
                "guest-proof-bits",
                self.guest_proof_bits.as_deref(),
                default.proof_bits,
            )?,
        })
    }

    fn blob_settings(&self) -> Result<BlobSettings, ServeError> {
        let default = BlobSettings::default();
        let bytes = |flag, text: &Option<String>, default| number(flag, text.as_deref(), default);
        let mut place: BlobPlace = self.blobs.as_deref().unwrap_or_default().parse()?;
        if let (Some(name), Some(secret)) = (&self.s3_access_key, &self.s3_secret_key) {
            place = place.with_keys(S3Keys::new(name, secret));
        }
        Ok(BlobSettings {
            place,
            file_bytes_max: bytes("file-bytes-max", &self.file_bytes_max, default.file_bytes_max)?,
            user_bytes_max: bytes(
                "user-blob-bytes-max",
                &self.user_blob_bytes_max,
                default.user_bytes_max,
            )?,
            guest_bytes_max: bytes(
                "guest-blob-bytes-max",
                &self.guest_blob_bytes_max,
                default.guest_bytes_max,
            )?,
        })
    }

    fn push_settings(&self) -> Result<PushSettings, ServeError> {
        let default = PushSettings::default();
        let private = self.push_private_endpoints.as_deref();
        Ok(PushSettings {
            enabled: switch("push", self.push.as_deref(), default.enabled)?,
            contact: self.push_contact.clone().unwrap_or(default.contact),
            private_endpoints: switch("push-private-endpoints", private, default.private_endpoints)?,
        })
    }

    pub(super) fn data_dir(&self) -> &Path {
        Path::new(self.data.as_deref().unwrap_or("undertone-data"))
    }
}

impl ServeArgs {
    /// The settings that were given as flags, by their key.
    fn given(&self) -> impl Iterator<Item = (&'static str, &String)> {
        [
            ("data", &self.data),
            ("listen", &self.listen),
            ("http_loopback", &self.http_loopback),
            ("tls", &self.tls),
            ("tls_certificate", &self.tls_certificate),
            ("tls_key", &self.tls_key),
            ("database", &self.database),
            ("bus", &self.bus),
            ("behind_proxy", &self.behind_proxy),
            ("origin", &self.origin),
            ("limit_scale", &self.limit_scale),
            ("guests", &self.guests),
            ("guest_idle_hours", &self.guest_idle_hours),
            ("guest_messages_per_minute", &self.guest_messages_per_minute),
            ("guest_rooms_per_hour", &self.guest_rooms_per_hour),
            ("guest_sessions_per_hour", &self.guest_sessions_per_hour),
            ("guest_free_per_minute", &self.guest_free_per_minute),
            ("guest_proof_bits", &self.guest_proof_bits),
            ("blobs", &self.blobs),
            ("s3_access_key", &self.s3_access_key),
            ("s3_secret_key", &self.s3_secret_key),
            ("file_bytes_max", &self.file_bytes_max),
            ("user_blob_bytes_max", &self.user_blob_bytes_max),
            ("guest_blob_bytes_max", &self.guest_blob_bytes_max),
            ("push", &self.push),
            ("push_contact", &self.push_contact),
            ("push_private_endpoints", &self.push_private_endpoints),
            ("metrics", &self.metrics),
            ("metrics_on_network", &self.metrics_on_network),
            ("log", &self.log),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.as_ref()?)))
    }
}

/// A setting in the file that does not exist is a mistake of its author, not something to ignore.
fn check_keys(file: Sources) -> Result<(), ServeError> {
    let keys: std::collections::HashMap<String, config::Value> = file.try_deserialize()?;
    match keys
        .keys()
        .find(|key| !SETTINGS.iter().any(|setting| setting.key() == **key))
    {
        Some(unknown) => Err(config::ConfigError::NotFound(unknown.clone()).into()),
        None => Ok(()),
    }
}

fn parse<T>(flag: &'static str, text: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, ServeError> {
    read(text.trim()).ok_or_else(|| ServeError::Value {
        flag,
        value: text.to_owned(),
    })
}

fn switch(flag: &'static str, word: Option<&str>, default: bool) -> Result<bool, ServeError> {
    word.map_or(Ok(default), |word| {
        parse(flag, word, |word| match word {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        })
    })
}

fn number<T: FromStr>(flag: &'static str, text: Option<&str>, default: T) -> Result<T, ServeError> {
    match text {
        None => Ok(default),
        Some(text) => parse(flag, text, |text| text.parse().ok()),
    }
}

fn address(flag: &'static str, text: Option<&str>) -> Result<Option<SocketAddr>, ServeError> {
    match text.map(str::trim) {
        None | Some("none" | "") => Ok(None),
        Some(text) => parse(flag, text, |text| text.parse().ok()).map(Some),
    }
}

fn list<T>(
    flag: &'static str,
    text: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, ServeError> {
    let entries = text
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty());
    entries.map(|entry| parse(flag, entry, &read)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, FromArgMatches, Parser};
    use std::collections::HashMap;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        serve: ServeArgs,
    }

    fn args(words: &[&str]) -> ServeArgs {
        let matches = Alone::command().get_matches_from([&["serve"], words].concat());
        Alone::from_arg_matches(&matches).unwrap().serve
    }

    fn assemble(words: &[&str], variables: &[(&str, &str)]) -> Result<Config, ServeError> {
        let variables: HashMap<String, String> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let variables = Variables::with_prefix("UNDERTONE").source(Some(variables));
        Settings::assemble(&args(words), variables)?.to_config()
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
        let file = file(
            "http_loopback = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:1\"\ndata = \"of-file\"\nlimit_scale = 7\n",
        );
        let path = file.path().to_str().unwrap();
        let variables = [
            ("UNDERTONE_HTTP_LOOPBACK", "127.0.0.1:2"),
            ("UNDERTONE_LISTEN", "127.0.0.1:2"),
        ];
        let config = assemble(&["--config", path, "--http-loopback", "127.0.0.1:3"], &variables).unwrap();
        assert_eq!(config.http_loopback, "127.0.0.1:3".parse().ok());
        assert_eq!(config.listen, "127.0.0.1:2".parse().ok());
        assert_eq!(config.data_dir, Path::new("of-file"));
        assert_eq!(config.limit_scale.get(), 7);
        assert_eq!(config.tls, TlsMode::Auto);
    }

    #[test]
    fn mistakes_are_told_with_the_code_of_settings() {
        let unknown = file("colour = \"blue\"\n");
        let broken = file("listen = \n");
        for words in [
            ["--config", unknown.path().to_str().unwrap()],
            ["--config", broken.path().to_str().unwrap()],
            ["--config", "/nonexistent"],
            ["--listen", "everywhere"],
            ["--limit-scale", "0"],
            ["--guests", "some"],
            ["--guest-idle-hours", "0"],
            ["--guest-messages-per-minute", "many"],
            ["--guest-proof-bits", "25"],
            ["--blobs", "s3://bucket"],
            ["--file-bytes-max", "2147483649"],
            ["--user-blob-bytes-max", "all"],
            ["--metrics", "0.0.0.0:9464"],
            ["--metrics-on-network", "perhaps"],
            ["--push", "sometimes"],
            ["--push-contact", "root"],
            ["--push-private-endpoints", "yes"],
            ["--behind-proxy", "proxy.example"],
            ["--tls", "acme"],
            ["--tls", "files"],
            ["--database", "mysql://"],
            ["--http-loopback", "0.0.0.0:80"],
        ] {
            assert_eq!(assemble(&words, &[]).unwrap_err().exit_code(), 78, "{words:?}");
        }
    }

    #[test]
    fn guests_are_settings_too() {
        let default = assemble(&[], &[]).unwrap().guests;
        assert_eq!(default, GuestSettings::default());
        let off = assemble(&["--guests", "off"], &[("UNDERTONE_GUEST_IDLE_HOURS", "2")]).unwrap();
        assert!(!off.guests.enabled);
        assert_eq!(off.guests.idle_hours.get(), 2);
        let flags = [
            "messages-per-minute",
            "rooms-per-hour",
            "sessions-per-hour",
            "free-per-minute",
            "proof-bits",
        ];
        let words: Vec<String> = flags
            .into_iter()
            .zip(1..)
            .flat_map(|(flag, value)| [format!("--guest-{flag}"), value.to_string()])
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let guests = assemble(&words, &[]).unwrap().guests;
        let numbers = [
            guests.messages_per_minute.get(),
            guests.rooms_per_hour.get(),
            guests.sessions_per_hour.get(),
            guests.free_per_minute,
            u32::from(guests.proof_bits),
        ];
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn files_are_settings_too() {
        assert_eq!(assemble(&[], &[]).unwrap().blobs, BlobSettings::default());
        let words = [
            "--file-bytes-max",
            "1",
            "--user-blob-bytes-max",
            "2",
            "--guest-blob-bytes-max",
            "3",
        ];
        let blobs = assemble(&words, &[("UNDERTONE_BLOBS", "/srv/blobs")])
            .unwrap()
            .blobs;
        assert_eq!(
            (blobs.file_bytes_max, blobs.user_bytes_max, blobs.guest_bytes_max),
            (1, 2, 3)
        );
        assert_eq!(blobs.place, BlobPlace::Directory("/srv/blobs".into()));
    }

    #[test]
    fn a_bucket_gets_its_keys_from_the_environment() {
        let variables = [
            ("UNDERTONE_BLOBS", "s3://files/here"),
            ("UNDERTONE_S3_ACCESS_KEY", "who"),
            ("UNDERTONE_S3_SECRET_KEY", "whisper"),
        ];
        let blobs = assemble(&[], &variables).unwrap().blobs;
        let place: BlobPlace = "s3://files/here".parse().unwrap();
        assert_eq!(blobs.place, place.with_keys(S3Keys::new("who", "whisper")));
        let incomplete = assemble(&[], &variables[..2]).unwrap_err();
        assert_eq!(incomplete.exit_code(), 78);
    }

    #[test]
    fn waking_is_a_setting_too() {
        assert_eq!(assemble(&[], &[]).unwrap().push, PushSettings::default());
        let words = ["--push", "off", "--push-private-endpoints", "on"];
        let variables = [("UNDERTONE_PUSH_CONTACT", "https://example.org/about")];
        let push = assemble(&words, &variables).unwrap().push;
        assert_eq!((push.enabled, push.private_endpoints), (false, true));
        assert_eq!(push.contact, "https://example.org/about");
    }

    #[test]
    fn other_variables_of_the_program_are_no_settings() {
        let config = assemble(
            &[],
            &[("UNDERTONE_PASSWORD", "secret"), ("UNDERTONE_LISTEN", "none")],
        )
        .unwrap();
        assert_eq!(config.listen, None);
    }

    #[test]
    fn every_setting_is_a_flag() {
        let command = Alone::command();
        for setting in SETTINGS {
            let flag = command
                .get_arguments()
                .find(|argument| argument.get_long() == Some(setting.flag));
            let help = flag
                .unwrap_or_else(|| panic!("no flag --{}", setting.flag))
                .get_help()
                .unwrap()
                .to_string();
            let default = format!("[default: {}]", setting.default);
            assert!(
                setting.default.is_empty() || help.contains(&default),
                "--{}: {help}",
                setting.flag
            );
        }
    }
}
