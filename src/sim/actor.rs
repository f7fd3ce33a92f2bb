//! Actors without I/O: one input in, effects out as data.

use super::disk::{Disk, WriteToken};
use super::random::Random;
use super::time::{Duration, Time};
use super::world::ActorId;
use std::fmt::Debug;
use std::hash::Hash;

/// What a simulated system is made of. One model describes one kind of cluster with its clients.
pub trait Model: Sized + Clone + 'static {
    /// A process: a server or a client.
    type Actor: Actor<Self>;
    /// What travels on the bus.
    type Message: Clone + Debug;
    /// What the trace keeps of a message: kind, term, a few numbers.
    type Summary: Copy + Hash + Eq + Debug;
    /// The names of an actor's timers.
    type Timer: Copy + Eq + Ord + Hash + Debug;
    /// One record of a disk.
    type Record: Clone + Debug;
    /// What an actor says it did, for the trace.
    type Note: Clone + Hash + Debug;
    /// What a person gives to an actor from outside the world.
    type Command: Clone + Debug;
    /// What an actor gives to a person.
    type Output: Clone + Hash + Debug;

    /// The part of a message that the trace keeps.
    fn summary(message: &Self::Message) -> Self::Summary;
}

/// Why an actor is being run.
#[derive(Clone, Debug)]
pub enum Input<M: Model> {
    /// A message has arrived.
    Message {
        /// Who sent it.
        from: ActorId,
        /// What it says.
        message: M::Message,
    },
    /// A timer has run down.
    Timer(M::Timer),
    /// A write, and all writes before it, are durable.
    DiskSynced(WriteToken),
    /// The other process is gone or refuses connections (a TCP reset), as far as one can tell from here.
    Disconnected {
        /// The other process.
        peer: ActorId,
    },
    /// A person wants something.
    Command(M::Command),
}

/// A process. It owns its state and nothing else.
pub trait Actor<M: Model>: Clone {
    /// Starts on an empty or a used disk. Everything that was not on the disk is forgotten.
    fn boot(&mut self, disk: &Disk<M::Record>, context: &mut Context<'_, M>);
    /// Takes one input.
    fn handle(&mut self, input: Input<M>, context: &mut Context<'_, M>);
}

/// One thing that an actor wants done, in the order in which it asked.
#[derive(Clone, Debug)]
pub(super) enum Effect<M: Model> {
    Send {
        to: ActorId,
        message: M::Message,
    },
    SetTimer {
        key: M::Timer,
        deadline: Time,
    },
    CancelTimer {
        key: M::Timer,
    },
    /// The next so many of the records that the actor has written in this run.
    Write {
        records: usize,
        token: Option<WriteToken>,
    },
    /// See [`Context::rewrite_durable`].
    Rewrite(Rewrite<M>),
    Note(M::Note),
    Output(M::Output),
}

/// Makes of the durable records those that are to be in their place.
pub(super) type Rewrite<M> = fn(&[<M as Model>::Record]) -> Vec<<M as Model>::Record>;

/// What an actor sees of the world, and where it puts its effects.
pub struct Context<'a, M: Model> {
    pub(super) id: ActorId,
    pub(super) now: Time,
    pub(super) random: &'a mut Random,
    pub(super) next_token: &'a mut u64,
    pub(super) effects: &'a mut Vec<Effect<M>>,
    pub(super) records: &'a mut Vec<M::Record>,
}

impl<M: Model> Context<'_, M> {
    /// This actor.
    pub fn id(&self) -> ActorId {
        self.id
    }

    /// This actor's own clock.
    pub fn now(&self) -> Time {
        self.now
    }

    /// This actor's own stream of random numbers.
    pub fn random(&mut self) -> &mut Random {
        self.random
    }

    /// Puts a message on the bus.
    pub fn send(&mut self, to: ActorId, message: M::Message) {
        self.effects.push(Effect::Send { to, message });
    }

    /// Sets the timer `key` to run down at `deadline` on this actor's clock, in place of what it was set to.
    pub fn set_timer(&mut self, key: M::Timer, deadline: Time) {
        self.effects.push(Effect::SetTimer { key, deadline });
    }

    /// Sets the timer `key` to run down after `length`.
    pub fn set_timer_after(&mut self, key: M::Timer, length: Duration) {
        self.set_timer(key, self.now + length);
    }

    /// Stops the timer `key`.
    pub fn cancel_timer(&mut self, key: M::Timer) {
        self.effects.push(Effect::CancelTimer { key });
    }

    /// Appends records and asks for them to be synced; [`Input::DiskSynced`] with this token says when they are durable.
    pub fn write_synced(&mut self, records: impl IntoIterator<Item = M::Record>) -> WriteToken {
        let token = WriteToken(*self.next_token);
        *self.next_token += 1;
        self.write(records, Some(token));
        token
    }

    /// Appends records that may be lost in a crash until some later synced write.
    pub fn write_unsynced(&mut self, records: impl IntoIterator<Item = M::Record>) {
        self.write(records, None);
    }

    fn write(&mut self, records: impl IntoIterator<Item = M::Record>, token: Option<WriteToken>) {
        let before = self.records.len();
        self.records.extend(records);
        self.effects.push(Effect::Write { records: self.records.len() - before, token });
    }

    /// Puts other records in the place of those that are durable, all at once: what a process does that writes a shorter file
    /// and renames it. What is not durable yet comes after them as before.
    pub fn rewrite_durable(&mut self, rewrite: fn(&[M::Record]) -> Vec<M::Record>) {
        self.effects.push(Effect::Rewrite(rewrite));
    }

    /// Tells the trace what happened and why it matters.
    pub fn note(&mut self, note: M::Note) {
        self.effects.push(Effect::Note(note));
    }

    /// Gives something to the person outside.
    pub fn output(&mut self, output: M::Output) {
        self.effects.push(Effect::Output(output));
    }
}
