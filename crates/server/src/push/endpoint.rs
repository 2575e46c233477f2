//! Whom the server calls: push services on the open internet. An address comes from a client, so the
//! server could be sent to machines that only it can reach; none of those is ever called, whatever a name
//! resolves to, unless the administrator wants it.

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use undertone_wire::limits::PUSH_ENDPOINT_BYTES_MAX;

/// The address is not one that the server calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the address of a push service")]
pub(crate) struct NotCalled;

/// Which addresses are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only those on the open internet, encrypted.
    Public,
    /// This machine's and its network's, too, also in the clear: for tests and push services of one's own.
    Private,
}

impl Reach {
    /// Judges an address that a client gives.
    pub(crate) fn parse(self, text: &str) -> Result<Url, NotCalled> {
        if text.len() > PUSH_ENDPOINT_BYTES_MAX {
            return Err(NotCalled);
        }
        let url = Url::parse(text).map_err(|_| NotCalled)?;
        let is_scheme = match self {
            Self::Public => url.scheme() == "https",
            Self::Private => matches!(url.scheme(), "https" | "http"),
        };
        let is_plain = url.username().is_empty() && url.password().is_none();
        let host = url.host_str().ok_or(NotCalled)?;
        let literal = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        // A name is judged when it is resolved.
        let is_reached = literal.map_or(true, |address| self.includes(address));
        if is_scheme && is_plain && is_reached {
            Ok(url)
        } else {
            Err(NotCalled)
        }
    }

    fn includes(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Private => true,
        }
    }
}

/// Resolves names, and leaves out what is not called. The connection goes to what is left, so a name cannot
/// mean something else the next moment.
impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let called: Vec<SocketAddr> = found.filter(|address| reach.includes(address.ip())).collect();
            if called.is_empty() {
                return Err(NotCalled.into());
            }
            Ok(Box::new(called.into_iter()) as Addrs)
        })
    }
}

/// Whether anybody on the internet could call this address as well.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_broadcast()
        || address.is_multicast()
        // This network, carriers' own, protocol assignments, relays, benchmarks, reserved.
        || first == 0
        || (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        || (first == 192 && second == 88 && third == 99)
        || (first == 198 && (18..20).contains(&second))
        || first >= 240;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [first, second, third, ..] = address.segments();
    // What is given out is 2000::/3. Within it: documentation, addresses that hold an IPv4 address (6to4,
    // Teredo), benchmarks and ORCHID.
    let is_given_out = first & 0xe000 == 0x2000;
    let is_special = (first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        || first == 0x2002
        || (first == 0x3fff && second < 0x1000)
        || (first == 0x2620 && second == 0x4f && third == 0x8000);
    is_given_out && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encrypted_addresses_on_the_internet_are_called() {
        for url in [
            "https://push.example/abc?d=e",
            "https://fcm.googleapis.com:443/fcm/send/x",
            "https://8.8.8.8/x",
            "https://[2a00:1450:4001::1]/x",
        ] {
            assert!(Reach::Public.parse(url).is_ok(), "{url}");
        }
        let long = format!("https://push.example/{}", "x".repeat(PUSH_ENDPOINT_BYTES_MAX));
        for url in [
            "",
            "push.example",
            "http://push.example/",
            "ftp://push.example/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://user@push.example/",
            "https://user:word@push.example/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://10.1.2.3/",
            "https://172.16.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a00:1]/",
            "https://[fe80::1]/",
            "https://[fc00::1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[2001::1]/",
            long.as_str(),
        ] {
            assert_eq!(Reach::Public.parse(url), Err(NotCalled), "{url}");
        }
    }

    #[test]
    fn the_administrator_may_want_a_push_service_of_their_own() {
        for url in [
            "http://127.0.0.1:9000/push/1",
            "https://[::1]/",
            "http://localhost/x",
        ] {
            assert!(Reach::Private.parse(url).is_ok(), "{url}");
        }
        assert_eq!(Reach::Private.parse("ftp://localhost/"), Err(NotCalled));
    }

    #[tokio::test]
    async fn a_name_of_this_machine_resolves_to_nothing() {
        let resolved = Reach::Public.resolve("localhost".parse().unwrap()).await;
        assert!(resolved.is_err());
        assert!(Reach::Private.resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
