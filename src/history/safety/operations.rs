//! What clients were told: acknowledged writes are in the history where they were said to be, and reads show it.

use super::applied::{Applied, words};
use super::records::keep_newest;
use super::{Found, Invariant};
use crate::etcd::api::{
    PutRequest, RangeRequest, RangeResponse, Request, RequestOp, Response, ResponseOp, TxnRequest, TxnResponse,
};
use crate::etcd::client::describe;
use crate::mvcc::{Event, EventKind, KeyRange, KeyValue, RangeOptions};
use std::collections::BTreeMap;

/// A call that a client has made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    pub(super) request: Request,
    /// The newest revision that was acknowledged to anybody before it.
    pub(super) acknowledged_before: i64,
}

/// What was acknowledged.
#[derive(Clone, Debug, Default)]
pub(super) struct Acknowledged {
    /// Writes in words, by the revision that they were said to have made.
    writes: BTreeMap<i64, String>,
    revision: i64,
}

impl Acknowledged {
    pub(super) fn revision(&self) -> i64 {
        self.revision
    }

    pub(super) fn write_at(&self, revision: i64) -> Option<&str> {
        self.writes.get(&revision).map(String::as_str)
    }

    pub(super) fn returned(&mut self, call: &Call, response: &Response, applied: &Applied, found: &mut Found) {
        let judge = Judge { call, applied };
        let revision = match (&call.request, response) {
            (Request::Put(put), Response::Put(response)) => {
                self.wrote(call, response.header.revision);
                judge.put(put, response.header.revision, found);
                response.header.revision
            }
            (Request::DeleteRange(delete), Response::DeleteRange(response)) => {
                if response.deleted > 0 {
                    self.wrote(call, response.header.revision);
                    judge.delete(&delete.range, response.deleted, response.header.revision, found);
                }
                response.header.revision
            }
            (Request::Txn(txn), Response::Txn(response)) => {
                let revision = response.header.revision;
                if has_written(response) {
                    self.wrote(call, revision);
                }
                judge.txn(txn, response, revision, found);
                if is_serializable(txn) {
                    return;
                }
                judge.not_stale(revision, found);
                revision
            }
            (Request::Range(range), Response::Range(response)) => {
                let revision = response.header.revision;
                judge.range(range, response, revision, found);
                if range.serializable {
                    return;
                }
                judge.not_stale(revision, found);
                revision
            }
            (_, Response::LeaseGrant { header, .. } | Response::LeaseRevoke { header }) => header.revision,
            (_, Response::Compact { header }) => header.revision,
            _ => return,
        };
        self.revision = self.revision.max(revision);
    }

    fn wrote(&mut self, call: &Call, revision: i64) {
        self.writes.insert(revision, describe(&call.request));
        keep_newest(&mut self.writes);
    }
}

/// Whether a transaction has changed anything.
fn has_written(response: &TxnResponse) -> bool {
    response.responses.iter().any(|one| match one {
        ResponseOp::Put(_) => true,
        ResponseOp::DeleteRange(delete) => delete.deleted > 0,
        ResponseOp::Range(_) => false,
        ResponseOp::Txn(inside) => has_written(inside),
    })
}

/// Whether a transaction only reads, and is content with old state.
fn is_serializable(txn: &TxnRequest) -> bool {
    let mut operations = txn.success.iter().chain(&txn.failure);
    operations.all(|operation| matches!(operation, RequestOp::Range(range) if range.serializable))
}

/// Whether a range request asks for whole keys at the response's own revision.
fn is_plain(options: &RangeOptions) -> bool {
    *options == RangeOptions::default()
}

/// Compares an answer with the history.
struct Judge<'a> {
    call: &'a Call,
    applied: &'a Applied,
}

impl Judge<'_> {
    fn events(&self, revision: i64, found: &mut Found) -> Option<&[Event]> {
        let events = self.applied.events_of(revision).map(|events| &**events);
        if events.is_none() && revision > self.applied.newest_revision() {
            let (what, newest) = (describe(&self.call.request), self.applied.newest_revision());
            let sentence = format!("{what} was acknowledged at revision {revision}, and no member has passed {newest}");
            found.push((Invariant::AcknowledgedWrite, sentence));
        }
        events
    }

    fn put(&self, put: &PutRequest, revision: i64, found: &mut Found) {
        let Some(events) = self.events(revision, found) else { return };
        let is_it = |event: &Event| {
            event.kind == EventKind::Put
                && event.kv.key == put.key
                && (put.ignore_value || event.kv.value == put.value)
                && (put.ignore_lease || event.kv.lease == put.lease)
        };
        if !events.iter().any(is_it) {
            self.absent(revision, events, found);
        }
    }

    fn delete(&self, range: &KeyRange, deleted: i64, revision: i64, found: &mut Found) {
        let Some(events) = self.events(revision, found) else { return };
        let is_it = |event: &&Event| event.kind == EventKind::Delete && range.contains(event.kv.key.as_bytes());
        if (events.iter().filter(is_it).count() as i64) < deleted {
            self.absent(revision, events, found);
        }
    }

    fn absent(&self, revision: i64, events: &[Event], found: &mut Found) {
        let (what, has) = (describe(&self.call.request), words(events));
        let sentence = format!("{what} was acknowledged at revision {revision}, which holds {has}");
        found.push((Invariant::AcknowledgedWrite, sentence));
    }

    fn txn(&self, txn: &TxnRequest, response: &TxnResponse, revision: i64, found: &mut Found) {
        let branch = if response.succeeded { &txn.success } else { &txn.failure };
        let has_written = has_written(response);
        for pair in branch.iter().zip(&response.responses) {
            match pair {
                (RequestOp::Put(put), ResponseOp::Put(_)) => self.put(put, revision, found),
                (RequestOp::DeleteRange(delete), ResponseOp::DeleteRange(response)) if response.deleted > 0 => {
                    self.delete(&delete.range, response.deleted, revision, found);
                }
                // Beside writes of the same transaction it depends on their order what a read shows.
                (RequestOp::Range(range), ResponseOp::Range(response)) if !has_written => {
                    self.range(range, response, revision, found);
                }
                (RequestOp::Txn(txn), ResponseOp::Txn(response)) => self.txn(txn, response, revision, found),
                _ => {}
            }
        }
    }

    fn not_stale(&self, revision: i64, found: &mut Found) {
        let before = self.call.acknowledged_before;
        if revision < before {
            let what = describe(&self.call.request);
            let sentence = format!(
                "{what} was answered at revision {revision}; revision {before} was acknowledged before it began"
            );
            found.push((Invariant::Read, sentence));
        }
    }

    fn range(&self, request: &RangeRequest, response: &RangeResponse, revision: i64, found: &mut Found) {
        if !is_plain(&request.options) {
            return;
        }
        let Some(expected) = self.applied.state(&request.range, revision) else { return };
        if !expected.iter().copied().eq(&response.kvs) {
            let words = |kv: &KeyValue| format!("{} {}", kv.key.to_string_lossy(), kv.value.to_string_lossy());
            let list = |kvs: Vec<String>| if kvs.is_empty() { "nothing".to_string() } else { kvs.join(", ") };
            let (what, shown) = (describe(&self.call.request), list(response.kvs.iter().map(words).collect()));
            let was = list(expected.into_iter().map(words).collect());
            let sentence = format!("{what} was answered at revision {revision} with {shown}; then it was {was}");
            found.push((Invariant::Read, sentence));
        }
    }
}
