//! What a leader knows of one other node: etcd's `tracker.Progress`.
//!
//! Probe: one message, then wait for the answer. Replicate: stream, up to a window of messages in flight, with `next`
//! running ahead of `match`. Invariant: `matched < next`.

use super::types::LogIndex;
use crate::sim::Time;
use std::collections::VecDeque;

/// How entries are sent to a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProgressState {
    /// One message at a time, to find where the logs agree.
    Probe,
    /// A stream.
    Replicate,
}

impl ProgressState {
    /// etcd's word for it.
    pub fn word(self) -> &'static str {
        match self {
            ProgressState::Probe => "Probe",
            ProgressState::Replicate => "Replicate",
        }
    }
}

/// What the leader will send to a node with the next `Ready`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Owed {
    /// Nothing.
    #[default]
    Nothing,
    /// Entries, if it lacks any.
    Entries,
    /// The commit index, even if it lacks no entries.
    CommitIndex,
}

/// What a leader knows of one node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The highest index known to be on the node.
    pub matched: LogIndex,
    /// The next index to send.
    pub next: LogIndex,
    /// How entries are sent.
    pub state: ProgressState,
    /// Probe: a message is out, wait for its answer or a heartbeat's.
    pub(super) paused: bool,
    /// The node has been heard since the last quorum check.
    pub recent_active: bool,
    /// When the node was last heard, on the leader's clock.
    pub heard_at: Option<Time>,
    /// Replicate: the last index of each message in flight.
    inflight: VecDeque<LogIndex>,
    pub(super) owed: Owed,
}

impl Progress {
    pub(super) fn new(next: LogIndex) -> Progress {
        Progress {
            matched: LogIndex(0),
            next,
            state: ProgressState::Probe,
            paused: false,
            recent_active: false,
            heard_at: None,
            inflight: VecDeque::new(),
            owed: Owed::Nothing,
        }
    }

    /// How many messages with entries are in flight.
    pub fn inflight(&self) -> usize {
        self.inflight.len()
    }

    pub(super) fn become_probe(&mut self) {
        self.state = ProgressState::Probe;
        self.paused = false;
        self.inflight.clear();
        self.next = self.matched.next();
    }

    pub(super) fn become_replicate(&mut self) {
        self.state = ProgressState::Replicate;
        self.paused = false;
        self.inflight.clear();
        self.next = self.matched.next();
    }

    /// Whether nothing may be sent now.
    pub(super) fn is_paused(&self, inflight_max: usize) -> bool {
        match self.state {
            ProgressState::Probe => self.paused,
            ProgressState::Replicate => self.inflight.len() >= inflight_max,
        }
    }

    /// Entries up to `last` have been sent.
    pub(super) fn sent(&mut self, last: LogIndex) {
        match self.state {
            ProgressState::Probe => self.paused = true,
            ProgressState::Replicate => {
                self.next = last.next();
                self.inflight.push_back(last);
            }
        }
    }

    /// The node has the log up to `index`; whether that is news.
    pub(super) fn accepted(&mut self, index: LogIndex) -> bool {
        let news = index > self.matched;
        if news {
            self.matched = index;
            self.paused = false;
        }
        self.next = self.next.max(index.next());
        while self.inflight.front().is_some_and(|last| *last <= index) {
            self.inflight.pop_front();
        }
        news
    }

    /// The node refused entries after `rejected`; whether the refusal is of what was sent last, and so moves `next`.
    pub(super) fn rejected(&mut self, rejected: LogIndex, hint: LogIndex) -> bool {
        if self.state == ProgressState::Replicate {
            // Anything at or before the match is an old answer.
            if rejected <= self.matched {
                return false;
            }
            self.next = self.matched.next();
            return true;
        }
        if self.next.previous() != rejected {
            return false;
        }
        self.next = rejected.min(hint.next()).max(self.matched.next());
        self.paused = false;
        true
    }

    /// A full window is opened a little: the oldest message counts as lost.
    pub(super) fn free_first_inflight(&mut self) {
        self.inflight.pop_front();
    }
}
