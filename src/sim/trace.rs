//! The trace: every event of the world, typed, each with the id of the event that caused it.
//!
//! The narration, the diagrams, the checkers and the tests read this one stream. The newest events are kept up to a bound
//! ([`Trace::CAPACITY`]; the oldest go first); the hash covers all of them from the first, kept or not, and is the proof
//! that two runs were the same.

use super::fault::Fault;
use super::time::Time;
use super::world::ActorId;
use rustc_stable_hash::{FromStableHash, SipHasher128Hash, StableSipHasher128};
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};

/// Numbers the events of a run from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct EventId(pub u64);

/// Why a message did not arrive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum LossReason {
    /// The link is cut.
    Cut,
    /// The link loses some.
    Random,
    /// A person dropped it.
    Dropped,
    /// Nobody runs there.
    TargetDown,
    /// The process that it was for is gone; another runs in its place.
    TargetRestarted,
    /// The paused target's buffer is full.
    Overflow,
}

impl LossReason {
    /// In words that can follow "lost:".
    pub fn words(self) -> &'static str {
        match self {
            LossReason::Cut => "the link is cut",
            LossReason::Random => "the link loses some",
            LossReason::Dropped => "dropped by hand",
            LossReason::TargetDown => "nobody runs there",
            LossReason::TargetRestarted => "the process it was for is gone",
            LossReason::Overflow => "the paused process can hold no more",
        }
    }
}

/// What happened.
#[derive(Clone, Debug)]
pub enum TraceKind<S, T, N> {
    /// A message left.
    Sent {
        /// Its sender.
        from: ActorId,
        /// Its target.
        to: ActorId,
        /// What it is.
        summary: S,
    },
    /// A message was handed to its target.
    Delivered {
        /// Its sender.
        from: ActorId,
        /// Its target.
        to: ActorId,
        /// What it is.
        summary: S,
    },
    /// A message died.
    Lost {
        /// Its sender.
        from: ActorId,
        /// Its target.
        to: ActorId,
        /// What it is.
        summary: S,
        /// Why.
        reason: LossReason,
    },
    /// A timer ran down.
    Timer {
        /// Whose.
        actor: ActorId,
        /// Which.
        key: T,
    },
    /// Writes became durable.
    Synced {
        /// Whose disk.
        actor: ActorId,
        /// How many records are durable now.
        durable: u64,
    },
    /// A process learnt that another is gone.
    Disconnected {
        /// Who learnt it.
        actor: ActorId,
        /// Who is gone.
        peer: ActorId,
    },
    /// Somebody outside gave an actor a command.
    Command {
        /// To whom.
        actor: ActorId,
    },
    /// Somebody outside broke or mended something.
    Fault(Fault),
    /// An actor says what it did.
    Note {
        /// Who.
        actor: ActorId,
        /// What.
        note: N,
    },
}

impl<S: Hash, T: Hash, N: Hash> Hash for TraceKind<S, T, N> {
    /// Kind and actors as one word: there are many events, and each word costs.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let head = |kind: u64, a: ActorId, b: ActorId| kind | u64::from(a.0) << 16 | u64::from(b.0) << 32;
        match self {
            TraceKind::Sent { from, to, summary } => {
                state.write_u64(head(0, *from, *to));
                summary.hash(state);
            }
            // What it was follows from the cause.
            TraceKind::Delivered { from, to, summary: _ } => state.write_u64(head(1, *from, *to)),
            TraceKind::Lost { from, to, summary: _, reason } => {
                state.write_u64(head(2 | (*reason as u64) << 8, *from, *to));
            }
            TraceKind::Timer { actor, key } => {
                state.write_u64(head(3, *actor, *actor));
                key.hash(state);
            }
            TraceKind::Synced { actor, durable } => {
                state.write_u64(head(4, *actor, *actor));
                state.write_u64(*durable);
            }
            TraceKind::Disconnected { actor, peer } => state.write_u64(head(5, *actor, *peer)),
            TraceKind::Command { actor } => state.write_u64(head(6, *actor, *actor)),
            TraceKind::Fault(fault) => {
                state.write_u64(7);
                fault.hash(state);
            }
            TraceKind::Note { actor, note } => {
                state.write_u64(head(8, *actor, *actor));
                note.hash(state);
            }
        }
    }
}

/// One event with its number, its time and its cause.
#[derive(Clone, Debug)]
pub struct TraceEvent<S, T, N> {
    /// Its number.
    pub id: EventId,
    /// The world's time.
    pub at: Time,
    /// The event that caused it; `None` for an input from outside.
    pub cause: Option<EventId>,
    /// What happened.
    pub kind: TraceKind<S, T, N>,
}

/// The stream of events.
#[derive(Clone)]
pub struct Trace<S, T, N> {
    /// A ring: event `id` is at `id % CAPACITY`.
    events: Vec<TraceEvent<S, T, N>>,
    next: u64,
    hasher: StableSipHasher128,
}

impl<S: Hash, T: Hash, N: Hash> Trace<S, T, N> {
    /// How many events are kept: those of about a hundred seconds of an idle cluster of three. More would cost speed, for a ring
    /// that does not fit a processor's cache is read from memory with every event.
    pub const CAPACITY: usize = 1 << 14;

    pub(super) fn new() -> Self {
        Trace { events: Vec::new(), next: 0, hasher: StableSipHasher128::new() }
    }

    pub(super) fn push(&mut self, at: Time, cause: Option<EventId>, kind: TraceKind<S, T, N>) -> EventId {
        let id = EventId(self.next);
        self.next += 1;
        self.hasher.write_i64(at.0);
        self.hasher.write_u64(cause.map_or(u64::MAX, |cause| cause.0));
        kind.hash(&mut self.hasher);
        let event = TraceEvent { id, at, cause, kind };
        match self.events.get_mut(id.0 as usize % Self::CAPACITY) {
            Some(oldest) => *oldest = event,
            None => self.events.push(event),
        }
        id
    }

    /// Makes the hash cover something that is not an event of its own.
    pub(super) fn absorb(&mut self, value: &impl Hash) {
        value.hash(&mut self.hasher);
    }

    /// The kept events, oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &TraceEvent<S, T, N>> + ExactSizeIterator {
        self.events_from(EventId(0))
    }

    /// The kept events from number `first` on, oldest first.
    pub fn events_from(
        &self,
        first: EventId,
    ) -> impl DoubleEndedIterator<Item = &TraceEvent<S, T, N>> + ExactSizeIterator {
        let kept = self.next.saturating_sub(first.0).min(self.events.len() as u64) as usize;
        let start = (self.next - kept as u64) as usize % Self::CAPACITY;
        (start..start + kept).map(|at| &self.events[at % Self::CAPACITY])
    }

    /// The event of this number, if it is still kept.
    pub fn get(&self, id: EventId) -> Option<&TraceEvent<S, T, N>> {
        let age = self.next.checked_sub(id.0)?;
        (1..=self.events.len() as u64).contains(&age).then(|| &self.events[id.0 as usize % Self::CAPACITY])
    }

    /// How many events there have been; also the number of the next one.
    pub fn total(&self) -> u64 {
        self.next
    }

    /// The hash of all events so far: 32 hexadecimal digits, the same natively and in WebAssembly.
    pub fn hash(&self) -> String {
        let Digest([low, high]) = self.hasher.clone().finish();
        format!("{high:016x}{low:016x}")
    }
}

struct Digest([u64; 2]);

impl FromStableHash for Digest {
    type Hash = SipHasher128Hash;
    fn from(SipHasher128Hash(words): SipHasher128Hash) -> Self {
        Digest(words)
    }
}
