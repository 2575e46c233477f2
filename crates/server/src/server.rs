//! One running server: its start, its listeners, its jobs and its end.

use axum::Router;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsAcceptor;
use hyper_util::rt::TokioTimer;
use rand::rngs::OsRng;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::auth::{SigningError, TypedCode};
use crate::blob::{BlobError, Blobs, S3Error};
use crate::bus::{Bus, BusError, BusKey};
use crate::checkpoint::Checkpoints;
use crate::clock::{Clock, SystemClock};
use crate::config::{BusUrl, Config, ConfigError, DatabaseUrl};
use crate::delivery::Hub;
use crate::job;
use crate::key_file::{KeyFileError, Keys, create_private_directory};
use crate::listener::Impatient;
use crate::metrics;
use crate::push::waker;
use crate::router::router;
use crate::state::{AppState, Assembly};
use crate::store::{SqliteKey, Store, StoreError};
use crate::tls::{self, Tls, TlsError};
use undertone_wire::limits::HTTP_IDLE_MAX;

/// Requests under way may take this long after the server was told to stop.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);
/// The database's file in the data directory.
pub(crate) const DATABASE_FILE: &str = "undertone.db";

/// What a server takes from outside: in tests a clock that stands, and points at which to kill.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Points at which a test may kill the server.
    pub checkpoints: Checkpoints,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock::start()),
            checkpoints: Checkpoints::default(),
        }
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings do not go together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data directory cannot be used.
    #[error("cannot use the data directory {path}")]
    DataDirectory {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The place of the blobs cannot be used.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// The key file cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The database belongs to another key file.
    #[error("this key file is not the one of this database: put back the old one")]
    KeysOfAnother {
        /// What SQLite said, if it could not read the file.
        #[source]
        source: Option<StoreError>,
    },
    /// The signing key does not serve.
    #[error("the key for access tokens does not serve")]
    Signing(#[from] SigningError),
    /// The database cannot be used.
    #[error("cannot open the database")]
    Store(#[from] StoreError),
    /// The other servers cannot be joined.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// There is no certificate to show.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address}: give another with {flag}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// The setting that names it.
        flag: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A server that answers. Dropping it stops its listeners at once.
pub struct RunningServer {
    loopback_url: Option<String>,
    network_urls: Vec<String>,
    setup_token: Option<String>,
    ca_fingerprint: Option<String>,
    metrics_address: Option<SocketAddr>,
    state: AppState,
    stop: watch::Sender<bool>,
    listeners: Vec<Handle<SocketAddr>>,
    tasks: JoinSet<()>,
}

impl fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningServer")
            .field("loopback_url", &self.loopback_url)
            .finish_non_exhaustive()
    }
}

/// Starts a server; when this returns, it answers.
pub async fn start(config: Config, environment: Environment) -> Result<RunningServer, StartError> {
    config.validate()?;
    // First, so that a second start on the same addresses touches nothing.
    let loopback = config
        .http_loopback
        .map(|address| bind(address, "--http-loopback"))
        .transpose()?;
    let network = config
        .listen
        .map(|address| bind(address, "--listen"))
        .transpose()?;
    let numbers = config
        .metrics
        .listen
        .map(|address| bind(address, "--metrics"))
        .transpose()?;
    let directory = &config.data_dir;
    create_private_directory(directory).map_err(|source| StartError::DataDirectory {
        path: directory.clone(),
        source,
    })?;
    let tls = if network.is_some() {
        Tls::prepare(&config, environment.clock.as_ref())?
    } else {
        None
    };
    let (stop, stopping) = watch::channel(false);
    let state = assemble(config, environment, tls.as_ref(), stopping).await?;
    state.blobs.prepare().await?;
    let setup_code = TypedCode::generate(&mut OsRng);
    let is_open = state.store.renew_setup_token(setup_code.setup_hash()).await?;

    let mut server = RunningServer {
        loopback_url: None,
        network_urls: Vec::new(),
        setup_token: is_open.then(|| setup_code.to_text()),
        ca_fingerprint: state.local_ca.as_ref().map(|ca| ca.fingerprint().to_owned()),
        metrics_address: numbers.as_ref().map(|(_, address)| *address),
        state: state.clone(),
        stop,
        listeners: Vec::new(),
        tasks: JoinSet::new(),
    };
    if let Some((listener, _)) = numbers {
        let listener = tokio::net::TcpListener::from_std(listener);
        let listener = listener.map_err(|source| server.cannot_serve(source))?;
        server.tasks.spawn(metrics::serve(listener, state.clone()));
    }
    let service = router(state.clone());
    if let Some((listener, address)) = loopback {
        server.loopback_url = Some(format!("http://localhost:{}", address.port()));
        server.serve_plain(listener, service.clone())?;
    }
    if let Some((listener, address)) = network {
        server.network_urls = network_urls(address, tls.is_some());
        match &tls {
            Some(tls) => server.serve_encrypted(listener, service, tls)?,
            None => server.serve_plain(listener, service)?,
        }
    }
    start_jobs(&mut server.tasks, &state);
    if let Some(tls) = tls {
        server.tasks.spawn(look_after_certificate(tls, state));
    }
    Ok(server)
}

/// What goes on beside the requests.
fn start_jobs(tasks: &mut JoinSet<()>, state: &AppState) {
    let bus = state.delivery.bus().clone();
    let (store, shutdown) = (state.store.clone(), state.shutdown.clone());
    let clock = Arc::clone(&state.clock);
    let reaper = job::retention::Reaper::new(store.clone(), clock, bus.clone(), state.blobs.clone());
    tasks.spawn(reaper.run(shutdown.clone()));
    tasks.spawn(bus.stay_level(store, shutdown.clone()));
    tasks.spawn(forget_regularly(state.clone()));
    tasks.spawn(state.delivery.clone().judge_regularly(shutdown));
    tasks.spawn(wake_devices(state.clone()));
}

async fn assemble(
    config: Config,
    environment: Environment,
    tls: Option<&Tls>,
    shutdown: watch::Receiver<bool>,
) -> Result<AppState, StartError> {
    let keys = Keys::load_or_create(&config.data_dir, &mut OsRng)?;
    let store = open_database(&config, &keys).await?;
    let local_ca = tls.and_then(Tls::local_ca).cloned();
    let hub = Hub::default();
    let bus = match &config.bus {
        BusUrl::Local => Bus::alone(hub),
        BusUrl::Nats(url) => Bus::join(hub, url, BusKey::of(&keys)).await?,
    };
    let blobs = Blobs::open(&config.blobs.place, &config.data_dir)?;
    Ok(AppState::assemble(Assembly {
        config,
        store,
        blobs,
        bus,
        keys,
        environment,
        local_ca,
        shutdown,
    })?)
}

/// Opens the database if it belongs to these keys. A key file that was made just now does not stay
/// where nothing can depend on it: the old one is to be put back.
pub(crate) async fn open_database(config: &Config, keys: &Keys) -> Result<Store, StartError> {
    let opened = match &config.database {
        DatabaseUrl::Sqlite => {
            let key = SqliteKey::from_bytes(*keys.database());
            Store::open_sqlite(&config.data_dir.join(DATABASE_FILE), &key).await
        }
        DatabaseUrl::Postgres(url) => Store::open_postgres(url).await,
    };
    let refused = match opened {
        Ok(store)
            if store
                .belongs_to_key_file(keys.identifier(), keys.is_new())
                .await? =>
        {
            return Ok(store);
        }
        Ok(_) => StartError::KeysOfAnother { source: None },
        Err(error) if error.is_unreadable_file() => StartError::KeysOfAnother { source: Some(error) },
        // A file that was begun with these keys needs them.
        Err(error) if matches!(config.database, DatabaseUrl::Sqlite) => return Err(error.into()),
        Err(error) => error.into(),
    };
    keys.discard_if_new(&config.data_dir)?;
    Err(refused)
}

fn bind(address: SocketAddr, flag: &'static str) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen {
        address,
        flag,
        source,
    };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// What other devices type: every address of this machine, if the listener is on all of them.
fn network_urls(bound: SocketAddr, is_encrypted: bool) -> Vec<String> {
    let scheme = if is_encrypted { "https" } else { "http" };
    let port = bound.port();
    if !bound.ip().is_unspecified() {
        return vec![format!("{scheme}://{bound}")];
    }
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses: Vec<IpAddr> = interfaces.iter().map(if_addrs::Interface::ip).collect();
    // Loopback is of no use to others; IPv6 link-local needs the name of an interface.
    addresses.retain(|address| match address {
        IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_link_local(),
        IpAddr::V6(v6) => bound.is_ipv6() && !v6.is_loopback() && !v6.is_unicast_link_local(),
    });
    // The first is shown as a QR code: rather one that the local authority vouches for.
    addresses.sort_by_key(|address| !tls::is_permitted(address));
    addresses
        .into_iter()
        .map(|address| format!("{scheme}://{}", SocketAddr::new(address, port)))
        .collect()
}

impl StartError {
    /// What the process ends with: one of [`crate::config::EXIT_CODES`].
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_)
            | Self::KeysOfAnother { .. }
            | Self::Blobs(BlobError::S3(S3Error::Refused(_))) => 78,
            Self::DataDirectory { .. } | Self::Blobs(BlobError::Disk(_)) | Self::Keys(_) | Self::Tls(_) => 77,
            Self::Blobs(BlobError::S3(_)) | Self::Store(_) | Self::Bus(_) | Self::Listen { .. } => 69,
            Self::Signing(_) => 1,
        }
    }
}

impl RunningServer {
    /// The address to open on this machine.
    pub fn loopback_url(&self) -> &str {
        self.loopback_url.as_deref().unwrap_or_default()
    }

    /// The addresses for other devices.
    pub fn network_urls(&self) -> &[String] {
        &self.network_urls
    }

    /// The one-time set-up token, until somebody used it.
    pub fn setup_token(&self) -> Option<&str> {
        self.setup_token.as_deref()
    }

    /// SHA-256 of the local certificate authority, with `--tls auto`.
    pub fn ca_fingerprint(&self) -> Option<&str> {
        self.ca_fingerprint.as_deref()
    }

    /// Where metrics are read.
    pub const fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The server's parts.
    #[cfg(test)]
    pub(crate) fn state(&self) -> &AppState {
        &self.state
    }

    /// Stops: no new connection, those that are open are told to come back, requests under way are
    /// finished.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        self.state.delivery.hub().close_all();
        for listener in &self.listeners {
            listener.graceful_shutdown(Some(DRAIN_WITHIN));
        }
        while self.tasks.join_next().await.is_some() {}
        tracing::info!("stopped");
    }

    /// Stops as if the power failed: nothing is finished, nobody is told. For the rest to die, drop the
    /// runtime.
    #[cfg(feature = "testing")]
    pub fn kill(mut self) {
        for listener in &self.listeners {
            listener.shutdown();
        }
        self.tasks.abort_all();
    }

    fn serve_plain(&mut self, listener: TcpListener, service: Router) -> Result<(), StartError> {
        let handle = Handle::new();
        let server = axum_server::from_tcp(listener).map_err(|source| self.cannot_serve(source))?;
        let mut server = server
            .acceptor(Impatient(NoDelayAcceptor::new()))
            .handle(handle.clone());
        limit_head(server.http_builder());
        self.listeners.push(handle);
        self.tasks.spawn(async move {
            let service = service.into_make_service_with_connect_info::<SocketAddr>();
            report(server.serve(service).await);
        });
        Ok(())
    }

    fn serve_encrypted(
        &mut self,
        listener: TcpListener,
        service: Router,
        tls: &Tls,
    ) -> Result<(), StartError> {
        let handle = Handle::new();
        let acceptor = RustlsAcceptor::new(tls.shown()).acceptor(NoDelayAcceptor::new());
        let server = axum_server::from_tcp(listener).map_err(|source| self.cannot_serve(source))?;
        let mut server = server.acceptor(Impatient(acceptor)).handle(handle.clone());
        limit_head(server.http_builder());
        self.listeners.push(handle);
        self.tasks.spawn(async move {
            let service = service.into_make_service_with_connect_info::<SocketAddr>();
            report(server.serve(service).await);
        });
        Ok(())
    }

    fn cannot_serve(&self, source: io::Error) -> StartError {
        StartError::DataDirectory {
            path: self.state.config.data_dir.clone(),
            source,
        }
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        for listener in &self.listeners {
            listener.shutdown();
        }
    }
}

fn limit_head(builder: &mut hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor>) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HTTP_IDLE_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(HTTP_IDLE_MAX));
}

fn report(served: io::Result<()>) {
    if let Err(error) = served {
        tracing::error!(error = &error as &dyn std::error::Error, "a listener stopped");
    }
}

/// Forgets what is over: logins each minute, tickets, invitations and sessions too.
async fn forget_regularly(state: AppState) {
    const EVERY: Duration = Duration::from_mins(1);
    let mut shutdown = state.shutdown.clone();
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = shutdown.wait_for(|stopping| *stopping) => return,
        }
        state.logins.forget_expired();
        state.recoveries.forget_expired();
        state.proofs.forget_expired();
        state.limits.forget_idle();
        let now = state.clock.now();
        let unused_since = now.minus(undertone_wire::limits::REFRESH_TOKEN_LIFE);
        if let Err(error) = state.store.forget_expired(now, unused_since).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what is over was not forgotten"
            );
        }
    }
}

/// Wakes devices that are not connected, if this server does that.
async fn wake_devices(state: AppState) {
    let Some(pusher) = state.pusher.clone() else {
        return;
    };
    let tools = waker::Tools {
        pusher,
        waker: state.delivery.waker().clone(),
        store: state.store.clone(),
        bus: state.delivery.bus().clone(),
        clock: Arc::clone(&state.clock),
    };
    waker::run(tools, state.shutdown.clone()).await;
}

async fn look_after_certificate(certificate: Tls, state: AppState) {
    let mut shutdown = state.shutdown.clone();
    loop {
        tokio::select! {
            () = tokio::time::sleep(tls::LOOK_EVERY) => {}
            _ = shutdown.wait_for(|stopping| *stopping) => return,
        }
        if let Err(error) = certificate.look(state.clock.now()) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the certificate was not renewed"
            );
        }
    }
}
