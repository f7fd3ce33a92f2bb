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

    /// [`World::take_entry`].
    pub fn take_entry(&mut self) -> Option<Option<Stepped>> {
        self.0.take_entry()
    }
}

impl Deref for EtcdWorld {
    type Target = World<Etcd>;

    fn deref(&self) -> &World<Etcd> {
        &self.0
    }
}
