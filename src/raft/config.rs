//! How a node is set up: etcd's flags and constants.

use super::rule::{Rule, RuleSet};
use super::types::NodeId;
use crate::sim::Duration;

/// How a leader makes sure that it may answer a read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ReadOnly {
    /// It asks a quorum whether it still leads (dissertation §6.4).
    #[default]
    Safe,
    /// It trusts that nobody else was elected while its lease runs, which clocks that drift apart can make wrong
    /// (dissertation §6.4.1).
    LeaseBased,
}

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
    /// How reads are confirmed.
    pub read_only: ReadOnly,
    /// The most bytes of entries in one message; one entry always goes.
    pub message_bytes_max: usize,
    /// The most messages with entries in flight to one node.
    pub inflight_max: usize,
    /// The most bytes of proposals that wait to be applied; beyond, proposals are dropped. The first always goes.
    pub uncommitted_bytes_max: usize,
    /// Rules that this node does not keep.
    pub broken: RuleSet,
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
            read_only: ReadOnly::Safe,
            message_bytes_max: 1 << 20,
            inflight_max: 512,
            uncommitted_bytes_max: usize::MAX,
            broken: RuleSet::default(),
        }
    }

    /// Whether a node can run with these settings; the error is one sentence.
    pub fn check(&self) -> Result<(), String> {
        let (heartbeat, election) = (self.heartbeat_ticks, self.election_ticks);
        if self.tick < Duration::micros(1) {
            return Err(format!("a tick of {} is not possible: it is longer than 0", self.tick));
        }
        if heartbeat < 1 {
            return Err(format!(
                "a heartbeat every {heartbeat} ticks is not possible: it is every tick or more rarely"
            ));
        }
        if election <= heartbeat {
            return Err(format!(
                "an election timeout of {election} ticks must be longer than the {heartbeat} between heartbeats"
            ));
        }
        if self.inflight_max < 1 {
            return Err("at least one message must be allowed in flight".to_string());
        }
        if self.read_only == ReadOnly::LeaseBased && !self.check_quorum {
            return Err("reads by lease need the quorum check, or a leader's lease would never end".to_string());
        }
        Ok(())
    }

    /// Whether this node keeps a rule.
    #[inline]
    pub fn obeys(&self, rule: Rule) -> bool {
        !self.broken.contains(rule)
    }
}
