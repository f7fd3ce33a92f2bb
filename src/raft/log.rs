//! The replicated log of one node: what is in memory, what is durable, committed, applied.
//!
//! Invariants: `applied <= committed <= last`, `stable <= last`; an entry at or below `committed` is never replaced.
//! Conflict search is etcd's: both sides jump over whole terms instead of one index at a time (§5.3, last paragraph).

use super::types::{Entry, LogIndex, Payload, Term};
use std::collections::VecDeque;

/// For how many entries a message gets room at once; it may have more.
const SLICE_ROOM_MAX: u64 = 64;

/// The log of one node.
#[derive(Clone, Debug)]
pub struct RaftLog<P> {
    entries: VecDeque<Entry<P>>,
    /// Index and term of what comes before the first entry.
    before: (LogIndex, Term),
    committed: LogIndex,
    applied: LogIndex,
    /// The last index that is durable on this node.
    stable: LogIndex,
}

impl<P: Payload> RaftLog<P> {
    pub(super) fn new(entries: Vec<Entry<P>>) -> Self {
        let stable = entries.last().map_or(LogIndex(0), |last| last.index);
        for (at, entry) in entries.iter().enumerate() {
            assert_eq!(entry.index, LogIndex(at as u64 + 1), "a recovered log has no gap");
        }
        RaftLog {
            entries: entries.into(),
            before: (LogIndex(0), Term(0)),
            committed: LogIndex(0),
            applied: LogIndex(0),
            stable,
        }
    }

    /// The first index that the log still has.
    pub fn first_index(&self) -> LogIndex {
        self.before.0.next()
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
        assert!(first > self.committed, "entry {first} conflicts with committed {}", self.committed);
        let truncated = (first <= self.last_index()).then_some(first);
        self.entries.truncate((first.0 - self.first_index().0) as usize);
        self.stable = self.stable.min(first.previous());
        self.entries.extend(entries.into_iter().skip(fresh));
        truncated
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

    /// The last index that may be applied: committed and durable here.
    pub(super) fn applicable(&self) -> LogIndex {
        self.committed.min(self.stable)
    }

    /// Hands out what may be applied and was not.
    pub(super) fn take_applicable(&mut self, entries: &mut Vec<Entry<P>>) {
        let to = self.applicable();
        if to > self.applied {
            entries.extend(self.range(self.applied.next(), to).cloned());
            self.applied = to;
        }
    }

    /// Entries up to this index and term are durable. An entry that was replaced meanwhile is not.
    pub(super) fn stable_to(&mut self, index: LogIndex, term: Term) {
        if self.term(index) == Some(term) {
            self.stable = self.stable.max(index);
        }
    }
}
