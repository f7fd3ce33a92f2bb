//! What a client waits for besides messages, by time: deadlines, retries, the next dial, the next renewal.
//!
//! Invariants: an entry is removed when what it is for no longer waits for that time, so that the actor's one timer never runs
//! down for nothing; equal times go in the order of [`Alarm`]. Finding costs the logarithm of what waits.

use super::{ActorId, CallId, Context, Handle, Pid, Time, Timer};
use std::collections::VecDeque;

/// Something whose time may come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Alarm {
    /// A call's deadline or its next try.
    Call(CallId),
    /// A connection is dialled again.
    Connection(Pid, ActorId),
    /// A lease's next renewal, or the end of waiting for one.
    KeepAlive(Pid, Handle),
    /// A sign of life is asked for on a connection with watches, or waited for no longer.
    Ping(Pid, ActorId),
    /// A program's own timer.
    Program(Pid, Handle),
}

/// The alarms of one client.
#[derive(Clone, Debug, Default)]
pub(super) struct Alarms {
    /// Sorted. New ones belong near the end, and the first ones go.
    waiting: VecDeque<(Time, Alarm)>,
    /// What the actor's timer is set to.
    timer: Option<Time>,
}

impl Alarms {
    pub(super) fn add(&mut self, at: Time, alarm: Alarm) {
        if let Err(place) = self.waiting.binary_search(&(at, alarm)) {
            self.waiting.insert(place, (at, alarm));
        }
    }

    pub(super) fn remove(&mut self, at: Time, alarm: Alarm) {
        if let Ok(place) = self.waiting.binary_search(&(at, alarm)) {
            self.waiting.remove(place);
        }
    }

    /// Puts an alarm to another time; none where it is not to ring.
    pub(super) fn change(&mut self, alarm: Alarm, before: Option<Time>, after: Option<Time>) {
        if before != after {
            before.inspect(|at| self.remove(*at, alarm));
            after.inspect(|at| self.add(*at, alarm));
        }
    }

    /// Forgets what a program had of its own; its calls are ended one by one, with their alarms.
    pub(super) fn forget(&mut self, pid: Pid) {
        self.waiting.retain(|(_, alarm)| match alarm {
            Alarm::Call(_) => true,
            Alarm::Connection(owner, _)
            | Alarm::KeepAlive(owner, _)
            | Alarm::Ping(owner, _)
            | Alarm::Program(owner, _) => *owner != pid,
        });
    }

    /// The next of those that are due.
    pub(super) fn take_due(&mut self, now: Time) -> Option<Alarm> {
        self.waiting.front().filter(|(at, _)| *at <= now)?;
        self.waiting.pop_front().map(|(_, alarm)| alarm)
    }

    /// The actor's timer has run down.
    pub(super) fn rang(&mut self) {
        self.timer = None;
    }

    /// Sets the actor's timer to the first alarm.
    pub(super) fn set_timer(&mut self, context: &mut Context<'_>) {
        let first = self.waiting.front().map(|(at, _)| *at);
        if first == self.timer {
            return;
        }
        self.timer = first;
        match first {
            Some(at) => context.set_timer(Timer::Client, at),
            None => context.cancel_timer(Timer::Client),
        }
    }
}
