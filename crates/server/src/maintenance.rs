//! What an administrator asks for from outside, whether the server runs or not. It works on the database
//! alone: those who are connected learn of it from the server's own next turn.

use rand::rngs::OsRng;
use std::io;

use crate::blob::Blobs;
use crate::config::Config;
use crate::job::blobs;
use crate::job::retention::sweep_all;
use crate::key_file::Keys;
use crate::server::{Environment, StartError, open_database};
use crate::store::sweep::{Sweep, Swept};

/// What a clean-up removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// What was past its time.
    pub swept: Swept,
    /// Devices of guests who were away too long.
    pub guests: u64,
}

/// Forgets at once what is due by the clock, and leaves nothing of it in the database's files. The clock
/// is taken at its word: whoever asks has looked at it.
pub async fn cleanup(config: &Config, environment: &Environment) -> Result<Cleaned, StartError> {
    let keys = Keys::load_or_create(&config.data_dir, &mut OsRng)?;
    if keys.is_new() {
        keys.discard_if_new(&config.data_dir)?;
        return Err(StartError::DataDirectory {
            path: config.data_dir.clone(),
            source: io::Error::new(io::ErrorKind::NotFound, "no server has kept anything here"),
        });
    }
    config.blobs.validate()?;
    let store = open_database(config, &keys).await?;
    let now = environment.clock.now();
    let guests = store.end_guests(now).await?.len();
    let swept = sweep_all(&store, Sweep::at(now)).await?;
    let place = Blobs::open(&config.blobs.place, &config.data_dir)?;
    let blobs = blobs::sweep(&store, &place, now).await? + blobs::sweep_strays(&store, &place).await?;
    store.rewrite_files().await?;
    Ok(Cleaned {
        swept: Swept { blobs, ..swept },
        guests: u64::try_from(guests).unwrap_or(u64::MAX),
    })
}
