//! A key among others under a prefix, which has its turn when no older one is left.
//!
//! It waits for one key only, the newest of the older ones. When that is gone it looks again: if a waiting client in the
//! middle has died, the next one goes on waiting for whoever came before, and many that wait are not all woken by one change.

use super::{Failure, Session, failure, first_created, last_created, read};
use crate::etcd::api::{
    Compare, CompareResult, CompareTarget, PutRequest, Request, RequestOp, Response, ResponseOp, TxnRequest,
    TxnResponse,
};
use crate::etcd::process::{Action, Handle, ProcessEvent};
use crate::mvcc::{Bytes, EventKind, KeyRange, KeyValue, RangeOptions};

/// A place in the queue.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Turn {
    prefix: String,
    key: String,
    /// The create revision of the key; 0 until it is there.
    revision: i64,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Joining(Handle),
    Looking(Handle),
    Watching(Handle),
    Come,
}

/// What becomes of it.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum TurnNews {
    /// The key is there.
    Joined {
        /// The answer's revision.
        revision: i64,
        /// The key as it was, if the session had put it before.
        existing: Option<KeyValue>,
        /// The oldest key.
        oldest: Option<KeyValue>,
    },
    /// No older key is left.
    Come,
    /// It will not come.
    Failed(Failure),
}

impl Turn {
    /// Puts the session's key, unless it is there.
    pub(super) fn join(name: &str, value: &str, session: &mut Session, out: &mut Vec<Action>) -> Turn {
        let prefix = format!("{name}/");
        let key = format!("{prefix}{:x}", session.lease());
        let put = PutRequest {
            key: Bytes::from(key.as_str()),
            value: Bytes::from(value),
            lease: session.lease(),
            prev_kv: false,
            ignore_value: false,
            ignore_lease: false,
        };
        let existing = read(KeyRange::single(key.as_str()), RangeOptions::default());
        let oldest = RequestOp::Range(first_created(&prefix));
        let txn = TxnRequest {
            compare: vec![created_at(&key, 0)],
            success: vec![RequestOp::Put(put), oldest.clone()],
            failure: vec![RequestOp::Range(existing), oldest],
        };
        let stage = Stage::Joining(session.call(Request::Txn(txn), out));
        Turn { prefix, key, revision: 0, stage }
    }

    /// The session's key.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Its create revision, which fences; 0 until it is there.
    pub(super) fn revision(&self) -> i64 {
        self.revision
    }

    /// The condition that the key is the one that was put.
    pub(super) fn is_ours(&self) -> Compare {
        created_at(&self.key, self.revision)
    }

    /// Looks for the next older key.
    pub(super) fn wait(&mut self, session: &mut Session, out: &mut Vec<Action>) {
        let request = Request::Range(last_created(&self.prefix, self.revision - 1));
        self.stage = Stage::Looking(session.call(request, out));
    }

    pub(super) fn handle(
        &mut self,
        event: &ProcessEvent,
        session: &mut Session,
        out: &mut Vec<Action>,
    ) -> Option<TurnNews> {
        match (self.stage, event) {
            (Stage::Joining(call), ProcessEvent::Reply { handle, result, .. }) if call == *handle => {
                Some(match result {
                    Ok(Response::Txn(response)) => self.joined(response),
                    Ok(answer) => answer.cannot_answer("a transaction"),
                    Err(error) => TurnNews::Failed(failure(error.clone())),
                })
            }
            (Stage::Looking(call), ProcessEvent::Reply { handle, result, .. }) if call == *handle => match result {
                Ok(Response::Range(response)) => {
                    let Some(older) = response.kvs.first() else {
                        self.stage = Stage::Come;
                        return Some(TurnNews::Come);
                    };
                    let range = KeyRange::single(older.key.clone());
                    self.stage = Stage::Watching(session.watch(range, response.header.revision, out));
                    None
                }
                Ok(answer) => answer.cannot_answer("a read"),
                Err(error) => Some(TurnNews::Failed(failure(error.clone()))),
            },
            (Stage::Watching(watch), ProcessEvent::Watch { handle, response }) if watch == *handle => {
                if response.events.iter().any(|event| event.kind == EventKind::Delete) {
                    out.push(Action::CancelWatch(watch));
                    self.wait(session, out);
                }
                response.canceled.then(|| TurnNews::Failed(response.cancellation().into()))
            }
            _ => None,
        }
    }

    fn joined(&mut self, response: &TxnResponse) -> TurnNews {
        let rows = |at: usize| match response.responses.get(at) {
            Some(ResponseOp::Range(range)) => range.kvs.first().cloned(),
            _ => None,
        };
        let existing = if response.succeeded { None } else { rows(0) };
        let revision = response.header.revision;
        self.revision = existing.as_ref().map_or(revision, |kv| kv.create_revision);
        self.stage = Stage::Come;
        TurnNews::Joined { revision, existing, oldest: rows(1) }
    }
}

/// The condition that a key was created at this revision; 0: that it is not there.
fn created_at(key: &str, revision: i64) -> Compare {
    Compare { range: KeyRange::single(key), result: CompareResult::Equal, target: CompareTarget::Create(revision) }
}
