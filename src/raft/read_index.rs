//! Reads that are linearizable without a log entry: §8 and the dissertation's §6.4, etcd's `ReadOnlySafe`.
//!
//! A leader remembers its commit index, learns from a quorum of heartbeat answers sent after that moment that nobody had
//! replaced it, and only then lets the read go at that index. Rounds are numbered by the leader and never used twice, so that
//! a late or doubled answer cannot confirm a newer read; who confirms a round confirms all before it, so the newest round
//! that each node has confirmed says everything. A leader that has not committed in its own term waits until it has.

use super::config::ReadOnly;
use super::event::Event;
use super::message::Body;
use super::node::Raft;
use super::rule::Rule;
use super::types::{LogIndex, NodeId, Payload, Role, Term};
use std::collections::VecDeque;

/// A read that may be answered once the node has applied `index`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ReadState {
    /// The asker's number for it.
    pub request: u64,
    /// The index.
    pub index: LogIndex,
}

#[derive(Clone, Debug)]
struct Round {
    number: u64,
    asker: NodeId,
    request: u64,
    index: LogIndex,
}

/// The reads that a node waits for or asks others about.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    rounds: VecDeque<Round>,
    /// Asked before the leader had committed in its term: asker and number.
    postponed: Vec<(NodeId, u64)>,
    next_round: u64,
    answers: Vec<ReadState>,
}

impl Reads {
    /// Reads end with a role; their askers ask again.
    pub(super) fn reset(&mut self) {
        self.rounds.clear();
        self.postponed.clear();
    }

    pub(super) fn newest_round(&self) -> u64 {
        self.rounds.back().map_or(0, |round| round.number)
    }

    pub(super) fn answered(&mut self, request: u64, index: LogIndex) {
        self.answers.push(ReadState { request, index });
    }

    pub(super) fn take_answers(&mut self) -> Vec<ReadState> {
        std::mem::take(&mut self.answers)
    }

    pub(super) fn has_answers(&self) -> bool {
        !self.answers.is_empty()
    }
}

impl<P: Payload> Raft<P> {
    /// Asks for an index at which a read is linearizable. `request` comes back in a [`ReadState`], or never: the asker asks
    /// again after a while. Nothing is asked while nobody is known to lead.
    pub fn read_index(&mut self, now: crate::sim::Time, request: u64) {
        self.now = now;
        match (self.role, self.leader) {
            (Role::Leader, _) => self.handle_read_index(self.settings.id, request),
            (_, Some(leader)) => self.send_term(leader, Term(0), Body::ReadIndex { request }),
            (_, None) => {}
        }
    }

    /// Somebody asks this node, which leads or has led.
    pub(super) fn handle_read_index(&mut self, asker: NodeId, request: u64) {
        if self.role != Role::Leader {
            return;
        }
        let committed = self.log.committed();
        if self.log.term(committed) != Some(self.term) && self.settings.obeys(Rule::ReadAfterOwnCommit) {
            self.reads.postponed.push((asker, request));
            return;
        }
        let own = self.settings.id;
        let trusts_itself = self.settings.read_only == ReadOnly::LeaseBased || !self.settings.obeys(Rule::ReadIndex);
        if trusts_itself || self.configuration.is_quorum(|node| node == own) {
            self.confirm_read(asker, request, committed);
            return;
        }
        self.reads.next_round += 1;
        self.reads.rounds.push_back(Round { number: self.reads.next_round, asker, request, index: committed });
        self.broadcast_heartbeat();
    }

    pub(super) fn start_postponed_reads(&mut self) {
        for (asker, request) in std::mem::take(&mut self.reads.postponed) {
            self.handle_read_index(asker, request);
        }
    }

    /// An answer to the heartbeat of a round confirms that round and all before it.
    pub(super) fn handle_read_round(&mut self, from: NodeId, number: u64) {
        if let Some(progress) = self.progress.get_mut(&from) {
            progress.read_round = progress.read_round.max(number);
        }
        let own = self.settings.id;
        let round_of = |node| match self.progress.get(&node) {
            Some(progress) if node != own => progress.read_round,
            progress => progress.map_or(0, |_| u64::MAX),
        };
        let confirmed = self.configuration.committed_index(&mut self.matched, round_of);
        while let Some(round) = self.reads.rounds.pop_front_if(|round| round.number <= confirmed) {
            self.confirm_read(round.asker, round.request, round.index);
        }
    }

    fn confirm_read(&mut self, asker: NodeId, request: u64, index: LogIndex) {
        self.events.push(Event::ReadConfirmed { index });
        if asker == self.settings.id {
            self.reads.answered(request, index);
        } else {
            self.send_term(asker, Term(0), Body::ReadIndexResponse { request, index });
        }
    }
}
