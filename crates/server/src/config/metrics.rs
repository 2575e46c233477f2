//! The settings of metrics: where they are read. What is in them is in [`crate::metrics`].

use super::ConfigError;
use std::net::SocketAddr;

/// Where a server tells how it fares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MetricsSettings {
    /// The listener; none, if nobody reads them.
    pub listen: Option<SocketAddr>,
    /// Whether that may be an address of the network. Whoever reaches it can read how busy the server is.
    pub on_network: bool,
}

impl MetricsSettings {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        match self.listen {
            Some(address) if !address.ip().is_loopback() && !self.on_network => {
                Err(ConfigError::MetricsOnNetwork(address))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_stay_on_this_machine_unless_it_is_said_otherwise() {
        let settings = |listen: &str, on_network| MetricsSettings {
            listen: Some(listen.parse().unwrap()),
            on_network,
        };
        assert_eq!(MetricsSettings::default().validate(), Ok(()));
        assert_eq!(settings("127.0.0.1:9464", false).validate(), Ok(()));
        assert_eq!(settings("[::1]:9464", false).validate(), Ok(()));
        for network in ["0.0.0.0:9464", "10.0.0.1:9464", "[::]:9464"] {
            let refused = settings(network, false).validate();
            assert_eq!(
                refused,
                Err(ConfigError::MetricsOnNetwork(network.parse().unwrap()))
            );
            assert_eq!(settings(network, true).validate(), Ok(()));
        }
    }
}
