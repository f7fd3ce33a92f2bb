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
    /// The node's own vote and acknowledgement.
    own: Vec<Message<P>>,
    /// Index and term of the last entry written.
    last_written: Option<(LogIndex, Term)>,
}

impl<P> Default for Written<P> {
    fn default() -> Self {
        Written { own: Vec::new(), last_written: None }
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
    /// To be given to [`Raft::advance`].
    pub written: Written<P>,
}

impl<P> Default for Ready<P> {
    fn default() -> Self {
        Ready {
            hard_state: None,
            entries: Vec::new(),
            must_sync: false,
            messages: Vec::new(),
            messages_after: Vec::new(),
            committed: Vec::new(),
            reads: Vec::new(),
            written: Written::default(),
        }
    }
}

impl<P> Ready<P> {
    fn assert_done(&self) {
        let left = (self.entries.len(), self.messages.len(), self.messages_after.len(), self.committed.len());
        assert_eq!(left, (0, 0, 0, 0), "entries, messages, messages after, committed that nobody has taken");
    }
}

impl<P: Payload> Raft<P> {
    fn hard_state(&self) -> HardState {
        HardState { term: self.term, vote: self.vote, commit: self.log.committed() }
    }

    /// Whether anything is to be done, and nothing is still being done.
    pub fn has_ready(&self) -> bool {
        !self.ready_out
            && (self.hard_state() != self.persisted
                || self.log.stable() < self.log.last_index()
                || !self.messages.is_empty()
                || self.appends_owed
                || !self.messages_after.is_empty()
                || self.log.applicable() > self.log.applied()
                || self.reads.has_answers())
    }

    /// What is to be done, put into an empty `Ready` or one whose work is done, so that its buffers serve again.
    ///
    /// # Panics
    /// When something of that work was not taken, or nothing is to be done ([`Raft::has_ready`]).
    pub fn fill_ready(&mut self, ready: &mut Ready<P>) {
        assert!(self.has_ready(), "nothing is to be done");
        let hard_state = self.hard_state();
        let hard_state_changed = hard_state != self.persisted;
        let has_entries = self.log.stable() < self.log.last_index();
        ready.assert_done();
        self.ready_out = true;
        self.send_owed_appends();
        if has_entries {
            ready.entries.extend(self.log.range(self.log.stable().next(), self.log.last_index()).cloned());
        }
        let voted = (hard_state.term, hard_state.vote) != (self.persisted.term, self.persisted.vote);
        self.persisted = hard_state;
        ready.hard_state = hard_state_changed.then_some(hard_state);
        ready.must_sync = has_entries || voted;
        ready.written.last_written = ready.entries.last().map(|last| (last.index, last.term));
        let id = self.settings.id;
        ready.written.own.extend(self.messages_after.extract_if(.., |message| message.to == id));
        if self.role == Role::Leader {
            ready.messages.append(&mut self.messages);
        } else {
            // A candidate's requests stand on its own durable vote; a follower's messages on its log.
            ready.messages_after.append(&mut self.messages);
        }
        ready.messages_after.append(&mut self.messages_after);
        self.log.take_applicable(&mut ready.committed);
        ready.reads = self.reads.take_answers();
    }

    /// The work of a `Ready` is done: its writes are durable and its messages are sent. The node's own vote and its own
    /// acknowledgement count from now on. Empties `done`.
    pub fn advance(&mut self, now: Time, done: &mut Written<P>) {
        assert!(self.ready_out, "advance without a ready");
        self.now = now;
        self.ready_out = false;
        if let Some((index, term)) = done.last_written.take() {
            self.log.stable_to(index, term);
        }
        for message in done.own.drain(..) {
            self.step(message);
        }
    }
}
