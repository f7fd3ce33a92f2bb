//! Calls: deadlines, retries, and the record of what was called and what came of it.
//!
//! The rules are clientv3's (`retry_interceptor.go`): a read is tried again when a member is unavailable, up to 100 times,
//! 25 ms apart; a write is not, unless the member's own context ran out before it was proposed. A write whose answer is lost
//! may have happened: its outcome is unknown, never "failed".

use super::describe::{Gist, describe, gist};
use super::{Alarm, Asked, Client, ClientNote, Context, OPERATIONS_MAX, note};
use crate::etcd::api::{Code, Request, Response, RpcError};
use crate::etcd::model::{CallId, Message, Pid};
use crate::etcd::process::{Endpoints, Handle, ProcessEvent};
use crate::sim::{ActorId, Duration, Time};
use std::rc::Rc;

const RETRY_AFTER: Duration = Duration::millis(25);
const ATTEMPTS_MAX: u32 = 100;

/// What came of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// It has not returned.
    Waiting,
    /// It was done.
    Ok,
    /// It was refused: it has not happened and will not.
    Failed,
    /// Nobody answered in time: it may have happened, may happen yet, or never.
    Unknown,
}

/// One call, from invocation to return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation {
    /// Its number.
    pub call: CallId,
    /// What.
    pub request: Rc<Request>,
    /// When it was called, on the client's clock.
    pub called_at: Time,
    /// When it returned.
    pub returned_at: Option<Time>,
    /// What came of it.
    pub outcome: Outcome,
    /// The result.
    pub result: Gist,
}

impl Operation {
    /// What it was, in words.
    pub fn words(&self) -> String {
        describe(&self.request)
    }
}

/// Who wants the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Program(Handle),
    KeepAlive(Handle),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// For a connection.
    Waiting,
    Sent(ActorId),
    Retry(Time),
}

#[derive(Clone, Debug)]
pub(super) struct Call {
    pid: Pid,
    purpose: Purpose,
    servers: Rc<[ActorId]>,
    request: Rc<Request>,
    started_at: Time,
    deadline: Option<Time>,
    state: State,
    attempts: u32,
}

impl Call {
    /// When something is to be done about it if nothing comes.
    fn alarm_at(&self) -> Option<Time> {
        match (self.state, self.deadline) {
            (State::Retry(at), Some(deadline)) => Some(at.min(deadline)),
            (State::Retry(at), None) => Some(at),
            (State::Waiting | State::Sent(_), deadline) => deadline,
        }
    }
}

/// Whether a request changes nothing, so that asking twice is asking once.
fn is_repeatable(request: &Request) -> bool {
    match request {
        Request::Put(_) | Request::DeleteRange(_) | Request::Txn(_) | Request::Compact { .. } => false,
        Request::Range(_)
        | Request::LeaseGrant { .. }
        | Request::LeaseRevoke { .. }
        | Request::LeaseKeepAlive { .. }
        | Request::LeaseTimeToLive { .. }
        | Request::LeaseLeases
        | Request::MemberList { .. }
        | Request::Status
        | Request::HashKv { .. }
        | Request::AlarmList => true,
    }
}

/// Whether a request changes something, so that a lost answer leaves open whether it has.
fn is_write(request: &Request) -> bool {
    match request {
        Request::Put(_)
        | Request::DeleteRange(_)
        | Request::Compact { .. }
        | Request::LeaseGrant { .. }
        | Request::LeaseRevoke { .. } => true,
        Request::Txn(txn) => txn
            .success
            .iter()
            .chain(&txn.failure)
            .any(|operation| !matches!(operation, crate::etcd::api::RequestOp::Range(_))),
        _ => false,
    }
}

impl Client {
    pub(super) fn start_call(
        &mut self,
        pid: Pid,
        handle: Handle,
        endpoints: &Endpoints,
        request: Request,
        timeout: Option<Duration>,
        context: &mut Context<'_>,
    ) {
        self.begin_call(pid, Purpose::Program(handle), endpoints, request, timeout, context);
    }

    pub(super) fn begin_call(
        &mut self,
        pid: Pid,
        purpose: Purpose,
        endpoints: &Endpoints,
        request: Request,
        timeout: Option<Duration>,
        context: &mut Context<'_>,
    ) {
        let id = CallId(self.number());
        let now = context.now();
        let request = Rc::new(request);
        if matches!(purpose, Purpose::Program(_)) {
            if self.operations.len() == OPERATIONS_MAX {
                self.operations.pop_front();
            }
            self.operations.push_back(Operation {
                call: id,
                request: Rc::clone(&request),
                called_at: now,
                returned_at: None,
                outcome: Outcome::Waiting,
                result: Gist::Nothing,
            });
        }
        let first =
            self.programs.get_mut(&pid).is_some_and(|program| !std::mem::replace(&mut program.has_called, true));
        note(ClientNote::Called { call: id, request: Asked(Rc::clone(&request)), first }, context);
        let servers = self.resolve(pid, endpoints);
        let deadline = timeout.map(|timeout| now + timeout);
        let call =
            Call { pid, purpose, servers, request, started_at: now, deadline, state: State::Waiting, attempts: 0 };
        self.alarms.change(Alarm::Call(id), None, call.alarm_at());
        self.calls.insert(id, call);
        self.send_call(id, context);
    }

    /// Puts a call into another state, and its alarm to another time.
    fn set_call_state(&mut self, id: CallId, state: State) {
        let call = self.calls.get_mut(&id).expect("only calls that exist have a state");
        let before = call.alarm_at();
        call.state = state;
        self.alarms.change(Alarm::Call(id), before, call.alarm_at());
    }

    fn remove_call(&mut self, id: CallId) -> Call {
        let call = self.calls.remove(&id).expect("only calls that exist end");
        self.alarms.change(Alarm::Call(id), call.alarm_at(), None);
        call
    }

    fn send_call(&mut self, id: CallId, context: &mut Context<'_>) {
        let call = self.calls.get(&id).expect("only calls that exist are sent");
        let (pid, servers, turn) = (call.pid, Rc::clone(&call.servers), call.attempts as usize);
        let Some(server) = self.ready_server(pid, &servers, turn, context) else {
            return self.set_call_state(id, State::Waiting);
        };
        self.set_call_state(id, State::Sent(server));
        let call = self.calls.get(&id).expect("dialling ends no call");
        let timeout = call.deadline.map(|deadline| deadline - context.now());
        context.send(server, Message::Call { call: id, request: Rc::clone(&call.request), timeout });
    }

    pub(super) fn send_waiting_calls(&mut self, pid: Pid, context: &mut Context<'_>) {
        let waiting: Vec<CallId> = self
            .calls
            .iter()
            .filter(|(_, call)| call.pid == pid && call.state == State::Waiting)
            .map(|(id, _)| *id)
            .collect();
        for id in waiting {
            self.send_call(id, context);
        }
    }

    pub(super) fn handle_reply(&mut self, id: CallId, result: Result<Response, RpcError>, context: &mut Context<'_>) {
        let now = context.now();
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Err(error) = &result {
            let again = match error.code {
                Code::Unavailable => is_repeatable(&call.request) && call.attempts < ATTEMPTS_MAX,
                // The member's context ran out, not the client's.
                Code::DeadlineExceeded => call.attempts < ATTEMPTS_MAX,
                _ => false,
            };
            if again && call.deadline.is_none_or(|deadline| now < deadline) {
                call.attempts += 1;
                return self.set_call_state(id, State::Retry(now + RETRY_AFTER));
            }
        }
        self.finish_call(id, result, context);
    }

    fn finish_call(&mut self, id: CallId, result: Result<Response, RpcError>, context: &mut Context<'_>) {
        let call = self.remove_call(id);
        let took = context.now() - call.started_at;
        let outcome = match &result {
            Ok(_) => Outcome::Ok,
            Err(error) if is_write(&call.request) => match error.code {
                Code::DeadlineExceeded | Code::Unavailable | Code::Canceled => Outcome::Unknown,
                _ => Outcome::Failed,
            },
            Err(_) => Outcome::Failed,
        };
        self.record_end(id, &call, outcome, gist(&result), context);
        match call.purpose {
            Purpose::Program(handle) => self.tell(call.pid, ProcessEvent::Reply { handle, result, took }, context),
            Purpose::KeepAlive(handle) => self.handle_keep_alive(call.pid, handle, result, context),
        }
    }

    fn record_end(&mut self, id: CallId, call: &Call, outcome: Outcome, result: Gist, context: &mut Context<'_>) {
        // Numbers grow, so the history is sorted by them.
        if let Ok(at) = self.operations.binary_search_by_key(&id, |operation| operation.call) {
            let operation = &mut self.operations[at];
            operation.returned_at = Some(context.now());
            operation.outcome = outcome;
            operation.result = result.clone();
        }
        let request = Asked(Rc::clone(&call.request));
        note(ClientNote::Returned { call: id, request, outcome, result }, context);
    }

    /// The program has gone and takes no answers.
    pub(super) fn abandon_calls(&mut self, pid: Pid, context: &mut Context<'_>) {
        let abandoned: Vec<CallId> = self.calls.iter().filter(|(_, call)| call.pid == pid).map(|(id, _)| *id).collect();
        for id in abandoned {
            let call = self.remove_call(id);
            let outcome = if is_write(&call.request) { Outcome::Unknown } else { Outcome::Failed };
            self.record_end(id, &call, outcome, Gist::Words("abandoned".into()), context);
        }
    }

    /// A member is gone with the calls that were sent to it.
    pub(super) fn fail_calls_at(&mut self, server: ActorId, context: &mut Context<'_>) {
        let lost: Vec<CallId> =
            self.calls.iter().filter(|(_, call)| call.state == State::Sent(server)).map(|(id, _)| *id).collect();
        for id in lost {
            let error = RpcError::new(Code::Unavailable, "error reading from server: EOF");
            self.handle_reply(id, Err(error), context);
        }
    }

    /// A call's deadline has come, or the time of its next try.
    pub(super) fn time_call(&mut self, id: CallId, context: &mut Context<'_>) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.deadline.is_some_and(|deadline| deadline <= context.now()) {
            self.finish_call(id, Err(RpcError::deadline_exceeded()), context);
        } else {
            self.send_call(id, context);
        }
    }
}
