//! Calls of clients: what is answered at once, what goes through Raft, and what happens when that takes too long.
//!
//! A member that knows no leader keeps proposals back, as etcd's Raft loop does by not reading them; one whose client has
//! given up meanwhile is never proposed. A proposal that was taken may be committed long after its client has given up.

use super::super::api::{Code, Request, Response, RpcError, StatusResponse};
use super::super::client::describe;
use super::super::model::{CallId, Note, Timer};
use super::apply::{Operation, Proposal, ProposalData, mvcc_error};
use super::{Context, Server, ServerNote, checks, etcd_error, txn};
use crate::raft::{LogIndex, Role};
use crate::sim::{ActorId, Duration, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// The most entries that may be committed and not applied before a member refuses proposals.
const APPLY_LAG_MAX: u64 = 5_000;
/// The most proposals kept back while nobody leads; more are refused.
const WAITING_MAX: usize = 5_000;

#[derive(Clone, Debug)]
struct Pending {
    client: ActorId,
    call: CallId,
    started_at: Time,
    deadline: Time,
}

#[derive(Clone, Debug)]
struct Waiting {
    pending: Pending,
    proposal: Proposal,
}

/// The calls that a member has not answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    next_id: u64,
    proposed: BTreeMap<u64, Pending>,
    waiting: VecDeque<Waiting>,
    /// What the timer of requests, of all kinds, is set to.
    timer: Option<Time>,
}

impl Requests {
    pub(super) fn numbered_from(first: u64) -> Requests {
        Requests { next_id: first, ..Requests::default() }
    }

    fn next_deadline(&self) -> Option<Time> {
        let proposed = self.proposed.values().map(|pending| pending.deadline);
        proposed.chain(self.waiting.iter().map(|waiting| waiting.pending.deadline)).min()
    }
}

impl Server {
    pub(super) fn handle_call(
        &mut self,
        client: ActorId,
        call: CallId,
        request: &Rc<Request>,
        timeout: Option<Duration>,
        context: &mut Context<'_>,
    ) {
        if let Err(error) = checks::check(request) {
            return self.reply(client, call, Err(error), context);
        }
        let own = self.settings.request_timeout();
        let deadline = context.now() + timeout.map_or(own, |timeout| timeout.min(own));
        match &**request {
            Request::Range(range) if range.serializable => {
                let result = self.range(range);
                self.reply(client, call, result, context);
            }
            Request::Txn(request) if txn::is_read_only(request) && txn::is_serializable(request) => {
                let result = self.read_txn(request);
                self.reply(client, call, result, context);
            }
            Request::Range(_) | Request::MemberList { linearizable: true } => {
                self.read_linearizably(client, call, Rc::clone(request), deadline, context);
            }
            Request::Txn(txn) if txn::is_read_only(txn) => {
                self.read_linearizably(client, call, Rc::clone(request), deadline, context);
            }
            Request::Put(put) => self.propose(client, call, Operation::Put(put.clone()), deadline, context),
            Request::DeleteRange(delete) => {
                self.propose(client, call, Operation::DeleteRange(delete.clone()), deadline, context);
            }
            Request::Txn(txn) => self.propose(client, call, Operation::Txn(txn.clone()), deadline, context),
            // The simulated store drops old records as it compacts, so a physical compaction has nothing more to wait for.
            Request::Compact { revision, physical: _ } => {
                self.propose(client, call, Operation::Compact { revision: *revision }, deadline, context);
            }
            Request::LeaseGrant { ttl_s, id } => {
                let id = if *id == 0 { self.new_lease_id(context) } else { *id };
                self.propose(client, call, Operation::LeaseGrant { id, ttl_s: *ttl_s }, deadline, context);
            }
            Request::LeaseRevoke { id } => {
                self.propose(client, call, Operation::LeaseRevoke { id: *id }, deadline, context);
            }
            Request::LeaseKeepAlive { .. } | Request::LeaseTimeToLive { .. } => {
                self.handle_lease_request(client, call, Rc::clone(request), deadline, context);
            }
            Request::LeaseLeases
            | Request::MemberList { linearizable: false }
            | Request::Status
            | Request::HashKv { .. }
            | Request::AlarmList => {
                let result = self.answer_locally(request);
                self.reply(client, call, result, context);
            }
        }
    }

    /// What a member knows by itself.
    pub(super) fn answer_locally(&self, request: &Request) -> Result<Response, RpcError> {
        let header = self.header();
        Ok(match request {
            Request::Range(range) => return self.range(range),
            Request::Txn(txn) => return self.read_txn(txn),
            Request::LeaseLeases => {
                let mut leases = BTreeSet::new();
                leases.extend(self.lessor.leases().map(|(id, lease)| (lease.expires_at, id)));
                Response::LeaseLeases { header, leases: leases.into_iter().map(|(_, id)| id).collect() }
            }
            Request::MemberList { .. } => {
                let members = self.cluster.members.iter().map(|member| member.member()).collect();
                Response::MemberList { header: super::Header { revision: 0, ..header }, members }
            }
            Request::Status => Response::Status(self.status()),
            Request::HashKv { revision } => {
                let hash = self.store.hash(*revision).map_err(mvcc_error)?;
                Response::HashKv { header, hash: hash.hash, compact_revision: hash.compact_revision }
            }
            Request::AlarmList => Response::AlarmList { header, alarms: Vec::new() },
            _ => unreachable!("this goes through Raft: {}", describe(request)),
        })
    }

    fn range(&self, range: &super::super::api::RangeRequest) -> Result<Response, RpcError> {
        let result = self.store.range(&range.range, &range.options).map_err(mvcc_error)?;
        Ok(Response::Range(txn::range_response(self.header(), result)))
    }

    fn read_txn(&self, request: &super::super::api::TxnRequest) -> Result<Response, RpcError> {
        let mut response = txn::read(&self.store, request)?;
        response.header = self.header();
        Ok(Response::Txn(response))
    }

    fn status(&self) -> StatusResponse {
        let leader = self.raft.leader().and_then(|node| self.cluster.by_node(node)).map_or(0, |member| member.id);
        StatusResponse {
            header: self.header(),
            version: super::super::VERSION.to_string(),
            db_size: self.store.size_bytes() as i64,
            leader,
            raft_index: self.raft.log().committed().0,
            raft_term: self.applied_term,
            raft_applied_index: self.applied_index,
            errors: if leader == 0 { vec!["etcdserver: no leader".to_string()] } else { Vec::new() },
            db_size_in_use: self.store.size_in_use_bytes() as i64,
            is_learner: false,
        }
    }

    /// A positive id whose upper bits are the member's, so that ids of one member grow.
    fn new_lease_id(&mut self, context: &mut Context<'_>) -> i64 {
        self.requests.next_id += 1;
        let salt = context.random().between(0, 0xff);
        let id = (self.identity.id >> 16 << 40) | ((self.requests.next_id & 0xffff_ffff) << 8) | salt as u64;
        (id & 0x7fff_ffff_ffff_ffff) as i64
    }

    fn propose(
        &mut self,
        client: ActorId,
        call: CallId,
        operation: Operation,
        deadline: Time,
        context: &mut Context<'_>,
    ) {
        if self.raft.log().committed().0 > self.applied_index + APPLY_LAG_MAX
            || self.requests.waiting.len() >= WAITING_MAX
        {
            let error = etcd_error(Code::ResourceExhausted, "too many requests");
            return self.reply(client, call, Err(error), context);
        }
        if operation.size_bytes() > checks::REQUEST_BYTES_MAX {
            let error = etcd_error(Code::InvalidArgument, "request is too large");
            return self.reply(client, call, Err(error), context);
        }
        let pending = Pending { client, call, started_at: context.now(), deadline };
        let proposal = self.new_proposal(operation);
        self.submit(pending, proposal, context);
        self.wake_at(deadline, context);
    }

    fn new_proposal(&mut self, operation: Operation) -> Proposal {
        self.requests.next_id += 1;
        let id = u64::from(self.identity.actor.0) << 48 | self.requests.next_id;
        Proposal(Rc::new(ProposalData { id, operation }))
    }

    fn submit(&mut self, pending: Pending, proposal: Proposal, context: &mut Context<'_>) {
        let (client, call) = (pending.client, pending.call);
        match self.raft.propose(context.now(), vec![proposal.clone()]) {
            Ok(()) => {
                context.note(Note::Server(ServerNote::Proposed { client, call }));
                self.requests.proposed.insert(proposal.0.id, pending);
            }
            Err(crate::raft::ProposeError::NoLeader) => {
                context.note(Note::Server(ServerNote::WaitsForLeader { client, call }));
                self.requests.waiting.push_back(Waiting { pending, proposal });
            }
            Err(crate::raft::ProposeError::Dropped) => {
                let error = RpcError::new(Code::Unknown, "raft proposal dropped");
                self.reply(client, call, Err(error), context);
            }
        }
    }

    /// Proposes something of the member's own.
    pub(super) fn propose_own(&mut self, operation: Operation, context: &mut Context<'_>) {
        let proposal = self.new_proposal(operation);
        // Nobody waits for it; what is not taken now is proposed again by whoever still wants it.
        let _not_taken = self.raft.propose(context.now(), vec![proposal]);
    }

    /// A leader is known: what was kept back goes to it, but for what nobody waits for any more.
    pub(super) fn propose_waiting(&mut self, context: &mut Context<'_>) {
        for Waiting { pending, proposal } in std::mem::take(&mut self.requests.waiting) {
            self.submit(pending, proposal, context);
        }
    }

    pub(super) fn finish_proposal(&mut self, id: u64, result: Result<Response, RpcError>, context: &mut Context<'_>) {
        if let Some(pending) = self.requests.proposed.remove(&id) {
            self.reply(pending.client, pending.call, result, context);
        }
    }

    /// Has the timer of requests run down at a deadline, or before. It is not moved when a request is answered in time: that
    /// would cost more than a look in vain now and then.
    pub(super) fn wake_at(&mut self, deadline: Time, context: &mut Context<'_>) {
        if self.requests.timer.is_none_or(|at| deadline < at) {
            self.requests.timer = Some(deadline);
            context.set_timer(Timer::RequestTimeout, deadline);
        }
    }

    pub(super) fn time_requests_out(&mut self, context: &mut Context<'_>) {
        let now = context.now();
        self.requests.timer = None;
        let late: Vec<u64> =
            self.requests.proposed.iter().filter(|(_, p)| p.deadline <= now).map(|(id, _)| *id).collect();
        for id in late {
            let pending = self.requests.proposed.remove(&id).expect("just found");
            let error = self.timeout_error(pending.started_at);
            context.note(Note::Server(ServerNote::RequestTimedOut { client: pending.client, call: pending.call }));
            self.reply(pending.client, pending.call, Err(error), context);
        }
        let waiting = std::mem::take(&mut self.requests.waiting);
        let (late, waiting): (VecDeque<Waiting>, VecDeque<Waiting>) =
            waiting.into_iter().partition(|waiting| waiting.pending.deadline <= now);
        self.requests.waiting = waiting;
        for Waiting { pending, .. } in late {
            context.note(Note::Server(ServerNote::RequestTimedOut { client: pending.client, call: pending.call }));
            // It never reached Raft: the error is that of the context itself, and a client without a limit tries again.
            self.reply(pending.client, pending.call, Err(RpcError::deadline_exceeded()), context);
        }
        self.time_reads_out(context);
        self.time_lease_requests_out(context);
        let next = [self.requests.next_deadline(), self.reads.next_deadline(), self.lease_requests.next_deadline()];
        if let Some(deadline) = next.into_iter().flatten().min() {
            self.wake_at(deadline, context);
        }
    }

    /// etcd's three texts for a request that timed out (`parseProposeCtxErr`).
    pub(super) fn timeout_error(&self, started_at: Time) -> RpcError {
        let just_elected =
            started_at + self.settings.election_timeout * 2 > self.leader_since && started_at < self.leader_since;
        let text = if just_elected {
            "request timed out, possibly due to previous leader failure"
        } else if self.raft.role() == Role::Leader && !self.has_connected_quorum() {
            "request timed out, possibly due to connection lost"
        } else {
            "request timed out"
        };
        etcd_error(Code::Unavailable, text)
    }

    fn has_connected_quorum(&self) -> bool {
        let own = self.identity.node();
        let active = self.raft.progress().iter().filter(|(node, p)| **node == own || p.recent_active).count();
        active >= crate::raft::quorum_of(self.raft.voters().len())
    }

    /// Whether this member has applied what a read was confirmed at.
    pub(super) fn has_applied(&self, index: LogIndex) -> bool {
        self.applied_index >= index.0
    }
}
