//! One test per rule, and a model that knows none of the tricks.

mod compaction;
mod events;
mod hash;
mod key_range;
mod model;
mod range;
mod shared_vec;
mod writing;

use super::*;

/// Puts one key in a transaction of its own and returns the new revision.
fn put(store: &mut Store, key: &str, value: &str) -> i64 {
    put_with_lease(store, key, value, 0)
}

fn put_with_lease(store: &mut Store, key: &str, value: &str, lease: i64) -> i64 {
    let mut txn = store.begin();
    txn.put(key.into(), value.into(), lease);
    txn.finish().revision()
}

/// Deletes a range in a transaction of its own and returns the revision afterwards.
fn delete(store: &mut Store, range: &KeyRange) -> i64 {
    let mut txn = store.begin();
    txn.delete_range(range);
    txn.finish().revision()
}

fn delete_key(store: &mut Store, key: &str) -> i64 {
    delete(store, &KeyRange::single(key))
}

/// A store after one put of each of the given keys and values, in revisions 2, 3, …
fn store_of(puts: &[(&str, &str)]) -> Store {
    let mut store = Store::new();
    for (key, value) in puts {
        put(&mut store, key, value);
    }
    store
}

fn key_value((key, value): (&str, &str), create_revision: i64, mod_revision: i64, version: i64) -> KeyValue {
    KeyValue { key: key.into(), value: value.into(), create_revision, mod_revision, version, lease: 0 }
}

fn at(revision: i64) -> RangeOptions {
    RangeOptions { revision, ..RangeOptions::default() }
}

/// The keys of a read's rows, as text.
fn keys(result: &RangeResult) -> Vec<String> {
    result.kvs.iter().map(|kv| kv.key.to_string_lossy().into_owned()).collect()
}

/// `key=value` of every key at a revision.
fn state_at(store: &Store, revision: i64) -> Vec<String> {
    let result = store.range(&KeyRange::all(), &at(revision)).unwrap();
    result.kvs.iter().map(|kv| format!("{}={}", kv.key.to_string_lossy(), kv.value.to_string_lossy())).collect()
}

/// Every event of `range` from a revision on, with previous key-values.
fn events_from(store: &Store, range: &KeyRange, from_revision: i64) -> Vec<Event> {
    let options = EventOptions { from_revision, revisions_max: usize::MAX, prev_kv: true };
    let batch = store.events(range, &options).unwrap();
    assert!(!batch.more);
    batch.events
}

#[test]
fn the_errors_read_as_in_etcd() {
    assert_eq!(MvccError::Compacted.to_string(), "mvcc: required revision has been compacted");
    assert_eq!(MvccError::FutureRevision.to_string(), "mvcc: required revision is a future revision");
}

#[test]
fn bytes_order_bytewise_and_convert_without_loss() {
    let [empty, zero, upper, lower, high] = [&b""[..], b"\0", b"B", b"a", b"\xff"].map(Bytes::from);
    assert!(empty < zero && zero < upper && upper < lower && lower < high);
    assert_eq!(format!("{lower:?} {high:?}"), "\"a\" \"\u{fffd}\"");
    assert_eq!(Bytes::from(Vec::from(high.clone())), high);
    assert_eq!(Bytes::from(Vec::new()), Bytes::EMPTY);
}
