//! What the store holds: revisions, key-values, and the changes that made them.

use serde::{Deserialize, Serialize};

use super::Bytes;

/// The place of one change in history. Ordered by `main`, then `sub`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Revision {
    /// The write transaction: what users call "the revision". The first write of a fresh store is 2.
    pub main: i64,
    /// The ordinal of the change inside its transaction, from 0.
    pub sub: i64,
}

/// One key with its value and what the store knows about it; the same fields as etcd's `mvccpb.KeyValue`.
#[derive(Clone, Debug, Default, PartialEq, Hash, Eq, Serialize, Deserialize)]
pub struct KeyValue {
    /// The key; never empty in the store.
    pub key: Bytes,
    /// The value; may be empty.
    pub value: Bytes,
    /// The revision that created the key's current generation.
    pub create_revision: i64,
    /// The revision of the last put.
    pub mod_revision: i64,
    /// How many puts the current generation has seen, from 1. A delete ends the generation, and the next put starts
    /// again at 1.
    pub version: i64,
    /// The lease the key is attached to, or 0.
    pub lease: i64,
}

/// The two kinds of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EventKind {
    /// The key was given a value.
    Put,
    /// The key was removed.
    Delete,
}

/// One change, as watchers are told of it.
#[derive(Clone, Debug, PartialEq, Hash, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The key-value that a put made. For a delete only `key` and `mod_revision` (the revision of the delete) are set.
    pub kv: KeyValue,
    /// The key-value one main revision before the event. Absent when the event created the key, when that revision has
    /// been compacted, and when it was not asked for.
    pub prev_kv: Option<KeyValue>,
}

/// One change as the store keeps it; immutable once written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it happened. `revision.main` equals `kv.mod_revision`.
    pub revision: Revision,
    /// Whether it is a put or a tombstone.
    pub kind: EventKind,
    /// What an event says about it: see [`Event::kv`].
    pub kv: KeyValue,
}

/// What etcd's backend spends on a record besides key and value: the revision as key (17), field tags, lengths and
/// numbers (about 15), the B+tree's element header (16).
const RECORD_OVERHEAD_BYTES: usize = 48;

impl Record {
    pub(super) fn is_tombstone(&self) -> bool {
        self.kind == EventKind::Delete
    }

    /// About how many bytes etcd's backend would need for the record.
    pub(super) fn size_bytes(&self) -> usize {
        RECORD_OVERHEAD_BYTES + self.kv.key.len() + self.kv.value.len()
    }

    /// The event that tells a watcher of the record.
    pub(super) fn to_event(&self, prev_kv: Option<KeyValue>) -> Event {
        Event { kind: self.kind, kv: self.kv.clone(), prev_kv }
    }
}
