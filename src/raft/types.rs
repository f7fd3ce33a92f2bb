//! The words of Raft as types.

use super::conf_change::ConfChange;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::rc::Rc;

/// A node of the cluster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct NodeId(pub u16);

/// A term; 0 before any election.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Term(pub u64);

/// A place in the log, from 1; 0 is before the first entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct LogIndex(pub u64);

impl LogIndex {
    /// The index after this one.
    pub fn next(self) -> LogIndex {
        LogIndex(self.0 + 1)
    }

    /// The index before this one; 0 stays 0.
    pub fn previous(self) -> LogIndex {
        LogIndex(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for LogIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is proposed. Cloning must be cheap: a payload is in the log, on the disk and in every message at once.
pub trait Payload: Clone {
    /// What stands for all that was applied, in a [`super::Snapshot`]. Raft only passes it on.
    type Snapshot;

    /// How much it counts against the size limits of a message and of what is not yet committed.
    fn size_bytes(&self) -> usize;
}

/// What an entry holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EntryBody<P> {
    /// The empty entry with which a leader begins its term (§8).
    Empty,
    /// A proposal.
    Normal(P),
    /// A change of the configuration.
    ConfChange(Rc<ConfChange<P>>),
}

impl<P: Payload> EntryBody<P> {
    /// How much was proposed with it.
    pub(super) fn size_bytes(&self) -> usize {
        match self {
            EntryBody::Normal(payload) => payload.size_bytes(),
            EntryBody::ConfChange(change) => change.context.as_ref().map_or(0, Payload::size_bytes),
            EntryBody::Empty => 0,
        }
    }
}

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry<P> {
    /// The term of the leader that created it.
    pub term: Term,
    /// Its place.
    pub index: LogIndex,
    /// What it holds.
    pub body: EntryBody<P>,
}

impl<P: Payload> Entry<P> {
    /// How much it counts against the size limit of a message.
    pub(super) fn size_bytes(&self) -> usize {
        16 + self.body.size_bytes()
    }
}

/// What must be durable besides the log. The commit index is a hint that saves work after a restart, nothing more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct HardState {
    /// The current term.
    pub term: Term,
    /// Whom this node voted for in it.
    pub vote: Option<NodeId>,
    /// What it knew to be committed.
    pub commit: LogIndex,
}

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Follows a leader, or waits for one.
    Follower,
    /// Asks whether it would win an election, without moving its term (dissertation §9.6).
    PreCandidate,
    /// Campaigns.
    Candidate,
    /// Leads.
    Leader,
}

/// Why a proposal was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProposeError {
    /// Nobody is known to lead.
    NoLeader,
    /// This node leads and does not take proposals now: it is no longer a member, it hands its leadership over, or too much
    /// waits to be committed. etcd's `raft proposal dropped`.
    Dropped,
}
