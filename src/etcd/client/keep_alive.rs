//! Keeping leases alive (clientv3's `lessor`): a renewal at once, then one at a third of the time to live after each answer.
//!
//! It ends when a member says that the lease is gone, or when no answer has come for as long as the lease lives.

use super::calls::Purpose;
use super::{Client, Context};
use crate::etcd::api::{Request, Response, RpcError};
use crate::etcd::model::Pid;
use crate::etcd::process::{Endpoints, Handle, ProcessEvent};
use crate::sim::{Duration, Time};
use std::rc::Rc;

/// How long the first answer may take.
const FIRST_ANSWER: Duration = Duration::seconds(5);
/// After a failure the next try comes so soon.
const RETRY: Duration = Duration::millis(500);

#[derive(Clone, Debug)]
pub(super) struct KeepAlive {
    endpoints: Endpoints,
    lease: i64,
    /// When to send the next one; `None` while one is out.
    next_at: Option<Time>,
    /// When to give up.
    deadline: Time,
}

impl Client {
    pub(super) fn keep_alive(
        &mut self,
        pid: Pid,
        handle: Handle,
        endpoints: &Endpoints,
        lease: i64,
        context: &mut Context<'_>,
    ) {
        let now = context.now();
        let endpoints = Rc::clone(endpoints);
        let keep_alive = KeepAlive { endpoints, lease, next_at: Some(now), deadline: now + FIRST_ANSWER };
        self.keep_alives.insert((pid, handle), keep_alive);
        self.send_keep_alives(context);
    }

    pub(super) fn next_keep_alive_at(&self) -> Option<Time> {
        let next =
            |keep_alive: &KeepAlive| keep_alive.next_at.map_or(keep_alive.deadline, |at| at.min(keep_alive.deadline));
        self.keep_alives.values().map(next).min()
    }

    pub(super) fn send_keep_alives(&mut self, context: &mut Context<'_>) {
        let now = context.now();
        let dead: Vec<(Pid, Handle)> =
            self.keep_alives.iter().filter(|(_, k)| k.deadline <= now).map(|(key, _)| *key).collect();
        for (pid, handle) in dead {
            self.keep_alives.remove(&(pid, handle));
            self.tell(pid, ProcessEvent::KeepAlive { handle, response: None }, context);
        }
        let due: Vec<(Pid, Handle)> = self
            .keep_alives
            .iter()
            .filter(|(_, keep_alive)| keep_alive.next_at.is_some_and(|at| at <= now))
            .map(|(key, _)| *key)
            .collect();
        for (pid, handle) in due {
            let keep_alive = self.keep_alives.get_mut(&(pid, handle)).expect("just found");
            keep_alive.next_at = None;
            let (endpoints, id) = (Rc::clone(&keep_alive.endpoints), keep_alive.lease);
            let timeout = Some(keep_alive.deadline - now);
            let request = Request::LeaseKeepAlive { id };
            self.begin_call(pid, Purpose::KeepAlive(handle), &endpoints, request, timeout, context);
        }
    }

    pub(super) fn handle_keep_alive(
        &mut self,
        pid: Pid,
        handle: Handle,
        result: Result<Response, RpcError>,
        context: &mut Context<'_>,
    ) {
        let now = context.now();
        let Some(keep_alive) = self.keep_alives.get_mut(&(pid, handle)) else { return };
        match result {
            Ok(response @ Response::LeaseKeepAlive { ttl_s: 1.., .. }) => {
                let Response::LeaseKeepAlive { ttl_s, .. } = response else { unreachable!("matched above") };
                let lifetime = Duration::seconds(1) * ttl_s;
                keep_alive.next_at = Some(now + Duration(lifetime.as_micros() / 3));
                keep_alive.deadline = now + lifetime;
                let response = Some(response);
                self.tell(pid, ProcessEvent::KeepAlive { handle, response }, context);
            }
            Ok(_) => {
                self.keep_alives.remove(&(pid, handle));
                self.tell(pid, ProcessEvent::KeepAlive { handle, response: None }, context);
            }
            Err(_) => keep_alive.next_at = Some(now + RETRY),
        }
    }
}
