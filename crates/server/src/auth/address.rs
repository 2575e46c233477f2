//! Where a request comes from, as far as this server knows: a keyed hash of the network's prefix. The
//! key lives in memory, so nothing that is written anywhere can be traced to an address.

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use hmac::{Hmac, Mac};
use rand::{CryptoRng, RngCore};
use sha2::Sha256;
use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::error::ApiError;
use crate::rate_limit::Class;
use crate::state::AppState;

/// Turns addresses into [`ClientAddress`]es; drawn anew at each start and never stored.
#[derive(Clone)]
pub struct AddressKey([u8; 32]);

impl AddressKey {
    /// Draws one.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        Self(key)
    }

    /// Forgets all of the address but its network: /24 of IPv4, /56 of IPv6, which are given to one
    /// household or company.
    pub fn blind(&self, address: IpAddr) -> ClientAddress {
        let prefix: Vec<u8> = match address.to_canonical() {
            IpAddr::V4(address) => address.octets().into_iter().take(3).collect(),
            IpAddr::V6(address) => address.octets().into_iter().take(7).collect(),
        };
        ClientAddress(self.hash(&[b"address", &prefix]))
    }

    /// A keyed hash of anything else that only needs to be told apart.
    pub fn hash(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut short = [0; 16];
        // HMAC takes keys of any length, so this cannot fail.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) {
            for part in parts {
                mac.update(&part.len().to_be_bytes());
                mac.update(part);
            }
            for (byte, digest) in short.iter_mut().zip(mac.finalize().into_bytes()) {
                *byte = digest;
            }
        }
        short
    }
}

impl fmt::Debug for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressKey(…)")
    }
}

/// A network from which requests come. It cannot be turned back into an address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress([u8; 16]);

impl ClientAddress {
    /// For limits and delays.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Put into each request by [`blind_address`]; without a connection (in tests) it is this machine.
impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let known = parts.extensions.get::<Self>().copied();
        Ok(known.unwrap_or_else(|| state.address_key.blind(IpAddr::V4(Ipv4Addr::LOCALHOST))))
    }
}

/// The outermost layer: from here on a request's address is known as its keyed hash alone. It also
/// slows down networks that send too much of anything.
pub async fn blind_address(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let peer = request
        .extensions_mut()
        .remove::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| peer.ip());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let address = original(peer, request.headers(), &state.config.behind_proxy);
    for name in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        request.headers_mut().remove(name);
    }
    let address = state.address_key.blind(address);
    state.limits.check(Class::Network, address.as_bytes())?;
    request.extensions_mut().insert(address);
    Ok(next.run(request).await)
}

/// Whom the last proxy that we trust saw. Whoever is not a named proxy speaks for itself alone.
fn original(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let is_proxy = |address: &IpAddr| {
        proxies
            .iter()
            .any(|proxy| proxy.to_canonical() == address.to_canonical())
    };
    if !is_proxy(&peer) {
        return peer;
    }
    let forwarded = headers.get_all("x-forwarded-for");
    let hops: Vec<IpAddr> = forwarded
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|hop| hop.trim().parse().ok())
        .collect();
    hops.into_iter().rev().find(|hop| !is_proxy(hop)).unwrap_or(peer)
}

impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn only_the_network_counts() {
        let key = AddressKey::generate(&mut StdRng::seed_from_u64(1));
        let blind = |text: &str| key.blind(text.parse().unwrap());
        assert_eq!(blind("192.0.2.1"), blind("192.0.2.254"));
        assert_ne!(blind("192.0.2.1"), blind("192.0.3.1"));
        assert_eq!(blind("::ffff:192.0.2.1"), blind("192.0.2.9"));
        assert_eq!(blind("2001:db8:0:100::1"), blind("2001:db8:0:1ff::2"));
        assert_ne!(blind("2001:db8:0:100::1"), blind("2001:db8:0:200::1"));
    }

    #[test]
    fn only_named_proxies_are_believed() {
        let headers = |value: &str| {
            HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), value.parse().unwrap())])
        };
        let (proxy, outer): (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let client: IpAddr = [192, 0, 2, 7].into();
        let seen = |peer, value: &str| original(peer, &headers(value), &[proxy, outer]);
        assert_eq!(seen(client, "198.51.100.1"), client, "a stranger says so");
        assert_eq!(seen(proxy, "192.0.2.7"), client);
        assert_eq!(
            seen(proxy, "198.51.100.1, 192.0.2.7, 10.0.0.2"),
            client,
            "the first was the client's claim"
        );
        assert_eq!(seen(proxy, "nonsense"), proxy);
        assert_eq!(seen(proxy, ""), proxy);
    }

    #[test]
    fn another_start_has_other_hashes_and_nothing_is_shown() {
        let mut rng = StdRng::seed_from_u64(1);
        let (one, two) = (AddressKey::generate(&mut rng), AddressKey::generate(&mut rng));
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        assert_ne!(one.blind(address), two.blind(address));
        assert_eq!(
            format!("{:?} {one:?}", one.blind(address)),
            "ClientAddress(…) AddressKey(…)"
        );
    }
}
