//! Who votes, who learns: the configuration of a cluster as a value.
//!
//! Invariants, as [`super::conf_change`] keeps them: a node is a voter (of either half) or a learner, never both; whoever is
//! in `learners_next` is a voter of the outgoing half; without an outgoing half there is no `learners_next` and no
//! `auto_leave`.
//!
//! Sets of nodes are sorted lists: they are small, compared often and changed rarely.

use super::quorum::{VoteResult, committed_index, vote_result};
use super::types::NodeId;
use std::fmt;

/// A small set of nodes, in ascending order. Its textual form is `(1 2 3)`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct NodeSet(Vec<NodeId>);

impl NodeSet {
    /// Whether the node is in it.
    pub fn contains(&self, node: &NodeId) -> bool {
        self.0.contains(node)
    }

    /// Adds a node; whether it was not there.
    pub fn insert(&mut self, node: NodeId) -> bool {
        let place = self.0.binary_search(&node);
        if let Err(place) = place {
            self.0.insert(place, node);
        }
        place.is_err()
    }

    /// Takes a node away; whether it was there.
    pub fn remove(&mut self, node: NodeId) -> bool {
        let place = self.0.binary_search(&node);
        if let Ok(place) = place {
            self.0.remove(place);
        }
        place.is_ok()
    }

    /// Its nodes, in ascending order.
    pub fn iter(&self) -> std::slice::Iter<'_, NodeId> {
        self.0.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> NodeSet {
        let mut set = NodeSet::default();
        for node in nodes {
            set.insert(node);
        }
        set
    }
}

impl<'a> IntoIterator for &'a NodeSet {
    type Item = &'a NodeId;
    type IntoIter = std::slice::Iter<'a, NodeId>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (at, node) in self.0.iter().enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { " " }, node.0)?;
        }
        f.write_str(")")
    }
}

/// Who votes and who learns. Its textual form is etcd's: `voters=(1 2 3)&&(1 2) learners=(4) autoleave`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Configuration {
    /// Who votes; in a joint configuration, the incoming half.
    pub voters: NodeSet,
    /// The outgoing half of a joint configuration; empty if it is not joint.
    pub outgoing: NodeSet,
    /// Who gets the log and has no say.
    pub learners: NodeSet,
    /// Voters of the outgoing half that become learners when the joint configuration is left.
    pub learners_next: NodeSet,
    /// The leader leaves the joint configuration by itself once it is applied.
    pub auto_leave: bool,
}

impl Configuration {
    /// These nodes vote, and there are no others.
    pub fn of_voters(voters: impl IntoIterator<Item = NodeId>) -> Configuration {
        Configuration { voters: voters.into_iter().collect(), ..Configuration::default() }
    }

    /// Whether it has two halves.
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Whether the node votes, in either half.
    pub fn is_voter(&self, node: NodeId) -> bool {
        self.voters.contains(&node) || self.outgoing.contains(&node)
    }

    /// Whether the node only learns.
    pub fn is_learner(&self, node: NodeId) -> bool {
        self.learners.contains(&node)
    }

    /// Whether the node is a member at all.
    pub fn contains(&self, node: NodeId) -> bool {
        self.is_voter(node) || self.is_learner(node)
    }

    /// All that vote, in either half.
    pub fn voter_ids(&self) -> NodeSet {
        self.voters.iter().chain(&self.outgoing).copied().collect()
    }

    /// All members.
    pub fn members(&self) -> NodeSet {
        self.voters.iter().chain(&self.outgoing).chain(&self.learners).copied().collect()
    }

    /// The highest index that a majority of each half has reached; `buffer` is for the count.
    pub fn committed_index(&self, buffer: &mut Vec<u64>, matched_of: impl Fn(NodeId) -> u64) -> u64 {
        let mut half = |nodes: &NodeSet| {
            buffer.clear();
            buffer.extend(nodes.iter().map(|node| matched_of(*node)));
            committed_index(buffer)
        };
        let incoming = half(&self.voters);
        if self.is_joint() { incoming.min(half(&self.outgoing)) } else { incoming }
    }

    /// How an election stands in which the nodes have voted so; a node may not have voted yet.
    pub fn vote_result(&self, vote_of: impl Fn(NodeId) -> Option<bool>) -> VoteResult {
        let half = |nodes: &NodeSet| {
            let count = |wanted| nodes.iter().filter(|node| vote_of(**node) == Some(wanted)).count();
            vote_result(nodes.len(), count(true), count(false))
        };
        half(&self.voters).and(half(&self.outgoing))
    }

    /// Whether these nodes are a majority of each half.
    pub fn is_quorum(&self, has: impl Fn(NodeId) -> bool) -> bool {
        self.vote_result(|node| Some(has(node))) == VoteResult::Won
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "voters={}", self.voters)?;
        if self.is_joint() {
            write!(f, "&&{}", self.outgoing)?;
        }
        for (name, nodes) in [("learners", &self.learners), ("learners_next", &self.learners_next)] {
            if !nodes.is_empty() {
                write!(f, " {name}={nodes}")?;
            }
        }
        if self.auto_leave { f.write_str(" autoleave") } else { Ok(()) }
    }
}
