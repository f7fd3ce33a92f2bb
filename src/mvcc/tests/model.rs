//! Random histories against a model that keeps every state of every revision.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Change {
    Put { key: Bytes, value: Bytes, lease: i64 },
    Delete(KeyRange),
}

#[derive(Clone, Debug)]
enum Step {
    Txn(Vec<Change>),
    /// Compacts at the current revision minus this.
    Compact {
        back: i64,
    },
}

type State = BTreeMap<Bytes, KeyValue>;

/// All states and all events there ever were, at the index of their revision.
struct Model {
    states: Vec<State>,
    events: Vec<Vec<Event>>,
    compact_revision: i64,
}

impl Model {
    fn new() -> Self {
        Self { states: vec![State::new(); 2], events: vec![Vec::new(); 2], compact_revision: -1 }
    }

    fn revision(&self) -> i64 {
        i64::try_from(self.states.len()).unwrap() - 1
    }

    fn state(&self, revision: i64) -> &State {
        &self.states[usize::try_from(revision).unwrap()]
    }

    /// The oldest revision that can be read.
    fn first_readable(&self) -> i64 {
        self.compact_revision.max(1)
    }

    fn apply(&mut self, changes: &[Change]) {
        let main = self.revision() + 1;
        let before = self.state(main - 1);
        let mut state = before.clone();
        let mut events = Vec::new();
        for change in changes {
            match change {
                Change::Put { key, value, lease } => {
                    let old = state.get(key);
                    let kv = KeyValue {
                        key: key.clone(),
                        value: value.clone(),
                        create_revision: old.map_or(main, |old| old.create_revision),
                        mod_revision: main,
                        version: old.map_or(0, |old| old.version) + 1,
                        lease: *lease,
                    };
                    let is_creation = kv.create_revision == main;
                    state.insert(key.clone(), kv.clone());
                    events.push(Event {
                        kind: EventKind::Put,
                        prev_kv: before.get(key).filter(|_| !is_creation).cloned(),
                        kv,
                    });
                }
                Change::Delete(range) => {
                    let keys: Vec<Bytes> = state.keys().cloned().collect();
                    for key in keys.into_iter().filter(|key| range.contains(key.as_bytes())) {
                        state.remove(&key);
                        events.push(Event {
                            kind: EventKind::Delete,
                            prev_kv: before.get(&key).cloned(),
                            kv: KeyValue { key, mod_revision: main, ..KeyValue::default() },
                        });
                    }
                }
            }
        }
        if !events.is_empty() {
            self.states.push(state);
            self.events.push(events);
        }
    }

    fn compact(&mut self, revision: i64) -> Result<(), MvccError> {
        if revision <= self.compact_revision {
            return Err(MvccError::Compacted);
        }
        self.compact_revision = revision;
        Ok(())
    }

    fn range(&self, range: &KeyRange, options: &RangeOptions) -> RangeResult {
        let mut kvs: Vec<KeyValue> = self.state(options.revision).values().cloned().collect();
        kvs.retain(|kv| range.contains(kv.key.as_bytes()));
        let count = i64::try_from(kvs.len()).unwrap();
        if options.count_only {
            return RangeResult { kvs: Vec::new(), more: false, count };
        }
        let limit = usize::try_from(options.limit).ok().filter(|limit| *limit > 0);
        if let (Some(limit), SortOrder::None, 0) = (limit, options.order, options.min_mod_revision) {
            kvs.truncate(limit + 1);
        }
        kvs.retain(|kv| kv.mod_revision >= options.min_mod_revision);
        let key_of = |kv: &KeyValue| match options.target {
            SortTarget::Key => (kv.key.clone(), 0),
            SortTarget::Version => (Bytes::EMPTY, kv.version),
            SortTarget::Create => (Bytes::EMPTY, kv.create_revision),
            SortTarget::Mod => (Bytes::EMPTY, kv.mod_revision),
            SortTarget::Value => (kv.value.clone(), 0),
        };
        match options.order {
            SortOrder::Descend => kvs.sort_by_key(|kv| std::cmp::Reverse(key_of(kv))),
            _ => kvs.sort_by_key(key_of),
        }
        let more = limit.is_some_and(|limit| kvs.len() > limit);
        kvs.truncate(limit.unwrap_or(usize::MAX));
        RangeResult { kvs, more, count }
    }

    /// The events from a readable revision on. Of the compact revision only the last change of each key is left, and
    /// its previous key-values are gone.
    fn events(&self, range: &KeyRange, from_revision: i64) -> Vec<Event> {
        let mut events = Vec::new();
        for revision in from_revision.max(1)..=self.revision() {
            let all = &self.events[usize::try_from(revision).unwrap()];
            for (index, event) in all.iter().enumerate() {
                let mut event = event.clone();
                if revision == self.compact_revision {
                    if all[index + 1..].iter().any(|later| later.kv.key == event.kv.key) {
                        continue;
                    }
                    event.prev_kv = None;
                }
                events.push(event);
            }
        }
        events.retain(|event| range.contains(event.kv.key.as_bytes()));
        events
    }
}

fn apply<'store>(store: &'store mut Store, changes: &[Change]) -> Finished<'store> {
    let mut txn = store.begin();
    for change in changes {
        match change {
            Change::Put { key, value, lease } => {
                let before = txn.get(key.as_bytes()).cloned();
                assert_eq!(txn.put(key.clone(), value.clone(), *lease), before);
            }
            Change::Delete(range) => {
                let before = txn.range(range, &RangeOptions::default()).unwrap().kvs;
                assert_eq!(txn.delete_range(range), before);
            }
        }
    }
    txn.finish()
}

fn any_key() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec![&b"a"[..], b"a\0", b"ab", b"b", b"b\xff", b"c", b"\xff"]).prop_map(Bytes::from)
}

fn any_range() -> impl Strategy<Value = KeyRange> {
    prop_oneof![
        4 => any_key().prop_map(KeyRange::single),
        2 => (any_key(), any_key()).prop_map(|(key, end)| KeyRange::new(key, end)),
        2 => any_key().prop_map(KeyRange::prefix),
        1 => any_key().prop_map(KeyRange::from_key),
        1 => Just(KeyRange::all()),
    ]
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (any_key(), "[xy]{0,2}", 0..3_i64)
            .prop_map(|(key, value, lease)| Change::Put { key, value: value.into(), lease }),
        1 => any_range().prop_map(Change::Delete),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any_change().prop_map(|change| Step::Txn(vec![change])),
        3 => prop::collection::vec(any_change(), 0..5).prop_map(Step::Txn),
        1 => (0..8_i64).prop_map(|back| Step::Compact { back }),
    ]
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(any_step(), 0..120)
}

fn any_options() -> impl Strategy<Value = RangeOptions> {
    let order = prop::sample::select(vec![SortOrder::None, SortOrder::Ascend, SortOrder::Descend]);
    let target = prop::sample::select(vec![
        SortTarget::Key,
        SortTarget::Version,
        SortTarget::Create,
        SortTarget::Mod,
        SortTarget::Value,
    ]);
    let min_mod_revision = prop_oneof![Just(0), 1..20_i64];
    (order, target, -1..5_i64, prop::bool::weighted(0.1), min_mod_revision).prop_map(
        |(order, target, limit, count_only, min_mod_revision)| RangeOptions {
            order,
            target,
            limit,
            count_only,
            min_mod_revision,
            ..RangeOptions::default()
        },
    )
}

/// Plays the steps on both, comparing what each step answers.
fn play(steps: &[Step]) -> (Store, Model) {
    let mut store = Store::new();
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Txn(changes) => {
                let before = model.revision();
                model.apply(changes);
                let summary = apply(&mut store, changes);
                assert_eq!(summary.revision(), model.revision());
                if summary.revision() > before {
                    assert_eq!(Some(&summary.events()), model.events.last());
                } else {
                    assert!(summary.events().is_empty());
                }
            }
            Step::Compact { back } => {
                let revision = model.revision() - back;
                assert_eq!(store.compact(revision), model.compact(revision));
            }
        }
    }
    (store, model)
}

/// The events of `range`, read in batches.
fn events_in_batches(store: &Store, range: &KeyRange, from: i64, revisions_max: usize) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut options = EventOptions { from_revision: from, revisions_max, prev_kv: true };
    loop {
        let batch = store.events(range, &options).unwrap();
        let mut revisions: Vec<i64> = batch.events.iter().map(|event| event.kv.mod_revision).collect();
        revisions.dedup();
        assert!(revisions.len() <= revisions_max);
        assert!(revisions.first().is_none_or(|first| *first >= options.from_revision));
        events.extend(batch.events);
        assert!(batch.next_revision > options.from_revision || !batch.more);
        options.from_revision = batch.next_revision;
        if !batch.more {
            assert_eq!(batch.next_revision, from.max(store.revision() + 1));
            return events;
        }
    }
}

proptest! {
    #[test]
    fn every_readable_revision_reads_as_it_was(
        steps in any_steps(),
        range in any_range(),
        options in any_options(),
    ) {
        let (store, model) = play(&steps);
        prop_assert_eq!(store.compact_revision(), model.compact_revision);
        prop_assert_eq!(store.keys_total(), model.state(model.revision()).len());
        let leases: Vec<(i64, &Bytes)> = model
            .state(model.revision())
            .values()
            .filter(|kv| kv.lease != 0)
            .map(|kv| (kv.lease, &kv.key))
            .collect();
        prop_assert_eq!(store.leases().collect::<Vec<_>>(), leases);
        for revision in model.first_readable()..=model.revision() {
            let options = RangeOptions { revision, ..options.clone() };
            prop_assert_eq!(store.range(&range, &options), Ok(model.range(&range, &options)));
        }
        for revision in 1..model.compact_revision {
            prop_assert_eq!(store.range(&range, &at(revision)), Err(MvccError::Compacted));
        }
    }

    #[test]
    fn every_readable_revision_tells_the_events_that_followed(
        steps in any_steps(),
        range in any_range(),
        revisions_max in 1..10_usize,
    ) {
        let (store, model) = play(&steps);
        for from in model.first_readable()..=model.revision() + 2 {
            prop_assert_eq!(
                events_in_batches(&store, &range, from, revisions_max),
                model.events(&range, from)
            );
        }
    }

    #[test]
    fn earlier_compactions_do_not_change_the_hash_or_the_size(steps in any_steps()) {
        let (store, model) = play(&steps);
        let mut twin = Store::new();
        for step in &steps {
            if let Step::Txn(changes) = step {
                apply(&mut twin, changes);
            }
        }
        let _ = twin.compact(model.compact_revision);
        prop_assert_eq!(twin.size_in_use_bytes(), store.size_in_use_bytes());
        for revision in model.first_readable()..=model.revision() {
            prop_assert_eq!(store.hash(revision), twin.hash(revision));
        }
    }

    /// A member that has not yet deleted its compacted records must answer like one that has. etcd itself breaks this
    /// while no key is live, and so does its rule.
    #[test]
    fn deleting_compacted_records_does_not_change_the_hash(steps in any_steps()) {
        let (store, model) = play(&steps);
        let mut undeleted = Store::new();
        for step in &steps {
            if let Step::Txn(changes) = step {
                apply(&mut undeleted, changes);
            }
        }
        undeleted.compact_revision = model.compact_revision;
        for revision in model.first_readable()..=model.revision() {
            if !model.state(revision).is_empty() {
                prop_assert_eq!(store.hash(revision), undeleted.hash(revision));
            }
        }
    }
}
