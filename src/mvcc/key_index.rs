//! The history of one key.
//!
//! etcd keeps a list of generations, each a list of revisions into the backend. Here it is one list of records in
//! revision order, because a tombstone already says where a generation ends: the state at a revision is the newest
//! record at or below it, and the key is absent when that record is a tombstone or there is none. That stays true when
//! one transaction changes a key more than once.

use std::rc::Rc;

use super::shared_vec::SharedVec;
use super::{KeyValue, Record};

/// A clone shares the records. Most keys are written once, and a record alone needs no list.
#[derive(Clone, Debug, Default)]
pub(super) enum KeyIndex {
    /// Only while its key is being added to the index.
    #[default]
    Empty,
    One(Rc<Record>),
    /// Strictly ascending by revision.
    Many(Rc<SharedVec<Rc<Record>>>),
}

impl KeyIndex {
    pub(super) fn push(&mut self, record: Rc<Record>) {
        debug_assert!(
            self.last().is_none_or(|last| last.revision < record.revision),
            "{record:?} does not follow {:?}",
            self.last()
        );
        match self {
            KeyIndex::Empty => *self = KeyIndex::One(record),
            KeyIndex::One(first) => *self = KeyIndex::Many(Rc::new([Rc::clone(first), record].into_iter().collect())),
            KeyIndex::Many(records) => Rc::make_mut(records).push(record),
        }
    }

    fn last(&self) -> Option<&Rc<Record>> {
        match self {
            KeyIndex::Empty => None,
            KeyIndex::One(record) => Some(record),
            KeyIndex::Many(records) => records.last(),
        }
    }

    /// The record at `index`, which must be below the length.
    fn at(&self, index: usize) -> &Rc<Record> {
        match self {
            KeyIndex::Empty => panic!("record {index} of none"),
            KeyIndex::One(record) => record,
            KeyIndex::Many(records) => records.at(index),
        }
    }

    /// The records from number `start` on, in order.
    fn iter_from(&self, start: usize) -> impl Iterator<Item = &Rc<Record>> {
        let (one, many) = match self {
            KeyIndex::Empty => (None, None),
            KeyIndex::One(record) => (Some(record).filter(|_| start == 0), None),
            KeyIndex::Many(records) => (None, Some(records.iter_from(start))),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// Where the first record stands for which `is_before` is false; it must be true for a prefix only.
    fn partition_point(&self, is_before: impl Fn(&Rc<Record>) -> bool) -> usize {
        match self {
            KeyIndex::Empty => 0,
            KeyIndex::One(record) => usize::from(is_before(record)),
            KeyIndex::Many(records) => records.partition_point(is_before),
        }
    }

    /// The key-value after the newest record, or `None` when the key is deleted.
    pub(super) fn live(&self) -> Option<&KeyValue> {
        self.last().and_then(live_of)
    }

    /// The key-value as it was at the end of main revision `main`, or `None` when the key did not exist then.
    pub(super) fn live_at(&self, main: i64) -> Option<&KeyValue> {
        let newest = self.last()?;
        // Nearly every read is of the newest state.
        if newest.revision.main <= main {
            return live_of(newest);
        }
        let after = self.first_after(main);
        live_of(self.at(after.checked_sub(1)?))
    }

    /// The key-value one main revision before `record`, as events give it: absent when the record created the key (even
    /// if an earlier change of the same transaction deleted it) and when that revision has been compacted, because a
    /// compaction at the record's own revision keeps nothing older of its key.
    pub(super) fn before(&self, record: &Record) -> Option<&KeyValue> {
        let created = record.kv.create_revision == record.kv.mod_revision;
        (!created).then(|| self.live_at(record.revision.main - 1)).flatten()
    }

    /// All records at or after main revision `main`, in order.
    pub(super) fn records_since(&self, main: i64) -> impl Iterator<Item = &Rc<Record>> {
        let start = self.partition_point(|record| record.revision.main < main);
        self.iter_from(start)
    }

    /// The oldest record that is still kept.
    pub(super) fn oldest(&self) -> Option<&Rc<Record>> {
        self.iter_from(0).next()
    }

    /// How many of the oldest records a compaction at `main` removes: all before the newest at or below `main`, and
    /// that one too if it is a tombstone older than `main`. A tombstone at exactly `main` stays, so that a watch from
    /// there still sees the delete (etcd 3.5.16 and later).
    pub(super) fn compacted_len(&self, main: i64) -> usize {
        let after = self.first_after(main);
        let Some(newest) = after.checked_sub(1).map(|before| self.at(before)) else { return 0 };
        if newest.is_tombstone() && newest.revision.main < main { after } else { after - 1 }
    }

    /// The oldest `count` records, in order.
    pub(super) fn oldest_records(&self, count: usize) -> impl Iterator<Item = &Rc<Record>> {
        self.iter_from(0).take(count)
    }

    /// Forgets the oldest `count` records.
    pub(super) fn drop_oldest(&mut self, count: usize) {
        let mut kept = KeyIndex::Empty;
        self.iter_from(count).cloned().for_each(|record| kept.push(record));
        *self = kept;
    }

    /// Where the records after main revision `main` begin.
    fn first_after(&self, main: i64) -> usize {
        self.partition_point(|record| record.revision.main <= main)
    }
}

fn live_of(record: &Rc<Record>) -> Option<&KeyValue> {
    (!record.is_tombstone()).then_some(&record.kv)
}
