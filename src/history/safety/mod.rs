//! The safety checker: after every event it looks at the member that was just run, and at what clients were just told.
//!
//! It is cheap enough to run after every event of thousands of runs, since it looks at what has changed alone: the
//! [`Checker`] keeps a mirror of each member's log, disk and store, and one record for the whole cluster of what was
//! decided. A run that breaks an invariant yields a [`Violation`] with the values; what comes after the first one may be
//! its consequence.
//!
//! What is checked is listed by [`Invariant`]. Some are what users rely on (an acknowledged write is not lost); others are
//! the steps of Raft's proof (a promise is durable before it leaves), which fail long before a user notices.
//!
//! Invariants of the checker itself: it is deterministic; it never changes the world; it is `Clone`, so that it can go with a
//! checkpoint; its memory is bounded: of entries, revisions, votes and acknowledged writes each it keeps the newest
//! 100,000 ([`KEPT_MAX`]), and what is older is not checked any more.
//!
//! Deliberately absent: whether concurrent operations have an order at all (that is linearizability's checker), and
//! liveness, which needs an end of the faults.

mod applied;
mod consensus;
mod leases;
mod operations;
mod records;
mod watches;

#[cfg(test)]
mod tests;

pub use operations::Call;

use crate::etcd::api::{Request, Response, RpcError, WatchRequest, WatchResponse};
use crate::etcd::client::ClientNote;
use crate::etcd::server::{Server, ServerNote};
use crate::etcd::{Actor, Etcd, Kind, Note};
use crate::raft::{self, LogIndex, NodeId, Term};
use crate::sim::{ActorId, ActorState, EventId, Fault, Time, TraceKind, World};
use applied::Applied;
use consensus::{Consensus, Seen};
use leases::Leases;
use operations::Acknowledged;
use std::fmt;
use watches::Watches;

/// How many entries, revisions, votes and acknowledged writes are remembered, each.
pub const KEPT_MAX: usize = 100_000;
/// How many violations are kept; the first are the ones that matter.
const VIOLATIONS_MAX: usize = 100;

/// What must hold at all times.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Invariant {
    /// At most one leader in a term (§5.2).
    ElectionSafety,
    /// A member votes for one candidate in a term, whatever crashes (§5.2).
    OneVote,
    /// A leader never replaces or deletes its own entries (§5.3).
    LeaderAppendOnly,
    /// Same index and term: same entry, and same entries before it (§5.3).
    LogMatching,
    /// What is committed is in the log of every leader of a later term (§5.4).
    LeaderCompleteness,
    /// Nobody commits or applies another entry at the same index (§5.4.3); equal entries lead to equal stores.
    StateMachineSafety,
    /// A member's term never goes back, and what it has promised in a term outlives a crash.
    TermMonotonicity,
    /// A process's commit and applied indices never go back, and it applies nothing that is not committed.
    CommitMonotonicity,
    /// What a message promises is on the sender's disk before it leaves.
    DurablePromise,
    /// A committed entry is on the disks of a majority.
    DurableCommit,
    /// A leader commits by counting only what is of its own term (§5.4.2).
    CommitOwnTerm,
    /// An acknowledged write is in every later state.
    AcknowledgedWrite,
    /// A read shows the state of its revision, and a linearizable one no less than what was acknowledged before.
    Read,
    /// A lease lives as long as was promised, and ends only by its clock or by a client.
    Lease,
    /// A watch is handed every event of its range once, in order, whole revisions at a time.
    Watch,
    /// Once nothing is broken any more the cluster elects, commits and converges within a bound. Who ends the faults checks it.
    Liveness,
    /// The code's own assertions hold. Who runs the code checks it.
    Assertion,
}

impl Invariant {
    /// Its name in words.
    pub fn name(self) -> &'static str {
        match self {
            Invariant::ElectionSafety => "election safety",
            Invariant::OneVote => "one vote a term",
            Invariant::LeaderAppendOnly => "leader append-only",
            Invariant::LogMatching => "log matching",
            Invariant::LeaderCompleteness => "leader completeness",
            Invariant::StateMachineSafety => "state-machine safety",
            Invariant::TermMonotonicity => "term monotonicity",
            Invariant::CommitMonotonicity => "commit monotonicity",
            Invariant::DurablePromise => "durable promises",
            Invariant::DurableCommit => "durable commits",
            Invariant::CommitOwnTerm => "commit by counting",
            Invariant::AcknowledgedWrite => "acknowledged writes",
            Invariant::Read => "reads",
            Invariant::Lease => "leases",
            Invariant::Watch => "watches",
            Invariant::Liveness => "liveness",
            Invariant::Assertion => "assertion",
        }
    }
}

/// An invariant that did not hold.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// The last event of the trace when it was found.
    pub event: EventId,
    /// When.
    pub at: Time,
    /// What was seen, with the values: one sentence.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}, at {}: {}: {}", self.event.0, self.at, self.invariant.name(), self.detail)
    }
}

/// What one look has found.
type Found = Vec<(Invariant, String)>;

/// A member's name in a sentence.
fn name(node: NodeId) -> String {
    format!("n{}", node.0 + 1)
}

/// Checks a run as it goes on. See the module.
#[derive(Clone, Debug)]
pub struct Checker {
    consensus: Consensus,
    applied: Applied,
    acknowledged: Acknowledged,
    leases: Leases,
    /// What a member has just said of a lease, before it says at which index.
    lease_note: Option<(NodeId, ServerNote)>,
    watches: Watches,
    next_event: u64,
    violations: Vec<Violation>,
}

impl Checker {
    /// A checker of this world from now on; what there is now is taken for granted.
    pub fn new(world: &World<Etcd>) -> Checker {
        let mut checker = Checker {
            consensus: Consensus::new(),
            applied: Applied::default(),
            acknowledged: Acknowledged::default(),
            leases: Leases::default(),
            lease_note: None,
            watches: Watches::default(),
            next_event: world.trace().total(),
            violations: Vec::new(),
        };
        let mut nothing = Found::new();
        for (id, server) in servers(world) {
            checker.see(world, id, server, None, &mut nothing);
        }
        checker.consensus.take_for_granted();
        checker
    }

    /// What was violated so far, oldest first; the first 100.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The newest revision that a client was told of as its write's, or read linearizably.
    pub fn acknowledged_revision(&self) -> i64 {
        self.acknowledged.revision()
    }

    /// Looks at what has happened since the last look. To be called after every event: what comes and goes between two
    /// looks is not seen. Whether all is well.
    pub fn observe(&mut self, world: &World<Etcd>) -> bool {
        let mut found = Found::new();
        let mut touched: Vec<(ActorId, Option<LogIndex>)> = Vec::new();
        let first = EventId(self.next_event);
        self.next_event = world.trace().total();
        for event in world.trace().events_from(first) {
            match &event.kind {
                TraceKind::Delivered { to: actor, .. }
                | TraceKind::Timer { actor, .. }
                | TraceKind::Synced { actor, .. }
                | TraceKind::Disconnected { actor, .. }
                | TraceKind::Fault(Fault::Restart(actor) | Fault::Resume(actor)) => touch(&mut touched, *actor, None),
                TraceKind::Note { actor, note: Note::Server(ServerNote::Started { .. }) } => {
                    self.consensus.restarted(NodeId(actor.0));
                    self.applied.restarted(NodeId(actor.0));
                    touch(&mut touched, *actor, None);
                }
                TraceKind::Note { actor, note: Note::Raft(event) } => touch(&mut touched, *actor, changed_from(event)),
                TraceKind::Fault(Fault::Crash(actor)) => self.consensus.crashed(NodeId(actor.0)),
                TraceKind::Fault(Fault::SetClock(..)) => self.leases.clocks_are_off(),
                _ => {}
            }
        }
        // The disk first: what is promised must be on it.
        for (actor, _) in &touched {
            if let Some(Actor::Server(_)) = world.actor(*actor) {
                self.consensus.see_disk(NodeId(actor.0), world.disk(*actor));
            }
        }
        for event in world.trace().events_from(first) {
            match &event.kind {
                TraceKind::Sent { from, to, summary } => {
                    if let Kind::Raft(kind) = summary.kind {
                        self.consensus.promised(*from, *to, kind, Term(summary.term), summary.number, &mut found);
                    }
                }
                TraceKind::Note { actor, note } => self.see_note(world, *actor, note, &mut found),
                _ => {}
            }
        }
        for (actor, changed_from) in touched {
            if let (Some(Actor::Server(server)), ActorState::Up | ActorState::Paused) =
                (world.actor(actor), world.state(actor))
            {
                self.see(world, actor, server, changed_from, &mut found);
            }
        }
        self.keep(world, found)
    }

    /// Looks at one member after it was run.
    fn see(
        &mut self,
        world: &World<Etcd>,
        actor: ActorId,
        server: &Server,
        changed_from: Option<LogIndex>,
        found: &mut Found,
    ) {
        let (node, raft) = (NodeId(actor.0), server.raft());
        self.consensus.see_disk(node, world.disk(actor));
        let seen = Seen {
            node,
            role: raft.role(),
            term: raft.term(),
            committed: raft.log().committed(),
            applied: LogIndex(server.applied_index()),
            configuration: raft.configuration(),
        };
        self.consensus.see(&seen, raft.log(), changed_from, found);
        self.applied.see(node, server.applied_index(), server.store(), &self.acknowledged, found);
    }

    fn see_note(&mut self, world: &World<Etcd>, actor: ActorId, note: &Note, found: &mut Found) {
        if let Note::Client(ClientNote::Called { request, .. }) = note
            && let Request::LeaseRevoke { id } = *request.0
        {
            self.leases.revocation_asked(id);
        }
        let (Note::Server(note), Some(Actor::Server(server))) = (note, world.actor(actor)) else { return };
        let (node, local, now) = (NodeId(actor.0), world.local_now(actor), world.now());
        match note {
            ServerNote::Applied { index, revision, .. } => {
                self.applied.index_applied(node, *index, *revision, found);
                match self.lease_note.take().filter(|(teller, _)| *teller == node).map(|(_, note)| note) {
                    Some(ServerNote::LeaseGranted { lease, ttl_s }) => {
                        self.leases.granted(node, *index, lease, ttl_s, local, now);
                    }
                    Some(ServerNote::LeaseRevoked { lease, .. }) => {
                        self.leases.revoked(node, *index, lease, now, found);
                    }
                    _ => {}
                }
            }
            // The note that says at which index comes next.
            ServerNote::LeaseGranted { .. } | ServerNote::LeaseRevoked { .. } => {
                self.lease_note = Some((node, note.clone()));
            }
            ServerNote::LeaseRenewed { lease } => {
                let newest = self.consensus.leads_newest_term(node);
                self.leases.renewed(node, *lease, local, newest.then_some(now));
            }
            ServerNote::LeasesPromoted { .. } => self.leases.promoted(node, local),
            ServerNote::LeaseExpired { lease } => {
                self.leases.expired(node, server.raft().role(), *lease, local, found);
            }
            _ => {}
        }
    }

    /// A client is about to call; what comes of it is for [`Checker::returned`].
    pub fn call(&self, request: &Request) -> Call {
        Call { request: request.clone(), acknowledged_before: self.acknowledged.revision() }
    }

    /// A client was told the result of its call. Whether all is well.
    pub fn returned(&mut self, world: &World<Etcd>, call: &Call, result: &Result<Response, RpcError>) -> bool {
        let mut found = Found::new();
        if let Ok(response) = result {
            self.acknowledged.returned(call, response, &self.applied, &mut found);
        }
        self.keep(world, found)
    }

    /// A client opens the watch `watch`.
    pub fn watch_opened(&mut self, client: ActorId, watch: u32, request: &WatchRequest) {
        self.watches.opened((client, watch), request);
    }

    /// A client was handed something on a watch. Whether all is well.
    pub fn watch_told(&mut self, world: &World<Etcd>, client: ActorId, watch: u32, response: &WatchResponse) -> bool {
        let mut found = Found::new();
        self.watches.told((client, watch), response, &self.applied, &mut found);
        self.keep(world, found)
    }

    /// A client has closed the watch.
    pub fn watch_closed(&mut self, client: ActorId, watch: u32) {
        self.watches.closed((client, watch));
    }

    /// The first open watch that was not handed everything up to the newest revision, in words.
    pub fn watch_behind(&self) -> Option<String> {
        self.watches.behind(&self.applied)
    }

    /// Compares all that can be compared of the running members, as is too dear after every event: whole logs and hashes.
    /// Whether all is well.
    pub fn compare_all(&mut self, world: &World<Etcd>) -> bool {
        let mut found = Found::new();
        for (id, server) in servers(world).filter(|(id, _)| world.state(*id) == ActorState::Up) {
            self.see(world, id, server, Some(LogIndex(1)), &mut found);
            self.applied.compare_hash(NodeId(id.0), server.applied_index(), server.store(), &mut found);
        }
        self.keep(world, found)
    }

    fn keep(&mut self, world: &World<Etcd>, found: Found) -> bool {
        let well = found.is_empty();
        for (invariant, detail) in found {
            if self.violations.len() < VIOLATIONS_MAX {
                let event = EventId(world.trace().total().saturating_sub(1));
                self.violations.push(Violation { invariant, event, at: world.now(), detail });
            }
        }
        well
    }
}

fn servers(world: &World<Etcd>) -> impl Iterator<Item = (ActorId, &Server)> {
    (0..world.actors_total()).map(|at| ActorId(at as u16)).filter_map(|id| match world.actor(id) {
        Some(Actor::Server(server)) => Some((id, server.as_ref())),
        _ => None,
    })
}

/// Where a log was changed first, by what the member says itself. Only a hint: the mirror finds out, too.
fn changed_from(event: &raft::Event) -> Option<LogIndex> {
    match event {
        raft::Event::Appended { first, .. } | raft::Event::Truncated { first } => Some(*first),
        _ => None,
    }
}

fn touch(touched: &mut Vec<(ActorId, Option<LogIndex>)>, actor: ActorId, changed_from: Option<LogIndex>) {
    match touched.iter_mut().find(|(other, _)| *other == actor) {
        Some((_, before)) => *before = [*before, changed_from].into_iter().flatten().min(),
        None => touched.push((actor, changed_from)),
    }
}
