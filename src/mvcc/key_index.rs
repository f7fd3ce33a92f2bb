//! The history of one key.
//!
//! etcd keeps a list of generations, each a list of revisions into the backend. Here it is one list of records in
//! revision order, because a tombstone already says where a generation ends: the state at a revision is the newest
//! record at or below it, and the key is absent when that record is a tombstone or there is none. That stays true when
//! one transaction changes a key more than once.

use std::rc::Rc;

use super::shared_vec::SharedVec;
use super::{KeyValue, Record};

#[derive(Clone, Debug, Default)]
pub(super) struct KeyIndex {
    /// Strictly ascending by revision; never empty while the key is in the index.
    records: SharedVec<Rc<Record>>,
}

impl KeyIndex {
    pub(super) fn push(&mut self, record: Rc<Record>) {
        debug_assert!(
            self.records.last().is_none_or(|last| last.revision < record.revision),
            "{record:?} does not follow {:?}",
            self.records.last()
        );
        self.records.push(record);
    }

    /// The key-value after the newest record, or `None` when the key is deleted.
    pub(super) fn live(&self) -> Option<&KeyValue> {
        self.records.last().and_then(live_of)
    }

    /// The key-value as it was at the end of main revision `main`, or `None` when the key did not exist then.
    pub(super) fn live_at(&self, main: i64) -> Option<&KeyValue> {
        let newest = self.records.last()?;
        // Nearly every read is of the newest state.
        if newest.revision.main <= main {
            return live_of(newest);
        }
        let after = self.first_after(main);
        (after > 0).then(|| self.records.at(after - 1)).and_then(live_of)
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
        let start = self.records.partition_point(|record| record.revision.main < main);
        self.records.iter_from(start)
    }

    /// The oldest record that is still kept.
    pub(super) fn oldest(&self) -> Option<&Rc<Record>> {
        self.records.iter_from(0).next()
    }

    /// How many of the oldest records a compaction at `main` removes: all before the newest at or below `main`, and
    /// that one too if it is a tombstone older than `main`. A tombstone at exactly `main` stays, so that a watch from
    /// there still sees the delete (etcd 3.5.16 and later).
    pub(super) fn compacted_len(&self, main: i64) -> usize {
        let after = self.first_after(main);
        if after == 0 {
            return 0;
        }
        let newest = self.records.at(after - 1);
        if newest.is_tombstone() && newest.revision.main < main { after } else { after - 1 }
    }

    /// The oldest `count` records, in order.
    pub(super) fn oldest_records(&self, count: usize) -> impl Iterator<Item = &Rc<Record>> {
        self.records.iter_from(0).take(count)
    }

    /// Forgets the oldest `count` records.
    pub(super) fn drop_oldest(&mut self, count: usize) {
        self.records = self.records.iter_from(count).cloned().collect();
    }

    /// Where the records after main revision `main` begin.
    fn first_after(&self, main: i64) -> usize {
        self.records.partition_point(|record| record.revision.main <= main)
    }
}

fn live_of(record: &Rc<Record>) -> Option<&KeyValue> {
    (!record.is_tombstone()).then_some(&record.kv)
}
