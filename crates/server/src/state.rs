//! What every handler can reach: one server's parts, shared. It holds no request's data.

use rand::rngs::OsRng;
use std::error::Error;
use std::ops::Deref;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

use crate::auth::{
    AccessTokens, AddressKey, LoginDelays, PendingLogins, PendingRecoveries, ProofsOfWork, SigningError,
};
use crate::blob::Blobs;
use crate::bus::Bus;
use crate::checkpoint::Checkpoints;
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::{Delivery, Parts};
use crate::franking::FrankingKey;
use crate::key_file::Keys;
use crate::metrics::Metrics;
use crate::push::{Pusher, Waker};
use crate::rate_limit::Limits;
use crate::server::Environment;
use crate::store::Store;
use crate::stream::UNAUTHENTICATED_MAX;
use crate::tls::LocalCa;

/// A handle to the server's parts. Cloning gives another handle to the same ones.
#[derive(Clone)]
pub struct AppState(Arc<State>);

/// The server's parts.
pub struct State {
    /// The settings it was started with.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The bytes of files.
    pub blobs: Blobs,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The secrets of the key file.
    pub keys: Keys,
    /// Makes and checks access tokens.
    pub tokens: AccessTokens,
    /// How fast anyone may do anything.
    pub limits: Limits,
    /// Places for connections that have not said yet who they are.
    pub unauthenticated: Arc<Semaphore>,
    /// The brake on guessing passwords.
    pub delays: LoginDelays,
    /// Logins between their two requests.
    pub logins: PendingLogins,
    /// Logins by recovery key between their two requests.
    pub recoveries: PendingRecoveries,
    /// What guests are asked for when there are many.
    pub proofs: ProofsOfWork,
    /// Turns addresses into keyed hashes.
    pub address_key: AddressKey,
    /// The certificate authority, where the server made its own.
    pub local_ca: Option<LocalCa>,
    /// The way to push services, if devices are woken.
    pub pusher: Option<Pusher>,
    /// What is counted.
    pub metrics: Metrics,
    /// The message plane.
    pub delivery: Delivery,
    /// Points at which a test may kill the server.
    pub checkpoints: Checkpoints,
    /// True when the server is shutting down.
    pub shutdown: watch::Receiver<bool>,
}

/// What a server is put together from.
pub(crate) struct Assembly {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    pub(crate) bus: Bus,
    pub(crate) keys: Keys,
    pub(crate) environment: Environment,
    pub(crate) local_ca: Option<LocalCa>,
    pub(crate) shutdown: watch::Receiver<bool>,
}

impl AppState {
    /// Puts a server together; only its listeners and jobs are missing.
    pub(crate) fn assemble(assembly: Assembly) -> Result<Self, SigningError> {
        let Assembly {
            config,
            store,
            blobs,
            bus,
            keys,
            environment,
            local_ca,
            shutdown,
        } = assembly;
        let Environment { clock, checkpoints } = environment;
        let address_key = AddressKey::generate(&mut OsRng);
        let pusher = make_pusher(&config, &keys);
        let waker = if pusher.is_some() {
            Waker::to_job()
        } else {
            Waker::default()
        };
        let delivery = Delivery::new(Parts {
            bus,
            waker,
            store: store.clone(),
            clock: Arc::clone(&clock),
            franking_key: FrankingKey::from_bytes(*keys.franking()),
            checkpoints: checkpoints.clone(),
        });
        Ok(Self(Arc::new(State {
            tokens: AccessTokens::new(keys.token_signing())?,
            limits: Limits::new(Arc::clone(&clock), address_key.clone(), &config),
            proofs: ProofsOfWork::new(Arc::clone(&clock), address_key.clone(), &config),
            unauthenticated: Arc::new(Semaphore::new(UNAUTHENTICATED_MAX)),
            delays: LoginDelays::new(Arc::clone(&clock), address_key.clone(), config.limit_scale.get()),
            logins: PendingLogins::new(Arc::clone(&clock)),
            recoveries: PendingRecoveries::new(Arc::clone(&clock)),
            config,
            store,
            blobs,
            clock,
            keys,
            address_key,
            local_ca,
            pusher,
            metrics: delivery.hub().metrics(),
            delivery,
            checkpoints,
            shutdown,
        })))
    }
}

/// The way to push services, if the administrator wants one. A machine without certificate authorities can
/// still be a server.
fn make_pusher(config: &Config, keys: &Keys) -> Option<Pusher> {
    let made = config
        .push
        .enabled
        .then(|| Pusher::new(&config.push, &keys.push()))?;
    made.inspect_err(|error| tracing::warn!(error = error as &dyn Error, "nobody will be woken"))
        .ok()
}

impl Deref for AppState {
    type Target = State;
    fn deref(&self) -> &State {
        &self.0
    }
}
