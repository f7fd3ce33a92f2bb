//! Writing: the one transaction through which all changes go.

use std::rc::Rc;

use super::index_key::IndexKey;
use super::{
    Bytes, Event, EventKind, KeyRange, KeyValue, MvccError, RangeOptions, RangeResult, Record, Revision, Store,
};

/// A finished transaction: what it did can be read as long as nothing else is written.
#[derive(Clone, Copy, Debug)]
pub struct Finished<'store> {
    store: &'store Store,
    /// Where its records begin in the store's log.
    first: usize,
}

impl<'store> Finished<'store> {
    /// The store's revision now: one more than before if anything changed, else the same.
    pub fn revision(&self) -> i64 {
        self.store.revision
    }

    /// The changes in order; none if nothing changed.
    pub fn records(&self) -> impl Iterator<Item = &'store Rc<Record>> + use<'store> {
        self.store.log.iter_from(self.first)
    }

    /// The changes as watchers are told of them, with previous key-values.
    pub fn events(&self) -> Vec<Event> {
        let previous = |record: &Record| self.store.index.get(record.kv.key.as_bytes())?.before(record).cloned();
        self.records().map(|record| record.to_event(previous(record))).collect()
    }
}

/// A write transaction: all its changes share one main revision, and later operations see earlier ones.
///
/// The changes become a revision at [`WriteTxn::finish`]. Dropping a transaction that has changed something without
/// finishing it is a bug, which the next [`Store::begin`] reports.
#[derive(Debug)]
#[must_use = "a write transaction takes effect at finish"]
pub struct WriteTxn<'store> {
    store: &'store mut Store,
    /// How many changes there are so far; also the next `sub`.
    changes: usize,
}

impl<'store> WriteTxn<'store> {
    pub(super) fn new(store: &'store mut Store) -> Self {
        Self { store, changes: 0 }
    }

    /// The revision as the transaction sees it: one more than at its beginning once it has changed something.
    pub fn revision(&self) -> i64 {
        self.store.revision + i64::from(self.changes > 0)
    }

    /// The compact revision, as [`Store::compact_revision`].
    pub fn compact_revision(&self) -> i64 {
        self.store.compact_revision
    }

    /// The key-value of `key`, earlier operations of this transaction included.
    pub fn get(&self, key: &[u8]) -> Option<&KeyValue> {
        self.store.get(key)
    }

    /// Reads a range, earlier operations of this transaction included.
    ///
    /// # Errors
    /// As [`Store::range`], with [`WriteTxn::revision`] as the current revision.
    pub fn range(&self, range: &KeyRange, options: &RangeOptions) -> Result<RangeResult, MvccError> {
        self.store.range_with(range, options, self.revision())
    }

    /// Gives `key` a value and a lease (0 for none), and returns the key-value it replaces. Always makes a revision,
    /// even when nothing differs. The lease before is forgotten.
    pub fn put(&mut self, key: Bytes, value: Bytes, lease: i64) -> Option<KeyValue> {
        assert!(!key.is_empty(), "a key must not be empty");
        let revision = self.next_revision();
        let entry = self.store.index.entry(IndexKey::new(key));
        // The index's own key, so that all records of a key share one allocation.
        let key = entry.key().bytes().clone();
        let key_index = entry.or_default();
        let previous = key_index.live().cloned();
        let (create_revision, version) = match &previous {
            Some(previous) => (previous.create_revision, previous.version + 1),
            None => (revision.main, 1),
        };
        let record = Record {
            revision,
            kind: EventKind::Put,
            kv: KeyValue { key, value, create_revision, mod_revision: revision.main, version, lease },
        };
        let record = Rc::new(record);
        key_index.push(Rc::clone(&record));
        self.store.keys_live += usize::from(previous.is_none());
        self.log(record);
        previous
    }

    /// Deletes the existing keys of a range and returns what they were, in key order.
    pub fn delete_range(&mut self, range: &KeyRange) -> Vec<KeyValue> {
        let previous: Vec<KeyValue> =
            self.store.key_indices(range).filter_map(|(_, key_index)| key_index.live()).cloned().collect();
        for kv in &previous {
            self.delete(kv.key.clone());
        }
        previous
    }

    /// Makes the changes a revision of the store.
    pub fn finish(self) -> Finished<'store> {
        self.store.revision = self.revision();
        self.store.grow_file();
        Finished { first: self.store.log.len() - self.changes, store: self.store }
    }

    /// Writes the tombstone of an existing key.
    fn delete(&mut self, key: Bytes) {
        let revision = self.next_revision();
        let Some(key_index) = self.store.index.get_mut(key.as_bytes()) else {
            panic!("{key:?} is to be deleted but is not in the index");
        };
        let record = Record {
            revision,
            kind: EventKind::Delete,
            kv: KeyValue { key, mod_revision: revision.main, ..KeyValue::default() },
        };
        let record = Rc::new(record);
        key_index.push(Rc::clone(&record));
        self.store.keys_live -= 1;
        self.log(record);
    }

    fn log(&mut self, record: Rc<Record>) {
        self.store.records_bytes += record.size_bytes();
        self.store.log.push(record);
        self.changes += 1;
    }

    fn next_revision(&self) -> Revision {
        Revision {
            main: self.store.revision + 1,
            sub: i64::try_from(self.changes).expect("a transaction's changes fit into memory"),
        }
    }
}
