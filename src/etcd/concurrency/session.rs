//! A lease that is kept alive for as long as the client lives, and the calls that are made beside it.

use super::{Failure, failure};
use crate::etcd::api::{Request, Response, WatchRequest};
use crate::etcd::process::{Action, Endpoints, Handle, ProcessEvent};
use crate::mvcc::{KeyRange, RangeOptions};

/// The one lease that is kept alive.
const KEEP_ALIVE: Handle = 0;
/// The first call.
const GRANT: Handle = 0;
/// The time to live of a session that asks for none, in seconds.
pub(crate) const TTL_S: i64 = 60;

/// A session; all calls and watches of its program go through it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Session {
    endpoints: Endpoints,
    next_handle: Handle,
    lease: i64,
    is_done: bool,
}

/// What becomes of a session.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum SessionNews {
    /// It has its lease.
    Opened,
    /// It gets none.
    Failed(Failure),
    /// Its lease is no longer kept alive: it has run out, or nobody has answered for as long as it lives.
    Done,
}

impl Session {
    /// Asks for a lease. Without a positive time to live it is [`TTL_S`].
    pub(crate) fn open(endpoints: Endpoints, ttl_s: i64, out: &mut Vec<Action>) -> Session {
        let mut session = Session { endpoints, next_handle: GRANT, lease: 0, is_done: false };
        session.call(Request::LeaseGrant { ttl_s: if ttl_s > 0 { ttl_s } else { TTL_S }, id: 0 }, out);
        session
    }

    /// Its lease; 0 before it is opened.
    pub(crate) fn lease(&self) -> i64 {
        self.lease
    }

    /// Whether its lease is no longer kept alive.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Takes what concerns the lease.
    pub(crate) fn handle(&mut self, event: &ProcessEvent, out: &mut Vec<Action>) -> Option<SessionNews> {
        match event {
            ProcessEvent::Reply { handle: GRANT, result, .. } => Some(match result {
                Ok(Response::LeaseGrant { id, .. }) => {
                    self.lease = *id;
                    let endpoints = self.endpoints.clone();
                    out.push(Action::KeepAlive { handle: KEEP_ALIVE, endpoints, lease: *id });
                    SessionNews::Opened
                }
                Ok(answer) => answer.cannot_answer("a grant"),
                Err(error) => SessionNews::Failed(failure(error.clone())),
            }),
            ProcessEvent::KeepAlive { response: None, .. } => {
                self.is_done = true;
                Some(SessionNews::Done)
            }
            _ => None,
        }
    }

    /// Calls, and waits as long as it takes: the recipes set no time limits.
    pub(crate) fn call(&mut self, request: Request, out: &mut Vec<Action>) -> Handle {
        let handle = self.number();
        out.push(Action::Call { handle, endpoints: self.endpoints.clone(), request, timeout: None });
        handle
    }

    /// Reads one key.
    pub(crate) fn get(&mut self, key: &str, out: &mut Vec<Action>) -> Handle {
        self.call(Request::Range(super::read(KeyRange::single(key), RangeOptions::default())), out)
    }

    /// Watches from a revision on.
    pub(super) fn watch(&mut self, range: KeyRange, start_revision: i64, out: &mut Vec<Action>) -> Handle {
        let request =
            WatchRequest { range, start_revision, progress_notify: false, prev_kv: false, require_leader: false };
        let handle = self.number();
        out.push(Action::Watch { handle, endpoints: self.endpoints.clone(), request });
        handle
    }

    fn number(&mut self) -> Handle {
        let handle = self.next_handle;
        self.next_handle += 1;
        handle
    }
}
