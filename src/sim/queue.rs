//! The event queue: what happens next, ties broken by the order of scheduling.

use super::actor::Model;
use super::bus::MessageId;
use super::disk::WriteToken;
use super::time::Time;
use super::trace::EventId;
use super::world::ActorId;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// What is to happen. Events that lost their object meanwhile (a dropped message, a re-set timer) are skipped when taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scheduled<T> {
    Deliver(MessageId),
    Timer { actor: ActorId, incarnation: u32, key: T },
    DiskSynced { actor: ActorId, incarnation: u32, token: WriteToken },
    Disconnected { actor: ActorId, peer: ActorId, cause: EventId },
    Alarm(u64),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<T> {
    pub(super) at: Time,
    pub(super) sequence: u64,
    pub(super) what: Scheduled<T>,
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.sequence == other.sequence
    }
}
impl<T> Eq for Entry<T> {}
impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Entry<T> {
    /// Reversed: the heap's greatest is the earliest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.sequence).cmp(&(self.at, self.sequence))
    }
}

pub(super) struct Queue<M: Model> {
    heap: BinaryHeap<Entry<M::Timer>>,
    next_sequence: u64,
}

impl<M: Model> Clone for Queue<M> {
    fn clone(&self) -> Self {
        Queue { heap: self.heap.clone(), next_sequence: self.next_sequence }
    }
}

impl<M: Model> Queue<M> {
    pub(super) fn new() -> Self {
        Queue { heap: BinaryHeap::new(), next_sequence: 0 }
    }

    pub(super) fn push(&mut self, at: Time, what: Scheduled<M::Timer>) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.heap.push(Entry { at, sequence, what });
    }

    pub(super) fn pop(&mut self) -> Option<Entry<M::Timer>> {
        self.heap.pop()
    }

    /// Takes what is due at `now` or before, in order.
    pub(super) fn take_due(&mut self, now: Time) -> Vec<Scheduled<M::Timer>> {
        let mut due = Vec::new();
        while self.heap.peek().is_some_and(|entry| entry.at <= now) {
            due.extend(self.heap.pop().map(|entry| entry.what));
        }
        due
    }

    pub(super) fn peek(&self) -> Option<&Entry<M::Timer>> {
        self.heap.peek()
    }
}
