//! The revisioned key-value store: etcd's MVCC, as a value without I/O.
//!
//! Every write makes a new *revision* and nothing is overwritten, so a reader can ask for the state as it was at any
//! revision that has not been compacted, and a watcher can be told everything that happened since. This module keeps
//! that history; who may write, in which order, and who is told are questions for the layers above.
//!
//! # The parts
//! - [`Bytes`] is the cheap-to-clone byte string of keys and values; [`KeyRange`] says which keys a request means.
//! - A `Record` is one change: a put or a tombstone at a [`Revision`]. It never changes once written.
//! - The *log* holds all records in revision order (watchers and the hash read it); the *index* holds the same
//!   records by key (reads and writes use it). Both share the records, and both share their storage between clones.
//! - [`Store`] reads ([`Store::range`], [`Store::events`], [`Store::hash`], [`Store::history`]) and compacts
//!   ([`Store::compact`]); a [`WriteTxn`] is the only way to write.
//!
//! # Invariants
//! - The log is strictly ascending by revision; so are the records of each key.
//! - A record is in the log exactly when it is in the index. A key without records is not in the index.
//! - One write transaction makes one main revision; its changes are numbered by `sub` from 0, without gaps (compaction
//!   opens gaps later). A transaction that changes nothing makes no revision.
//! - A tombstone is only ever written for a live key, so two tombstones of a key never follow each other.
//! - `compact_revision <= revision`, and a read at any revision between them gives what it gave when it was current.
//! - The same writes and compactions in the same order give the same store, hash included, wherever they run.
//!
//! # Deliberately absent
//! - Raft, the network, the lease clock, watchers, permissions, request checks: those are the etcd model's.
//! - Undo. A transaction is checked in full before its first write, as in etcd; there is no abort.
//! - A bound on the history. Only compaction frees it; the quota above looks at [`Store::size_bytes`].
//! - Background compaction. etcd deletes compacted rows in batches while nobody can read them any more; here they are
//!   gone at once, which nobody can observe except through the size.
//! - etcd's memory of the hashes it computed during its last ten compactions, from which it answers a later question
//!   for exactly those revisions. Here a hash is always computed from the records.
//!
//! Source of every rule: etcd `server/storage/mvcc` and the range half of `server/etcdserver`, version 3.5.30.

mod bytes;
mod compaction;
mod events;
mod hash;
mod history;
mod index_key;
mod key_index;
mod key_range;
mod range;
mod record;
mod shared_vec;
mod store;
mod write_txn;

#[cfg(test)]
mod tests;

pub use bytes::Bytes;
pub use events::{EventBatch, EventOptions};
pub use hash::{CRC_32C, HashKv};
pub use history::{Generation, KeyHistory};
pub use key_range::{KeyRange, prefix_range_end};
pub use range::{RangeOptions, RangeResult, SortOrder, SortTarget};
pub use record::{Event, EventKind, KeyValue, Record, Revision};
pub use store::{MvccError, Store};
pub use write_txn::{Finished, WriteTxn};
