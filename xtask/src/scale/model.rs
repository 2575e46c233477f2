//! From habits and costs to machines: plain arithmetic, each line one step of the reckoning.

use super::inputs::{Assumed, Carries, Measured};

const SECONDS_OF_A_DAY: f64 = 86_400.0;
const SECONDS_OF_AN_HOUR: f64 = 3_600.0;
const KIB: f64 = 1_024.0;
const GIGABYTE: f64 = 1e9;
const TERABYTE: f64 = 1e12;
const MILLION: f64 = 1e6;

/// What so many users need, at the busiest hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Need {
    pub(super) connections: f64,
    pub(super) messages_per_s: f64,
    pub(super) deliveries_per_s: f64,
    pub(super) cores: f64,
    pub(super) connections_gb: f64,
    pub(super) sent_gbit_per_s: f64,
    pub(super) rows_per_s: f64,
    pub(super) log_gb: f64,
    pub(super) groups_gb: f64,
    pub(super) key_packages_gb: f64,
    pub(super) subjects: f64,
}

impl Need {
    pub(super) fn of(users: f64, measured: &Measured, assumed: &Assumed) -> Self {
        let devices = users * assumed.devices.value;
        let connections = devices * assumed.connected.value;
        let messages_on_average = users * assumed.messages.value / SECONDS_OF_A_DAY;
        let messages_per_s = messages_on_average * assumed.peak.value;
        let deliveries_per_s = messages_per_s * assumed.receivers.value;
        let message_row_bytes = measured.message_bytes.value + assumed.row_bytes.value;
        let waiting = messages_on_average * assumed.waiting_hours.value * SECONDS_OF_AN_HOUR;
        let memberships = devices * assumed.conversations.value;
        let key_package_bytes = measured.leaf_bytes.value + assumed.key_package_more_bytes.value;
        Self {
            connections,
            messages_per_s,
            deliveries_per_s,
            cores: deliveries_per_s * measured.delivery_cpu_s_per_million.value / MILLION,
            connections_gb: connections * measured.connection_kib.value * KIB / GIGABYTE,
            sent_gbit_per_s: deliveries_per_s * measured.message_bytes.value * 8.0 / GIGABYTE,
            rows_per_s: messages_per_s + deliveries_per_s / assumed.deliveries_per_acknowledgement.value,
            log_gb: waiting * message_row_bytes / GIGABYTE,
            groups_gb: memberships * measured.member_bytes.value / GIGABYTE,
            key_packages_gb: devices * assumed.key_packages.value * key_package_bytes / GIGABYTE,
            // One for each conversation of a connected device, and one for the device.
            subjects: connections * (assumed.conversations.value + 1.0),
        }
    }

    /// All that the database keeps.
    pub(super) fn database_gb(&self) -> f64 {
        self.log_gb + self.groups_gb + self.key_packages_gb
    }
}

/// How many of each, if nothing failed; a part of one is that part of its strength.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Load {
    pub(super) nodes_for_connections: f64,
    pub(super) nodes_for_cores: f64,
    pub(super) databases_for_rows: f64,
    pub(super) databases_for_bytes: f64,
    pub(super) databases_for_looks: f64,
    pub(super) buses: f64,
    /// Until a node has compared all its conversations with the database once.
    pub(super) look_round_s: f64,
}

impl Load {
    pub(super) fn of(need: &Need, carries: &Carries) -> Self {
        let nodes_for_connections = need.connections / carries.node_connections.value;
        let nodes_for_cores = need.cores / (carries.node_cores.value * carries.core_use.value);
        let nodes = with_a_spare(nodes_for_connections.max(nodes_for_cores));
        let followed = need.subjects / nodes;
        let looked_at = followed.min(carries.look_conversations.value);
        let looks_per_s = nodes * looked_at / carries.look_seconds.value;
        Self {
            nodes_for_connections,
            nodes_for_cores,
            databases_for_looks: looks_per_s / carries.database_reads.value,
            look_round_s: followed / looked_at * carries.look_seconds.value,
            databases_for_rows: need.rows_per_s / carries.database_rows.value,
            databases_for_bytes: need.database_gb() * GIGABYTE
                / (carries.database_terabytes.value * TERABYTE),
            buses: need.subjects / carries.bus_subjects.value,
        }
    }

    /// Nodes, and one more that may be away.
    pub(super) fn nodes(&self) -> f64 {
        with_a_spare(self.nodes_for_connections.max(self.nodes_for_cores))
    }

    /// Databases that share the conversations.
    pub(super) fn databases(&self) -> f64 {
        self.databases_for_rows.max(self.databases_for_bytes).ceil()
    }

    /// What is used up first, and how much of one is needed.
    pub(super) fn narrowest(&self) -> (&'static str, f64) {
        let all = [
            ("connections of a node", self.nodes_for_connections),
            ("processors of a node", self.nodes_for_cores),
            ("rows written in PostgreSQL", self.databases_for_rows),
            ("bytes kept in PostgreSQL", self.databases_for_bytes),
            ("looks for gaps in PostgreSQL", self.databases_for_looks),
            ("subjects in NATS", self.buses),
        ];
        narrowest_of(&all)
    }

    /// The same among what more nodes do not help with.
    pub(super) fn narrowest_shared(&self) -> (&'static str, f64) {
        let shared = [
            ("rows written in PostgreSQL", self.databases_for_rows),
            ("bytes kept in PostgreSQL", self.databases_for_bytes),
            ("looks for gaps in PostgreSQL", self.databases_for_looks),
            ("subjects in NATS", self.buses),
        ];
        narrowest_of(&shared)
    }
}

fn with_a_spare(nodes: f64) -> f64 {
    nodes.ceil() + 1.0
}

fn narrowest_of(all: &[(&'static str, f64)]) -> (&'static str, f64) {
    let mut widest = ("nothing", 0.0);
    for (name, load) in all {
        if *load > widest.1 {
            widest = (name, *load);
        }
    }
    widest
}

#[cfg(test)]
mod tests {
    use super::super::inputs::{ASSUMED, CARRIES, MEASURED};
    use super::*;

    #[test]
    fn twice_the_users_need_twice_as_much() {
        let (one, two) = (
            Need::of(1000.0, &MEASURED, &ASSUMED),
            Need::of(2000.0, &MEASURED, &ASSUMED),
        );
        let ratios = [
            two.connections / one.connections,
            two.cores / one.cores,
            two.database_gb() / one.database_gb(),
            two.subjects / one.subjects,
        ];
        for ratio in ratios {
            assert!((ratio - 2.0).abs() < 1e-9, "{ratio}");
        }
    }

    #[test]
    fn the_reckoning_is_right_where_it_can_be_done_by_hand() {
        // 86,400 users who send one message a day each: one a second on average.
        let mut assumed = ASSUMED;
        assumed.messages.value = 1.0;
        let need = Need::of(86_400.0, &MEASURED, &assumed);
        assert!((need.messages_per_s - 3.0).abs() < 1e-9);
        assert!((need.deliveries_per_s - 24.0).abs() < 1e-9);
        assert!((need.connections - 64_800.0).abs() < 1e-6);
        assert!((need.cores - 24.0 * 30.8 / 1e6).abs() < 1e-9);
    }

    #[test]
    fn what_is_narrowest_is_the_fullest() {
        let load = Load::of(&Need::of(1e6, &MEASURED, &ASSUMED), &CARRIES);
        let (_, most) = load.narrowest();
        assert!(most >= load.buses && most >= load.nodes_for_connections);
        assert!(load.nodes() >= load.nodes_for_connections + 1.0);
        assert!(load.narrowest_shared().1 <= most);
    }
}
