//! What watchers are told, at once or later.

use super::*;

fn batch(store: &Store, from_revision: i64, revisions_max: usize) -> EventBatch {
    let options = EventOptions { from_revision, revisions_max, prev_kv: false };
    store.events(&KeyRange::all(), &options).unwrap()
}

fn texts(events: &[Event]) -> Vec<String> {
    let text = |event: &Event| {
        let kind = event.kind;
        format!("{kind:?} {:?} {}", event.kv.key, event.kv.mod_revision)
    };
    events.iter().map(text).collect()
}

#[test]
fn a_delete_event_holds_only_the_key_and_the_revision() {
    let mut store = store_of(&[("k", "v")]);
    let mut txn = store.begin();
    txn.delete_range(&KeyRange::single("k"));
    let expected = Event {
        kind: EventKind::Delete,
        kv: KeyValue { key: "k".into(), mod_revision: 3, ..KeyValue::default() },
        prev_kv: Some(key_value(("k", "v"), 2, 2, 1)),
    };
    assert_eq!(txn.finish().events(), [expected]);
}

#[test]
fn events_come_in_revision_order_and_within_one_in_order_of_the_changes() {
    let mut store = store_of(&[("b", "1")]);
    let mut txn = store.begin();
    txn.put("z".into(), "1".into(), 0);
    txn.put("a".into(), "1".into(), 0);
    txn.delete_range(&KeyRange::single("b"));
    txn.finish();
    let expected = [r#"Put "b" 2"#, r#"Put "z" 3"#, r#"Put "a" 3"#, r#"Delete "b" 3"#];
    assert_eq!(texts(&events_from(&store, &KeyRange::all(), 1)), expected);
}

#[test]
fn history_tells_the_same_events_as_the_transactions_did() {
    let mut store = Store::new();
    let mut told = Vec::new();
    for round in 0..5 {
        let mut txn = store.begin();
        txn.put("a".into(), round.to_string().into(), 0);
        txn.put("b".into(), "x".into(), 0);
        told.extend(txn.finish().events());
        let mut txn = store.begin();
        txn.delete_range(&KeyRange::single("b"));
        told.extend(txn.finish().events());
    }
    assert_eq!(events_from(&store, &KeyRange::all(), 2), told);
    told.retain(|event| event.kv.key == "b".into());
    assert_eq!(events_from(&store, &KeyRange::single("b"), 2), told);
    assert!(events_from(&store, &KeyRange::single("absent"), 2).is_empty());
}

#[test]
fn the_previous_key_value_is_that_of_the_revision_before_the_transaction() {
    let mut store = store_of(&[("k", "1")]);
    let mut txn = store.begin();
    txn.put("k".into(), "2".into(), 0);
    txn.put("k".into(), "3".into(), 0);
    let before = Some(key_value(("k", "1"), 2, 2, 1));
    for event in txn.finish().events() {
        assert_eq!(event.prev_kv, before);
    }
}

#[test]
fn a_creation_has_no_previous_key_value() {
    let mut store = store_of(&[("k", "1")]);
    delete_key(&mut store, "k");
    put(&mut store, "k", "2");
    let events = events_from(&store, &KeyRange::single("k"), 2);
    let has_previous: Vec<bool> = events.iter().map(|event| event.prev_kv.is_some()).collect();
    assert_eq!(has_previous, [false, true, false]);
}

#[test]
fn a_compacted_previous_key_value_is_absent() {
    let mut store = store_of(&[("k", "1"), ("k", "2"), ("k", "3")]);
    store.compact(3).unwrap();
    let events = events_from(&store, &KeyRange::single("k"), 3);
    assert_eq!(events[0].prev_kv, None);
    assert_eq!(events[1].prev_kv, Some(key_value(("k", "2"), 2, 3, 2)));
}

#[test]
fn previous_key_values_are_only_looked_up_on_request() {
    let store = store_of(&[("k", "1"), ("k", "2")]);
    let batch = batch(&store, 1, 10);
    assert!(batch.events.iter().all(|event| event.prev_kv.is_none()));
}

#[test]
fn a_batch_is_cut_only_between_revisions_and_says_where_to_go_on() {
    let mut store = Store::new();
    for _ in 0..3 {
        let mut txn = store.begin();
        txn.put("a".into(), "1".into(), 0);
        txn.put("b".into(), "1".into(), 0);
        txn.finish();
    }
    let first = batch(&store, 1, 2);
    assert_eq!(first.events.len(), 4);
    assert!(first.more);
    assert_eq!(first.next_revision, 4);
    let second = batch(&store, first.next_revision, 2);
    assert_eq!(second.events.len(), 2);
    assert!(!second.more);
    assert_eq!(second.next_revision, 5);
}

#[test]
fn a_start_in_the_future_gives_nothing_and_stays_where_it_is() {
    let batch = batch(&store_of(&[("k", "1")]), 9, 10);
    assert!(batch.events.is_empty());
    assert_eq!(batch.next_revision, 9);
}

#[test]
fn events_can_be_read_from_the_compact_revision_but_not_before() {
    let mut store = store_of(&[("k", "1"), ("k", "2")]);
    store.compact(3).unwrap();
    assert_eq!(texts(&events_from(&store, &KeyRange::all(), 3)), [r#"Put "k" 3"#]);
    let options = EventOptions { from_revision: 2, revisions_max: 1, prev_kv: false };
    assert_eq!(store.events(&KeyRange::all(), &options), Err(MvccError::Compacted));
}
