//! Forgetting history.
//!
//! After a compaction at R the state can be read at R and later. What that needs survives: everything after R, and of
//! each key the newest record at or below R, unless that is a tombstone older than R. (A tombstone at exactly R is kept
//! so that a watch from R still sees the delete: etcd 3.4.34, 3.5.16 and later.)
//!
//! One transaction can delete a key and put it again only with a delete to the end of all keys, which etcd's duplicate
//! check overlooks. A compaction at its revision makes real etcd keep the tombstone and lose the put its index still
//! points to. Here the put survives, as the rule says.

use std::rc::Rc;

use super::key_index::KeyIndex;
use super::shared_vec::SharedVec;
use super::{MvccError, Record, Store};

impl Store {
    /// Compacts the store at a revision: states before it can no longer be read. Makes no new revision.
    ///
    /// # Errors
    /// [`MvccError::Compacted`] at or below the compact revision, [`MvccError::FutureRevision`] above the current
    /// revision. Compacting at 0 works once, on a store that was never compacted.
    pub fn compact(&mut self, revision: i64) -> Result<(), MvccError> {
        if revision <= self.compact_revision {
            return Err(MvccError::Compacted);
        }
        if revision > self.revision {
            return Err(MvccError::FutureRevision);
        }
        self.compact_revision = revision;
        self.drop_compacted();
        Ok(())
    }

    /// Removes the records that no reader at or after the compact revision can see.
    fn drop_compacted(&mut self) {
        let revision = self.compact_revision;
        let mut dropped = 0;
        let mut dropped_bytes = 0;
        self.index.retain(|_, key_index| {
            let count = key_index.compacted_len(revision);
            if count > 0 {
                dropped += count;
                dropped_bytes += key_index.oldest_records(count).map(|record| record.size_bytes()).sum::<usize>();
                key_index.drop_oldest(count);
            }
            key_index.oldest().is_some()
        });
        if dropped == 0 {
            return;
        }
        let is_kept = |record: &&Rc<Record>| {
            let oldest = self.index.get(record.kv.key.as_bytes()).and_then(KeyIndex::oldest);
            oldest.is_some_and(|oldest| oldest.revision <= record.revision)
        };
        let log: SharedVec<Rc<Record>> = self.log.iter_from(0).filter(is_kept).cloned().collect();
        assert_eq!(
            log.len() + dropped,
            self.log.len(),
            "the log and the index disagree about the records up to revision {revision}"
        );
        self.log = log;
        self.records_bytes -= dropped_bytes;
    }
}
