//! The words of Raft as types.

use serde::{Deserialize, Serialize};
use std::fmt;

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
    /// How much it counts against the size limit of a message.
    fn size_bytes(&self) -> usize;
}

/// A change of who votes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ConfChange {
    /// The node votes from now on.
    AddVoter(NodeId),
    /// The node is no longer a member.
    Remove(NodeId),
}

/// What an entry holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EntryBody<P> {
    /// The empty entry with which a leader begins its term (§8).
    Empty,
    /// A proposal.
    Normal(P),
    /// A change of the configuration.
    ConfChange(ConfChange),
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
        16 + match &self.body {
            EntryBody::Normal(payload) => payload.size_bytes(),
            EntryBody::Empty | EntryBody::ConfChange(_) => 0,
        }
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
    /// This node leads and does not take proposals now: it is no longer a voter.
    Dropped,
}
