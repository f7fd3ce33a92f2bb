//! Watches: each is handed every event of its range once, in revision order, all of a revision together.

use super::applied::{Applied, words};
use super::{Found, Invariant};
use crate::etcd::api::{WatchRequest, WatchResponse};
use crate::mvcc::{Event, KeyRange};
use crate::sim::ActorId;
use std::collections::BTreeMap;

/// Names a watch: its client, and the client's number for it.
type WatchKey = (ActorId, u32);

#[derive(Clone, Debug)]
struct Watch {
    range: KeyRange,
    /// Everything before this revision was handed out; `None`: it has begun at a revision that only the member knows.
    next: Option<i64>,
}

/// The open watches.
#[derive(Clone, Debug, Default)]
pub(super) struct Watches {
    watches: BTreeMap<WatchKey, Watch>,
}

impl Watches {
    pub(super) fn opened(&mut self, key: WatchKey, request: &WatchRequest) {
        let range = if request.range.key.is_empty() {
            KeyRange::new(b"\0".as_slice(), request.range.range_end.clone())
        } else {
            request.range.clone()
        };
        let next = (request.start_revision > 0).then_some(request.start_revision);
        self.watches.insert(key, Watch { range, next });
    }

    pub(super) fn closed(&mut self, key: WatchKey) {
        self.watches.remove(&key);
    }

    pub(super) fn told(&mut self, key: WatchKey, response: &WatchResponse, applied: &Applied, found: &mut Found) {
        let Some(watch) = self.watches.get_mut(&key) else { return };
        if response.canceled {
            self.watches.remove(&key);
            return;
        }
        let Some(last) = response.events.last().map(|event| event.kv.mod_revision) else {
            // A progress notification: nothing has happened up to its revision.
            if let Some(next) = watch.next.filter(|next| *next <= response.header.revision) {
                compare(key, watch, next, response.header.revision, &[], applied, found);
                watch.next = Some(response.header.revision + 1);
            }
            return;
        };
        let first = response.events[0].kv.mod_revision;
        compare(key, watch, watch.next.unwrap_or(first), last, &response.events, applied, found);
        watch.next = Some(watch.next.unwrap_or(0).max(last + 1));
    }

    /// The first watch that was not handed everything, in words.
    pub(super) fn behind(&self, applied: &Applied) -> Option<String> {
        self.watches.iter().find_map(|((client, number), watch)| {
            let next = watch.next?;
            let missing = applied.events(&watch.range, next, applied.newest_revision())?;
            let first = missing.first()?.kv.mod_revision;
            let newest = applied.newest_revision();
            Some(format!(
                "watch {number} of client {} was not handed revision {first}, and the store is at {newest}",
                client.0
            ))
        })
    }
}

/// Compares what a watch was handed with what there was from one revision to another.
fn compare(
    (client, number): WatchKey,
    watch: &Watch,
    from: i64,
    to: i64,
    handed: &[Event],
    applied: &Applied,
    found: &mut Found,
) {
    let who = format!("watch {number} of client {}", client.0);
    if let Some(again) = handed.iter().map(|event| event.kv.mod_revision).find(|revision| *revision < from) {
        let sentence =
            format!("{who} was handed revision {again}, and everything before {from} was handed out already");
        found.push((Invariant::Watch, sentence));
        return;
    }
    if to > applied.newest_revision() {
        let sentence =
            format!("{who} was handed revision {to}, and no member has passed {}", applied.newest_revision());
        found.push((Invariant::Watch, sentence));
        return;
    }
    let Some(expected) = applied.events(&watch.range, from, to) else { return };
    let is_same = |(a, b): (&&Event, &Event)| a.kind == b.kind && a.kv == b.kv;
    if expected.len() != handed.len() || !expected.iter().zip(handed).all(is_same) {
        let expected: Vec<Event> = expected.into_iter().cloned().collect();
        let sentence =
            format!("{who} was handed {} for revisions {from} to {to}, which hold {}", words(handed), words(&expected));
        found.push((Invariant::Watch, sentence));
    }
}
