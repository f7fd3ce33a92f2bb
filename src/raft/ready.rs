//! What a node wants done, and in which order.
//!
//! 1. [`Ready::messages`] may leave at once: a leader sends entries while its own disk still writes them.
//! 2. [`Ready::snapshot`], [`Ready::entries`] and [`Ready::hard_state`] are written; synced if [`Ready::must_sync`].
//! 3. [`Ready::messages_after`] leave when that is durable: each promises something that must survive a crash.
//! 4. [`Raft::advance`] is called; only then comes the next `Ready`.
//!
//! [`Ready::snapshot`] and then [`Ready::committed`] are to be applied in this order, each change of the configuration with
//! [`Raft::apply_conf_change`]; the entries are durable here already. Until its changes are applied, a node proposes no other
//! and does not campaign.

use super::message::Message;
use super::node::Raft;
use super::read_index::ReadState;
use super::rule::Rule;
use super::snapshot::Snapshot;
use super::types::{Entry, HardState, LogIndex, Payload, Role, Term};
use crate::sim::Time;
use std::rc::Rc;

/// What [`Raft::advance`] needs to know of a `Ready` whose write is durable.
#[derive(Clone, Debug)]
pub struct Written<P: Payload> {
    /// The node's own vote and acknowledgement.
    own: Vec<Message<P>>,
    /// Index and term of the last entry written.
    last_written: Option<(LogIndex, Term)>,
    /// The last index of the snapshot written.
    snapshot: Option<LogIndex>,
}

impl<P: Payload> Default for Written<P> {
    fn default() -> Self {
        Written { own: Vec::new(), last_written: None, snapshot: None }
    }
}

/// Work for the owner of a node. See the module for the order.
#[derive(Clone, Debug)]
pub struct Ready<P: Payload> {
    /// Term, vote or commit index have changed.
    pub hard_state: Option<HardState>,
    /// A snapshot of the leader to write, and to put in the place of all that was applied.
    pub snapshot: Option<Rc<Snapshot<P>>>,
    /// A node needs a snapshot, and there is none that is new enough: [`Raft::create_snapshot`] is to be called.
    pub snapshot_wanted: bool,
    /// Entries to write.
    pub entries: Vec<Entry<P>>,
    /// Whether the write must be synced before going on: it has entries or a snapshot, or term or vote have changed.
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

impl<P: Payload> Default for Ready<P> {
    fn default() -> Self {
        Ready {
            hard_state: None,
            snapshot: None,
            snapshot_wanted: false,
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

impl<P: Payload> Ready<P> {
    fn assert_done(&self) {
        let left = (self.entries.len(), self.messages.len(), self.messages_after.len(), self.committed.len());
        assert_eq!(left, (0, 0, 0, 0), "entries, messages, messages after, committed that nobody has taken");
        assert!(self.snapshot.is_none(), "a snapshot that nobody has taken");
    }
}

impl<P: Payload> Raft<P> {
    /// What is to be on disk.
    fn hard_state(&self) -> HardState {
        let mut hard_state = HardState { term: self.term, vote: self.vote, commit: self.log.committed() };
        if !self.settings.obeys(Rule::PersistTerm) {
            hard_state.term = self.persisted.term;
        }
        if !self.settings.obeys(Rule::PersistVote) {
            hard_state.vote = self.persisted.vote;
        }
        hard_state
    }

    /// Up to where may be applied.
    fn applicable(&self) -> LogIndex {
        if self.settings.obeys(Rule::ApplyOnlyCommitted) { self.log.applicable() } else { self.log.stable() }
    }

    /// Whether anything is to be done, and nothing is still being done.
    pub fn has_ready(&self) -> bool {
        !self.ready_out
            && (self.hard_state() != self.persisted
                || self.log.written() < self.log.last_index()
                || self.log.has_new_snapshot()
                || !self.messages.is_empty()
                || self.appends_owed
                || !self.messages_after.is_empty()
                || (self.applicable() > self.log.applied() && !self.log.has_incoming())
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
        let has_entries = self.log.written() < self.log.last_index();
        ready.assert_done();
        self.ready_out = true;
        self.send_owed_appends();
        ready.snapshot_wanted = std::mem::take(&mut self.snapshot_wanted);
        ready.snapshot = self.log.take_snapshot();
        ready.written.snapshot = ready.snapshot.as_ref().map(|snapshot| snapshot.index);
        if has_entries {
            ready.entries.extend(self.log.range(self.log.written().next(), self.log.last_index()).cloned());
        }
        let voted = (hard_state.term, hard_state.vote) != (self.persisted.term, self.persisted.vote);
        self.persisted = hard_state;
        ready.hard_state = hard_state_changed.then_some(hard_state);
        ready.must_sync = has_entries || voted || ready.snapshot.is_some();
        ready.written.last_written = ready.entries.last().map(|last| (last.index, last.term));
        let id = self.settings.id;
        ready.written.own.extend(self.messages_after.extract_if(.., |message| message.to == id));
        if !self.settings.obeys(Rule::SyncBeforeSend) {
            ready.messages.append(&mut self.messages);
            ready.messages.append(&mut self.messages_after);
        } else if self.role == Role::Leader {
            ready.messages.append(&mut self.messages);
        } else {
            // A candidate's requests stand on its own durable vote; a follower's messages on its log.
            ready.messages_after.append(&mut self.messages);
        }
        ready.messages_after.append(&mut self.messages_after);
        self.changes_out += self.log.take_applicable(self.applicable(), &mut ready.committed);
        self.count_applied(&ready.committed);
        ready.reads = self.reads.take_answers();
    }

    /// The work of a `Ready` is done: its writes are durable and its messages are sent. The node's own vote and its own
    /// acknowledgement count from now on. Empties `done`.
    pub fn advance(&mut self, now: Time, done: &mut Written<P>) {
        assert!(self.ready_out, "advance without a ready");
        self.now = now;
        self.ready_out = false;
        if let Some(index) = done.snapshot.take() {
            self.log.snapshot_stable(index);
        }
        if let Some((index, term)) = done.last_written.take() {
            self.log.stable_to(index, term);
        }
        for message in done.own.drain(..) {
            self.step(message);
        }
        self.maybe_leave_joint();
    }
}
