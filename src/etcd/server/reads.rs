//! Linearizable reads: etcd's `linearizableReadLoop`.
//!
//! Reads that come while a confirmation is under way wait for the next one; one confirmation serves them all. An unanswered
//! one is asked for again every 500 ms; a change of leader fails it, and clients try again.

use super::super::api::{Code, Request, RpcError};
use super::super::model::{CallId, Note, Timer};
use super::{Context, Server, ServerNote, etcd_error};
use crate::raft::{LogIndex, ReadState};
use crate::sim::{ActorId, Duration, Time};
use std::rc::Rc;

const RETRY: Duration = Duration::millis(500);

#[derive(Clone, Debug)]
struct Read {
    client: ActorId,
    call: CallId,
    request: Rc<Request>,
    started_at: Time,
    deadline: Time,
}

#[derive(Clone, Debug)]
struct Round {
    number: u64,
    reads: Vec<Read>,
}

/// The linearizable reads that a member has not answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    next: Vec<Read>,
    current: Option<Round>,
    confirmed: Vec<(LogIndex, Vec<Read>)>,
    last_number: u64,
}

impl Reads {
    pub(super) fn numbered_from(first: u64) -> Reads {
        Reads { last_number: first, ..Reads::default() }
    }

    fn all(&self) -> impl Iterator<Item = &Read> {
        let current = self.current.iter().flat_map(|round| &round.reads);
        self.next.iter().chain(current).chain(self.confirmed.iter().flat_map(|(_, reads)| reads))
    }

    pub(super) fn next_deadline(&self) -> Option<Time> {
        self.all().map(|read| read.deadline).min()
    }

    fn take_late(&mut self, now: Time) -> Vec<Read> {
        let mut late: Vec<Read> = self.next.extract_if(.., |read| read.deadline <= now).collect();
        if let Some(round) = &mut self.current {
            late.extend(round.reads.extract_if(.., |read| read.deadline <= now));
        }
        for (_, reads) in &mut self.confirmed {
            late.extend(reads.extract_if(.., |read| read.deadline <= now));
        }
        late
    }
}

impl Server {
    pub(super) fn read_linearizably(
        &mut self,
        client: ActorId,
        call: CallId,
        request: Rc<Request>,
        deadline: Time,
        context: &mut Context<'_>,
    ) {
        self.reads.next.push(Read { client, call, request, started_at: context.now(), deadline });
        self.start_read_round(context);
        self.wake_at(deadline, context);
    }

    fn start_read_round(&mut self, context: &mut Context<'_>) {
        if self.reads.next.is_empty() || self.reads.current.as_ref().is_some_and(|round| !round.reads.is_empty()) {
            return;
        }
        self.reads.last_number += 1;
        let number = self.reads.last_number;
        self.reads.current = Some(Round { number, reads: std::mem::take(&mut self.reads.next) });
        self.raft.read_index(context.now(), number);
        context.set_timer_after(Timer::ReadRetry, RETRY);
    }

    pub(super) fn retry_read(&mut self, context: &mut Context<'_>) {
        let Some(round) = self.reads.current.as_ref().filter(|round| !round.reads.is_empty()) else { return };
        self.raft.read_index(context.now(), round.number);
        context.set_timer_after(Timer::ReadRetry, RETRY);
    }

    pub(super) fn confirm_reads(&mut self, states: &[ReadState], context: &mut Context<'_>) {
        for state in states {
            if self.reads.current.as_ref().is_some_and(|round| round.number == state.request) {
                let round = self.reads.current.take().expect("just looked");
                self.reads.confirmed.push((state.index, round.reads));
                context.cancel_timer(Timer::ReadRetry);
                self.start_read_round(context);
            }
        }
    }

    /// Answers the confirmed reads whose index is applied.
    pub(super) fn answer_reads(&mut self, context: &mut Context<'_>) {
        if self.reads.confirmed.is_empty() {
            return;
        }
        for (index, reads) in std::mem::take(&mut self.reads.confirmed) {
            if !self.has_applied(index) {
                self.reads.confirmed.push((index, reads));
                continue;
            }
            for read in reads {
                let note = ServerNote::ReadAnswered { client: read.client, call: read.call, index: index.0 };
                context.note(Note::Server(note));
                let result = self.answer_locally(&read.request);
                self.reply(read.client, read.call, result, context);
            }
        }
    }

    /// Another node leads: who waits for the old one's confirmation is told to ask again.
    pub(super) fn fail_reads_of_old_leader(&mut self, context: &mut Context<'_>) {
        if let Some(round) = self.reads.current.take() {
            context.cancel_timer(Timer::ReadRetry);
            for read in round.reads {
                let error = etcd_error(Code::Unavailable, "leader changed");
                self.reply(read.client, read.call, Err(error), context);
            }
        }
        self.start_read_round(context);
    }

    pub(super) fn time_reads_out(&mut self, context: &mut Context<'_>) {
        for read in self.reads.take_late(context.now()) {
            context.note(Note::Server(ServerNote::RequestTimedOut { client: read.client, call: read.call }));
            let error: RpcError = self.timeout_error(read.started_at);
            self.reply(read.client, read.call, Err(error), context);
        }
        self.start_read_round(context);
    }
}
