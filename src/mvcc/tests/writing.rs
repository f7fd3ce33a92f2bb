//! Revisions, generations, and what a transaction does.

use super::*;

#[test]
fn a_fresh_store_is_at_revision_1_and_never_compacted() {
    let store = Store::new();
    assert_eq!(store.revision(), 1);
    assert_eq!(store.compact_revision(), -1);
    assert_eq!(store.keys_total(), 0);
}

#[test]
fn the_first_write_makes_revision_2() {
    assert_eq!(put(&mut Store::new(), "k", "v"), 2);
}

#[test]
fn a_put_that_changes_nothing_still_makes_a_revision() {
    let mut store = store_of(&[("k", "v")]);
    assert_eq!(put(&mut store, "k", "v"), 3);
    assert_eq!(store.get(b"k"), Some(&key_value(("k", "v"), 2, 3, 2)));
}

#[test]
fn a_transaction_without_a_change_makes_no_revision() {
    let mut store = store_of(&[("k", "v")]);
    let mut txn = store.begin();
    txn.range(&KeyRange::all(), &RangeOptions::default()).unwrap();
    assert!(txn.delete_range(&KeyRange::single("absent")).is_empty());
    assert_eq!(txn.revision(), 2);
    let summary = txn.finish();
    assert_eq!(summary.revision(), 2);
    assert!(summary.events().is_empty());
    assert_eq!(store.revision(), 2);
}

#[test]
fn changes_of_one_transaction_share_the_main_revision_and_count_the_sub() {
    let mut store = store_of(&[("c", "0")]);
    let mut txn = store.begin();
    assert_eq!(txn.revision(), 2);
    txn.put("b".into(), "1".into(), 0);
    assert_eq!(txn.revision(), 3);
    txn.put("a".into(), "1".into(), 0);
    txn.delete_range(&KeyRange::single("c"));
    assert_eq!(txn.finish().revision(), 3);
    let mut written: Vec<(Revision, String)> = store
        .histories(&KeyRange::all())
        .flat_map(|history| history.generations)
        .flat_map(|generation| generation.records)
        .map(|record| (record.revision, record.kv.key.to_string_lossy().into_owned()))
        .collect();
    written.sort();
    let expected = [((2, 0), "c"), ((3, 0), "b"), ((3, 1), "a"), ((3, 2), "c")];
    assert_eq!(written, expected.map(|((main, sub), key)| (Revision { main, sub }, key.to_owned())));
}

#[test]
fn puts_of_one_generation_keep_the_create_revision_and_count_the_version() {
    let mut store = store_of(&[("k", "1"), ("other", "1"), ("k", "2")]);
    assert_eq!(store.get(b"k"), Some(&key_value(("k", "2"), 2, 4, 2)));
    put_with_lease(&mut store, "k", "3", 7);
    let expected = KeyValue { lease: 7, ..key_value(("k", "3"), 2, 5, 3) };
    assert_eq!(store.get(b"k"), Some(&expected));
}

#[test]
fn a_delete_closes_the_generation() {
    let mut store = store_of(&[("k", "1"), ("k", "2")]);
    assert_eq!(delete_key(&mut store, "k"), 4);
    assert_eq!(store.get(b"k"), None);
    put(&mut store, "k", "3");
    assert_eq!(store.get(b"k"), Some(&key_value(("k", "3"), 5, 5, 1)));
    let history = store.history(b"k").unwrap();
    let lens: Vec<usize> = history.generations.iter().map(|generation| generation.records.len()).collect();
    assert_eq!(lens, [3, 1]);
    assert!(history.generations[0].is_closed());
    assert!(!history.generations[1].is_closed());
}

#[test]
fn a_put_without_a_lease_forgets_the_lease() {
    let mut store = Store::new();
    put_with_lease(&mut store, "a", "1", 7);
    put_with_lease(&mut store, "b", "1", 7);
    put_with_lease(&mut store, "c", "1", 9);
    put(&mut store, "b", "1");
    delete_key(&mut store, "c");
    let leases: Vec<(i64, &Bytes)> = store.leases().collect();
    assert_eq!(leases, [(7, &"a".into())]);
}

#[test]
fn a_put_returns_what_it_replaces() {
    let mut store = Store::new();
    let mut txn = store.begin();
    assert_eq!(txn.put("k".into(), "1".into(), 0), None);
    let replaced = txn.put("k".into(), "2".into(), 0);
    txn.finish();
    assert_eq!(replaced, Some(key_value(("k", "1"), 2, 2, 1)));
    assert_eq!(store.get(b"k"), Some(&key_value(("k", "2"), 2, 2, 2)));
}

#[test]
fn a_delete_returns_the_live_keys_of_the_range_in_key_order() {
    let mut store = store_of(&[("b", "1"), ("a", "2"), ("c", "3"), ("d", "4")]);
    delete_key(&mut store, "c");
    let mut txn = store.begin();
    let deleted = txn.delete_range(&KeyRange::new("a", "d"));
    let summary = txn.finish();
    assert_eq!(deleted, [key_value(("a", "2"), 3, 3, 1), key_value(("b", "1"), 2, 2, 1)]);
    assert_eq!(summary.revision(), 7);
    assert_eq!(state_at(&store, 0), ["d=4"]);
    assert_eq!(store.keys_total(), 1);
}

#[test]
fn a_transaction_sees_its_own_changes_and_nobody_sees_them_in_the_past() {
    let mut store = store_of(&[("a", "1")]);
    let mut txn = store.begin();
    txn.put("b".into(), "1".into(), 0);
    txn.delete_range(&KeyRange::single("a"));
    assert_eq!(txn.get(b"a"), None);
    let now = txn.range(&KeyRange::all(), &RangeOptions::default()).unwrap();
    assert_eq!(keys(&now), ["b"]);
    let before = txn.range(&KeyRange::all(), &at(2)).unwrap();
    assert_eq!(keys(&before), ["a"]);
    assert_eq!(txn.delete_range(&KeyRange::all()).len(), 1);
    txn.finish();
    assert_eq!(state_at(&store, 2), ["a=1"]);
    assert!(state_at(&store, 3).is_empty());
}

#[test]
fn a_clone_goes_its_own_way() {
    let mut store = Store::new();
    for value in 0..200 {
        put(&mut store, "k", &value.to_string());
    }
    let kept = store.clone();
    put(&mut store, "k", "new");
    store.compact(store.revision()).unwrap();
    assert_eq!(kept.revision(), 201);
    assert_eq!(state_at(&kept, 0), ["k=199"]);
    assert_eq!(state_at(&kept, 100), ["k=98"]);
    assert_eq!(state_at(&store, 0), ["k=new"]);
}

#[test]
#[should_panic(expected = "dropped before finish")]
fn an_unfinished_transaction_is_reported_by_the_next() {
    let mut store = Store::new();
    store.begin().put("k".into(), "v".into(), 0);
    store.begin().finish();
}

#[test]
fn the_file_grows_with_writes_and_shrinks_only_by_defragmentation() {
    let mut store = Store::new();
    let empty_bytes = store.size_bytes();
    put(&mut store, "big", &"x".repeat(700_000));
    let full_bytes = store.size_bytes();
    assert!(full_bytes >= empty_bytes + 700_000);
    delete_key(&mut store, "big");
    store.compact(3).unwrap();
    assert_eq!(store.size_bytes(), full_bytes);
    assert!(store.size_in_use_bytes() < empty_bytes + 10_000);
    store.defragment();
    assert_eq!(store.size_bytes(), store.size_in_use_bytes());
}
