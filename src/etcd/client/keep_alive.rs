//! Keeping leases alive (clientv3's `lessor`): a renewal at once, then one at a third of the time to live after each answer.
//! The library looks every half second which renewals are due, so each comes up to that much later.
//!
//! It ends when a member says that the lease is gone, or when no answer has come for as long as the lease lives.

use super::calls::Purpose;
use super::{Alarm, Client, Context};
use crate::etcd::api::{Request, Response, RpcError};
use crate::etcd::model::Pid;
use crate::etcd::process::{Endpoints, Handle, ProcessEvent};
use crate::sim::{Duration, Time};
use std::rc::Rc;

/// How long the first answer may take.
const FIRST_ANSWER: Duration = Duration::seconds(5);
/// How often the library looks what is due; after a failure the next try comes so soon.
const LOOK_EVERY: Duration = Duration::millis(500);

#[derive(Clone, Debug)]
pub(super) struct KeepAlive {
    endpoints: Endpoints,
    lease: i64,
    started_at: Time,
    /// When to send the next one; `None` while one is out.
    next_at: Option<Time>,
    /// When to give up.
    deadline: Time,
}

impl KeepAlive {
    /// The first look at which something that is due then is seen.
    fn look_after(&self, due: Time) -> Time {
        let since_last = (due - self.started_at).as_micros() % LOOK_EVERY.as_micros();
        due - Duration(since_last) + if since_last == 0 { Duration(0) } else { LOOK_EVERY }
    }

    fn alarm_at(&self) -> Time {
        self.next_at.map_or(self.deadline, |at| at.min(self.deadline))
    }
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
        let keep_alive =
            KeepAlive { endpoints, lease, started_at: now, next_at: Some(now), deadline: now + FIRST_ANSWER };
        self.alarms.add(keep_alive.alarm_at(), Alarm::KeepAlive(pid, handle));
        self.keep_alives.insert((pid, handle), keep_alive);
        self.time_keep_alive(pid, handle, context);
    }

    /// Changes when a renewal is sent and when it is given up, and the alarm with them.
    fn change_keep_alive(&mut self, pid: Pid, handle: Handle, change: impl FnOnce(&mut KeepAlive)) {
        let Some(keep_alive) = self.keep_alives.get_mut(&(pid, handle)) else { return };
        let before = keep_alive.alarm_at();
        change(keep_alive);
        self.alarms.change(Alarm::KeepAlive(pid, handle), Some(before), Some(keep_alive.alarm_at()));
    }

    pub(super) fn drop_keep_alive(&mut self, pid: Pid, handle: Handle) {
        if let Some(keep_alive) = self.keep_alives.remove(&(pid, handle)) {
            self.alarms.remove(keep_alive.alarm_at(), Alarm::KeepAlive(pid, handle));
        }
    }

    /// Sends the renewal that is due, or gives up.
    pub(super) fn time_keep_alive(&mut self, pid: Pid, handle: Handle, context: &mut Context<'_>) {
        let now = context.now();
        let Some(keep_alive) = self.keep_alives.get(&(pid, handle)) else { return };
        if keep_alive.deadline <= now {
            return self.end_keep_alive(pid, handle, context);
        }
        let (endpoints, id, deadline) = (Rc::clone(&keep_alive.endpoints), keep_alive.lease, keep_alive.deadline);
        self.change_keep_alive(pid, handle, |keep_alive| keep_alive.next_at = None);
        let request = Request::LeaseKeepAlive { id };
        self.begin_call(pid, Purpose::KeepAlive(handle), &endpoints, request, Some(deadline - now), context);
    }

    fn end_keep_alive(&mut self, pid: Pid, handle: Handle, context: &mut Context<'_>) {
        self.drop_keep_alive(pid, handle);
        self.tell(pid, ProcessEvent::KeepAlive { handle, response: None }, context);
    }

    pub(super) fn handle_keep_alive(
        &mut self,
        pid: Pid,
        handle: Handle,
        result: Result<Response, RpcError>,
        context: &mut Context<'_>,
    ) {
        let now = context.now();
        if !self.keep_alives.contains_key(&(pid, handle)) {
            return;
        }
        match result {
            Ok(response @ Response::LeaseKeepAlive { ttl_s: 1.., .. }) => {
                let Response::LeaseKeepAlive { ttl_s, .. } = response else { unreachable!("matched above") };
                let lifetime = Duration::seconds(1) * ttl_s;
                self.change_keep_alive(pid, handle, |keep_alive| {
                    keep_alive.next_at = Some(keep_alive.look_after(now + Duration(lifetime.as_micros() / 3)));
                    keep_alive.deadline = now + lifetime;
                });
                self.tell(pid, ProcessEvent::KeepAlive { handle, response: Some(response) }, context);
            }
            Ok(_) => self.end_keep_alive(pid, handle, context),
            Err(_) => self.change_keep_alive(pid, handle, |keep_alive| keep_alive.next_at = Some(now + LOOK_EVERY)),
        }
    }
}
