//! What the checker remembers of logs and disks.

use super::KEPT_MAX;
use crate::etcd::Record;
use crate::etcd::server::Proposal;
use crate::raft::{EntryBody, LogIndex, NodeId, RaftLog, Term};
use crate::sim::Disk;
use rustc_stable_hash::{FromStableHash, SipHasher128Hash, StableSipHasher128};
use std::collections::{BTreeMap, VecDeque};
use std::hash::Hash as _;

/// A log as the checker reads it.
pub(super) trait LogSeen {
    /// The first index that it still has.
    fn first_index(&self) -> LogIndex;
    /// The last index.
    fn last_index(&self) -> LogIndex;
    /// The term at an index, if it is known.
    fn term(&self, index: LogIndex) -> Option<Term>;
    /// What tells the entry at an index from others, if the log has it.
    fn content(&self, index: LogIndex) -> Option<u64>;
}

impl LogSeen for RaftLog<Proposal> {
    fn first_index(&self) -> LogIndex {
        self.first_index()
    }

    fn last_index(&self) -> LogIndex {
        self.last_index()
    }

    fn term(&self, index: LogIndex) -> Option<Term> {
        self.term(index)
    }

    fn content(&self, index: LogIndex) -> Option<u64> {
        self.entry(index).map(|entry| match &entry.body {
            EntryBody::Empty => 0,
            EntryBody::Normal(proposal) => proposal.0.id,
            EntryBody::ConfChange(change) => {
                let mut hasher = StableSipHasher128::new();
                (change.transition, &change.changes).hash(&mut hasher);
                hasher.finish::<Fingerprint>().0
            }
        })
    }
}

struct Fingerprint(u64);

impl FromStableHash for Fingerprint {
    type Hash = SipHasher128Hash;
    fn from(SipHasher128Hash([low, _]): SipHasher128Hash) -> Self {
        Fingerprint(low)
    }
}

/// The terms of a log's entries.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    before_first: u64,
    terms: VecDeque<Term>,
}

impl Terms {
    pub(super) fn last(&self) -> LogIndex {
        LogIndex(self.before_first + self.terms.len() as u64)
    }

    pub(super) fn term(&self, index: LogIndex) -> Option<Term> {
        self.terms.get(usize::try_from(index.0.checked_sub(self.before_first + 1)?).ok()?).copied()
    }

    /// Whether the log may have an entry at the index, or had one and has compacted it, for all that is known.
    pub(super) fn may_have(&self, index: LogIndex, term: Term) -> bool {
        index.0 <= self.before_first || self.term(index) == Some(term)
    }

    /// Puts a term at an index and forgets what came after it. One that does not join the others replaces them all.
    pub(super) fn put(&mut self, index: LogIndex, term: Term) {
        if index.0 <= self.before_first || index.0 > self.last().0 + 1 {
            *self = Terms { before_first: index.0.saturating_sub(1), terms: VecDeque::new() };
        }
        self.terms.truncate((index.0 - 1 - self.before_first) as usize);
        self.terms.push_back(term);
    }

    /// Forgets what comes after an index.
    pub(super) fn cut_after(&mut self, index: LogIndex) {
        self.terms.truncate(index.0.saturating_sub(self.before_first) as usize);
    }

    /// Forgets what comes before an index.
    pub(super) fn forget_before(&mut self, index: LogIndex) {
        while self.before_first + 1 < index.0 && self.terms.pop_front().is_some() {
            self.before_first += 1;
        }
    }
}

/// What a restart would find on a member's disk.
#[derive(Clone, Debug, Default)]
pub(super) struct OnDisk {
    pub(super) term: Term,
    pub(super) vote: Option<NodeId>,
    pub(super) terms: Terms,
    read: usize,
    rewrites: u64,
}

impl OnDisk {
    /// Reads what has become durable since the last time.
    pub(super) fn see(&mut self, disk: &Disk<Record>) {
        if disk.rewrites() != self.rewrites {
            *self = OnDisk { rewrites: disk.rewrites(), ..OnDisk::default() };
        }
        for record in &disk.records()[self.read.min(disk.durable())..disk.durable()] {
            self.read_record(record);
        }
        self.read = disk.durable();
    }

    pub(super) fn read_record(&mut self, record: &Record) {
        match record {
            Record::HardState(hard_state) => (self.term, self.vote) = (hard_state.term, hard_state.vote),
            Record::Snapshot(snapshot) => self.terms.put(snapshot.index, snapshot.term),
            Record::Entry(entry) => self.terms.put(entry.index, entry.term),
        }
    }
}

/// Keeps the newest of a map: those with the largest keys.
pub(super) fn keep_newest<K: Ord, V>(map: &mut BTreeMap<K, V>) {
    while map.len() > KEPT_MAX {
        map.pop_first();
    }
}
