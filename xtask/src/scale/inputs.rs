//! What the model of docs/scaling.md reckons with: what was measured, and what is assumed. When a measurement
//! is repeated, its figure is replaced here, and `cargo xtask scale` prints the document's tables anew.

/// A figure with what it means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input {
    pub(super) value: f64,
    /// The line of the document's table.
    pub(super) says: &'static str,
}

const fn input(value: f64, says: &'static str) -> Input {
    Input { value, says }
}

/// What was measured: docs/performance.md says how, and on what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    pub(super) delivery_cpu_s_per_million: Input,
    pub(super) connection_kib: Input,
    pub(super) message_bytes: Input,
    pub(super) member_bytes: Input,
    pub(super) leaf_bytes: Input,
}

pub(super) const MEASURED: Measured = Measured {
    delivery_cpu_s_per_million: input(
        30.8,
        "processor seconds for a million deliveries that are acknowledged (rooms of 10, 2,000 messages/s, SQLite, a busy machine of 2 cores)",
    ),
    connection_kib: input(18.8, "KiB of memory of an idle connection, without TLS"),
    message_bytes: input(1227.0, "bytes of a short message, encrypted"),
    member_bytes: input(
        5834.0,
        "bytes that the server keeps of a group for each member device",
    ),
    leaf_bytes: input(1644.0, "bytes of a member's leaf"),
};

/// What is assumed, because it depends on people or on machines that were not there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assumed {
    pub(super) devices: Input,
    pub(super) connected: Input,
    pub(super) messages: Input,
    pub(super) peak: Input,
    pub(super) receivers: Input,
    pub(super) conversations: Input,
    pub(super) waiting_hours: Input,
    pub(super) row_bytes: Input,
    pub(super) key_packages: Input,
    pub(super) key_package_more_bytes: Input,
    pub(super) deliveries_per_acknowledgement: Input,
}

pub(super) const ASSUMED: Assumed = Assumed {
    devices: input(1.5, "devices of a user"),
    connected: input(0.5, "share of the devices that is connected at the busiest hour"),
    messages: input(40.0, "messages that a user sends in a day"),
    peak: input(3.0, "times as many in the busiest hour as on average"),
    receivers: input(8.0, "devices that a message is delivered to"),
    conversations: input(20.0, "conversations of a user"),
    waiting_hours: input(
        12.0,
        "hours until the last device has fetched a message, on average",
    ),
    row_bytes: input(150.0, "bytes that the database adds to a row"),
    key_packages: input(100.0, "key packages that the server keeps for a device"),
    key_package_more_bytes: input(
        1300.0,
        "bytes of a key package beside the leaf: one more hybrid key and a signature",
    ),
    deliveries_per_acknowledgement: input(5.0, "deliveries that one acknowledgement covers"),
};

/// What one of each carries before another is needed, and what a node does by itself. Not measured here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carries {
    pub(super) node_connections: Input,
    pub(super) node_cores: Input,
    pub(super) core_use: Input,
    pub(super) database_rows: Input,
    pub(super) database_terabytes: Input,
    pub(super) database_reads: Input,
    pub(super) bus_subjects: Input,
    pub(super) look_conversations: Input,
    pub(super) look_seconds: Input,
}

pub(super) const CARRIES: Carries = Carries {
    node_connections: input(
        100_000.0,
        "connections of a node: if it dies, so many come to the others at once",
    ),
    node_cores: input(8.0, "cores of a node"),
    core_use: input(0.6, "share of them that is used at the busiest hour"),
    database_rows: input(
        30_000.0,
        "rows that one PostgreSQL writes in a second, in batches",
    ),
    database_terabytes: input(
        4.0,
        "terabytes that one PostgreSQL keeps and can still restore in hours",
    ),
    database_reads: input(
        300_000.0,
        "rows that one PostgreSQL reads by their keys in a second",
    ),
    bus_subjects: input(5_000_000.0, "subjects that one NATS server has subscriptions for"),
    look_conversations: input(
        5_000.0,
        "conversations that a node compares with the database in one look for gaps (the program's limit)",
    ),
    look_seconds: input(1.3, "seconds from look to look (the program's mean)"),
};
