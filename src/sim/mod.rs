//! The world: virtual time, seeded randomness, a bus, disks, faults and a trace. It knows no protocol.
//!
//! A [`World`] owns everything that is not a protocol: the event queue, the links between actors with the messages in
//! flight on them, one disk an actor, one clock an actor, and the trace. [`World::step`] takes exactly one event, hands it
//! to one actor, and carries out the effects that the actor returned as data.
//!
//! Invariants:
//! - **Determinism.** The same model, seed and inputs give the same trace, bit for bit, natively and in WebAssembly. Time is
//!   an integer, collections are ordered, ties in the event queue break by sequence number.
//! - **No back door.** Actors change only in [`Actor::handle`] and [`Actor::boot`]; they reach each other only over the bus.
//! - **A crash hurts.** What a disk had not synced is gone, timers and messages to the dead process are gone, and the
//!   actor that comes back is built from its disk alone.
//! - **Every trace event names its cause**, so that a chain can be walked back to the input that began it.
//!
//! Deliberately absent: bandwidth, packet sizes, routing, and any notion of leader, term or key.

mod actor;
mod bus;
mod clock;
mod disk;
mod fault;
mod queue;
mod random;
mod time;
mod timers;
mod trace;
mod world;

pub use actor::{Actor, Context, Input, Model};
pub use bus::{Fate, InFlight, LinkSettings, MessageId, NetworkProfile};
pub use clock::ClockSettings;
pub use disk::{Disk, DiskSettings, WriteToken};
pub use fault::{Fault, FaultError};
pub use random::Random;
pub use time::{Duration, Time};
pub use trace::{EventId, LossReason, Trace, TraceEvent, TraceKind};
pub use world::{ActorId, ActorState, Place, Stepped, World, WorldSettings};

#[cfg(test)]
mod tests;
