//! The store's state and the plain questions about it.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::index_key::IndexKey;
use super::key_index::KeyIndex;
use super::shared_vec::SharedVec;
use super::{Bytes, KeyRange, KeyValue, Record, WriteTxn};

/// The size of an empty etcd database: meta pages, free list, and a root with etcd's buckets.
const EMPTY_DATABASE_BYTES: usize = 20 * 1024;
/// The page of etcd's backend: its file grows in whole pages.
const PAGE_BYTES: usize = 4096;

/// Why a revision could not be read, watched, hashed or compacted. The text is etcd's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MvccError {
    /// The revision lies before the compact revision (for a compaction: at or before it).
    Compacted,
    /// The revision has not been written yet.
    FutureRevision,
}

impl fmt::Display for MvccError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Compacted => "mvcc: required revision has been compacted",
            Self::FutureRevision => "mvcc: required revision is a future revision",
        })
    }
}

impl std::error::Error for MvccError {}

/// A revisioned key-value store: see the module's essay.
///
/// A clone is independent and cheap: it shares all records and all full pieces of history with the original.
#[derive(Clone, Debug)]
pub struct Store {
    /// The records of each key.
    pub(super) index: BTreeMap<IndexKey, KeyIndex>,
    /// All records in revision order.
    pub(super) log: SharedVec<Rc<Record>>,
    pub(super) revision: i64,
    pub(super) compact_revision: i64,
    /// How many keys are not deleted.
    pub(super) keys_live: usize,
    /// The sum of the records' estimated sizes.
    pub(super) records_bytes: usize,
    /// The largest size in use since the last defragmentation.
    file_bytes: usize,
}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

impl Store {
    /// A fresh store: at revision 1, nothing compacted (compact revision −1).
    pub fn new() -> Self {
        Self {
            index: BTreeMap::new(),
            log: SharedVec::default(),
            revision: 1,
            compact_revision: -1,
            keys_live: 0,
            records_bytes: 0,
            file_bytes: EMPTY_DATABASE_BYTES,
        }
    }

    /// The current main revision: that of the last write transaction that changed something.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// The revision of the last compaction, or −1. It is the oldest revision that can still be read.
    pub fn compact_revision(&self) -> i64 {
        self.compact_revision
    }

    /// The current key-value of `key`, or `None` when it does not exist.
    pub fn get(&self, key: &[u8]) -> Option<&KeyValue> {
        self.index.get(key)?.live()
    }

    /// How many keys exist at the current revision.
    pub fn keys_total(&self) -> usize {
        self.keys_live
    }

    /// An estimate of etcd's database file in bytes (`dbSize` of `endpoint status`, and what the quota looks at): the
    /// most that was ever in use. Deleting and compacting leave free pages but do not shrink the file; only
    /// [`Store::defragment`] does.
    pub fn size_bytes(&self) -> usize {
        self.file_bytes
    }

    /// An estimate of the part of the database file that holds data (`dbSizeInUse`), in bytes: an empty database's
    /// 20 KiB and, in whole pages, about 48 bytes a record besides its key and value.
    pub fn size_in_use_bytes(&self) -> usize {
        EMPTY_DATABASE_BYTES + self.records_bytes.next_multiple_of(PAGE_BYTES)
    }

    /// Gives back what compaction freed: afterwards the file is as large as what is in use.
    pub fn defragment(&mut self) {
        self.file_bytes = self.size_in_use_bytes();
    }

    /// The (lease, key) pairs of all existing keys that are attached to a lease, in key order; what a lease table is
    /// rebuilt from.
    pub fn leases(&self) -> impl Iterator<Item = (i64, &Bytes)> {
        self.index
            .iter()
            .filter_map(|(key, key_index)| Some((key_index.live()?.lease, key.bytes())))
            .filter(|(lease, _)| *lease != 0)
    }

    /// Begins a write transaction, the only way to write.
    pub fn begin(&mut self) -> WriteTxn<'_> {
        assert!(
            self.log.last().is_none_or(|last| last.revision.main <= self.revision),
            "a write transaction was dropped before finish: the log ends in {:?} but the revision is {}",
            self.log.last(),
            self.revision
        );
        WriteTxn::new(self)
    }

    /// Takes the current size in use into account of the file's.
    pub(super) fn grow_file(&mut self) {
        self.file_bytes = self.file_bytes.max(self.size_in_use_bytes());
    }

    /// The histories of the keys in `range`, in key order, deleted keys included.
    pub(super) fn key_indices(&self, range: &KeyRange) -> impl Iterator<Item = (&Bytes, &KeyIndex)> {
        (!range.is_empty_set())
            .then(|| self.index.range::<[u8], _>(range.bounds()))
            .into_iter()
            .flatten()
            .map(|(key, key_index)| (key.bytes(), key_index))
    }
}
