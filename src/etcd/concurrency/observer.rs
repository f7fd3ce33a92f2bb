//! Somebody who follows an election without standing in it.
//!
//! It tells of every leader's key and of all that is written to it, in order. Leaders that come and go between two looks
//! are passed over; the newest never is.

use super::{Session, first_created};
use crate::etcd::api::{Header, RangeResponse, Request, Response, WatchResponse};
use crate::etcd::process::{Action, Handle, ProcessEvent};
use crate::mvcc::{EventKind, KeyRange, KeyValue};

/// An observer of one election.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Observer {
    prefix: String,
    /// What the last look at the oldest key counted: all that is told of its changes says so again.
    more: bool,
    count: i64,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Looking(Handle),
    /// Nobody leads.
    AwaitingFirst(Handle),
    Following(Handle),
    Lost,
}

impl Observer {
    /// Begins to follow an election.
    pub(crate) fn observe(name: &str, session: &mut Session, out: &mut Vec<Action>) -> Observer {
        let mut observer = Observer { prefix: format!("{name}/"), more: false, count: 0, stage: Stage::Lost };
        observer.look(session, out);
        observer
    }

    /// Whether it can follow the election no longer.
    pub(crate) fn is_lost(&self) -> bool {
        self.stage == Stage::Lost
    }

    /// What the leaders say.
    pub(crate) fn handle(
        &mut self,
        event: &ProcessEvent,
        session: &mut Session,
        out: &mut Vec<Action>,
    ) -> Vec<RangeResponse> {
        match (self.stage, event) {
            (Stage::Looking(call), ProcessEvent::Reply { handle, result, .. }) if call == *handle => match result {
                Ok(Response::Range(response)) => self.looked(response, session, out).into_iter().collect(),
                Ok(answer) => answer.cannot_answer("a read"),
                Err(_) => {
                    self.stage = Stage::Lost;
                    Vec::new()
                }
            },
            (Stage::AwaitingFirst(watch), ProcessEvent::Watch { handle, response }) if watch == *handle => {
                let first = response.events.iter().find(|event| event.kind == EventKind::Put);
                let told = first.map(|event| {
                    out.push(Action::CancelWatch(watch));
                    let header = Header { revision: event.kv.mod_revision, ..response.header };
                    self.follow(header, &event.kv, session, out)
                });
                self.end_with(response);
                told.into_iter().collect()
            }
            (Stage::Following(watch), ProcessEvent::Watch { handle, response }) if watch == *handle => {
                let told = self.changes(response);
                if response.events.iter().any(|event| event.kind == EventKind::Delete) {
                    out.push(Action::CancelWatch(watch));
                    self.look(session, out);
                }
                self.end_with(response);
                told
            }
            _ => Vec::new(),
        }
    }

    fn end_with(&mut self, response: &WatchResponse) {
        if response.canceled {
            self.stage = Stage::Lost;
        }
    }

    fn look(&mut self, session: &mut Session, out: &mut Vec<Action>) {
        self.stage = Stage::Looking(session.call(Request::Range(first_created(&self.prefix)), out));
    }

    fn looked(
        &mut self,
        response: &RangeResponse,
        session: &mut Session,
        out: &mut Vec<Action>,
    ) -> Option<RangeResponse> {
        (self.more, self.count) = (response.more, response.count);
        match response.kvs.first() {
            Some(kv) => Some(self.follow(response.header, kv, session, out)),
            None => {
                let range = KeyRange::prefix(self.prefix.as_str());
                self.stage = Stage::AwaitingFirst(session.watch(range, response.header.revision, out));
                None
            }
        }
    }

    /// Tells of a leader, and watches its key from the next revision on.
    fn follow(&mut self, header: Header, kv: &KeyValue, session: &mut Session, out: &mut Vec<Action>) -> RangeResponse {
        let range = KeyRange::single(kv.key.clone());
        self.stage = Stage::Following(session.watch(range, header.revision + 1, out));
        RangeResponse { header, kvs: vec![kv.clone()], more: false, count: 0 }
    }

    /// What the leader has written until its key went.
    fn changes(&self, response: &WatchResponse) -> Vec<RangeResponse> {
        let (more, count) = (self.more, self.count);
        let puts = response.events.iter().take_while(|event| event.kind == EventKind::Put);
        puts.map(|event| RangeResponse { header: response.header, kvs: vec![event.kv.clone()], more, count }).collect()
    }
}
