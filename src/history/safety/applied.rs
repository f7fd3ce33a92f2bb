//! The history that was applied: what each revision holds, and that every member's store has lived through the same.

use super::operations::Acknowledged;
use super::records::keep_newest;
use super::{Found, Invariant, KEPT_MAX, name};
use crate::mvcc::{Bytes, Event, EventKind, EventOptions, KeyRange, KeyValue, RangeOptions, Store};
use crate::raft::NodeId;
use litemap::LiteMap;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A member's whole store is hashed whenever its applied index has passed a multiple of this.
const HASHED_EVERY: u64 = 128;

/// What one key was: from a revision on, this or absent.
type KeyStates = Vec<(i64, Option<KeyValue>)>;

/// The applied history.
#[derive(Clone, Debug, Default)]
pub(super) struct Applied {
    /// The events of each revision, as the first member that made it has them.
    revisions: BTreeMap<i64, Rc<[Event]>>,
    keys: BTreeMap<Bytes, KeyStates>,
    /// From this revision on nothing is missing in `keys`.
    keys_known_from: i64,
    /// The revision after each applied entry.
    revision_after: BTreeMap<u64, i64>,
    /// The hash at an applied index and a compact revision.
    hashes: BTreeMap<(u64, i64), (u32, NodeId)>,
    /// Up to which revision each member was compared.
    compared_to: LiteMap<NodeId, i64>,
    hashed_at: LiteMap<NodeId, u64>,
}

impl Applied {
    /// The newest revision that any member has made.
    pub(super) fn newest_revision(&self) -> i64 {
        self.revisions.last_key_value().map_or(1, |(revision, _)| *revision)
    }

    /// The events of a revision, if it is remembered.
    pub(super) fn events_of(&self, revision: i64) -> Option<&Rc<[Event]>> {
        self.revisions.get(&revision)
    }

    /// The events of a range from one revision to another, both included; `None` if not all are remembered.
    pub(super) fn events(&self, range: &KeyRange, from: i64, to: i64) -> Option<Vec<&Event>> {
        let mut events = Vec::new();
        for revision in from.max(2)..=to {
            let all = self.revisions.get(&revision)?;
            events.extend(all.iter().filter(|event| range.contains(event.kv.key.as_bytes())));
        }
        Some(events)
    }

    /// What a range held at a revision; `None` if that is not known any more, or not yet.
    pub(super) fn state(&self, range: &KeyRange, revision: i64) -> Option<Vec<&KeyValue>> {
        if revision < self.keys_known_from || revision > self.newest_revision() {
            return None;
        }
        let then = |states: &'_ KeyStates| states.partition_point(|(since, _)| *since <= revision).checked_sub(1);
        let matching = self.keys.iter().filter(|(key, _)| range.contains(key.as_bytes()));
        Some(matching.filter_map(|(_, states)| states[then(states)?].1.as_ref()).collect())
    }

    /// A new process rebuilds its store from the beginning.
    pub(super) fn restarted(&mut self, node: NodeId) {
        self.compared_to.remove(&node);
        self.hashed_at.remove(&node);
    }

    /// A member says that an entry has brought its store to a revision.
    pub(super) fn index_applied(&mut self, node: NodeId, index: u64, revision: i64, found: &mut Found) {
        let known = *self.revision_after.entry(index).or_insert(revision);
        keep_newest(&mut self.revision_after);
        if known != revision {
            let sentence = format!(
                "{} is at revision {revision} after applying index {index}, where another was at {known}",
                name(node)
            );
            found.push((Invariant::StateMachineSafety, sentence));
        }
    }

    /// Compares what a member's store has lived through since it was last looked at.
    pub(super) fn see(
        &mut self,
        node: NodeId,
        index: u64,
        store: &Store,
        acknowledged: &Acknowledged,
        found: &mut Found,
    ) {
        let compared_to = self.compared_to.get(&node).copied().unwrap_or(1);
        if store.revision() == compared_to {
            return;
        }
        self.compared_to.insert(node, store.revision());
        let from = compared_to + 1;
        let options = EventOptions { from_revision: from, revisions_max: usize::MAX, prev_kv: false };
        let compacted = store.compact_revision() >= from;
        if compacted && store.compact_revision() > self.newest_revision() {
            self.begin_anew(store);
        } else if compacted {
            let options = EventOptions { from_revision: store.compact_revision() + 1, ..options };
            self.compare(node, store, &options, acknowledged, found);
        } else {
            self.compare(node, store, &options, acknowledged, found);
        }
        let hashed_at = self.hashed_at.get(&node).copied().unwrap_or(0);
        if index / HASHED_EVERY > hashed_at / HASHED_EVERY {
            self.hashed_at.insert(node, index);
            self.compare_hash(node, index, store, found);
        }
    }

    fn compare(
        &mut self,
        node: NodeId,
        store: &Store,
        options: &EventOptions,
        acknowledged: &Acknowledged,
        found: &mut Found,
    ) {
        let events = store.events(&KeyRange::all(), options).expect("it begins after what is compacted").events;
        for events in events.chunk_by(|a, b| a.kv.mod_revision == b.kv.mod_revision) {
            let revision = events[0].kv.mod_revision;
            match self.revisions.get(&revision) {
                None => self.remember(revision, events),
                Some(known) if **known == *events => {}
                Some(known) => {
                    let (who, here, there) = (name(node), words(events), words(known));
                    let sentence = match acknowledged.write_at(revision) {
                        Some(write) => format!(
                            "{write} was acknowledged at revision {revision} ({there}), and there {who} has {here}"
                        ),
                        None => format!("{who} has {here} at revision {revision}, where another has {there}"),
                    };
                    let is_acknowledged = acknowledged.write_at(revision).is_some();
                    let invariant =
                        if is_acknowledged { Invariant::AcknowledgedWrite } else { Invariant::StateMachineSafety };
                    found.push((invariant, sentence));
                }
            }
        }
    }

    fn remember(&mut self, revision: i64, events: &[Event]) {
        self.revisions.insert(revision, events.into());
        for event in events {
            let state = (event.kind == EventKind::Put).then(|| event.kv.clone());
            self.keys.entry(event.kv.key.clone()).or_default().push((revision, state));
        }
        if self.revisions.len() > KEPT_MAX {
            let (oldest, events) = self.revisions.pop_first().expect("there are many");
            self.keys_known_from = oldest + 1;
            for event in events.iter() {
                self.forget_states(&event.kv.key, oldest);
            }
        }
    }

    /// Forgets what a key was before its last state at or before a revision; the key itself, if that was absent.
    fn forget_states(&mut self, key: &Bytes, revision: i64) {
        let Some(states) = self.keys.get_mut(key) else { return };
        let last = states.partition_point(|(since, _)| *since <= revision);
        states.drain(..last.saturating_sub(1));
        if matches!(&states[..], [(_, None)]) {
            self.keys.remove(key);
        }
    }

    /// A store has compacted what nobody has seen: its state now is where the history begins.
    fn begin_anew(&mut self, store: &Store) {
        self.revisions.clear();
        let kvs = store.range(&KeyRange::all(), &RangeOptions::default()).expect("the newest revision is there").kvs;
        self.keys = kvs.into_iter().map(|kv| (kv.key.clone(), vec![(kv.mod_revision, Some(kv))])).collect();
        self.keys_known_from = store.revision();
    }

    /// Compares the hash of a member's store with that of another that has applied as much.
    pub(super) fn compare_hash(&mut self, node: NodeId, index: u64, store: &Store, found: &mut Found) {
        let hash = store.hash(0).expect("the newest revision is there");
        let (known, other) = *self.hashes.entry((index, hash.compact_revision)).or_insert((hash.hash, node));
        keep_newest(&mut self.hashes);
        if known != hash.hash {
            let sentence = format!(
                "the stores of {} and {} have the hashes {} and {known} after applying index {index}",
                name(node),
                name(other),
                hash.hash
            );
            found.push((Invariant::StateMachineSafety, sentence));
        }
    }
}

/// Events in words: `put k1 v5, delete k2`.
pub(super) fn words(events: &[Event]) -> String {
    let word = |event: &Event| match event.kind {
        EventKind::Put => format!("put {} {}", event.kv.key.to_string_lossy(), event.kv.value.to_string_lossy()),
        EventKind::Delete => format!("delete {}", event.kv.key.to_string_lossy()),
    };
    if events.is_empty() { "nothing".to_string() } else { events.iter().map(word).collect::<Vec<_>>().join(", ") }
}
