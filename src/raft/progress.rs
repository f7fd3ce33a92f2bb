//! What a leader knows of one other node: etcd's `tracker.Progress`.
//!
//! Probe: one message, then wait for the answer. Replicate: stream, up to a window of messages in flight, with `next`
//! running ahead of `match`. Snapshot: nothing, until what comes after the snapshot can be sent. Invariant: `matched < next`.

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
    /// What it lacks is compacted away, so a snapshot is on its way.
    Snapshot,
}

impl ProgressState {
    /// etcd's word for it.
    pub fn word(self) -> &'static str {
        match self {
            ProgressState::Probe => "Probe",
            ProgressState::Replicate => "Replicate",
            ProgressState::Snapshot => "Snapshot",
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
    /// Snapshot: the index of the snapshot that is on its way; else 0.
    pub pending_snapshot: LogIndex,
    /// A message is out, or the window is full: wait for an answer, be it to a heartbeat.
    pub(super) paused: bool,
    /// The node has been heard since the last quorum check.
    pub recent_active: bool,
    /// When the node was last heard, on the leader's clock.
    pub heard_at: Option<Time>,
    /// Replicate: the last index of each message in flight.
    inflight: VecDeque<LogIndex>,
    /// The newest round of reads that the node has confirmed.
    pub(super) read_round: u64,
    pub(super) owed: Owed,
}

impl Progress {
    pub(super) fn new(next: LogIndex) -> Progress {
        Progress {
            matched: LogIndex(0),
            next,
            state: ProgressState::Probe,
            pending_snapshot: LogIndex(0),
            paused: false,
            recent_active: false,
            heard_at: None,
            inflight: VecDeque::new(),
            read_round: 0,
            owed: Owed::Nothing,
        }
    }

    /// It may lack entries.
    pub(super) fn owe_entries(&mut self) {
        self.owed = self.owed.max(Owed::Entries);
    }

    /// How many messages with entries are in flight.
    pub fn inflight(&self) -> usize {
        self.inflight.len()
    }

    /// Whether nothing is sent to the node for now.
    pub fn is_paused(&self) -> bool {
        self.paused || self.state == ProgressState::Snapshot
    }

    fn enter(&mut self, state: ProgressState, next: LogIndex) {
        self.state = state;
        self.paused = false;
        self.pending_snapshot = LogIndex(0);
        self.inflight.clear();
        self.next = next;
    }

    /// One message at a time from the match on, or from a snapshot that was on its way.
    pub(super) fn become_probe(&mut self) {
        self.enter(ProgressState::Probe, self.matched.max(self.pending_snapshot).next());
    }

    pub(super) fn become_replicate(&mut self) {
        self.enter(ProgressState::Replicate, self.matched.next());
    }

    /// A snapshot up to `index` is on its way.
    pub(super) fn become_snapshot(&mut self, index: LogIndex) {
        self.enter(ProgressState::Snapshot, index.next());
        self.pending_snapshot = index;
    }

    /// A message has been sent, with entries up to `last` if it has any.
    pub(super) fn sent(&mut self, last: Option<LogIndex>, inflight_max: usize) {
        match self.state {
            ProgressState::Probe => self.paused = true,
            ProgressState::Replicate => {
                if let Some(last) = last {
                    self.next = last.next();
                    self.inflight.push_back(last);
                }
                self.paused = self.is_window_full(inflight_max);
            }
            ProgressState::Snapshot => unreachable!("nothing is sent while a snapshot is on its way"),
        }
    }

    /// Whether no more messages with entries may be in flight.
    pub(super) fn is_window_full(&self, inflight_max: usize) -> bool {
        self.inflight.len() >= inflight_max
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
}
