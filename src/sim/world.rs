//! The world itself: it owns all and takes one event at a time.

use super::actor::{Actor, Context, Effect, Input, Model};
use super::bus::{self, Fate, InFlight, Link, MessageId, NetworkProfile};
use super::clock::{Clock, ClockSettings};
use super::disk::{Disk, DiskSettings};
use super::queue::{Queue, Scheduled};
use super::random::Random;
use super::time::Time;
use super::timers::{Due, Timers};
use super::trace::{EventId, LossReason, Trace, TraceKind};
use serde::{Deserialize, Serialize};
use slotmap::{Key as _, KeyData, SlotMap};
use std::collections::VecDeque;

/// Numbers the actors of a world from 0, in the order in which they were added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ActorId(pub u16);

impl ActorId {
    /// The number as an index.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Where an actor stands: decides the latency of its links, and whether partitions concern it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Place {
    /// A member of the cluster.
    Server,
    /// Outside of it.
    Client,
}

/// Whether a process runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ActorState {
    /// It runs.
    Up,
    /// It stands still (SIGSTOP).
    Paused,
    /// It does not run; its disk is kept.
    Down,
}

impl ActorState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            ActorState::Up => "up",
            ActorState::Paused => "paused",
            ActorState::Down => "down",
        }
    }
}

/// How a world is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct WorldSettings {
    /// Fixes everything that is random.
    pub seed: u64,
    /// The latencies.
    pub network: NetworkProfile,
    /// The disks.
    pub disk: DiskSettings,
}

/// How many events a paused actor's buffers hold; messages beyond them are lost.
const DEFERRED_MAX: usize = 4_096;
/// How many lost messages are remembered so that their end can be drawn.
const RECENTLY_LOST_MAX: usize = 64;

pub(super) struct Slot<M: Model> {
    pub(super) actor: M::Actor,
    pub(super) place: Place,
    pub(super) state: ActorState,
    pub(super) incarnation: u32,
    pub(super) clock: Clock,
    pub(super) timers: Timers<M::Timer>,
    pub(super) disk: Disk<M::Record>,
    pub(super) random: Random,
    pub(super) next_token: u64,
    pub(super) deferred: Vec<Scheduled<M::Timer>>,
}

impl<M: Model> Clone for Slot<M> {
    fn clone(&self) -> Self {
        Slot {
            actor: self.actor.clone(),
            place: self.place,
            state: self.state,
            incarnation: self.incarnation,
            clock: self.clock,
            timers: self.timers.clone(),
            disk: self.disk.clone(),
            random: self.random.clone(),
            next_token: self.next_token,
            deferred: self.deferred.clone(),
        }
    }
}

/// A simulated world of one model. Cloning it makes a checkpoint.
pub struct World<M: Model> {
    pub(super) now: Time,
    pub(super) settings: WorldSettings,
    pub(super) slots: Vec<Slot<M>>,
    /// Row `from`, column `to`.
    pub(super) links: Vec<Vec<Link>>,
    pub(super) flights: SlotMap<MessageId, InFlight<M::Message>>,
    pub(super) queue: Queue<M>,
    pub(super) bus_random: Random,
    pub(super) disk_random: Random,
    pub(super) trace: Trace<M::Summary, M::Timer, M::Note>,
    outputs: Vec<(ActorId, M::Output)>,
    /// Buffers of [`World::with_context`]; empty between two runs.
    effects: Vec<Effect<M>>,
    records: Vec<M::Record>,
    recently_lost: VecDeque<(Time, InFlight<M::Message>)>,
    entries_taken: u64,
}

impl<M: Model> Clone for World<M> {
    fn clone(&self) -> Self {
        World {
            now: self.now,
            settings: self.settings,
            slots: self.slots.clone(),
            links: self.links.clone(),
            flights: self.flights.clone(),
            queue: self.queue.clone(),
            bus_random: self.bus_random.clone(),
            disk_random: self.disk_random.clone(),
            trace: self.trace.clone(),
            outputs: self.outputs.clone(),
            effects: Vec::new(),
            records: Vec::new(),
            recently_lost: self.recently_lost.clone(),
            entries_taken: self.entries_taken,
        }
    }
}

impl<M: Model> World<M> {
    /// An empty world at time zero.
    pub fn new(settings: WorldSettings) -> Self {
        World {
            now: Time::ZERO,
            settings,
            slots: Vec::new(),
            links: Vec::new(),
            flights: SlotMap::with_key(),
            queue: Queue::new(),
            bus_random: Random::new(settings.seed, 1),
            disk_random: Random::new(settings.seed, 2),
            trace: Trace::new(),
            outputs: Vec::new(),
            effects: Vec::new(),
            records: Vec::new(),
            recently_lost: VecDeque::new(),
            entries_taken: 0,
        }
    }

    /// Adds an actor and boots it on an empty disk.
    pub fn add(&mut self, actor: M::Actor, place: Place) -> ActorId {
        let id = ActorId(u16::try_from(self.slots.len()).expect("at most 65,536 actors"));
        let network = self.settings.network;
        for (row, slot) in self.links.iter_mut().zip(&self.slots) {
            row.push(Link::new(network.link(slot.place, place)));
        }
        self.links.push(Vec::new());
        self.slots.push(Slot {
            actor,
            place,
            state: ActorState::Up,
            incarnation: 0,
            clock: Clock::new(ClockSettings::default()),
            timers: Timers::new(),
            disk: Disk::new(self.settings.disk),
            random: Random::new(self.settings.seed, 1_000 + u64::from(id.0)),
            next_token: 0,
            deferred: Vec::new(),
        });
        let row = self.slots.iter().map(|slot| Link::new(network.link(place, slot.place))).collect();
        self.links[id.index()] = row;
        self.boot(id, None);
        id
    }

    /// The time of the last event taken.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The settings that this world was made with.
    pub fn settings(&self) -> &WorldSettings {
        &self.settings
    }

    /// How many actors there are.
    pub fn actors_total(&self) -> usize {
        self.slots.len()
    }

    /// The actor of this number, up or down. What a dead process knew is kept for the picture only; its restart does not see it.
    pub fn actor(&self, id: ActorId) -> Option<&M::Actor> {
        self.slots.get(id.index()).map(|slot| &slot.actor)
    }

    /// Whether the actor runs.
    pub fn state(&self, id: ActorId) -> ActorState {
        self.slots[id.index()].state
    }

    /// Where the actor stands.
    pub fn place(&self, id: ActorId) -> Place {
        self.slots[id.index()].place
    }

    /// The actor's disk.
    pub fn disk(&self, id: ActorId) -> &Disk<M::Record> {
        &self.slots[id.index()].disk
    }

    /// What the actor's own clock reads now.
    pub fn local_now(&self, id: ActorId) -> Time {
        self.slots[id.index()].clock.local(self.now)
    }

    /// When the actor's own clock reads (or has read) `local`, in the world's time.
    pub fn world_time(&self, id: ActorId, local: Time) -> Time {
        self.slots[id.index()].clock.world(local)
    }

    /// When the actor's timer runs down, in the world's time.
    pub fn timer_deadline(&self, id: ActorId, key: M::Timer) -> Option<Time> {
        self.slots[id.index()].timers.deadline(key)
    }

    /// Since when messages from one actor to another die, if they do.
    pub fn cut_since(&self, from: ActorId, to: ActorId) -> Option<Time> {
        self.links[from.index()][to.index()].cut_since
    }

    /// The messages in flight.
    pub fn flights(&self) -> impl Iterator<Item = (MessageId, &InFlight<M::Message>)> {
        self.flights.iter()
    }

    /// The messages that were lost lately, with the times of their deaths, oldest first.
    pub fn recently_lost(&self) -> impl Iterator<Item = &(Time, InFlight<M::Message>)> {
        self.recently_lost.iter()
    }

    /// A number that names the message in a [`super::Fault`].
    pub fn message_number(id: MessageId) -> u64 {
        id.data().as_ffi()
    }

    /// The message in flight of this number.
    pub fn flight(&self, number: u64) -> Option<(MessageId, &InFlight<M::Message>)> {
        let id = MessageId::from(KeyData::from_ffi(number));
        self.flights.get(id).map(|flight| (id, flight))
    }

    /// The trace so far.
    pub fn trace(&self) -> &Trace<M::Summary, M::Timer, M::Note> {
        &self.trace
    }

    /// Whether actors have given anything to the outside since [`World::take_outputs`].
    pub fn has_outputs(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// Takes what actors have given to the outside since the last call.
    pub fn take_outputs(&mut self) -> Vec<(ActorId, M::Output)> {
        std::mem::take(&mut self.outputs)
    }

    /// Lets time pass up to `at`, but not beyond the next event.
    pub fn pass_to(&mut self, at: Time) {
        let limit = self.next_event_at().map_or(at, |next| at.min(next));
        self.now = self.now.max(limit);
    }

    /// Has [`World::step`] return [`Stepped::Alarm`] at `at`.
    pub fn set_alarm(&mut self, at: Time, number: u64) {
        self.queue.push(at.max(self.now), Scheduled::Alarm(number));
    }

    /// Gives a command to an actor now. A dead or paused actor does not get it: `false`.
    pub fn command(&mut self, id: ActorId, command: M::Command) -> bool {
        if self.state(id) != ActorState::Up {
            return false;
        }
        let event = self.trace.push(self.now, None, TraceKind::Command { actor: id });
        self.run(id, Input::Command(command), event);
        true
    }

    /// When the next event is due.
    pub fn next_event_at(&self) -> Option<Time> {
        self.queue.peek().map(|entry| entry.at)
    }

    /// Takes the next event that concerns anybody. `None`: nothing will ever happen again by itself.
    pub fn step(&mut self) -> Option<Stepped> {
        self.step_before(Time::MAX)
    }

    /// Takes the next event that is due at `limit` or before; without one, the time becomes `limit` (unless that is
    /// [`Time::MAX`]) and the answer is `None`.
    pub fn step_before(&mut self, limit: Time) -> Option<Stepped> {
        loop {
            if self.queue.peek().is_none_or(|entry| entry.at > limit) {
                if limit != Time::MAX {
                    self.now = self.now.max(limit);
                }
                return None;
            }
            if let Some(stepped) = self.take_entry().expect("just peeked") {
                return Some(stepped);
            }
        }
    }

    /// How many entries of the event queue have been taken, those that concerned nobody any more included. With the time it
    /// fixes where between two events the world stands.
    pub fn entries_taken(&self) -> u64 {
        self.entries_taken
    }

    /// Takes one entry of the event queue, whether it concerns anybody or not. `None`: there is none.
    pub fn take_entry(&mut self) -> Option<Option<Stepped>> {
        let entry = self.queue.pop()?;
        debug_assert!(entry.at >= self.now, "event at {} taken at {}", entry.at, self.now);
        self.entries_taken += 1;
        self.now = entry.at;
        Some(self.take(entry.at, entry.what))
    }

    fn take(&mut self, at: Time, what: Scheduled<M::Timer>) -> Option<Stepped> {
        match what {
            Scheduled::Deliver(message) => self.deliver(message, at),
            Scheduled::Timer { actor, incarnation, key } => self.fire(actor, incarnation, key, at),
            Scheduled::DiskSynced { actor, incarnation, token } => {
                if self.slots[actor.index()].incarnation != incarnation || self.defer(actor, what) {
                    return None;
                }
                let slot = &mut self.slots[actor.index()];
                let cause = slot.disk.synced(token);
                let durable = slot.disk.durable() as u64;
                let event = self.trace.push(at, cause, TraceKind::Synced { actor, durable });
                self.run(actor, Input::DiskSynced(token), event);
                Some(Stepped::Actor(actor))
            }
            Scheduled::Disconnected { actor, peer, cause } => {
                if self.state(actor) == ActorState::Down || self.defer(actor, what) {
                    return None;
                }
                let event = self.trace.push(at, Some(cause), TraceKind::Disconnected { actor, peer });
                self.run(actor, Input::Disconnected { peer }, event);
                Some(Stepped::Actor(actor))
            }
            Scheduled::Alarm(number) => Some(Stepped::Alarm(number)),
        }
    }

    fn fire(&mut self, actor: ActorId, incarnation: u32, key: M::Timer, at: Time) -> Option<Stepped> {
        let slot = &mut self.slots[actor.index()];
        if slot.incarnation != incarnation {
            return None;
        }
        match slot.timers.take(key, at) {
            Due::Stale => None,
            Due::Later(later) => {
                self.queue.push(later, Scheduled::Timer { actor, incarnation, key });
                None
            }
            Due::Fire { cause } => {
                if slot.state == ActorState::Paused {
                    // It runs down while the process sleeps; the process notices when it wakes.
                    slot.timers.set(key, at, cause);
                    slot.deferred.push(Scheduled::Timer { actor, incarnation, key });
                    return None;
                }
                let event = self.trace.push(at, Some(cause), TraceKind::Timer { actor, key });
                self.run(actor, Input::Timer(key), event);
                Some(Stepped::Actor(actor))
            }
        }
    }

    /// Whether the actor is paused, so that the event waits for it.
    fn defer(&mut self, actor: ActorId, what: Scheduled<M::Timer>) -> bool {
        let slot = &mut self.slots[actor.index()];
        if slot.state == ActorState::Paused {
            slot.deferred.push(what);
        }
        slot.state == ActorState::Paused
    }

    fn deliver(&mut self, message: MessageId, at: Time) -> Option<Stepped> {
        let flight = self.flights.get_mut(message)?;
        if flight.due_at != at {
            return None; // It was delayed or brought forward; its other entry counts.
        }
        let (from, to) = (flight.from, flight.to);
        if let Fate::Die(reason) = flight.fate {
            self.lose(message, reason);
            return Some(Stepped::Loss);
        }
        let slot = &mut self.slots[to.index()];
        match slot.state {
            ActorState::Down => {
                let cause = self.lose(message, LossReason::TargetDown);
                self.refuse(from, to, cause);
                return Some(Stepped::Loss);
            }
            _ if slot.incarnation != flight.target_incarnation => {
                let cause = self.lose(message, LossReason::TargetRestarted);
                self.refuse(from, to, cause);
                return Some(Stepped::Loss);
            }
            ActorState::Paused if slot.deferred.len() >= DEFERRED_MAX => {
                self.lose(message, LossReason::Overflow);
                return Some(Stepped::Loss);
            }
            ActorState::Paused => {
                flight.fate = Fate::Wait;
                slot.deferred.push(Scheduled::Deliver(message));
                return None;
            }
            ActorState::Up => {}
        }
        let flight = self.flights.remove(message).expect("just looked up");
        let summary = M::summary(&flight.message);
        let event = self.trace.push(at, Some(flight.sent_event), TraceKind::Delivered { from, to, summary });
        self.run(to, Input::Message { from, message: flight.message }, event);
        Some(Stepped::Actor(to))
    }

    /// A reset goes back to who wrote to a dead process, if the way back is open.
    fn refuse(&mut self, sender: ActorId, dead: ActorId, cause: EventId) {
        let link = &mut self.links[dead.index()][sender.index()];
        let (arrives_at, fate) = link.route(self.now, &mut self.bus_random);
        if fate == Fate::Arrive {
            self.queue.push(arrives_at, Scheduled::Disconnected { actor: sender, peer: dead, cause });
        }
    }

    pub(super) fn lose(&mut self, message: MessageId, reason: LossReason) -> EventId {
        let mut flight = self.flights.remove(message).expect("the message is in flight");
        let kind = TraceKind::Lost { from: flight.from, to: flight.to, summary: M::summary(&flight.message), reason };
        let event = self.trace.push(self.now, Some(flight.sent_event), kind);
        flight.fate = Fate::Die(reason);
        if self.recently_lost.len() == RECENTLY_LOST_MAX {
            self.recently_lost.pop_front();
        }
        self.recently_lost.push_back((self.now, flight));
        event
    }

    pub(super) fn boot(&mut self, id: ActorId, cause: Option<EventId>) {
        self.with_context(id, cause, |actor, disk, context| actor.boot(disk, context));
    }

    fn run(&mut self, id: ActorId, input: Input<M>, cause: EventId) {
        self.with_context(id, Some(cause), |actor, _, context| actor.handle(input, context));
    }

    fn with_context(
        &mut self,
        id: ActorId,
        cause: Option<EventId>,
        call: impl FnOnce(&mut M::Actor, &Disk<M::Record>, &mut Context<'_, M>),
    ) {
        let mut effects = std::mem::take(&mut self.effects);
        let slot = &mut self.slots[id.index()];
        let mut context = Context {
            id,
            now: slot.clock.local(self.now),
            random: &mut slot.random,
            next_token: &mut slot.next_token,
            effects: &mut effects,
            records: &mut self.records,
        };
        call(&mut slot.actor, &slot.disk, &mut context);
        self.carry_out(id, &mut effects, cause);
        self.effects = effects;
    }

    /// Carries out effects in the order in which the actor asked. What follows a note was caused by what the note says.
    fn carry_out(&mut self, id: ActorId, effects: &mut Vec<Effect<M>>, mut cause: Option<EventId>) {
        for effect in effects.drain(..) {
            match effect {
                Effect::Send { to, message } => self.send(id, to, message, cause),
                Effect::SetTimer { key, deadline } => {
                    let slot = &mut self.slots[id.index()];
                    let at = slot.clock.world(deadline).max(self.now);
                    if let Some(at) = slot.timers.set(key, at, cause.unwrap_or_default()) {
                        self.queue.push(at, Scheduled::Timer { actor: id, incarnation: slot.incarnation, key });
                    }
                }
                Effect::CancelTimer { key } => self.slots[id.index()].timers.cancel(key),
                Effect::Write { records, token } => {
                    let slot = &mut self.slots[id.index()];
                    slot.disk.append(self.records.drain(..records));
                    if let Some(token) = token {
                        let at = slot.disk.sync(self.now, token, cause, &mut self.disk_random);
                        let incarnation = slot.incarnation;
                        self.queue.push(at, Scheduled::DiskSynced { actor: id, incarnation, token });
                    }
                }
                Effect::Rewrite(rewrite) => self.slots[id.index()].disk.rewrite(rewrite),
                Effect::Note(note) => {
                    cause = Some(self.trace.push(self.now, cause, TraceKind::Note { actor: id, note }));
                }
                Effect::Output(output) => {
                    self.trace.absorb(&output);
                    self.outputs.push((id, output));
                }
            }
        }
    }

    fn send(&mut self, from: ActorId, to: ActorId, message: M::Message, cause: Option<EventId>) {
        let (arrives_at, fate) = self.links[from.index()][to.index()].route(self.now, &mut self.bus_random);
        let duplicate_ppm = self.links[from.index()][to.index()].settings.duplicate_ppm;
        let copy = self.bus_random.chance(duplicate_ppm).then(|| message.clone());
        self.launch(from, to, message, cause, arrives_at, fate);
        if let Some(copy) = copy {
            let (arrives_at, fate) = self.links[from.index()][to.index()].route(self.now, &mut self.bus_random);
            self.launch(from, to, copy, cause, arrives_at, fate);
        }
    }

    pub(super) fn launch(
        &mut self,
        from: ActorId,
        to: ActorId,
        message: M::Message,
        cause: Option<EventId>,
        arrives_at: Time,
        fate: Fate,
    ) -> MessageId {
        let summary = M::summary(&message);
        let due_at = match fate {
            Fate::Die(_) => bus::death_at(self.now, arrives_at),
            Fate::Arrive | Fate::Wait => arrives_at,
        };
        let target_incarnation = self.slots[to.index()].incarnation;
        let sent_event = EventId(self.trace.total());
        let flight =
            InFlight { from, to, sent_at: self.now, arrives_at, due_at, fate, message, sent_event, target_incarnation };
        let id = self.flights.insert(flight);
        let kind = TraceKind::Sent { from, to, summary };
        self.trace.push(self.now, cause, kind);
        self.queue.push(due_at, Scheduled::Deliver(id));
        id
    }
}

/// What a step was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stepped {
    /// An actor was run.
    Actor(ActorId),
    /// A message died.
    Loss,
    /// An alarm that was set from outside.
    Alarm(u64),
}
