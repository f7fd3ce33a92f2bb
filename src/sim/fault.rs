//! What a person can break and mend.
//!
//! Faults are inputs: they are recorded, they have no cause, and every one of them can be undone or outlived.

use super::actor::Model;
use super::bus::{Fate, InFlight, LinkSettings, MessageId};
use super::clock::ClockSettings;
use super::disk::DiskSettings;
use super::queue::Scheduled;
use super::time::Duration;
use super::trace::{EventId, LossReason, TraceKind};
use super::world::{ActorId, ActorState, Place, World};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One act of breaking or mending.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Fault {
    /// Messages from one actor to another die from now on, those in flight too.
    CutOneWay {
        /// The sender whose messages die.
        from: ActorId,
        /// The target that they do not reach.
        to: ActorId,
    },
    /// Messages from one actor to another arrive again.
    HealOneWay {
        /// The sender.
        from: ActorId,
        /// The target.
        to: ActorId,
    },
    /// Both directions of a link.
    Cut(ActorId, ActorId),
    /// Both directions of a link.
    Heal(ActorId, ActorId),
    /// Servers of different groups cannot reach each other; servers of one group can. Servers in no group keep their links.
    Split(Vec<Vec<ActorId>>),
    /// No server reaches this one, and it reaches none.
    Isolate(ActorId),
    /// Every link works again.
    HealAll,
    /// The process ends at once; what its disk had not synced is lost.
    Crash(ActorId),
    /// The process starts again from its disk.
    Restart(ActorId),
    /// The process stands still; what reaches it waits.
    Pause(ActorId),
    /// The process goes on.
    Resume(ActorId),
    /// One direction of a link behaves so from now on.
    SetLink {
        /// The sender.
        from: ActorId,
        /// The target.
        to: ActorId,
        /// The new behaviour.
        settings: LinkSettings,
    },
    /// A disk takes this long from now on.
    SetDisk(ActorId, DiskSettings),
    /// A clock is set and runs like this from now on.
    SetClock(ActorId, ClockSettings),
    /// The message in flight with this number (see [`super::World::message_number`]) is lost.
    DropMessage(u64),
    /// The message in flight arrives this much later, in microseconds.
    DelayMessage(u64, i64),
    /// The message in flight arrives twice.
    DuplicateMessage(u64),
    /// The message in flight arrives now.
    DeliverMessage(u64),
}

/// Why a fault could not be made. Nothing has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FaultError {
    /// There is no such actor.
    NoSuchActor(ActorId),
    /// An actor is named in two groups.
    InTwoGroups(ActorId),
    /// A link leads from an actor to itself.
    ToItself(ActorId),
    /// A setting is impossible; the sentence says what is possible.
    Impossible(&'static str),
    /// The message has arrived or died meanwhile.
    NoSuchMessage,
    /// The actor is in a state in which this means nothing.
    NotNow {
        /// Which actor.
        actor: ActorId,
        /// What it is: "up", "down" or "paused".
        is: &'static str,
    },
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultError::NoSuchActor(actor) => write!(f, "there is no actor number {}", actor.0),
            FaultError::InTwoGroups(actor) => {
                write!(f, "actor number {} is named in two groups", actor.0)
            }
            FaultError::ToItself(actor) => write!(f, "a link needs two ends, and actor number {} is one", actor.0),
            FaultError::Impossible(sentence) => f.write_str(sentence),
            FaultError::NoSuchMessage => write!(f, "that message is no longer in flight"),
            FaultError::NotNow { actor, is } => write!(f, "actor number {} is {is}", actor.0),
        }
    }
}

/// The longest latency, sync, or delay.
const HOUR_US: i64 = 3_600_000_000;
/// The most that a clock is off.
const DAY_US: i64 = 24 * HOUR_US;

impl LinkSettings {
    fn check(&self) -> Result<(), FaultError> {
        if !(0 <= self.latency_us_min && self.latency_us_min <= self.latency_us_max && self.latency_us_max <= HOUR_US) {
            return Err(FaultError::Impossible("latencies are 0 to 3,600,000,000 us, the shortest first"));
        }
        if [self.loss_ppm, self.duplicate_ppm, self.reorder_ppm].into_iter().any(|ppm| ppm > 1_000_000) {
            return Err(FaultError::Impossible("loss, duplication and reordering are 0 to 1,000,000 ppm"));
        }
        Ok(())
    }
}

impl DiskSettings {
    fn check(&self) -> Result<(), FaultError> {
        if 0 <= self.sync_us_min && self.sync_us_min <= self.sync_us_max && self.sync_us_max <= HOUR_US {
            Ok(())
        } else {
            Err(FaultError::Impossible("a sync takes 0 to 3,600,000,000 us, the quickest first"))
        }
    }
}

impl ClockSettings {
    fn check(&self) -> Result<(), FaultError> {
        if !(-DAY_US..=DAY_US).contains(&self.skew_us) {
            Err(FaultError::Impossible("a clock is off by a day at most, 86,400,000,000 us"))
        } else if !(-500_000..=1_000_000).contains(&self.drift_ppm) {
            Err(FaultError::Impossible("a clock drifts by -500,000 to 1,000,000 ppm"))
        } else {
            Ok(())
        }
    }
}

impl<M: Model> World<M> {
    /// Breaks or mends something now. An error means that nothing has changed.
    pub fn apply(&mut self, fault: Fault) -> Result<EventId, FaultError> {
        self.check(&fault)?;
        let event = self.trace.push(self.now, None, TraceKind::Fault(fault.clone()));
        match fault {
            Fault::CutOneWay { from, to } => self.cut(from, to),
            Fault::HealOneWay { from, to } => self.heal(from, to),
            Fault::Cut(a, b) => self.both_ways(a, b, World::cut),
            Fault::Heal(a, b) => self.both_ways(a, b, World::heal),
            Fault::Split(groups) => self.split(&groups),
            Fault::Isolate(id) => {
                for other in self.servers().filter(|other| *other != id) {
                    self.both_ways(id, other, World::cut);
                }
            }
            Fault::HealAll => {
                for from in 0..self.slots.len() {
                    for to in 0..self.slots.len() {
                        self.links[from][to].cut_since = None;
                    }
                }
            }
            Fault::Crash(id) => self.crash(id, event),
            Fault::Restart(id) => {
                self.slots[id.index()].state = ActorState::Up;
                self.boot(id, Some(event));
            }
            Fault::Pause(id) => self.slots[id.index()].state = ActorState::Paused,
            Fault::Resume(id) => self.resume(id),
            Fault::SetLink { from, to, settings } => self.links[from.index()][to.index()].settings = settings,
            Fault::SetDisk(id, settings) => self.slots[id.index()].disk.set(settings),
            Fault::SetClock(id, settings) => self.slots[id.index()].clock.set(self.now, settings),
            Fault::DropMessage(number) => {
                let id = self.flight_id(number)?;
                let target = self.flights[id].to;
                self.slots[target.index()]
                    .deferred
                    .retain(|waiting| !matches!(waiting, Scheduled::Deliver(other) if *other == id));
                self.lose(id, LossReason::Dropped);
            }
            Fault::DelayMessage(number, by_us) => self.reschedule(number, Some(Duration(by_us)))?,
            Fault::DeliverMessage(number) => self.reschedule(number, None)?,
            Fault::DuplicateMessage(number) => {
                let flight = self.flights[self.flight_id(number)?].clone();
                self.duplicate(flight, event);
            }
        }
        Ok(event)
    }

    fn check(&self, fault: &Fault) -> Result<(), FaultError> {
        let exists = |id: &ActorId| match self.slots.get(id.index()) {
            Some(_) => Ok(()),
            None => Err(FaultError::NoSuchActor(*id)),
        };
        let is = |id: &ActorId, wanted: &[ActorState]| {
            exists(id)?;
            let state = self.state(*id);
            if wanted.contains(&state) { Ok(()) } else { Err(FaultError::NotNow { actor: *id, is: state.word() }) }
        };
        let link = |from: &ActorId, to: &ActorId| {
            exists(from)?;
            exists(to)?;
            if from == to { Err(FaultError::ToItself(*from)) } else { Ok(()) }
        };
        match fault {
            Fault::CutOneWay { from, to } | Fault::HealOneWay { from, to } => link(from, to),
            Fault::SetLink { from, to, settings } => link(from, to).and_then(|()| settings.check()),
            Fault::Cut(a, b) | Fault::Heal(a, b) => link(a, b),
            Fault::Split(groups) => {
                let mut seen = Vec::new();
                for id in groups.iter().flatten() {
                    exists(id)?;
                    if seen.contains(id) {
                        return Err(FaultError::InTwoGroups(*id));
                    }
                    seen.push(*id);
                }
                Ok(())
            }
            Fault::Isolate(id) => exists(id),
            Fault::SetDisk(id, settings) => exists(id).and_then(|()| settings.check()),
            Fault::SetClock(id, settings) => exists(id).and_then(|()| settings.check()),
            Fault::HealAll => Ok(()),
            Fault::Crash(id) => is(id, &[ActorState::Up, ActorState::Paused]),
            Fault::Restart(id) => is(id, &[ActorState::Down]),
            Fault::Pause(id) => is(id, &[ActorState::Up]),
            Fault::Resume(id) => is(id, &[ActorState::Paused]),
            Fault::DelayMessage(_, by_us) if !(0..=HOUR_US).contains(by_us) => {
                Err(FaultError::Impossible("a message is delayed by 0 to 3,600,000,000 us"))
            }
            Fault::DropMessage(number)
            | Fault::DelayMessage(number, _)
            | Fault::DuplicateMessage(number)
            | Fault::DeliverMessage(number) => self.flight_id(*number).map(|_| ()),
        }
    }

    fn flight_id(&self, number: u64) -> Result<MessageId, FaultError> {
        self.flight(number).map(|(id, _)| id).ok_or(FaultError::NoSuchMessage)
    }

    fn servers(&self) -> impl Iterator<Item = ActorId> + use<M> {
        let servers: Vec<ActorId> = (0..self.slots.len())
            .filter(|at| self.slots[*at].place == Place::Server)
            .map(|at| ActorId(at as u16))
            .collect();
        servers.into_iter()
    }

    fn both_ways(&mut self, a: ActorId, b: ActorId, mut act: impl FnMut(&mut Self, ActorId, ActorId)) {
        act(self, a, b);
        act(self, b, a);
    }

    /// The link dies, and with it what is on it.
    fn cut(&mut self, from: ActorId, to: ActorId) {
        let now = self.now;
        self.links[from.index()][to.index()].cut_since.get_or_insert(now);
        let doomed: Vec<MessageId> = self
            .flights
            .iter()
            .filter(|(_, flight)| flight.from == from && flight.to == to && flight.fate == Fate::Arrive)
            .map(|(id, _)| id)
            .collect();
        for id in doomed {
            self.lose(id, LossReason::Cut);
        }
    }

    fn heal(&mut self, from: ActorId, to: ActorId) {
        self.links[from.index()][to.index()].cut_since = None;
    }

    fn split(&mut self, groups: &[Vec<ActorId>]) {
        let group_of = |id: ActorId| groups.iter().position(|group| group.contains(&id));
        let named: Vec<ActorId> = groups.iter().flatten().copied().collect();
        for &from in &named {
            for &to in named.iter().filter(|to| **to != from) {
                if group_of(from) == group_of(to) { self.heal(from, to) } else { self.cut(from, to) }
            }
        }
    }

    fn crash(&mut self, id: ActorId, cause: EventId) {
        let slot = &mut self.slots[id.index()];
        slot.state = ActorState::Down;
        slot.incarnation += 1;
        slot.timers.clear();
        slot.disk.crash(&mut self.disk_random);
        for waiting in std::mem::take(&mut slot.deferred) {
            if let Scheduled::Deliver(message) = waiting {
                self.lose(message, LossReason::TargetDown);
            }
        }
        // The operating system resets the connections of a dead process: whoever can be reached learns of it.
        for other in (0..self.slots.len()).map(|at| ActorId(at as u16)).filter(|other| *other != id) {
            let (arrives_at, fate) = self.links[id.index()][other.index()].route(self.now, &mut self.bus_random);
            if fate == Fate::Arrive {
                self.queue.push(arrives_at, Scheduled::Disconnected { actor: other, peer: id, cause });
            }
        }
    }

    fn resume(&mut self, id: ActorId) {
        let now = self.now;
        // What is due at this very instant came later than what waits.
        let due_now = self.queue.take_due(now);
        let slot = &mut self.slots[id.index()];
        slot.state = ActorState::Up;
        let incarnation = slot.incarnation;
        for waiting in std::mem::take(&mut slot.deferred) {
            match waiting {
                Scheduled::Deliver(message) => {
                    let flight = self.flights.get_mut(message).expect("a message that waits stays in flight");
                    flight.fate = Fate::Arrive;
                    flight.due_at = now;
                    self.queue.push(now, waiting);
                }
                Scheduled::Timer { key, .. } => {
                    if let Some(cause) = slot.timers.cause(key)
                        && let Some(at) = slot.timers.set_anew(key, now, cause)
                    {
                        self.queue.push(at, Scheduled::Timer { actor: id, incarnation, key });
                    }
                }
                Scheduled::DiskSynced { .. } | Scheduled::Disconnected { .. } | Scheduled::Alarm(_) => {
                    self.queue.push(now, waiting);
                }
            }
        }
        for what in due_now {
            self.queue.push(now, what);
        }
    }

    /// A second copy goes the same way. A message that waits for a paused target has arrived: its copy arrives now, and waits
    /// behind it. A copy is for the same process as the message, not for one that has been started since.
    fn duplicate(&mut self, flight: InFlight<M::Message>, cause: EventId) {
        let (arrives_at, fate) = match flight.fate {
            Fate::Wait => (self.now, Fate::Arrive),
            fate => (flight.arrives_at, fate),
        };
        let incarnation = flight.target_incarnation;
        let copy = self.launch(flight.from, flight.to, flight.message, Some(cause), arrives_at, fate);
        self.flights[copy].target_incarnation = incarnation;
    }

    /// Moves a message's arrival: later by a length, or to now.
    fn reschedule(&mut self, number: u64, later: Option<Duration>) -> Result<(), FaultError> {
        let id = self.flight_id(number)?;
        let now = self.now;
        let flight = &mut self.flights[id];
        if flight.fate == Fate::Wait {
            return Ok(()); // It has arrived; the paused target does not read it any sooner or later.
        }
        flight.fate = Fate::Arrive;
        flight.arrives_at = later.map_or(now, |length| flight.arrives_at + length);
        flight.due_at = flight.arrives_at;
        self.queue.push(flight.due_at, Scheduled::Deliver(id));
        Ok(())
    }
}
