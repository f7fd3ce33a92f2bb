//! Reading a range.

use super::*;

fn read(store: &Store, options: RangeOptions) -> RangeResult {
    store.range(&KeyRange::all(), &options).unwrap()
}

/// Six puts: a has version 3 and value 9, b has version 2 and value 3, c has version 1 and value 2.
fn sorted_store() -> Store {
    store_of(&[("b", "3"), ("a", "1"), ("c", "2"), ("a", "0"), ("a", "9"), ("b", "3")])
}

fn sorted_by(target: SortTarget, order: SortOrder) -> Vec<String> {
    let options = RangeOptions { target, order, ..RangeOptions::default() };
    keys(&read(&sorted_store(), options))
}

#[test]
fn a_revision_of_0_or_less_reads_the_current_state() {
    let store = store_of(&[("k", "1"), ("k", "2")]);
    assert_eq!(state_at(&store, 0), ["k=2"]);
    assert_eq!(state_at(&store, -5), ["k=2"]);
    assert_eq!(state_at(&store, 2), ["k=1"]);
    assert!(state_at(&store, 1).is_empty());
}

#[test]
fn a_revision_after_the_current_one_is_a_future_revision() {
    let store = store_of(&[("k", "1")]);
    assert_eq!(store.range(&KeyRange::all(), &at(3)), Err(MvccError::FutureRevision));
}

#[test]
fn the_compact_revision_itself_can_be_read_and_the_one_before_cannot() {
    let mut store = store_of(&[("k", "1"), ("k", "2"), ("k", "3")]);
    store.compact(3).unwrap();
    assert_eq!(state_at(&store, 3), ["k=2"]);
    assert_eq!(store.range(&KeyRange::all(), &at(2)), Err(MvccError::Compacted));
}

#[test]
fn a_limit_cuts_the_rows_and_says_that_there_are_more_but_not_the_count() {
    let store = store_of(&[("c", "1"), ("a", "1"), ("b", "1")]);
    let limited = |limit| read(&store, RangeOptions { limit, ..RangeOptions::default() });
    let two = limited(2);
    assert_eq!(keys(&two), ["a", "b"]);
    assert!(two.more);
    assert_eq!(two.count, 3);
    for limit in [3, 0, -1, i64::MAX] {
        let all = limited(limit);
        assert_eq!(all.kvs.len(), 3);
        assert!(!all.more);
    }
}

#[test]
fn revision_filters_drop_rows_inclusively_and_leave_the_count() {
    // mod revisions: a 6, b 7, c 4; create revisions: a 3, b 2, c 4.
    let store = sorted_store();
    let filtered = |options: RangeOptions| {
        let result = read(&store, options);
        assert_eq!(result.count, 3);
        keys(&result)
    };
    let unset = RangeOptions::default;
    assert_eq!(filtered(RangeOptions { max_mod_revision: 6, ..unset() }), ["a", "c"]);
    assert_eq!(filtered(RangeOptions { min_mod_revision: 6, ..unset() }), ["a", "b"]);
    assert_eq!(filtered(RangeOptions { max_create_revision: 3, ..unset() }), ["a", "b"]);
    assert_eq!(filtered(RangeOptions { min_create_revision: 3, ..unset() }), ["a", "c"]);
}

#[test]
fn the_limit_applies_after_the_filters() {
    let options = RangeOptions { min_mod_revision: 7, limit: 1, ..RangeOptions::default() };
    let result = read(&sorted_store(), options);
    assert_eq!(keys(&result), ["b"]);
    assert!(!result.more);
}

#[test]
fn count_only_ignores_everything_but_the_revision() {
    let options = RangeOptions {
        count_only: true,
        keys_only: true,
        limit: 1,
        min_mod_revision: 7,
        revision: 3,
        ..RangeOptions::default()
    };
    let expected = RangeResult { kvs: Vec::new(), more: false, count: 2 };
    assert_eq!(read(&sorted_store(), options), expected);
}

#[test]
fn every_sort_target_sorts_in_both_directions() {
    let cases = [
        (SortTarget::Key, ["a", "b", "c"]),
        (SortTarget::Version, ["c", "b", "a"]),
        (SortTarget::Create, ["b", "a", "c"]),
        (SortTarget::Mod, ["c", "a", "b"]),
        (SortTarget::Value, ["c", "b", "a"]),
    ];
    for (target, ascending) in cases {
        assert_eq!(sorted_by(target, SortOrder::Ascend), ascending);
        let mut descending = sorted_by(target, SortOrder::Descend);
        descending.reverse();
        assert_eq!(descending, ascending);
    }
}

#[test]
fn a_target_other_than_key_without_an_order_sorts_ascending() {
    assert_eq!(sorted_by(SortTarget::Mod, SortOrder::None), ["c", "a", "b"]);
}

#[test]
fn equal_rows_stay_in_key_order_in_both_directions() {
    let store = store_of(&[("b", "1"), ("c", "1"), ("a", "1"), ("d", "0")]);
    for (order, expected) in [(SortOrder::Ascend, ["d", "a", "b", "c"]), (SortOrder::Descend, ["a", "b", "c", "d"])] {
        let options = RangeOptions { target: SortTarget::Value, order, ..RangeOptions::default() };
        assert_eq!(keys(&read(&store, options)), expected);
    }
}

#[test]
fn a_limit_with_a_target_but_no_order_sorts_only_the_first_rows_in_key_order() {
    let store = sorted_store();
    let limited = |order, max_mod_revision| {
        let options =
            RangeOptions { target: SortTarget::Value, limit: 1, order, max_mod_revision, ..RangeOptions::default() };
        let result = read(&store, options);
        assert!(result.more);
        keys(&result)
    };
    assert_eq!(limited(SortOrder::None, 0), ["b"]);
    assert_eq!(limited(SortOrder::Ascend, 0), ["c"]);
    assert_eq!(limited(SortOrder::None, 100), ["c"]);
}

#[test]
fn keys_only_leaves_the_values_empty_after_sorting_by_them_and_keeps_the_lease() {
    let mut store = store_of(&[("a", "2")]);
    put_with_lease(&mut store, "b", "1", 7);
    let options = RangeOptions {
        keys_only: true,
        target: SortTarget::Value,
        order: SortOrder::Ascend,
        ..RangeOptions::default()
    };
    let result = read(&store, options);
    assert_eq!(keys(&result), ["b", "a"]);
    assert!(result.kvs.iter().all(|kv| kv.value.is_empty()));
    assert_eq!(result.kvs[0].lease, 7);
}
