//! The replicated log of one node: what is in memory, what is durable, committed, applied.
//!
//! Invariants: `compacted <= applied <= committed <= last`, `stable <= last`; an entry at or below `committed` is never
//! replaced (unless the node breaks rules). A snapshot from the leader replaces the whole log; until it is durable, nothing
//! after it is applied. Conflict search is etcd's: both sides jump over whole terms instead of one index at a time (§5.3,
//! last paragraph).

use super::snapshot::Snapshot;
use super::types::{Entry, EntryBody, LogIndex, Payload, Term};
use std::collections::VecDeque;
use std::rc::Rc;

/// For how many entries a message gets room at once; it may have more.
const SLICE_ROOM_MAX: u64 = 64;

/// A snapshot that came from the leader and is not durable yet.
#[derive(Clone, Debug)]
struct Incoming<P: Payload> {
    snapshot: Rc<Snapshot<P>>,
    /// It is with the owner.
    handed_out: bool,
}

/// The log of one node.
#[derive(Clone, Debug)]
pub struct RaftLog<P: Payload> {
    entries: VecDeque<Entry<P>>,
    /// Index and term of what comes before the first entry.
    before: (LogIndex, Term),
    committed: LogIndex,
    applied: LogIndex,
    /// The last index that is durable on this node.
    stable: LogIndex,
    incoming: Option<Incoming<P>>,
}

impl<P: Payload> RaftLog<P> {
    /// A log that a disk had: the entries after `before`.
    ///
    /// # Panics
    /// When the entries have a gap.
    pub(super) fn new(before: (LogIndex, Term), entries: Vec<Entry<P>>) -> Self {
        let stable = entries.last().map_or(before.0, |last| last.index);
        for (entry, index) in entries.iter().zip(before.0.0 + 1..) {
            assert_eq!(entry.index, LogIndex(index), "a recovered log has no gap");
        }
        RaftLog { entries: entries.into(), before, committed: before.0, applied: before.0, stable, incoming: None }
    }

    /// The first index that the log still has.
    pub fn first_index(&self) -> LogIndex {
        self.before.0.next()
    }

    /// The last index that was compacted away; 0 if none was.
    pub fn compacted(&self) -> LogIndex {
        self.before.0
    }

    /// The last index; the one before the first if the log is empty.
    pub fn last_index(&self) -> LogIndex {
        LogIndex(self.before.0.0 + self.entries.len() as u64)
    }

    /// The term of the last entry.
    pub fn last_term(&self) -> Term {
        self.entries.back().map_or(self.before.1, |entry| entry.term)
    }

    /// What this node knows to be committed.
    pub fn committed(&self) -> LogIndex {
        self.committed
    }

    /// What it has handed out for applying.
    pub fn applied(&self) -> LogIndex {
        self.applied
    }

    /// The last index that is durable on this node.
    pub fn stable(&self) -> LogIndex {
        self.stable
    }

    /// The entry at an index, if the log has it.
    pub fn entry(&self, index: LogIndex) -> Option<&Entry<P>> {
        self.entries.get(usize::try_from(index.0.checked_sub(self.before.0.0 + 1)?).ok()?)
    }

    /// The term at an index, if the log knows it.
    pub fn term(&self, index: LogIndex) -> Option<Term> {
        if index == self.before.0 { Some(self.before.1) } else { self.entry(index).map(|entry| entry.term) }
    }

    /// The entries from `from` to `to`, both included, cut to those the log has.
    pub fn range(&self, from: LogIndex, to: LogIndex) -> impl Iterator<Item = &Entry<P>> {
        let from = from.max(self.first_index()).0 - self.first_index().0;
        let to = (to.min(self.last_index()).0 + 1).saturating_sub(self.first_index().0);
        self.entries.range(from.min(to) as usize..to as usize)
    }

    /// Whether a candidate's log is at least as up to date (§5.4.1).
    pub(super) fn is_up_to_date(&self, last_index: LogIndex, last_term: Term) -> bool {
        (last_term, last_index) >= (self.last_term(), self.last_index())
    }

    /// Entries to send from `from` on: at least one if there is one, then as many as fit.
    pub(super) fn slice(&self, from: LogIndex, bytes_max: usize) -> Vec<Entry<P>> {
        let mut bytes = 0;
        let entries_max = self.last_index().next().0.saturating_sub(from.0).min(SLICE_ROOM_MAX) as usize;
        let mut slice = Vec::with_capacity(entries_max);
        for entry in self.range(from, self.last_index()) {
            bytes += entry.size_bytes();
            if bytes > bytes_max && !slice.is_empty() {
                break;
            }
            slice.push(entry.clone());
        }
        slice
    }

    /// A leader's own entries.
    pub(super) fn append(&mut self, entry: Entry<P>) {
        assert_eq!(entry.index, self.last_index().next(), "a leader appends at its end");
        self.entries.push_back(entry);
    }

    /// A leader's entries after `index`. Truncates only from the first entry that conflicts: entries that are there already
    /// stay, for an old message must not undo a newer one. Answers the first index that was truncated, if any.
    pub(super) fn append_after(&mut self, entries: Vec<Entry<P>>) -> Option<LogIndex> {
        let fresh = entries.iter().position(|entry| self.term(entry.index) != Some(entry.term))?;
        let first = entries[fresh].index;
        let truncated = self.truncate_from(first);
        self.entries.extend(entries.into_iter().skip(fresh));
        truncated
    }

    /// Forgets the entries from an index on; that index, if there were any.
    pub(super) fn truncate_from(&mut self, first: LogIndex) -> Option<LogIndex> {
        let truncated = (first <= self.last_index()).then_some(first);
        self.entries.truncate((first.0 - self.first_index().0) as usize);
        self.stable = self.stable.min(first.previous());
        truncated
    }

    /// Forgets the entries up to an index, the index of an applied entry.
    pub(super) fn compact(&mut self, index: LogIndex) {
        assert!(index <= self.applied, "compacting up to {index}, applied up to {}", self.applied);
        if let Some(term) = self.term(index).filter(|_| index > self.before.0) {
            self.entries.drain(..(index.0 - self.before.0.0) as usize);
            self.before = (index, term);
        }
    }

    /// A snapshot of the leader takes the place of everything.
    pub(super) fn restore(&mut self, snapshot: Rc<Snapshot<P>>) {
        self.entries.clear();
        self.before = (snapshot.index, snapshot.term);
        self.committed = snapshot.index;
        self.stable = self.stable.min(snapshot.index);
        self.incoming = Some(Incoming { snapshot, handed_out: false });
    }

    /// Whether a snapshot waits to become durable.
    pub(super) fn has_incoming(&self) -> bool {
        self.incoming.is_some()
    }

    /// Whether a snapshot waits to be handed out.
    pub(super) fn has_new_snapshot(&self) -> bool {
        self.incoming.as_ref().is_some_and(|incoming| !incoming.handed_out)
    }

    /// Hands out a snapshot that waits; its index counts as applied.
    pub(super) fn take_snapshot(&mut self) -> Option<Rc<Snapshot<P>>> {
        let incoming = self.incoming.as_mut().filter(|incoming| !incoming.handed_out)?;
        incoming.handed_out = true;
        self.applied = incoming.snapshot.index;
        Some(Rc::clone(&incoming.snapshot))
    }

    /// A snapshot is durable.
    pub(super) fn snapshot_stable(&mut self, index: LogIndex) {
        self.stable = self.stable.max(index);
        if self.incoming.as_ref().is_some_and(|incoming| incoming.snapshot.index == index) {
            self.incoming = None;
        }
    }

    /// Up to where all is written, or stands in a snapshot that is being written.
    pub(super) fn written(&self) -> LogIndex {
        self.stable.max(self.before.0)
    }

    /// Whether a committed change of the configuration waits to be applied.
    pub(super) fn has_unapplied_change(&self) -> bool {
        self.range(self.applied.next(), self.committed).any(|entry| matches!(entry.body, EntryBody::ConfChange(_)))
    }

    /// The largest index up to `index` whose term is at most `term`, and that entry's term.
    pub(super) fn conflict_hint(&self, mut index: LogIndex, term: Term) -> (LogIndex, Term) {
        loop {
            match self.term(index) {
                Some(here) if here > term => index = index.previous(),
                Some(here) => return (index, here),
                None => return (index, Term(0)),
            }
        }
    }

    /// Moves the commit index forward, never beyond the log; whether it moved.
    pub(super) fn commit_to(&mut self, index: LogIndex) -> bool {
        let index = index.min(self.last_index());
        let moves = index > self.committed;
        if moves {
            self.committed = index;
        }
        moves
    }

    /// Takes a commit index on trust, whatever the log holds.
    pub(super) fn trust_commit(&mut self, index: LogIndex) {
        self.committed = self.committed.max(index);
    }

    /// The last index that may be applied: committed and durable here.
    #[inline]
    pub(super) fn applicable(&self) -> LogIndex {
        self.committed.min(self.stable)
    }

    /// Hands out what was not applied up to an index; answers how many changes of the configuration are in it.
    pub(super) fn take_applicable(&mut self, to: LogIndex, entries: &mut Vec<Entry<P>>) -> usize {
        if to <= self.applied || self.incoming.is_some() {
            return 0;
        }
        let mut changes = 0;
        entries.extend(self.range(self.applied.next(), to).map(|entry| {
            changes += usize::from(matches!(entry.body, EntryBody::ConfChange(_)));
            entry.clone()
        }));
        self.applied = to;
        changes
    }

    /// Entries up to this index and term are durable. An entry that was replaced meanwhile is not.
    pub(super) fn stable_to(&mut self, index: LogIndex, term: Term) {
        if self.incoming.is_none() && self.term(index) == Some(term) {
            self.stable = self.stable.max(index);
        }
    }
}
