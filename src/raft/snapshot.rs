//! Log compaction and InstallSnapshot: §7.
//!
//! The owner applies, so the owner makes snapshots; Raft keeps the last one and sends it to whoever lacks entries that are
//! compacted away. If there is none that reaches far enough and lists the node, it asks for one
//! ([`super::Ready::snapshot_wanted`]).

use super::configuration::Configuration;
use super::event::Event;
use super::message::Body;
use super::node::Raft;
use super::progress::ProgressState;
use super::types::{LogIndex, NodeId, Payload, Term};
use std::fmt;
use std::rc::Rc;

/// What stands for the entries up to an index. Two of the same index and term are the same: that is what Raft is for.
pub struct Snapshot<P: Payload> {
    /// The last index that it stands for.
    pub index: LogIndex,
    /// The term of that entry.
    pub term: Term,
    /// The configuration at that index.
    pub configuration: Rc<Configuration>,
    /// How much must be sent.
    pub size_bytes: u64,
    /// The owner's part.
    pub data: P::Snapshot,
}

impl<P: Payload> PartialEq for Snapshot<P> {
    fn eq(&self, other: &Snapshot<P>) -> bool {
        (self.index, self.term, &self.configuration) == (other.index, other.term, &other.configuration)
    }
}

impl<P: Payload> Eq for Snapshot<P> {}

impl<P: Payload> fmt::Debug for Snapshot<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot({}/{} {}, {} bytes)", self.index, self.term, self.configuration, self.size_bytes)
    }
}

impl<P: Payload> Raft<P> {
    /// The owner's snapshot of what it has applied, which is everything up to `index` and nothing beyond. It is kept for
    /// sending until a newer one comes; the log stays until [`Raft::compact`].
    ///
    /// # Panics
    /// When `index` was not handed out for applying, or is compacted away.
    pub fn create_snapshot(&mut self, index: LogIndex, size_bytes: u64, data: P::Snapshot) -> Rc<Snapshot<P>> {
        assert!(index <= self.log.applied(), "a snapshot at {index}, applied up to {}", self.log.applied());
        let term = self.log.term(index);
        assert!(term.is_some() || !self.settings.broken.is_empty(), "a snapshot at {index}, which the log lacks");
        let term = term.unwrap_or(self.term);
        let configuration = Rc::clone(&self.configuration);
        let snapshot = Rc::new(Snapshot { index, term, configuration, size_bytes, data });
        self.snapshot = Some(Rc::clone(&snapshot));
        let compacted = self.log.compacted();
        for (_, progress) in self.progress.iter_mut().filter(|(_, progress)| progress.next <= compacted) {
            progress.owe_entries();
            self.appends_owed = true;
        }
        snapshot
    }

    /// The last snapshot, its own or the leader's.
    pub fn snapshot(&self) -> Option<&Rc<Snapshot<P>>> {
        self.snapshot.as_ref()
    }

    /// Forgets the entries up to `index`, which must be applied. What is compacted already is no error.
    pub fn compact(&mut self, index: LogIndex) {
        self.log.compact(index);
    }

    /// How the sending of a snapshot to a node went, as far as the transport knows. Either way the leader waits for the
    /// node to be heard before it sends anything more.
    pub fn report_snapshot(&mut self, node: NodeId, arrived: bool) {
        if let Some(progress) = self.progress.get_mut(&node)
            && progress.state == ProgressState::Snapshot
        {
            if !arrived {
                progress.pending_snapshot = LogIndex(0);
            }
            progress.become_probe();
            progress.paused = true;
        }
    }

    /// Sends a node that lacks compacted entries the last snapshot, if the node was heard lately; whether a message went.
    pub(super) fn send_snapshot(&mut self, node: NodeId) -> bool {
        let Some(progress) = self.progress.get_mut(&node).filter(|progress| progress.recent_active) else {
            return false;
        };
        // A node takes no snapshot that does not list it.
        let compacted = self.log.compacted();
        let serves = |s: &&Rc<Snapshot<P>>| s.index >= compacted && s.configuration.contains(node);
        let Some(snapshot) = self.snapshot.as_ref().filter(serves) else {
            self.snapshot_wanted = true;
            return false;
        };
        let snapshot = Rc::clone(snapshot);
        progress.become_snapshot(snapshot.index);
        self.events.push(Event::SnapshotSent { to: node, index: snapshot.index });
        self.send(node, Body::Snapshot { snapshot });
        true
    }

    /// The leader sends a snapshot. The answer tells how far the log reaches that is sure to match.
    pub(super) fn handle_snapshot(&mut self, from: NodeId, snapshot: Rc<Snapshot<P>>) {
        let index = snapshot.index;
        if !self.restore(snapshot) {
            self.events.push(Event::SnapshotIgnored { index });
        }
        // Either way nothing beyond what is committed is sure to match.
        self.send(from, Body::AppendAccepted { index: self.log.committed() });
    }

    /// Puts a snapshot in the place of the log, if it brings anything new; a log that has its last entry needs only know
    /// that it is committed.
    fn restore(&mut self, snapshot: Rc<Snapshot<P>>) -> bool {
        if snapshot.index <= self.log.committed() || !snapshot.configuration.contains(self.settings.id) {
            return false;
        }
        if self.log.term(snapshot.index) == Some(snapshot.term) {
            self.commit_to(snapshot.index);
            return false;
        }
        let configuration = Rc::clone(&snapshot.configuration);
        self.snapshot = Some(Rc::clone(&snapshot));
        self.events.push(Event::SnapshotRestored { index: snapshot.index });
        self.log.restore(snapshot);
        self.switch_configuration(configuration);
        true
    }
}
