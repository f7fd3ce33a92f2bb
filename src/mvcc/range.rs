//! Reading a range of keys at a revision.
//!
//! The order of the steps is etcd's and visible from outside: fetch in key order, drop by revision filters, sort, cut
//! to the limit. Fetching stops early only when neither an order nor a filter is given.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::{Bytes, KeyRange, KeyValue, MvccError, Store};

/// The direction of sorting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SortOrder {
    /// As fetched for target key; ascending for every other target.
    #[default]
    None,
    /// Smallest first.
    Ascend,
    /// Largest first. Equal rows keep ascending key order.
    Descend,
}

/// The field to sort by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SortTarget {
    /// By key.
    #[default]
    Key,
    /// By version.
    Version,
    /// By create revision.
    Create,
    /// By mod revision.
    Mod,
    /// By value, bytewise.
    Value,
}

/// How to read a range; the fields of etcd's `RangeRequest` that concern the store. The default reads everything at the
/// current revision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RangeOptions {
    /// The revision to read at; 0 or less is the current one.
    pub revision: i64,
    /// The most rows to return; 0 or less is no limit.
    ///
    /// As in etcd, with a sort target other than key but no order and no revision filter, only the first `limit + 1`
    /// rows in key order are fetched, and those are sorted.
    pub limit: i64,
    /// The direction of sorting.
    pub order: SortOrder,
    /// The field to sort by.
    pub target: SortTarget,
    /// Leave the values empty. Leases are kept, as up to etcd 3.6.
    pub keys_only: bool,
    /// Return the count alone; every other option but `revision` is ignored.
    pub count_only: bool,
    /// Drop rows with a smaller mod revision; 0 is off.
    pub min_mod_revision: i64,
    /// Drop rows with a larger mod revision; 0 is off.
    pub max_mod_revision: i64,
    /// Drop rows with a smaller create revision; 0 is off.
    pub min_create_revision: i64,
    /// Drop rows with a larger create revision; 0 is off.
    pub max_create_revision: i64,
}

/// What a range read found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeResult {
    /// The rows, sorted and cut as asked.
    pub kvs: Vec<KeyValue>,
    /// Whether the limit cut off rows that passed the filters.
    pub more: bool,
    /// How many keys of the range existed at the revision, whatever the limit and the revision filters.
    pub count: i64,
}

impl RangeOptions {
    fn has_revision_filter(&self) -> bool {
        self.min_mod_revision != 0
            || self.max_mod_revision != 0
            || self.min_create_revision != 0
            || self.max_create_revision != 0
    }

    fn passes(&self, kv: &KeyValue) -> bool {
        let within = |revision: i64, min: i64, max: i64| (min == 0 || revision >= min) && (max == 0 || revision <= max);
        within(kv.mod_revision, self.min_mod_revision, self.max_mod_revision)
            && within(kv.create_revision, self.min_create_revision, self.max_create_revision)
    }

    /// The limit as a count of rows, or `None` for no limit.
    fn rows_max(&self) -> Option<usize> {
        (self.limit > 0).then(|| usize::try_from(self.limit).unwrap_or(usize::MAX))
    }

    /// How many rows to fetch before filters and sorting: one more than the limit, to know whether there are more.
    fn fetch_max(&self) -> usize {
        match self.rows_max() {
            Some(rows_max) if self.order == SortOrder::None && !self.has_revision_filter() => {
                rows_max.saturating_add(1)
            }
            _ => usize::MAX,
        }
    }

    /// Sorts rows that are in key order. Equal rows stay in key order in both directions.
    fn sort(&self, kvs: &mut Vec<KeyValue>) {
        if (self.order != SortOrder::Descend && self.target == SortTarget::Key) || kvs.len() < 2 {
            return;
        }
        let rows =
            kvs.drain(..).enumerate().map(|(place, kv)| Row { kv, place, target: self.target, order: self.order });
        let rows: BinaryHeap<Row> = rows.collect();
        kvs.extend(rows.into_sorted_vec().into_iter().map(|row| row.kv));
    }
}

/// A row to be sorted. By a heap, for a stable sort of the standard library is ten kilobytes of the page.
struct Row {
    kv: KeyValue,
    /// Where it stands in key order.
    place: usize,
    target: SortTarget,
    order: SortOrder,
}

impl Ord for Row {
    fn cmp(&self, other: &Row) -> Ordering {
        let (a, b) = if self.order == SortOrder::Descend { (other, self) } else { (self, other) };
        let by_field = match self.target {
            SortTarget::Key => a.kv.key.cmp(&b.kv.key),
            SortTarget::Version => a.kv.version.cmp(&b.kv.version),
            SortTarget::Create => a.kv.create_revision.cmp(&b.kv.create_revision),
            SortTarget::Mod => a.kv.mod_revision.cmp(&b.kv.mod_revision),
            SortTarget::Value => a.kv.value.cmp(&b.kv.value),
        };
        by_field.then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Row) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Row {}

impl Store {
    /// Reads the keys of `range` as they were at the end of a revision.
    ///
    /// # Errors
    /// [`MvccError::FutureRevision`] above the current revision, [`MvccError::Compacted`] below the compact revision.
    /// The compact revision itself can be read.
    pub fn range(&self, range: &KeyRange, options: &RangeOptions) -> Result<RangeResult, MvccError> {
        self.range_with(range, options, self.revision)
    }

    /// [`Store::range`] for a reader to whom `current` is the current revision: inside a transaction that is the one
    /// being written.
    pub(super) fn range_with(
        &self,
        range: &KeyRange,
        options: &RangeOptions,
        current: i64,
    ) -> Result<RangeResult, MvccError> {
        if options.revision > current {
            return Err(MvccError::FutureRevision);
        }
        let revision = if options.revision <= 0 { current } else { options.revision };
        if revision < self.compact_revision {
            return Err(MvccError::Compacted);
        }
        let fetch_max = if options.count_only { 0 } else { options.fetch_max() };
        let mut result = RangeResult::default();
        let mut fetched = 0;
        for (_, key_index) in self.key_indices(range) {
            let Some(kv) = key_index.live_at(revision) else {
                continue;
            };
            result.count += 1;
            if fetched < fetch_max {
                fetched += 1;
                if options.passes(kv) {
                    result.kvs.push(kv.clone());
                }
            }
        }
        options.sort(&mut result.kvs);
        if let Some(rows_max) = options.rows_max() {
            result.more = result.kvs.len() > rows_max;
            result.kvs.truncate(rows_max);
        }
        if options.keys_only {
            for kv in &mut result.kvs {
                kv.value = Bytes::EMPTY;
            }
        }
        Ok(result)
    }
}
