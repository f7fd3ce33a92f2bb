//! One actor's timers: at most one deadline a key.
//!
//! A deadline that moves later, as an election timer does with every heartbeat, costs no queue operation: the entry that is
//! already queued fires early, sees the new deadline, and is queued once more. That is what lets an idle cluster run
//! tens of thousands of times faster than real time.

use super::time::Time;
use super::trace::EventId;

#[derive(Clone, Copy, Debug)]
struct Slot<K> {
    key: K,
    /// In the world's time; `None` = not running.
    deadline: Option<Time>,
    /// The earliest queued entry for this key that has not been taken yet.
    queued: Option<Time>,
    cause: EventId,
}

#[derive(Clone, Debug)]
pub(super) struct Timers<K> {
    slots: Vec<Slot<K>>,
}

/// What to do with a queue entry that has come up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Fire { cause: EventId },
    Later(Time),
    Stale,
}

impl<K: Copy + Eq> Timers<K> {
    pub(super) fn new() -> Self {
        Timers { slots: Vec::new() }
    }

    /// Sets the deadline of `key`; answers the time at which a queue entry must be made, if one is needed.
    pub(super) fn set(&mut self, key: K, deadline: Time, cause: EventId) -> Option<Time> {
        let slot = match self.slots.iter_mut().position(|slot| slot.key == key) {
            Some(at) => &mut self.slots[at],
            None => {
                self.slots.push(Slot { key, deadline: None, queued: None, cause });
                self.slots.last_mut().expect("just pushed")
            }
        };
        slot.deadline = Some(deadline);
        slot.cause = cause;
        match slot.queued {
            Some(queued) if queued <= deadline => None,
            _ => {
                slot.queued = Some(deadline);
                Some(deadline)
            }
        }
    }

    pub(super) fn cancel(&mut self, key: K) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.key == key) {
            slot.deadline = None;
        }
    }

    /// The entry queued for `at` has come up.
    pub(super) fn take(&mut self, key: K, at: Time) -> Due {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.key == key) else {
            return Due::Stale;
        };
        if slot.queued != Some(at) {
            return Due::Stale;
        }
        slot.queued = None;
        match slot.deadline {
            Some(deadline) if deadline > at => {
                slot.queued = Some(deadline);
                Due::Later(deadline)
            }
            Some(_) => {
                slot.deadline = None;
                Due::Fire { cause: slot.cause }
            }
            None => Due::Stale,
        }
    }

    pub(super) fn deadline(&self, key: K) -> Option<Time> {
        self.slots.iter().find(|slot| slot.key == key)?.deadline
    }

    /// The event that set the timer, while it runs.
    pub(super) fn cause(&self, key: K) -> Option<EventId> {
        self.slots.iter().find(|slot| slot.key == key && slot.deadline.is_some()).map(|slot| slot.cause)
    }

    /// As [`Timers::set`], for a process that wakes: entries queued before it slept no longer count.
    pub(super) fn set_anew(&mut self, key: K, deadline: Time, cause: EventId) -> Option<Time> {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.key == key) {
            slot.queued = None;
        }
        self.set(key, deadline, cause)
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_moves_later_needs_no_new_queue_entry() {
        let mut timers = Timers::new();
        assert_eq!(timers.set('e', Time(10), EventId(0)), Some(Time(10)));
        assert_eq!(timers.set('e', Time(15), EventId(1)), None);
        assert_eq!(timers.take('e', Time(10)), Due::Later(Time(15)));
        assert_eq!(timers.take('e', Time(15)), Due::Fire { cause: EventId(1) });
    }

    #[test]
    fn a_deadline_that_moves_earlier_is_queued_anew_and_the_old_entry_is_stale() {
        let mut timers = Timers::new();
        timers.set('e', Time(20), EventId(0));
        assert_eq!(timers.set('e', Time(5), EventId(1)), Some(Time(5)));
        assert_eq!(timers.take('e', Time(5)), Due::Fire { cause: EventId(1) });
        assert_eq!(timers.take('e', Time(20)), Due::Stale);
    }

    #[test]
    fn a_cancelled_timer_does_not_fire() {
        let mut timers = Timers::new();
        timers.set('e', Time(5), EventId(0));
        timers.cancel('e');
        assert_eq!(timers.take('e', Time(5)), Due::Stale);
    }
}
