//! What the server counts about itself, for Prometheus. Numbers alone: no label tells one person, device,
//! conversation or address from another, and nothing here is made from what people write. What is logged is
//! in [`crate::telemetry`].
//!
//! Counting is an atomic addition. The text is made when somebody asks for it, on a listener of its own.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::state::AppState;
use histogram::Histogram;

mod histogram;
#[cfg(test)]
pub(crate) mod tests;

/// What a scraper of Prometheus asks for.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Microseconds from 0.1 ms to 10 s: a goal of 1.5 ms and one of 1 s both have bounds around them.
const DELIVERY_BOUNDS: &[u64] = &[
    100, 250, 500, 1_000, 1_500, 2_500, 4_000, 7_500, 15_000, 30_000, 75_000, 150_000, 300_000, 600_000,
    1_000_000, 2_500_000, 10_000_000,
];
/// Messages, up to the largest batch.
const BATCH_BOUNDS: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/// A handle to one server's numbers. Cloning gives another handle to the same ones.
#[derive(Clone)]
pub struct Metrics(Arc<Numbers>);

/// What is counted. Names and meanings are those of `Numbers::register`.
pub struct Numbers {
    pub(crate) deliveries: Counter,
    pub(crate) delivery_time: Histogram,
    pub(crate) batch: Histogram,
    pub(crate) not_stored: Counter,
    pub(crate) epochs_refused: Counter,
    pub(crate) slow_dropped: Counter,
    pub(crate) turned_away: TurnedAway,
    pub(crate) bus_gaps: Counter,
    pub(crate) requests: Counter,
    pub(crate) failures: Counter,
    pub(crate) blob_bytes_stored: Counter,
    pub(crate) blob_bytes_sent: Counter,
    pub(crate) blob_failures: Counter,
    pub(crate) sweeps: Counter,
    pub(crate) sweep_failures: Counter,
    connections: Gauge,
    waiting_jobs: Gauge,
    waiting_bytes: Gauge,
    registry: Registry,
}

/// What is not counted but looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Observed {
    /// Open connections.
    pub(crate) connections: usize,
    /// Messages and changes that wait to be stored.
    pub(crate) waiting_jobs: usize,
    /// Bytes of frames that wait for devices to take them.
    pub(crate) waiting_bytes: usize,
}

impl Default for Metrics {
    fn default() -> Self {
        Self(Arc::new(Numbers::register()))
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl std::ops::Deref for Metrics {
    type Target = Numbers;
    fn deref(&self) -> &Numbers {
        &self.0
    }
}

/// Connections that were ended since something was wrong with them, and what came too fast.
pub(crate) struct TurnedAway {
    pub(crate) malformed: Counter,
    pub(crate) too_large: Counter,
    pub(crate) refused: Counter,
    pub(crate) silent: Counter,
    pub(crate) limited: Counter,
}

impl TurnedAway {
    fn register(registry: &mut Registry) -> Self {
        let mut counter = |name: &str, help: &str| new_counter(registry, name, help);
        Self {
            malformed: counter(
                "connections_ended_malformed",
                "Connections ended since what came was no frame of the protocol (close code 1002)",
            ),
            too_large: counter(
                "connections_ended_too_large",
                "Connections ended since a frame was larger than its limit (close code 1009)",
            ),
            refused: counter(
                "connections_ended_refused",
                "Connections ended since the device may not, or not any more, be connected (close code 1008)",
            ),
            silent: counter(
                "connections_ended_silent",
                "Connections ended since nothing was heard for too long",
            ),
            limited: counter("limited", "Requests and frames refused since too many came"),
        }
    }
}

fn new_counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

fn histograms(registry: &mut Registry) -> (Histogram, Histogram) {
    let delivery_time = Histogram::new(DELIVERY_BOUNDS, 1e6);
    registry.register_with_unit(
        "delivery",
        "From a message's arrival until it is durable and in the queues of connected devices",
        Unit::Seconds,
        delivery_time.clone(),
    );
    let batch = Histogram::new(BATCH_BOUNDS, 1.0);
    registry.register(
        "commit_batch_messages",
        "Messages stored in one transaction",
        batch.clone(),
    );
    (delivery_time, batch)
}

impl Numbers {
    fn register() -> Self {
        let mut registry = Registry::with_prefix("undertone");
        let mut counter = |name: &str, help: &str| new_counter(&mut registry, name, help);
        let deliveries = counter("deliveries", "Frames put into the queues of connected devices");
        let not_stored = counter(
            "messages_not_stored",
            "Messages refused since the database failed",
        );
        let epochs_refused = counter(
            "epochs_refused",
            "Messages and changes that came for an epoch that is over",
        );
        let slow_dropped = counter(
            "connections_dropped_slow",
            "Connections ended since they took frames too slowly",
        );
        let bus_gaps = counter(
            "bus_gaps",
            "Times that something the bus lost was read from the database",
        );
        let requests = counter("requests", "HTTP requests answered");
        let failures = counter(
            "request_failures",
            "HTTP requests answered with a status of 500 or above",
        );
        let blob_bytes_stored = counter("blob_stored_bytes", "Bytes of files that were stored");
        let blob_bytes_sent = counter("blob_sent_bytes", "Bytes of files that devices asked for");
        let blob_failures = counter("blob_failures", "Times that the place of files failed");
        let sweeps = counter("sweeps", "Times that what is due was forgotten");
        let sweep_failures = counter("sweep_failures", "Times that what is due could not be forgotten");
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let connections = gauge("connections", "Open WebSocket connections of devices");
        let waiting_jobs = gauge("waiting_jobs", "Messages and changes that wait to be stored");
        let waiting_bytes = gauge(
            "waiting_bytes",
            "Bytes of frames that wait for devices to take them",
        );
        let (delivery_time, batch) = histograms(&mut registry);
        let turned_away = TurnedAway::register(&mut registry);
        Self {
            deliveries,
            delivery_time,
            batch,
            not_stored,
            epochs_refused,
            slow_dropped,
            turned_away,
            bus_gaps,
            requests,
            failures,
            blob_bytes_stored,
            blob_bytes_sent,
            blob_failures,
            sweeps,
            sweep_failures,
            connections,
            waiting_jobs,
            waiting_bytes,
            registry,
        }
    }

    /// The numbers as Prometheus reads them.
    pub(crate) fn to_text(&self, observed: Observed) -> Result<String, fmt::Error> {
        let signed = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.connections.set(signed(observed.connections));
        self.waiting_jobs.set(signed(observed.waiting_jobs));
        self.waiting_bytes.set(signed(observed.waiting_bytes));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Answers `GET /metrics`, and nothing else, until `shutdown` becomes true or is dropped.
pub(crate) async fn serve(listener: TcpListener, state: AppState) {
    let mut shutdown: watch::Receiver<bool> = state.shutdown.clone();
    let service = Router::new().route("/metrics", get(answer)).with_state(state);
    let stopped = async move {
        // A sender that is gone has stopped, too.
        drop(shutdown.wait_for(|stops| *stops).await);
    };
    if let Err(error) = axum::serve(listener, service)
        .with_graceful_shutdown(stopped)
        .await
    {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the listener of metrics stopped"
        );
    }
}

async fn answer(State(state): State<AppState>) -> impl IntoResponse {
    let hub = state.delivery.hub();
    let observed = Observed {
        connections: hub.connection_count(),
        waiting_jobs: state.delivery.waiting_jobs(),
        waiting_bytes: hub.waiting_bytes(),
    };
    // Writing to a String cannot fail.
    let text = state.metrics.to_text(observed).unwrap_or_default();
    ([(CONTENT_TYPE, OPEN_METRICS)], text)
}
