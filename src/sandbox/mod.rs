//! The façade: everything that the page, the command and the tests may do.
//!
//! A [`Sandbox`] is a world with a cluster, and terminals with shells in front of it. Inputs (typed lines, Ctrl-C, faults) come
//! in here, are remembered with the place among the events and the time at which they came, and can be replayed to the same trace hash. What
//! is to be seen goes out as plain values ([`view`]).
//!
//! Invariants: nothing here writes to a node's state; equal settings and inputs give equal traces; a wrong input changes
//! nothing and is answered with one sentence.

pub mod bench;
mod jobs;
mod narration;
mod recording;
mod scene;
mod scripts;
mod tables;
mod terminals;
pub mod transcript;
pub mod view;

pub use crate::etcd::server::ServerSettings;
pub use crate::sim::{
    ActorId, ActorState, ClockSettings, DiskSettings, Duration, EventId, Fault, LinkSettings, LossReason,
    NetworkProfile, Time,
};
pub use jobs::{JobId, JobOutput, Launch};
pub use recording::{Recorded, RecordedInput, Recording, replay_hash};

use crate::etcd::identity::Cluster;
use crate::etcd::server::Server;
use crate::etcd::{Actor, Bounds, EtcdWorld, Stopped};
use crate::raft::Role;
use crate::sim::{Place, Stepped, WorldSettings};
use jobs::Jobs;
use narration::Narrator;
use serde::{Deserialize, Serialize};
use terminals::Terminal;

/// How a sandbox is made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// How many members: 1 to 9.
    pub nodes: usize,
    /// Fixes everything that is random.
    pub seed: u64,
    /// The latencies.
    pub network: NetworkProfile,
    /// The members' flags.
    pub server: ServerSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { nodes: 3, seed: 1, network: NetworkProfile::default(), server: ServerSettings::default() }
    }
}

/// The narrator reads the trace when nobody waits, and before the trace forgets.
const EVENTS_BEHIND_MAX: u64 = 4_096;

/// A cluster to play with.
#[derive(Clone)]
pub struct Sandbox {
    settings: Settings,
    cluster: Cluster,
    world: EtcdWorld,
    terminals: Vec<Terminal>,
    jobs: Jobs,
    narrator: Narrator,
    recording: Recording,
}

impl Sandbox {
    /// A cluster that boots at time zero, with two terminals: c1 at n1 and c2 at the next member.
    pub fn new(settings: Settings) -> Sandbox {
        let mut sandbox = Sandbox::without_terminals(settings);
        sandbox.add_terminal(ActorId(0));
        sandbox.add_terminal(ActorId((sandbox.settings.nodes > 1).into()));
        sandbox
    }

    /// The same without terminals.
    ///
    /// # Panics
    /// When there are no nodes or more than 9.
    pub fn without_terminals(settings: Settings) -> Sandbox {
        assert!((1..=9).contains(&settings.nodes), "{} nodes: a cluster has 1 to 9", settings.nodes);
        let cluster = Cluster::new(settings.nodes);
        let world_settings =
            WorldSettings { seed: settings.seed, network: settings.network, ..WorldSettings::default() };
        let mut world = EtcdWorld::new(world_settings);
        for place in 0..settings.nodes {
            let server = Server::new(&cluster, place, settings.server.clone());
            world.add(Actor::Server(Box::new(server)), Place::Server);
        }
        let mut sandbox = Sandbox {
            recording: Recording::new(settings.clone()),
            settings,
            narrator: Narrator::new(&cluster),
            cluster,
            world,
            terminals: Vec::new(),
            jobs: Jobs::default(),
        };
        sandbox.observe();
        sandbox
    }

    /// What it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The time of the last event.
    pub fn now(&self) -> Time {
        self.world.now()
    }

    /// How many trace events there have been.
    pub fn events_total(&self) -> u64 {
        self.world.trace().total()
    }

    /// The hash of the trace so far.
    pub fn trace_hash(&self) -> String {
        self.world.trace().hash()
    }

    /// The world, for reading.
    pub fn world(&self) -> &EtcdWorld {
        &self.world
    }

    /// Settings and inputs so far.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// When the next event is due.
    pub fn next_event_at(&self) -> Option<Time> {
        self.world.next_event_at()
    }

    /// Takes one event; `false`: nothing will happen any more.
    pub fn step(&mut self) -> bool {
        let stepped = self.world.step();
        let goes_on = self.after(stepped);
        self.observe();
        goes_on
    }

    /// Takes the events that are due at `until` or before, at most `events_max` of them. `true`: all were taken and the time
    /// is `until`; `false`: call again.
    pub fn advance(&mut self, until: Time, events_max: usize) -> bool {
        let mut left = events_max;
        let mut done = false;
        while left > 0 && !done {
            // Who waits for the cluster looks after each event.
            let events_max = if self.has_waiting_jobs() { 1 } else { left };
            let trace_total = self.narrator.read_total() + EVENTS_BEHIND_MAX;
            let ran = self.world.run(until, &Bounds { events_max, trace_total });
            left -= ran.taken;
            done = ran.why == Stopped::NothingDue;
            if let Stopped::Alarm(number) = ran.why {
                self.alarm(number);
            }
            self.take_outputs();
            self.look_at_waiting_jobs();
            self.observe();
        }
        self.observe();
        done
    }

    /// Lets virtual time pass.
    pub fn run_for(&mut self, length: Duration) {
        let until = self.now() + length;
        while !self.advance(until, usize::MAX) {}
    }

    /// Takes events until `done` holds, checked after each, or the time is `limit`; whether it holds.
    pub fn run_until(&mut self, limit: Time, done: impl Fn(&Sandbox) -> bool) -> bool {
        while !done(self) {
            let stepped = self.world.step_before(limit);
            let goes_on = self.after(stepped);
            self.observe();
            if !goes_on {
                return done(self);
            }
        }
        true
    }

    /// Breaks or mends something now.
    pub fn fault(&mut self, fault: Fault) -> Result<(), String> {
        self.record(RecordedInput::Fault(fault.clone()));
        self.apply_fault(fault)
    }

    fn apply_fault(&mut self, fault: Fault) -> Result<(), String> {
        let result = self.world.apply(fault);
        self.observe();
        result.map(|_| ()).map_err(|error| self.name_actors(&error))
    }

    fn name_actors(&self, error: &crate::sim::FaultError) -> String {
        use crate::sim::FaultError;
        match error {
            FaultError::NotNow { actor, is } => format!("{} is {is}", self.name_of(*actor)),
            FaultError::InTwoGroups(actor) => format!("{} is named in two groups", self.name_of(*actor)),
            FaultError::ToItself(actor) => format!("a link needs two ends, and {} is one", self.name_of(*actor)),
            other => other.to_string(),
        }
    }

    /// The name of a member or a client.
    pub fn name_of(&self, actor: ActorId) -> String {
        match self.world.actor(actor) {
            Some(Actor::Server(server)) => server.identity().name.to_string(),
            Some(Actor::Client(client)) => client.name().to_string(),
            None => format!("actor {}", actor.0),
        }
    }

    /// The members, by name.
    pub fn members_total(&self) -> usize {
        self.cluster.members.len()
    }

    fn after(&mut self, stepped: Option<Stepped>) -> bool {
        let Some(stepped) = stepped else { return false };
        if let Stepped::Alarm(number) = stepped {
            self.alarm(number);
        }
        self.take_outputs();
        self.look_at_waiting_jobs();
        true
    }

    fn observe(&mut self) {
        self.narrator.observe(&self.world);
    }

    fn server(&self, actor: ActorId) -> Option<&Server> {
        match self.world.actor(actor) {
            Some(Actor::Server(server)) => Some(server),
            _ => None,
        }
    }

    fn servers(&self) -> impl Iterator<Item = (ActorId, &Server)> {
        (0..self.world.actors_total()).map(|at| ActorId(at as u16)).filter_map(|id| Some((id, self.server(id)?)))
    }

    /// The running leader of the highest term.
    pub fn leader(&self) -> Option<ActorId> {
        self.servers()
            .filter(|(id, server)| self.world.state(*id) == ActorState::Up && server.raft().role() == Role::Leader)
            .max_by_key(|(_, server)| server.raft().term())
            .map(|(id, _)| id)
    }

    /// Whether a majority has a leader, and every running member that can reach it follows it and has applied what it has.
    pub fn leader_is_followed(&self) -> bool {
        let Some(leader) = self.leader() else { return false };
        let Some(leading) = self.server(leader) else { return false };
        let raft = leading.raft();
        let reachable = |id: ActorId| {
            id == leader || (self.world.cut_since(id, leader).is_none() && self.world.cut_since(leader, id).is_none())
        };
        let side: Vec<&Server> = self
            .servers()
            .filter(|(id, _)| self.world.state(*id) == ActorState::Up && reachable(*id))
            .map(|(_, server)| server)
            .collect();
        let committed = raft.log().committed();
        side.len() >= crate::raft::quorum_of(raft.voters().len())
            && raft.log().term(committed) == Some(raft.term())
            && side.iter().all(|server| {
                server.raft().leader() == Some(raft.id()) && server.applied_index() >= leading.applied_index()
            })
    }
}
