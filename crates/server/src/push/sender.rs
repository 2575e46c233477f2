//! One push: sealed for the browser, signed for the push service, sent, and what became of it.

use p256::PublicKey;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use undertone_wire::Timestamp;

use super::endpoint::{NotCalled, Reach};
use super::vapid::{Vapid, VapidError};
use crate::config::PushSettings;
use crate::store::push::DeviceSubscription;

/// What is sealed has so many bytes, whatever it is for.
const PLAIN_BYTES: usize = 32;
/// The form of what is sealed.
const VERSION: u8 = 1;
/// A push service that does not answer within this is not reached.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A push service keeps what it cannot deliver for so long.
const KEPT_FOR: Duration = Duration::from_hours(7 * 24);
/// A later push takes the place of one that the service still keeps.
const TOPIC: &str = "undertone";
/// Longest wait that a push service can ask for.
const WAIT_MAX: Duration = Duration::from_hours(1);

/// What a push is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// Something waits.
    Wake = 0,
    /// The device asked for it.
    Test = 1,
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The push service took it.
    Accepted,
    /// The subscription has ended.
    Gone,
    /// The push service does not take it, and would not later.
    Refused,
    /// Later, it may: in so long, if it says.
    Busy(Option<Duration>),
    /// The push service was not reached.
    Unreachable,
}

/// Nothing can be sent.
#[derive(Debug, thiserror::Error)]
pub enum PushStartError {
    /// The server's key does not serve.
    #[error(transparent)]
    Vapid(#[from] VapidError),
    /// There is no way to make requests.
    #[error("requests cannot be made")]
    Requests(#[source] reqwest::Error),
}

/// Why a push was not even sent.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error(transparent)]
    Endpoint(#[from] NotCalled),
    #[error("the browser's key is none")]
    Key(#[source] p256::elliptic_curve::Error),
    #[error("nothing could be sealed")]
    Sealing(#[source] web_push_native::Error),
    #[error(transparent)]
    Vapid(#[from] VapidError),
}

/// Sends pushes. Cloning gives another handle to the same connections.
#[derive(Clone)]
pub struct Pusher {
    requests: Client,
    vapid: Arc<Vapid>,
    reach: Reach,
}

impl fmt::Debug for Pusher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pusher")
    }
}

impl Pusher {
    /// With the key that follows from this secret.
    pub fn new(settings: &PushSettings, secret: &[u8; 32]) -> Result<Self, PushStartError> {
        let reach = if settings.private_endpoints {
            Reach::Private
        } else {
            Reach::Public
        };
        let requests = Client::builder()
            .redirect(Policy::none())
            // A proxy would resolve names by itself.
            .no_proxy()
            .referer(false)
            .https_only(reach == Reach::Public)
            .timeout(ANSWER_WITHIN)
            .dns_resolver(Arc::new(reach))
            .build()
            .map_err(PushStartError::Requests)?;
        Ok(Self {
            requests,
            vapid: Arc::new(Vapid::derive(secret, settings.contact.clone())?),
            reach,
        })
    }

    /// The server's key, for `PushManager.subscribe`.
    pub fn public_key(&self) -> &[u8] {
        self.vapid.public_key()
    }

    /// Whether the server would call this address.
    pub(crate) fn check_endpoint(&self, endpoint: &str) -> Result<(), NotCalled> {
        self.reach.parse(endpoint).map(drop)
    }

    /// Sends a push, and says what became of it.
    pub(crate) async fn send(&self, to: &DeviceSubscription, occasion: Occasion, now: Timestamp) -> Outcome {
        let (url, sealed, authorization) = match self.prepare(to, occasion, now) {
            Ok(prepared) => prepared,
            Err(error) => {
                tracing::warn!(error = &error as &dyn Error, "a push could not be made");
                return Outcome::Refused;
            }
        };
        let request = self
            .requests
            .post(url)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("ttl", KEPT_FOR.as_secs())
            .header("urgency", "high")
            .header("topic", TOPIC)
            .body(sealed);
        match request.send().await {
            Ok(answer) => judge(answer.status(), answer.headers()),
            Err(error) => {
                // The address is the device's secret.
                let error = error.without_url();
                tracing::debug!(error = &error as &dyn Error, "a push service was not reached");
                Outcome::Unreachable
            }
        }
    }

    fn prepare(
        &self,
        to: &DeviceSubscription,
        occasion: Occasion,
        now: Timestamp,
    ) -> Result<(Url, Vec<u8>, String), NotSent> {
        let url = self.reach.parse(&to.endpoint)?;
        let key = PublicKey::from_sec1_bytes(&to.public_key).map_err(NotSent::Key)?;
        let mut plain = vec![VERSION, occasion as u8];
        plain.resize(PLAIN_BYTES, 0);
        let sealed = web_push_native::encrypt(plain, &key, &to.auth.into()).map_err(NotSent::Sealing)?;
        let authorization = self.vapid.authorization(&url, now)?;
        Ok((url, sealed, authorization))
    }
}

/// Whether this is a key to which something can be sealed.
pub(crate) fn is_key(point: &[u8; 65]) -> bool {
    PublicKey::from_sec1_bytes(point).is_ok()
}

fn judge(status: StatusCode, headers: &HeaderMap) -> Outcome {
    match status {
        status if status.is_success() => Outcome::Accepted,
        StatusCode::NOT_FOUND | StatusCode::GONE => Outcome::Gone,
        status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            let wait = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            let seconds = wait.and_then(|text| text.trim().parse().ok());
            Outcome::Busy(seconds.map(|seconds| Duration::from_secs(seconds).min(WAIT_MAX)))
        }
        status => {
            tracing::warn!(push.status = status.as_u16(), "a push service refused a push");
            Outcome::Refused
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_mean_what_the_standard_says() {
        let judged = |status: u16, wait: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(wait) = wait {
                headers.insert(RETRY_AFTER, wait.parse().unwrap());
            }
            judge(StatusCode::from_u16(status).unwrap(), &headers)
        };
        for (status, outcome) in [
            (200, Outcome::Accepted),
            (201, Outcome::Accepted),
            (202, Outcome::Accepted),
            (404, Outcome::Gone),
            (410, Outcome::Gone),
            (301, Outcome::Refused),
            (400, Outcome::Refused),
            (401, Outcome::Refused),
            (403, Outcome::Refused),
            (413, Outcome::Refused),
            (429, Outcome::Busy(None)),
            (500, Outcome::Busy(None)),
            (503, Outcome::Busy(None)),
        ] {
            assert_eq!(judged(status, None), outcome, "{status}");
        }
        let busy = |seconds| Outcome::Busy(Some(Duration::from_secs(seconds)));
        assert_eq!(judged(429, Some("120")), busy(120));
        assert_eq!(judged(429, Some("99999999")), busy(3600));
        assert_eq!(
            judged(503, Some("Wed, 21 Oct 2015 07:28:00 GMT")),
            Outcome::Busy(None)
        );
    }
}
