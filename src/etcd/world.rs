//! The world with etcd in it.
//!
//! Invariant: what runs for each event is reached through the methods here, so that it is compiled once, with the engine,
//! and not again, for size, in each crate that makes a world go on. Reading goes through [`Deref`].

use super::model::{Actor, Command, Etcd, Output};
use crate::sim::{ActorId, EventId, Fault, FaultError, Place, Stepped, Time, World, WorldSettings};
use std::ops::Deref;

/// A [`World`] of etcd's members and clients.
#[derive(Clone)]
pub struct EtcdWorld(World<Etcd>);

impl EtcdWorld {
    /// [`World::new`].
    pub fn new(settings: WorldSettings) -> EtcdWorld {
        EtcdWorld(World::new(settings))
    }

    /// [`World::add`].
    pub fn add(&mut self, actor: Actor, place: Place) -> ActorId {
        self.0.add(actor, place)
    }

    /// [`World::command`].
    pub fn command(&mut self, id: ActorId, command: Command) -> bool {
        self.0.command(id, command)
    }

    /// [`World::apply`].
    pub fn apply(&mut self, fault: Fault) -> Result<EventId, FaultError> {
        self.0.apply(fault)
    }

    /// [`World::take_outputs`].
    pub fn take_outputs(&mut self) -> Vec<(ActorId, Output)> {
        self.0.take_outputs()
    }

    /// [`World::pass_to`].
    pub fn pass_to(&mut self, at: Time) {
        self.0.pass_to(at);
    }

    /// [`World::set_alarm`].
    pub fn set_alarm(&mut self, at: Time, number: u64) {
        self.0.set_alarm(at, number);
    }

    /// [`World::step`].
    pub fn step(&mut self) -> Option<Stepped> {
        self.0.step()
    }

    /// [`World::step_before`].
    pub fn step_before(&mut self, limit: Time) -> Option<Stepped> {
        self.0.step_before(limit)
    }

    /// Takes events that are due at `until` or before, up to the first that concerns whoever owns the world, or until one of
    /// the `bounds` is reached. Without one that is due, the time becomes `until`.
    pub fn run(&mut self, until: Time, bounds: &Bounds) -> Ran {
        for taken in 0..bounds.events_max {
            if self.0.trace().total() >= bounds.trace_total {
                return Ran { taken, why: Stopped::Bound };
            }
            match self.0.step_before(until) {
                None => return Ran { taken, why: Stopped::NothingDue },
                Some(Stepped::Alarm(number)) => return Ran { taken: taken + 1, why: Stopped::Alarm(number) },
                Some(_) if self.0.has_outputs() => return Ran { taken: taken + 1, why: Stopped::Output },
                Some(_) => {}
            }
        }
        Ran { taken: bounds.events_max, why: Stopped::Bound }
    }

    /// [`World::take_entry`].
    pub fn take_entry(&mut self) -> Option<Option<Stepped>> {
        self.0.take_entry()
    }
}

/// How far [`EtcdWorld::run`] may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// At most so many events.
    pub events_max: usize,
    /// Until the trace has had so many events, those of the last step not counted.
    pub trace_total: u64,
}

/// How far [`EtcdWorld::run`] went, and why no further.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ran {
    /// How many events it took.
    pub taken: usize,
    /// Why it stopped.
    pub why: Stopped,
}

/// Why [`EtcdWorld::run`] stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// Nothing more is due until then.
    NothingDue,
    /// An actor has given something to the outside ([`World::take_outputs`]).
    Output,
    /// An alarm rang that was set from outside.
    Alarm(u64),
    /// A bound is reached.
    Bound,
}

impl Deref for EtcdWorld {
    type Target = World<Etcd>;

    fn deref(&self) -> &World<Etcd> {
        &self.0
    }
}
