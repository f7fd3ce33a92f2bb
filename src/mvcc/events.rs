//! Reading history forward, for watchers that are behind.

use std::rc::Rc;

use super::{Event, KeyRange, MvccError, Record, Store};

/// Which part of history to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventOptions {
    /// The first main revision to look at.
    pub from_revision: i64,
    /// The most distinct main revisions to return events of, at least 1. etcd sends 1000 to a watcher at a time.
    pub revisions_max: usize,
    /// Whether to look up [`Event::prev_kv`].
    pub prev_kv: bool,
}

/// A piece of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventBatch {
    /// The events in order. All matching events of one main revision are in one batch.
    pub events: Vec<Event>,
    /// Where to go on from: the first revision with events that did not fit, or, when there is none, the first one at
    /// or after `from_revision` that has not been written yet.
    pub next_revision: i64,
    /// Whether events were left out, so that `next_revision` can be read at once.
    pub more: bool,
}

impl Store {
    /// The events of a range from a revision up to the current one, or as many as fit.
    ///
    /// # Errors
    /// [`MvccError::Compacted`] when `from_revision` is below the compact revision. From the compact revision itself
    /// the events are those of the surviving records.
    pub fn events(&self, range: &KeyRange, options: &EventOptions) -> Result<EventBatch, MvccError> {
        assert!(options.revisions_max > 0, "a batch of no revisions would never come to an end: {options:?}");
        if options.from_revision < self.compact_revision {
            return Err(MvccError::Compacted);
        }
        if range.is_single() {
            // The key's own history, so that a watch on one key does not scan everybody's.
            return Ok(match self.index.get(range.key.as_bytes()) {
                Some(key_index) => self.batch(key_index.records_since(options.from_revision), options),
                None => self.batch([], options),
            });
        }
        let start = self.log.partition_point(|record| record.revision.main < options.from_revision);
        let records = self.log.iter_from(start).filter(|record| range.contains(record.kv.key.as_bytes()));
        Ok(self.batch(records, options))
    }

    /// Makes a batch from matching records in order.
    fn batch<'store>(
        &self,
        records: impl IntoIterator<Item = &'store Rc<Record>>,
        options: &EventOptions,
    ) -> EventBatch {
        let mut batch =
            EventBatch { events: Vec::new(), next_revision: options.from_revision.max(self.revision + 1), more: false };
        let mut revisions = 0;
        let mut newest_revision = None;
        for record in records {
            if newest_revision != Some(record.revision.main) {
                if revisions == options.revisions_max {
                    batch.next_revision = record.revision.main;
                    batch.more = true;
                    break;
                }
                revisions += 1;
                newest_revision = Some(record.revision.main);
            }
            let prev_kv = options.prev_kv.then(|| self.index.get(record.kv.key.as_bytes())?.before(record)).flatten();
            batch.events.push(record.to_event(prev_kv.cloned()));
        }
        batch
    }
}
