//! A real S3 server that keeps its bucket in a directory: for tests of whoever stores something there, and
//! for trying things out by hand. It runs in a thread of its own, on loopback, and can be told to fail. It is
//! not for anything that matters: it is the `s3s-fs` of others, which calls itself an experiment.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use tokio::runtime;
use tokio::sync::{oneshot, watch};
use tower::ServiceExt as _;

/// The one bucket.
pub const BUCKET: &str = "blobs";
/// Who may use it.
pub const ACCESS_KEY: &str = "test-access-key";
/// With which secret.
pub const SECRET_KEY: &str = "test/secret+key";

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum TestS3Error {
    /// The directory, the port or the thread cannot be had.
    #[error("no S3 server for tests")]
    System(#[from] io::Error),
    /// The directory is refused; why is not told in a form that could be kept.
    #[error("the directory of the S3 server for tests is refused")]
    Directory,
}

/// How requests fare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mood {
    /// They are answered.
    #[default]
    Well,
    /// They are answered with 503 `SlowDown`.
    Overloaded,
    /// They are taken, and wait until the mood changes.
    Silent,
    /// They are carried out, and never answered.
    Mute,
}

/// A running server. It ends when it is dropped; what it stored stays in its directory.
#[derive(Debug)]
pub struct TestS3 {
    address: SocketAddr,
    bucket: PathBuf,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    mood: watch::Sender<Mood>,
    requests: AtomicU64,
}

impl TestS3 {
    /// On a free port, with what lies in this directory.
    pub fn start(directory: &Path) -> Result<Self, TestS3Error> {
        Self::start_at(directory, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// At this address of the loopback.
    pub fn start_at(directory: &Path, address: SocketAddr) -> Result<Self, TestS3Error> {
        let bucket = directory.join(BUCKET);
        fs::create_dir_all(&bucket)?;
        let files = FileSystem::new(directory).map_err(|_| TestS3Error::Directory)?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .fallback(answer)
            .with_state((Arc::clone(&shared), service.build()));
        let (stop, stopped) = oneshot::channel();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("test-s3".to_owned()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
                    return;
                };
                // Whether told to or since the listener broke: it is over, with every connection.
                tokio::select! {
                    _ = axum::serve(listener, router) => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        })?;
        Ok(Self {
            address,
            bucket,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its bucket as `--blobs` takes it, under a prefix.
    pub fn url(&self) -> String {
        Self::url_at(self.address)
    }

    /// The same through something that stands between.
    pub fn url_at(address: SocketAddr) -> String {
        format!("s3://{BUCKET}/undertone?endpoint=http://{address}")
    }

    /// From now on requests fare so.
    pub fn behave(&self, mood: Mood) {
        self.shared.mood.send_replace(mood);
    }

    /// How many requests came.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// The objects in the bucket, as the files that hold them.
    pub fn objects(&self) -> io::Result<Vec<PathBuf>> {
        let (mut files, mut folders) = (Vec::new(), vec![self.bucket.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else {
                    files.push(entry.path());
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// Ends it; another can be started at the same address.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for TestS3 {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It does nothing that could panic but for what others wrote.
            let _ended = thread.join();
        }
    }
}

async fn answer(State((shared, service)): State<(Arc<Shared>, S3Service)>, request: Request) -> Response {
    shared.requests.fetch_add(1, Ordering::SeqCst);
    let mut moods = shared.mood.subscribe();
    // The sender is there as long as this server.
    let mood = moods
        .wait_for(|mood| *mood != Mood::Silent)
        .await
        .map(|mood| *mood);
    match mood.unwrap_or_default() {
        Mood::Overloaded => overloaded(),
        Mood::Mute => {
            drop(service.oneshot(request).await);
            std::future::pending().await
        }
        Mood::Well | Mood::Silent => match service.oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
    }
}

fn overloaded() -> Response {
    let body = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>wait</Message></Error>";
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}
