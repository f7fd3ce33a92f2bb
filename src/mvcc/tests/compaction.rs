//! What a compaction refuses, what it drops, and what survives.

use super::*;

/// Which revisions of a key are still recorded, with `t` for tombstones.
fn recorded(store: &Store, key: &str) -> String {
    let history = store.history(key.as_bytes());
    let generations = history.map_or(Vec::new(), |history| history.generations);
    let text = |record: &Record| match record.kind {
        EventKind::Put => record.revision.main.to_string(),
        EventKind::Delete => format!("{}t", record.revision.main),
    };
    let generations: Vec<String> = generations
        .iter()
        .map(|generation| {
            let records: Vec<String> = generation.records.iter().map(|record| text(record)).collect();
            records.join(" ")
        })
        .collect();
    generations.join(" | ")
}

/// k: put 2, put 3, delete 4, put 5; other: put 6.
fn two_generations() -> Store {
    let mut store = store_of(&[("k", "1"), ("k", "2")]);
    delete_key(&mut store, "k");
    put(&mut store, "k", "3");
    put(&mut store, "other", "1");
    store
}

fn compacted_at(revision: i64) -> Store {
    let mut store = two_generations();
    store.compact(revision).unwrap();
    store
}

#[test]
fn a_compaction_at_or_below_the_compact_revision_is_refused_as_compacted() {
    let mut store = compacted_at(3);
    assert_eq!(store.compact(3), Err(MvccError::Compacted));
    assert_eq!(store.compact(2), Err(MvccError::Compacted));
    assert_eq!(store.compact_revision(), 3);
}

#[test]
fn a_compaction_above_the_current_revision_is_refused_as_future() {
    let mut store = two_generations();
    assert_eq!(store.compact(7), Err(MvccError::FutureRevision));
    assert_eq!(store.compact_revision(), -1);
}

#[test]
fn a_compaction_at_the_current_revision_is_fine_and_makes_no_revision() {
    let store = compacted_at(6);
    assert_eq!(store.revision(), 6);
    assert_eq!(state_at(&store, 6), ["k=3", "other=1"]);
}

#[test]
fn a_compaction_at_0_works_once_on_a_store_that_was_never_compacted() {
    let mut store = two_generations();
    assert_eq!(store.compact(0), Ok(()));
    assert_eq!(store.compact(0), Err(MvccError::Compacted));
    assert_eq!(recorded(&store, "k"), "2 3 4t | 5");
}

#[test]
fn a_compaction_keeps_the_newest_record_at_or_below_and_everything_above() {
    assert_eq!(recorded(&compacted_at(2), "k"), "2 3 4t | 5");
    assert_eq!(recorded(&compacted_at(3), "k"), "3 4t | 5");
    assert_eq!(recorded(&compacted_at(5), "k"), "5");
    assert_eq!(recorded(&compacted_at(6), "k"), "5");
}

#[test]
fn a_tombstone_at_the_compact_revision_is_kept_until_the_next_compaction() {
    let mut store = compacted_at(4);
    assert_eq!(recorded(&store, "k"), "4t | 5");
    let events = events_from(&store, &KeyRange::single("k"), 4);
    assert_eq!(events[0].kind, EventKind::Delete);
    store.compact(5).unwrap();
    assert_eq!(recorded(&store, "k"), "5");
}

#[test]
fn a_key_whose_only_generation_ended_before_is_forgotten() {
    let mut store = store_of(&[("k", "1")]);
    delete_key(&mut store, "k");
    store.compact(3).unwrap();
    assert!(store.history(b"k").is_some());
    put(&mut store, "other", "1");
    store.compact(4).unwrap();
    assert_eq!(store.history(b"k"), None);
    assert_eq!(store.histories(&KeyRange::all()).count(), 1);
}

#[test]
fn a_put_after_a_compaction_goes_on_with_the_generation() {
    let mut store = store_of(&[("k", "1"), ("k", "2")]);
    store.compact(3).unwrap();
    put(&mut store, "k", "3");
    assert_eq!(store.get(b"k"), Some(&key_value(("k", "3"), 2, 4, 3)));
    let history = store.history(b"k").unwrap();
    assert!(history.generations[0].is_truncated());
}

#[test]
fn a_put_after_a_compacted_delete_begins_a_new_generation() {
    let mut store = store_of(&[("k", "1")]);
    delete_key(&mut store, "k");
    store.compact(3).unwrap();
    put(&mut store, "k", "2");
    assert_eq!(store.get(b"k"), Some(&key_value(("k", "2"), 4, 4, 1)));
    assert_eq!(recorded(&store, "k"), "3t | 4");
}

#[test]
fn a_key_deleted_and_put_again_in_the_compacted_transaction_survives() {
    let mut store = store_of(&[("k", "1")]);
    let mut txn = store.begin();
    txn.delete_range(&KeyRange::from_key("k"));
    txn.put("k".into(), "2".into(), 0);
    txn.finish();
    store.compact(3).unwrap();
    assert_eq!(store.get(b"k"), Some(&key_value(("k", "2"), 3, 3, 1)));
}
