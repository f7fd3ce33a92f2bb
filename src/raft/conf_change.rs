//! Changes of the configuration: what is proposed, and what it makes of a configuration.
//!
//! One voter may be added or removed at once, for the majorities before and after then share a node (dissertation §4.1). For
//! more, the cluster passes through a joint configuration in which both majorities are needed (§6, dissertation §4.3). This
//! is etcd's `ConfChangeV2`; its version 1 is a change of one node with [`Transition::Auto`].
//!
//! Everything here is a function from configuration to configuration. When a change may be proposed is the leader's matter.

use super::configuration::Configuration;
use super::types::NodeId;
use std::fmt;

/// One node's part in a change. What changes nothing is no error: adding a voter that votes, removing a stranger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Change {
    /// The node votes from now on.
    AddVoter(NodeId),
    /// The node learns from now on; a voter is demoted.
    AddLearner(NodeId),
    /// The node is no longer a member.
    Remove(NodeId),
    /// Something about the node changes that Raft does not know.
    Update(NodeId),
}

/// How a change comes into force.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Transition {
    /// A single change at once, more through a joint configuration that the leader leaves by itself.
    #[default]
    Auto,
    /// Through a joint configuration that the leader leaves by itself.
    Implicit,
    /// Through a joint configuration that stays until somebody proposes to leave it.
    Explicit,
}

/// A proposed change of the configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfChange<P> {
    /// How.
    pub transition: Transition,
    /// What; nothing asks to leave a joint configuration.
    pub changes: Vec<Change>,
    /// What the proposer has to say to whoever applies it.
    pub context: Option<P>,
}

impl<P> ConfChange<P> {
    /// A change of one node.
    pub fn single(change: Change) -> ConfChange<P> {
        ConfChange { transition: Transition::Auto, changes: vec![change], context: None }
    }

    /// Leaves a joint configuration.
    pub fn leave_joint() -> ConfChange<P> {
        ConfChange { transition: Transition::Auto, changes: Vec::new(), context: None }
    }

    /// Whether it asks to leave a joint configuration.
    pub fn is_leave_joint(&self) -> bool {
        self.changes.is_empty() && self.transition == Transition::Auto
    }

    /// Whether it goes through a joint configuration.
    fn is_joint(&self) -> bool {
        self.transition != Transition::Auto || self.changes.len() > 1
    }
}

/// Why a change cannot be made; the texts are etcd's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ConfChangeError {
    /// No voter would be left.
    RemovedAllVoters,
    /// Two majorities might not share a node.
    MoreThanOneVoter,
    /// It has two halves already.
    AlreadyJoint,
    /// There is nobody to make a joint configuration with.
    NoVoters,
    /// There is nothing to leave.
    NotJoint,
    /// It must be left first.
    SimpleWhileJoint,
}

impl fmt::Display for ConfChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConfChangeError::RemovedAllVoters => "removed all voters",
            ConfChangeError::MoreThanOneVoter => "more than one voter changed without entering joint config",
            ConfChangeError::AlreadyJoint => "config is already joint",
            ConfChangeError::NoVoters => "can't make a zero-voter config joint",
            ConfChangeError::NotJoint => "can't leave a non-joint config",
            ConfChangeError::SimpleWhileJoint => "can't apply simple config change in joint config",
        })
    }
}

impl Configuration {
    /// The configuration after a change, whichever way it comes into force.
    pub fn after<P>(&self, change: &ConfChange<P>) -> Result<Configuration, ConfChangeError> {
        if change.is_leave_joint() {
            self.leave_joint()
        } else if change.is_joint() {
            self.enter_joint(change.transition != Transition::Explicit, &change.changes)
        } else {
            self.simple(&change.changes)
        }
    }

    /// The configuration after changes of one voter at most, and of any learners.
    pub fn simple(&self, changes: &[Change]) -> Result<Configuration, ConfChangeError> {
        if self.is_joint() {
            return Err(ConfChangeError::SimpleWhileJoint);
        }
        let after = self.clone().changed(changes)?;
        let removed = self.voters.iter().filter(|node| !after.voters.contains(node)).count();
        let added = after.voters.iter().filter(|node| !self.voters.contains(node)).count();
        if removed + added > 1 { Err(ConfChangeError::MoreThanOneVoter) } else { Ok(after) }
    }

    /// The joint configuration of this one and the one after the changes.
    pub fn enter_joint(&self, auto_leave: bool, changes: &[Change]) -> Result<Configuration, ConfChangeError> {
        if self.is_joint() {
            return Err(ConfChangeError::AlreadyJoint);
        }
        if self.voters.is_empty() {
            return Err(ConfChangeError::NoVoters);
        }
        Configuration { outgoing: self.voters.clone(), auto_leave, ..self.clone() }.changed(changes)
    }

    /// The incoming half alone; who was to learn now does.
    pub fn leave_joint(&self) -> Result<Configuration, ConfChangeError> {
        if !self.is_joint() {
            return Err(ConfChangeError::NotJoint);
        }
        let mut after = self.clone();
        for node in &self.learners_next {
            after.learners.insert(*node);
        }
        after.learners_next.clear();
        after.outgoing.clear();
        after.auto_leave = false;
        Ok(after)
    }

    /// The changes one after the other, without asking whether the majorities before and after share a node.
    pub(super) fn changed(mut self, changes: &[Change]) -> Result<Configuration, ConfChangeError> {
        for change in changes {
            match *change {
                Change::AddVoter(node) => {
                    self.learners.remove(node);
                    self.learners_next.remove(node);
                    self.voters.insert(node);
                }
                Change::AddLearner(node) => self.add_learner(node),
                Change::Remove(node) => self.remove(node),
                Change::Update(_) => {}
            }
        }
        if self.voters.is_empty() { Err(ConfChangeError::RemovedAllVoters) } else { Ok(self) }
    }

    /// A voter of the outgoing half goes on voting there, and learns only when that half is gone.
    fn add_learner(&mut self, node: NodeId) {
        self.voters.remove(node);
        if self.outgoing.contains(&node) {
            self.learners_next.insert(node);
        } else {
            self.learners.insert(node);
        }
    }

    fn remove(&mut self, node: NodeId) {
        self.voters.remove(node);
        self.learners.remove(node);
        self.learners_next.remove(node);
    }
}
