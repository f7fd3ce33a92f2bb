//! How a node is set up: etcd's flags and constants.

use super::types::NodeId;
use crate::sim::Duration;

/// The settings of one node. Defaults are etcd 3.5's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// This node.
    pub id: NodeId,
    /// The length of a tick; etcd's `--heartbeat-interval`.
    pub tick: Duration,
    /// A leader sends heartbeats every so many ticks.
    pub heartbeat_ticks: i64,
    /// An election times out after this many ticks to twice as many less one; etcd's `--election-timeout` over the tick.
    pub election_ticks: i64,
    /// Ask before campaigning (dissertation §9.6).
    pub pre_vote: bool,
    /// A leader that does not hear from a quorum steps down (dissertation §6.2), and nobody votes against a leader it hears.
    pub check_quorum: bool,
    /// The most bytes of entries in one message; one entry always goes.
    pub message_bytes_max: usize,
    /// The most messages with entries in flight to one node.
    pub inflight_max: usize,
}

impl Settings {
    /// etcd's settings for this node.
    pub fn new(id: NodeId) -> Settings {
        Settings {
            id,
            tick: Duration::millis(100),
            heartbeat_ticks: 1,
            election_ticks: 10,
            pre_vote: true,
            check_quorum: true,
            message_bytes_max: 1 << 20,
            inflight_max: 512,
        }
    }
}
