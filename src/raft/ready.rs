//! What a node wants done, and in which order.
//!
//! 1. [`Ready::messages`] may leave at once: a leader sends entries while its own disk still writes them.
//! 2. [`Ready::entries`] and [`Ready::hard_state`] are written; synced if [`Ready::must_sync`].
//! 3. [`Ready::messages_after`] leave when that is durable: each promises something that must survive a crash.
//! 4. [`Raft::advance`] is called; only then comes the next `Ready`.
//!
//! [`Ready::committed`] is durable here already and may be applied at any time, in order.

use super::message::Message;
use super::node::Raft;
use super::read_index::ReadState;
use super::types::{Entry, HardState, LogIndex, Payload, Role, Term};
use crate::sim::Time;

/// What [`Raft::advance`] needs to know of a `Ready` whose write is durable.
#[derive(Clone, Debug)]
pub struct Written<P> {
    own: Vec<Message<P>>,
    last_written: Option<(LogIndex, Term)>,
}

impl<P> Ready<P> {
    /// Takes what [`Raft::advance`] will want back.
    pub fn take_written(&mut self) -> Written<P> {
        Written { own: std::mem::take(&mut self.own), last_written: self.last_written.take() }
    }
}

/// Work for the owner of a node. See the module for the order.
#[derive(Clone, Debug)]
pub struct Ready<P> {
    /// Term, vote or commit index have changed.
    pub hard_state: Option<HardState>,
    /// Entries to write.
    pub entries: Vec<Entry<P>>,
    /// Whether the write must be synced before going on: it has entries, or term or vote have changed.
    pub must_sync: bool,
    /// To send now.
    pub messages: Vec<Message<P>>,
    /// To send when the write is durable.
    pub messages_after: Vec<Message<P>>,
    /// To apply, in order.
    pub committed: Vec<Entry<P>>,
    /// Reads that may be answered once their index is applied.
    pub reads: Vec<ReadState>,
    /// The node's own vote and acknowledgement.
    own: Vec<Message<P>>,
    /// Index and term of the last entry written.
    last_written: Option<(LogIndex, Term)>,
}

impl<P: Payload> Raft<P> {
    fn hard_state(&self) -> HardState {
        HardState { term: self.term, vote: self.vote, commit: self.log.committed() }
    }

    /// What is to be done, if anything is and nothing is still being done.
    pub fn ready(&mut self) -> Option<Ready<P>> {
        if self.ready_out {
            return None;
        }
        let hard_state = self.hard_state();
        let hard_state_changed = hard_state != self.persisted;
        let has_entries = self.log.stable() < self.log.last_index();
        let nothing = !hard_state_changed
            && !has_entries
            && self.messages.is_empty()
            && self.messages_after.is_empty()
            && self.log.applicable() <= self.log.applied()
            && !self.reads.has_answers();
        if nothing {
            return None;
        }
        self.ready_out = true;
        let entries: Vec<Entry<P>> = if has_entries {
            self.log.range(self.log.stable().next(), self.log.last_index()).cloned().collect()
        } else {
            Vec::new()
        };
        let voted = (hard_state.term, hard_state.vote) != (self.persisted.term, self.persisted.vote);
        self.persisted = hard_state;
        let mut messages = std::mem::take(&mut self.messages);
        let id = self.settings.id;
        let mut messages_after = std::mem::take(&mut self.messages_after);
        let own = messages_after.extract_if(.., |message| message.to == id).collect();
        if self.role != Role::Leader {
            // A candidate's requests stand on its own durable vote; a follower's messages on its log.
            messages_after.splice(0..0, messages.drain(..));
        }
        Some(Ready {
            hard_state: hard_state_changed.then_some(hard_state),
            must_sync: has_entries || voted,
            last_written: entries.last().map(|last| (last.index, last.term)),
            entries,
            messages,
            messages_after,
            own,
            committed: self.log.take_applicable(),
            reads: self.reads.take_answers(),
        })
    }

    /// The work of a `Ready` is done: its writes are durable and its messages are sent. The node's own vote and its own
    /// acknowledgement count from now on.
    pub fn advance(&mut self, now: Time, done: Written<P>) {
        assert!(self.ready_out, "advance without a ready");
        self.now = now;
        self.ready_out = false;
        if let Some((index, term)) = done.last_written {
            self.log.stable_to(index, term);
        }
        for message in done.own {
            self.step(message);
        }
    }
}
