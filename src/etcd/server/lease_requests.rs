//! Leases in front of clients: renewals and questions that only the leader can answer, and the clock that revokes.
//!
//! A follower passes such a request on over the peers' port and waits for the answer as long as a request may take. The
//! leader answers a renewal of a lease that has run out only when it is revoked: until then it is neither alive nor gone.

use super::super::api::{Request, Response, RpcError};
use super::super::client::describe;
use super::super::model::{CallId, Message, Note, Timer, actor_of};
use super::apply::Operation;
use super::{Context, Server, ServerNote};
use crate::raft::Role;
use crate::sim::{ActorId, Duration, Time};
use litemap::LiteMap;
use std::rc::Rc;

/// How often the leader looks for leases that have run out.
const CHECK: Duration = Duration::millis(500);
/// How soon a request is passed on again after the leader has gone.
const FORWARD_AGAIN: Duration = Duration::millis(50);

/// Who is to be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asker {
    Client(ActorId, CallId),
    Follower(ActorId, u64),
}

#[derive(Clone, Debug)]
struct Forward {
    client: ActorId,
    call: CallId,
    request: Rc<Request>,
    started_at: Time,
    deadline: Time,
    sent_to: Option<ActorId>,
}

/// The lease requests that a member has not answered.
#[derive(Clone, Debug, Default)]
pub(super) struct LeaseRequests {
    forwards: LiteMap<u64, Forward>,
    next_number: u64,
    /// Renewals of leases that have run out and are not revoked.
    on_expired: Vec<(i64, Asker)>,
}

impl LeaseRequests {
    pub(super) fn numbered_from(first: u64) -> LeaseRequests {
        LeaseRequests { next_number: first, ..LeaseRequests::default() }
    }

    pub(super) fn next_deadline(&self) -> Option<Time> {
        self.forwards.values().map(|forward| forward.deadline).min()
    }

    pub(super) fn leader_gone(&mut self, leader: ActorId, context: &mut Context<'_>) {
        for forward in
            self.forwards.iter_mut().map(|(_, forward)| forward).filter(|forward| forward.sent_to == Some(leader))
        {
            forward.sent_to = None;
            context.set_timer_after(Timer::LeaseForward, FORWARD_AGAIN);
        }
    }
}

impl Server {
    fn runs_lease_clocks(&self) -> bool {
        self.raft.role() == Role::Leader && self.lessor.is_primary()
    }

    pub(super) fn handle_lease_request(
        &mut self,
        client: ActorId,
        call: CallId,
        request: Rc<Request>,
        deadline: Time,
        context: &mut Context<'_>,
    ) {
        if self.runs_lease_clocks() {
            return self.answer_lease_request(Asker::Client(client, call), &request, context);
        }
        self.lease_requests.next_number += 1;
        let number = self.lease_requests.next_number;
        let forward = Forward { client, call, request, started_at: context.now(), deadline, sent_to: None };
        self.lease_requests.forwards.insert(number, forward);
        self.forward_lease_requests(context);
        self.wake_at(deadline, context);
    }

    /// Passes on what has not been passed on to the leader of now.
    pub(super) fn forward_lease_requests(&mut self, context: &mut Context<'_>) {
        if self.runs_lease_clocks() {
            for (_, forward) in std::mem::take(&mut self.lease_requests.forwards) {
                self.answer_lease_request(Asker::Client(forward.client, forward.call), &forward.request, context);
            }
            return;
        }
        let Some(leader) = self.raft.leader().map(actor_of).filter(|leader| *leader != self.identity.actor) else {
            return;
        };
        for (number, forward) in self.lease_requests.forwards.iter_mut() {
            if forward.sent_to != Some(leader) {
                forward.sent_to = Some(leader);
                context.send(leader, Message::LeaseForward { number: *number, request: Rc::clone(&forward.request) });
            }
        }
    }

    /// The leader is asked by a follower. Who does not lead any more keeps silent; the follower asks the next one.
    pub(super) fn answer_lease_forward(
        &mut self,
        follower: ActorId,
        number: u64,
        request: &Request,
        context: &mut Context<'_>,
    ) {
        if self.runs_lease_clocks() {
            self.answer_lease_request(Asker::Follower(follower, number), request, context);
        }
    }

    pub(super) fn finish_lease_forward(
        &mut self,
        number: u64,
        result: Result<Response, RpcError>,
        context: &mut Context<'_>,
    ) {
        let Some(forward) = self.lease_requests.forwards.remove(&number) else { return };
        // The client sees the header of the member that it has asked.
        let own = self.header();
        let result = result.map(|response| match response {
            Response::LeaseKeepAlive { id, ttl_s, .. } => Response::LeaseKeepAlive { header: own, id, ttl_s },
            Response::LeaseTimeToLive { id, ttl_s, granted_ttl_s, keys, .. } => {
                Response::LeaseTimeToLive { header: own, id, ttl_s, granted_ttl_s, keys }
            }
            other => other,
        });
        self.reply(forward.client, forward.call, result, context);
    }

    fn answer_lease_request(&mut self, asker: Asker, request: &Request, context: &mut Context<'_>) {
        let header = self.header();
        let now = context.now();
        let response = match *request {
            Request::LeaseKeepAlive { id } => {
                if self.lessor.is_expired(id, now) {
                    self.lease_requests.on_expired.push((id, asker));
                    return;
                }
                let ttl_s = self.lessor.renew(id, now).unwrap_or(0);
                if ttl_s > 0 {
                    context.note(Note::Server(ServerNote::LeaseRenewed { lease: id }));
                    self.set_lease_timer(context);
                }
                Response::LeaseKeepAlive { header, id, ttl_s }
            }
            Request::LeaseTimeToLive { id, keys } => match self.lessor.get(id) {
                Some(lease) => {
                    let remaining = lease.expires_at.map_or(lease.ttl_s, |at| (at - now).as_micros() / 1_000_000);
                    let keys = keys.then(|| lease.keys.iter().cloned().collect());
                    Response::LeaseTimeToLive { header, id, ttl_s: remaining, granted_ttl_s: lease.ttl_s, keys }
                }
                None => Response::LeaseTimeToLive { header, id, ttl_s: -1, granted_ttl_s: 0, keys: None },
            },
            _ => unreachable!("only lease requests come here: {}", describe(request)),
        };
        self.answer_asker(asker, response, context);
    }

    fn answer_asker(&self, asker: Asker, response: Response, context: &mut Context<'_>) {
        match asker {
            Asker::Client(client, call) => self.reply(client, call, Ok(response), context),
            Asker::Follower(follower, number) => {
                context.send(follower, Message::LeaseForwarded { number, result: Box::new(Ok(response)) });
            }
        }
    }

    /// A lease is gone: renewals that waited for it learn so.
    pub(super) fn answer_renewals_of_revoked(&mut self, id: i64, context: &mut Context<'_>) {
        let header = self.header();
        let answered: Vec<(i64, Asker)> =
            self.lease_requests.on_expired.extract_if(.., |(lease, _)| *lease == id).collect();
        for (id, asker) in answered {
            self.answer_asker(asker, Response::LeaseKeepAlive { header, id, ttl_s: 0 }, context);
        }
    }

    pub(super) fn time_lease_requests_out(&mut self, context: &mut Context<'_>) {
        let now = context.now();
        let late: Vec<u64> =
            self.lease_requests.forwards.iter().filter(|(_, f)| f.deadline <= now).map(|(number, _)| *number).collect();
        for number in late {
            let forward = self.lease_requests.forwards.remove(&number).expect("just found");
            let note = ServerNote::RequestTimedOut { client: forward.client, call: forward.call };
            context.note(Note::Server(note));
            let error = self.timeout_error(forward.started_at);
            self.reply(forward.client, forward.call, Err(error), context);
        }
    }

    /// The first entry of this leader's own term is applied: its clocks start.
    pub(super) fn promote_lessor(&mut self, context: &mut Context<'_>) {
        let leases = self.lessor.promote(context.now(), self.settings.election_timeout) as u64;
        if leases > 0 {
            context.note(Note::Server(ServerNote::LeasesPromoted { leases }));
        }
        self.set_lease_timer(context);
        self.forward_lease_requests(context);
    }

    pub(super) fn demote_lessor(&mut self, context: &mut Context<'_>) {
        self.lessor.demote();
        context.cancel_timer(Timer::LeaseCheck);
        // Followers ask the next leader; own clients are answered by it, too.
        for (id, asker) in std::mem::take(&mut self.lease_requests.on_expired) {
            if let Asker::Client(client, call) = asker {
                let deadline = context.now() + self.settings.request_timeout();
                let request = Rc::new(Request::LeaseKeepAlive { id });
                self.handle_lease_request(client, call, request, deadline, context);
            }
        }
    }

    /// The next look at the clocks: on the grid of half seconds after the earliest of them has run out.
    pub(super) fn set_lease_timer(&mut self, context: &mut Context<'_>) {
        if !self.lessor.is_primary() {
            return;
        }
        match self.lessor.next_expiry() {
            Some(at) => {
                let check = CHECK.as_micros();
                let at = at.max(context.now());
                let grid = at.micros().div_euclid(check) * check + check;
                context.set_timer(Timer::LeaseCheck, Time(grid));
            }
            None => context.cancel_timer(Timer::LeaseCheck),
        }
    }

    pub(super) fn check_leases(&mut self, context: &mut Context<'_>) {
        if !self.runs_lease_clocks() {
            return;
        }
        for lease in self.lessor.take_expired(context.now()) {
            context.note(Note::Server(ServerNote::LeaseExpired { lease }));
            self.propose_own(Operation::LeaseRevoke { id: lease }, context);
        }
        self.set_lease_timer(context);
    }
}
