//! Living through a plan.

use super::call::{lease_id, request, watch_request};
use super::plan::{Action, Ask, Key, LeaseName, Plan, Target, Trouble, Value, WatchName};
use crate::etcd::api::{RpcError, Timeout};
use crate::etcd::client::Client;
use crate::etcd::identity::Cluster;
use crate::etcd::process::{self, Endpoints, Handle, ProcessEvent};
use crate::etcd::server::{Server, ServerSettings};
use crate::etcd::{Actor, Command, Etcd, Output, Pid};
use crate::history::safety::{Call, Checker, Invariant, Violation};
use crate::raft::Role;
use crate::sim::{
    ActorId, ActorState, ClockSettings, DiskSettings, Duration, EventId, Fault, LinkSettings, Place, Time, World,
    WorldSettings,
};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How soon after the end of the faults a leader is elected, every member follows it, and it has committed in its term.
///
/// Elections are won by chance: without PreVote a member that nobody can vote for, its log being too old, may time out first
/// again and again, and each time has the others wait anew; two that time out on the same tick split the votes. A round takes
/// about 1.2 s and about half of them may go wrong so. Of 80,000 runs two took more than 10 s; 30 s are some 24 rounds.
pub const ELECT_MAX: Duration = Duration::seconds(30);
/// How soon after that every client has had a write acknowledged: their connections back off for as long as they were refused.
pub const ANSWER_MAX: Duration = Duration::seconds(40);
/// How soon after that all members have applied the same, every watch was handed all, and every lease that nobody keeps
/// alive is gone.
pub const CONVERGE_MAX: Duration = Duration::seconds(20);

/// How long clients wait for an answer.
const TIMEOUT: Timeout = Some(Duration::seconds(2));
/// How often the end of a bounded wait is looked for.
const LOOK: Duration = Duration::millis(50);
/// The key of the last writes, which no plan uses.
const LAST_KEY: Key = Key(u8::MAX);
/// The one program of each client.
const PID: Pid = Pid(0);

/// What came of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// How many events the trace has.
    pub events: u64,
    /// How many calls were made.
    pub calls: u64,
    /// How many of them were answered and not refused.
    pub answered: u64,
    /// How long it took, in virtual time.
    pub time: Duration,
    /// The hash of the trace.
    pub trace_hash: String,
    /// The first invariant that did not hold, if any; the run ends with it.
    pub violation: Option<Violation>,
}

/// Something was violated; the checker knows what.
struct Stop;

type Result = std::result::Result<(), Stop>;

/// Lives through a plan. After its length everything is mended, and the cluster must be well within [`ELECT_MAX`],
/// [`ANSWER_MAX`] and [`CONVERGE_MAX`], one after the other.
pub fn run(plan: &Plan) -> Report {
    let mut run = Run::new(plan);
    let outcome = catch_unwind(AssertUnwindSafe(|| run.live()));
    let violation = match outcome {
        Ok(Ok(())) => None,
        Ok(Err(Stop)) => run.violation.or_else(|| run.checker.violations().first().cloned()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it did not say what");
            Some(violation_now(&run.world, Invariant::Assertion, text.replace('\n', " ")))
        }
    };
    Report {
        events: run.world.trace().total(),
        calls: run.calls,
        answered: run.answered,
        time: run.world.now() - Time::ZERO,
        trace_hash: run.world.trace().hash(),
        violation,
    }
}

fn violation_now(world: &World<Etcd>, invariant: Invariant, detail: String) -> Violation {
    Violation { invariant, event: EventId(world.trace().total().saturating_sub(1)), at: world.now(), detail }
}

struct Run<'a> {
    plan: &'a Plan,
    world: World<Etcd>,
    checker: Checker,
    endpoints: Vec<Endpoints>,
    next_handle: Handle,
    open: BTreeMap<(ActorId, Handle), Call>,
    watches: BTreeMap<(ActorId, WatchName), Handle>,
    keep_alives: BTreeMap<(ActorId, LeaseName), Handle>,
    /// The last writes, by client: the open call, or that it was acknowledged.
    last_writes: BTreeMap<ActorId, Option<Handle>>,
    calls: u64,
    answered: u64,
    violation: Option<Violation>,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan) -> Run<'a> {
        let cluster = Cluster::new(usize::from(plan.nodes));
        let settings = WorldSettings { seed: plan.seed, network: plan.network, ..WorldSettings::default() };
        let mut world = World::new(settings);
        let mut flags = ServerSettings { pre_vote: plan.pre_vote, broken: plan.broken, ..ServerSettings::default() };
        if let Some(count) = plan.snapshot_count {
            (flags.snapshot_count, flags.snapshot_catchup_entries) = (count.into(), u64::from(count) / 2);
        }
        for place in 0..usize::from(plan.nodes) {
            world.add(Actor::Server(Box::new(Server::new(&cluster, place, flags.clone()))), Place::Server);
        }
        let mut endpoints = Vec::new();
        for client in 0..usize::from(plan.clients) {
            let mut names: Vec<String> = cluster.members.iter().map(|member| format!("{}:2379", member.name)).collect();
            names.rotate_left(client % usize::from(plan.nodes));
            endpoints.push(Endpoints::from(names));
            let client = Client::new(&format!("c{}", client + 1), &cluster, Endpoints::clone(&endpoints[client]));
            world.add(Actor::Client(Box::new(client)), Place::Client);
        }
        Run {
            plan,
            checker: Checker::new(&world),
            world,
            endpoints,
            next_handle: 0,
            open: BTreeMap::new(),
            watches: BTreeMap::new(),
            keep_alives: BTreeMap::new(),
            last_writes: BTreeMap::new(),
            calls: 0,
            answered: 0,
            violation: None,
        }
    }

    fn live(&mut self) -> Result {
        for step in &self.plan.steps {
            self.advance(step.at)?;
            match &step.action {
                Action::Ask { client, ask } => self.ask(self.client(*client), ask)?,
                Action::Trouble(trouble) => self.trouble(trouble)?,
            }
        }
        self.advance(Time::ZERO + self.plan.length)?;
        self.mend()?;
        self.settle()
    }

    /// Takes all events up to a time, and looks after each.
    fn advance(&mut self, until: Time) -> Result {
        while self.world.step_before(until).is_some() {
            self.look()?;
        }
        Ok(())
    }

    fn advance_until(&mut self, limit: Duration, done: impl Fn(&Run<'a>) -> bool) -> std::result::Result<bool, Stop> {
        let limit = self.world.now() + limit;
        while !done(self) {
            if self.world.now() >= limit {
                return Ok(false);
            }
            self.advance((self.world.now() + LOOK).min(limit))?;
        }
        Ok(true)
    }

    fn look(&mut self) -> Result {
        let mut well = self.checker.observe(&self.world);
        for (client, output) in self.world.take_outputs() {
            if let Output::Told(_, event) = output {
                well &= self.told(client, &event);
            }
        }
        if well { Ok(()) } else { Err(Stop) }
    }

    /// A client was told something; whether all is well.
    fn told(&mut self, client: ActorId, event: &ProcessEvent) -> bool {
        match event {
            ProcessEvent::Reply { handle, result, .. } => {
                let Some(call) = self.open.remove(&(client, *handle)) else { return true };
                self.answered += u64::from(result.is_ok());
                if self.last_writes.get(&client) == Some(&Some(*handle)) {
                    self.end_last_write(client, result.as_ref().err());
                }
                self.checker.returned(&self.world, &call, result)
            }
            ProcessEvent::Watch { handle, response } => {
                if response.canceled {
                    self.watches.retain(|(owner, _), other| *owner != client || other != handle);
                }
                self.checker.watch_told(&self.world, client, *handle, response)
            }
            ProcessEvent::KeepAlive { handle, response: None } => {
                self.keep_alives.retain(|(owner, _), other| *owner != client || other != handle);
                true
            }
            _ => true,
        }
    }

    fn client(&self, number: u8) -> ActorId {
        ActorId(u16::from(self.plan.nodes) + u16::from(number) - 1)
    }

    fn act(&mut self, client: ActorId, action: process::Action) -> Result {
        self.world.command(client, Command::Act(PID, Box::new(action)));
        self.look()
    }

    fn ask(&mut self, client: ActorId, ask: &Ask) -> Result {
        self.next_handle += 1;
        let handle = self.next_handle;
        let endpoints = Endpoints::clone(&self.endpoints[client.index() - usize::from(self.plan.nodes)]);
        if let Some(request) = request(ask, self.checker.acknowledged_revision()) {
            self.calls += 1;
            self.open.insert((client, handle), self.checker.call(&request));
            return self.act(client, process::Action::Call { handle, endpoints, request, timeout: TIMEOUT });
        }
        match *ask {
            Ask::KeepAlive(lease) if !self.keep_alives.contains_key(&(client, lease)) => {
                self.keep_alives.insert((client, lease), handle);
                self.act(client, process::Action::KeepAlive { handle, endpoints, lease: lease_id(lease) })
            }
            Ask::StopKeepAlive(lease) => match self.keep_alives.remove(&(client, lease)) {
                Some(handle) => self.act(client, process::Action::StopKeepAlive(handle)),
                None => Ok(()),
            },
            Ask::Watch { watch, keys, from_start } if !self.watches.contains_key(&(client, watch)) => {
                let request = watch_request(keys, from_start);
                self.watches.insert((client, watch), handle);
                self.checker.watch_opened(client, handle, &request);
                self.act(client, process::Action::Watch { handle, endpoints, request })
            }
            Ask::CancelWatch(watch) => match self.watches.remove(&(client, watch)) {
                Some(handle) => {
                    self.checker.watch_closed(client, handle);
                    self.act(client, process::Action::CancelWatch(handle))
                }
                None => Ok(()),
            },
            // It is open already.
            _ => Ok(()),
        }
    }

    fn servers(&self) -> impl Iterator<Item = (ActorId, &Server)> {
        self.nodes().filter_map(|id| match self.world.actor(id) {
            Some(Actor::Server(server)) => Some((id, server.as_ref())),
            _ => None,
        })
    }

    fn nodes(&self) -> impl Iterator<Item = ActorId> + use<> {
        (0..u16::from(self.plan.nodes)).map(ActorId)
    }

    fn leader(&self) -> Option<ActorId> {
        self.servers()
            .filter(|(id, server)| self.world.state(*id) == ActorState::Up && server.raft().role() == Role::Leader)
            .max_by_key(|(_, server)| server.raft().term())
            .map(|(id, _)| id)
    }

    fn target(&self, target: Target) -> Option<ActorId> {
        match target {
            Target::Node(number) => Some(ActorId(u16::from(number) - 1)),
            Target::Client(number) => Some(self.client(number)),
            Target::Leader => self.leader(),
        }
    }

    /// Breaks or mends something; one that means nothing now is refused by the world, and that is all right.
    fn fault(&mut self, fault: Fault) -> Result {
        let _refused = self.world.apply(fault);
        self.look()
    }

    fn all(&mut self, fault: impl Fn(ActorId) -> Fault) -> Result {
        self.nodes().try_for_each(|id| self.fault(fault(id)))
    }

    fn trouble(&mut self, trouble: &Trouble) -> Result {
        let node = |number: u8| ActorId(u16::from(number) - 1);
        let fault = match trouble {
            Trouble::Cut(a, b) | Trouble::CutOneWay(a, b) | Trouble::Heal(a, b) => {
                let (Some(a), Some(b)) = (self.target(*a), self.target(*b)) else { return Ok(()) };
                match trouble {
                    Trouble::Cut(..) => Fault::Cut(a, b),
                    Trouble::CutOneWay(..) => Fault::CutOneWay { from: a, to: b },
                    _ => Fault::Heal(a, b),
                }
            }
            Trouble::Isolate(target) | Trouble::Crash(target) | Trouble::Pause(target) => {
                let Some(target) = self.target(*target) else { return Ok(()) };
                match trouble {
                    Trouble::Isolate(_) => Fault::Isolate(target),
                    Trouble::Crash(_) => Fault::Crash(target),
                    _ => Fault::Pause(target),
                }
            }
            Trouble::Split(groups) => {
                Fault::Split(groups.iter().map(|group| group.iter().map(|number| node(*number)).collect()).collect())
            }
            Trouble::HealAll => Fault::HealAll,
            Trouble::Restart(number) => Fault::Restart(node(*number)),
            Trouble::RestartAll => return self.all(Fault::Restart),
            Trouble::PowerCut(stays_down) => {
                self.all(Fault::Crash)?;
                let stays_down = stays_down.map(node);
                return self
                    .nodes()
                    .filter(|id| Some(*id) != stays_down)
                    .try_for_each(|id| self.fault(Fault::Restart(id)));
            }
            Trouble::Resume(number) => Fault::Resume(node(*number)),
            Trouble::ResumeAll => return self.all(Fault::Resume),
            Trouble::Links(links) => {
                return self.set_links(LinkSettings {
                    latency_us_min: i64::from(links.latency_us_min),
                    latency_us_max: i64::from(links.latency_us_max),
                    loss_ppm: links.loss_ppm,
                    duplicate_ppm: links.duplicate_ppm,
                    reorder_ppm: links.reorder_ppm,
                });
            }
            Trouble::Disk { target, sync_us_min, sync_us_max } => {
                let Some(target) = self.target(*target) else { return Ok(()) };
                let (sync_us_min, sync_us_max) = (i64::from(*sync_us_min), i64::from(*sync_us_max));
                Fault::SetDisk(target, DiskSettings { sync_us_min, sync_us_max })
            }
            Trouble::Clock { target, jump_us, drift_ppm } => {
                let Some(target) = self.target(*target) else { return Ok(()) };
                self.set_clock(target, i64::from(*jump_us), i64::from(*drift_ppm))
            }
        };
        self.fault(fault)
    }

    fn set_clock(&self, id: ActorId, jump_us: i64, drift_ppm: i64) -> Fault {
        let skew_us = (self.world.local_now(id) - self.world.now()).as_micros() + jump_us;
        Fault::SetClock(id, ClockSettings { skew_us, drift_ppm })
    }

    fn set_links(&mut self, settings: LinkSettings) -> Result {
        for from in self.nodes() {
            for to in self.nodes().filter(|to| *to != from) {
                self.fault(Fault::SetLink { from, to, settings })?;
            }
        }
        Ok(())
    }

    /// Ends all faults, and what clients do by themselves. Clocks stay where they are and run true.
    fn mend(&mut self) -> Result {
        self.trouble(&Trouble::ResumeAll)?;
        self.trouble(&Trouble::RestartAll)?;
        self.trouble(&Trouble::HealAll)?;
        self.set_links(self.plan.network.link(Place::Server, Place::Server))?;
        self.all(|id| Fault::SetDisk(id, DiskSettings::default()))?;
        for id in self.nodes() {
            self.fault(self.set_clock(id, 0, 0))?;
        }
        for ((client, _), handle) in std::mem::take(&mut self.keep_alives) {
            self.act(client, process::Action::StopKeepAlive(handle))?;
        }
        Ok(())
    }

    /// Nothing is broken any more: the cluster must be well soon.
    fn settle(&mut self) -> Result {
        if !self.advance_until(ELECT_MAX, Run::is_led)? {
            return self.fail(format!("nobody leads all members {ELECT_MAX} after the last fault"));
        }
        let limit = self.world.now() + ANSWER_MAX;
        let clients: Vec<ActorId> = (1..=self.plan.clients).map(|number| self.client(number)).collect();
        for round in 0.. {
            for client in
                clients.iter().filter(|client| !self.last_writes.contains_key(client)).copied().collect::<Vec<_>>()
            {
                self.last_writes.insert(client, Some(self.next_handle + 1));
                self.ask(client, &Ask::Put(LAST_KEY, Value(1_000_000 + round), None))?;
            }
            if self.last_writes.values().all(Option::is_none) {
                break;
            }
            if self.world.now() >= limit {
                return self.fail(format!("a client had no write acknowledged {ANSWER_MAX} after the election"));
            }
            self.advance(self.world.now() + LOOK)?;
        }
        if !self.advance_until(CONVERGE_MAX, |run| run.differs().is_none())? {
            let what = self.differs().unwrap_or_default();
            return self.fail(format!("{what}, {CONVERGE_MAX} after the last write"));
        }
        if self.checker.compare_all(&self.world) { Ok(()) } else { Err(Stop) }
    }

    /// A last write has ended; one that was not acknowledged is tried again.
    fn end_last_write(&mut self, client: ActorId, error: Option<&RpcError>) {
        match error {
            Some(_) => self.last_writes.remove(&client),
            None => self.last_writes.insert(client, None),
        };
    }

    fn fail(&mut self, detail: String) -> Result {
        self.violation = Some(violation_now(&self.world, Invariant::Liveness, detail));
        Err(Stop)
    }

    fn is_led(&self) -> bool {
        let Some(leader) = self.leader() else { return false };
        let Some((_, leading)) = self.servers().find(|(id, _)| *id == leader) else { return false };
        let raft = leading.raft();
        raft.log().term(raft.log().committed()) == Some(raft.term())
            && self.servers().all(|(_, server)| server.raft().leader() == Some(raft.id()))
    }

    /// What keeps the cluster from having converged, in words.
    fn differs(&self) -> Option<String> {
        let acknowledged = self.checker.acknowledged_revision();
        let mut first: Option<(u64, i64)> = None;
        for (_, server) in self.servers() {
            let who = &server.identity().name;
            let state = (server.applied_index(), server.store().revision());
            if state.1 < acknowledged {
                return Some(format!("{who} is at revision {}, and {acknowledged} was acknowledged", state.1));
            }
            let expected = *first.get_or_insert(state);
            if expected != state {
                return Some(format!("{who} has applied index {}, and another {}", state.0, expected.0));
            }
            if let Some((lease, _)) = server.lessor().leases().next() {
                return Some(format!("lease {lease:016x} lives on {who}, and nobody keeps it alive"));
            }
        }
        if let Some(((client, _), _)) = self.open.first_key_value() {
            return Some(format!("a call of client {} has not returned", client.0));
        }
        self.checker.watch_behind()
    }
}
