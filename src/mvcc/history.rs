//! The history as a picture needs it: by key, split into generations.

use std::rc::Rc;

use super::key_index::KeyIndex;
use super::{Bytes, KeyRange, Record, Store};

/// All that the store still knows of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHistory {
    /// The key.
    pub key: Bytes,
    /// Its lives in order, each with at least one record. Only the last can be open.
    pub generations: Vec<Generation>,
}

/// One life of a key: from the put that created it to its delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// The records that are still kept, in revision order.
    pub records: Vec<Rc<Record>>,
}

impl Generation {
    /// Whether the life ended with a delete.
    pub fn is_closed(&self) -> bool {
        self.records.last().is_some_and(|last| last.is_tombstone())
    }

    /// Whether a compaction has removed the beginning of the life.
    pub fn is_truncated(&self) -> bool {
        self.records.first().is_some_and(|first| first.is_tombstone() || first.kv.version > 1)
    }
}

impl Store {
    /// The history of a key, or `None` when the store has no record of it.
    pub fn history(&self, key: &[u8]) -> Option<KeyHistory> {
        let (key, key_index) = self.index.get_key_value(key)?;
        Some(history_of(key.bytes(), key_index))
    }

    /// The histories of all keys in a range of which a record is still kept, in key order; made as they are taken.
    pub fn histories(&self, range: &KeyRange) -> impl Iterator<Item = KeyHistory> {
        self.key_indices(range).map(|(key, key_index)| history_of(key, key_index))
    }
}

fn history_of(key: &Bytes, key_index: &KeyIndex) -> KeyHistory {
    let records: Vec<Rc<Record>> = key_index.records_since(0).cloned().collect();
    let generations = records
        .split_inclusive(|record| record.is_tombstone())
        .map(|records| Generation { records: records.to_vec() })
        .collect();
    KeyHistory { key: key.clone(), generations }
}
