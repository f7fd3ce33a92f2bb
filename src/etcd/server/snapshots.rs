//! Snapshots of a member: what is taken, how it gets to a follower that lacks compacted entries, and what is put in its place.
//!
//! As in etcd, a member takes one after every so many applied entries and keeps some entries before it for followers that are
//! a little behind; the write-ahead log is cut when the snapshot is durable. A snapshot travels apart from Raft's messages,
//! in chunks: a window of them is on its way at a time, what is not acknowledged is sent again, and without progress the
//! transfer fails and Raft is told so.
//!
//! Invariants: a snapshot holds the state after one applied entry; Raft sees its message when all chunks have arrived, and
//! never before; there is one transfer to a member at a time, a newer one replaces it.
//!
//! Deliberately absent: the contents in bytes. A chunk shares the state with all others; its number and size are what the
//! network sees.

use super::super::model::{Message, Note, Record, Timer, actor_of};
use super::{Context, Lessor, Proposal, Server, ServerNote, replay};
use crate::mvcc::Store;
use crate::raft::{self, Body, LogIndex, NodeId, Recovered, Role, Snapshot};
use crate::sim::{ActorId, Duration, Time};
use std::rc::Rc;

/// How much travels in one chunk, as in etcd's buffered copy.
const CHUNK_BYTES: u64 = 32 * 1024;
/// The most chunks of one transfer; larger snapshots have larger chunks.
const CHUNKS_MAX: u64 = 1_024;
/// How many chunks may be on their way.
const WINDOW: u32 = 16;
/// What is not acknowledged is sent again after this long.
const RESEND: Duration = Duration::millis(500);
/// Without any progress for this long the transfer fails.
const GIVE_UP: Duration = Duration::seconds(5);
/// How many transfers to it a member tells apart.
const RECEIVING_MAX: usize = 4;

/// All that applying has made, and that a member's log stands for.
#[derive(Clone, Debug)]
pub struct MemberState {
    store: Store,
    /// Without clocks: those are the leader's.
    lessor: Lessor,
}

/// A snapshot on its way to another member.
#[derive(Clone, Debug)]
struct Sending {
    node: NodeId,
    transfer: u64,
    chunks: u32,
    /// How many were sent, and how many of them have arrived.
    sent: u32,
    acknowledged: u32,
    progress_at: Time,
    message: Rc<raft::Message<Proposal>>,
}

/// A snapshot that arrives.
#[derive(Clone, Debug)]
struct Receiving {
    from: ActorId,
    transfer: u64,
    /// How many chunks have arrived, without a gap.
    arrived: u32,
}

/// A member's snapshots, taken and on their way.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshots {
    /// The applied index at the last one.
    last_index: u64,
    /// After how many syncs the last one is durable; 0 when it is, and the log is cut.
    syncs_left: u8,
    transfers: u64,
    sending: Vec<Sending>,
    /// The newest last. A chunk of an older one may still come late.
    receiving: Vec<Receiving>,
}

impl Snapshots {
    /// Those of a process whose first transfer has this number.
    pub(super) fn numbered_from(first: u64) -> Snapshots {
        Snapshots { transfers: first, ..Snapshots::default() }
    }

    /// What is known of a transfer to this member. The oldest is forgotten when there are too many.
    fn receiving(&mut self, from: ActorId, transfer: u64) -> &mut Receiving {
        let known = self.receiving.iter().position(|known| known.from == from && known.transfer == transfer);
        let at = known.unwrap_or_else(|| {
            if self.receiving.len() == RECEIVING_MAX {
                self.receiving.remove(0);
            }
            self.receiving.push(Receiving { from, transfer, arrived: 0 });
            self.receiving.len() - 1
        });
        &mut self.receiving[at]
    }
}

/// What a restart would read of a write-ahead log, and no more: the newest snapshot, what came after, the last hard state.
pub(super) fn cut_log(records: &[Record]) -> Vec<Record> {
    let Recovered { hard_state, snapshot, entries } = replay(records);
    let snapshot = snapshot.map(Record::Snapshot);
    snapshot.into_iter().chain(entries.into_iter().map(Record::Entry)).chain([Record::HardState(hard_state)]).collect()
}

impl Server {
    /// Puts the state of a snapshot in the place of this member's.
    pub(super) fn restore(&mut self, snapshot: &Snapshot<Proposal>) {
        self.store = snapshot.data.store.clone();
        self.lessor = snapshot.data.lessor.clone();
        self.applied_index = snapshot.index.0;
        self.applied_term = snapshot.term.0;
        self.snapshots.last_index = snapshot.index.0;
    }

    /// The leader's snapshot has come through Raft.
    pub(super) fn install(&mut self, snapshot: &Snapshot<Proposal>, context: &mut Context<'_>) {
        self.restore(snapshot);
        // It is part of the write that is under way.
        self.snapshots.syncs_left = 1;
        self.restart_watches(context);
        let (index, revision) = (snapshot.index.0, self.store.revision());
        context.note(Note::Server(ServerNote::SnapshotInstalled { index, revision }));
    }

    /// Takes a snapshot when so many entries were applied since the last one.
    pub(super) fn snapshot_if_due(&mut self, context: &mut Context<'_>) {
        if self.applied_index - self.snapshots.last_index > self.settings.snapshot_count {
            self.take_snapshot(context);
        }
    }

    /// Takes a snapshot of what is applied and forgets the log up to some entries before it.
    pub(super) fn take_snapshot(&mut self, context: &mut Context<'_>) {
        let mut lessor = self.lessor.clone();
        lessor.demote();
        let data = MemberState { store: self.store.clone(), lessor };
        let size_bytes = self.store.size_bytes() as u64;
        let snapshot = self.raft.create_snapshot(LogIndex(self.applied_index), size_bytes, data);
        let kept_from = self.applied_index.saturating_sub(self.settings.snapshot_catchup_entries).max(1);
        self.raft.compact(LogIndex(kept_from));
        self.snapshots.last_index = self.applied_index;
        // A sync that is under way has begun before.
        self.snapshots.syncs_left = 1 + u8::from(self.writing.is_some());
        let (index, compacted) = (self.applied_index, self.raft.log().first_index().previous().0);
        context.note(Note::Server(ServerNote::SnapshotTaken { index, compacted }));
        context.write_unsynced([Record::Snapshot(snapshot)]);
    }

    /// A write is durable, and all before it.
    pub(super) fn cut_log_behind_snapshot(&mut self, context: &mut Context<'_>) {
        if self.snapshots.syncs_left > 0 {
            self.snapshots.syncs_left -= 1;
            if self.snapshots.syncs_left == 0 {
                context.rewrite_durable(cut_log);
            }
        }
    }

    /// Sends what Raft wants sent; a snapshot goes apart.
    pub(super) fn send_raft(&mut self, messages: &mut Vec<raft::Message<Proposal>>, context: &mut Context<'_>) {
        for message in messages.drain(..) {
            match &message.body {
                Body::Snapshot { snapshot } => {
                    let bytes = snapshot.size_bytes;
                    self.start_transfer(bytes, message, context);
                }
                _ => context.send(actor_of(message.to), Message::Raft(message)),
            }
        }
    }

    fn start_transfer(&mut self, bytes: u64, message: raft::Message<Proposal>, context: &mut Context<'_>) {
        let node = message.to;
        self.snapshots.transfers += 1;
        self.snapshots.sending.retain(|sending| sending.node != node);
        self.snapshots.sending.push(Sending {
            node,
            transfer: self.snapshots.transfers,
            chunks: bytes.div_ceil(CHUNK_BYTES).clamp(1, CHUNKS_MAX) as u32,
            sent: 0,
            acknowledged: 0,
            progress_at: context.now(),
            message: Rc::new(message),
        });
        self.send_chunks(node, context);
        context.set_timer_after(Timer::SnapshotSend, RESEND);
    }

    fn send_chunks(&mut self, node: NodeId, context: &mut Context<'_>) {
        let Some(sending) = self.snapshots.sending.iter_mut().find(|sending| sending.node == node) else { return };
        while sending.sent < sending.chunks.min(sending.acknowledged + WINDOW) {
            let (transfer, chunk, chunks) = (sending.transfer, sending.sent, sending.chunks);
            let message = Rc::clone(&sending.message);
            context.send(actor_of(node), Message::SnapshotChunk { transfer, chunk, chunks, message });
            sending.sent += 1;
        }
    }

    /// A chunk arrives: the next one counts, one that came before is acknowledged again, one after a gap comes again.
    pub(super) fn receive_chunk(
        &mut self,
        from: ActorId,
        transfer: u64,
        (chunk, chunks): (u32, u32),
        message: Rc<raft::Message<Proposal>>,
        context: &mut Context<'_>,
    ) {
        let receiving = self.snapshots.receiving(from, transfer);
        if chunk <= receiving.arrived {
            let is_next = chunk == receiving.arrived;
            receiving.arrived += u32::from(is_next);
            let arrived = receiving.arrived;
            context.send(from, Message::SnapshotAck { transfer, arrived });
            if is_next && arrived == chunks {
                self.raft.handle_message(context.now(), raft::Message::clone(&message));
            }
        }
    }

    /// So many chunks of a transfer have arrived.
    pub(super) fn chunks_arrived(&mut self, from: ActorId, transfer: u64, arrived: u32, context: &mut Context<'_>) {
        let node = NodeId(from.0);
        let is_it = |sending: &Sending| sending.node == node && sending.transfer == transfer;
        let Some(at) = self.snapshots.sending.iter().position(is_it) else { return };
        let sending = &mut self.snapshots.sending[at];
        if arrived > sending.acknowledged {
            sending.acknowledged = arrived;
            sending.sent = sending.sent.max(arrived);
            sending.progress_at = context.now();
        }
        if sending.acknowledged == sending.chunks {
            self.snapshots.sending.remove(at);
            self.raft.report_snapshot(node, true);
        } else {
            self.send_chunks(node, context);
        }
    }

    /// What was not acknowledged for a while is sent again; a transfer without progress fails, as does every one of a member
    /// that does not lead any more.
    pub(super) fn resend_chunks(&mut self, context: &mut Context<'_>) {
        let now = context.now();
        let leads = self.raft.role() == Role::Leader;
        let stuck = |sending: &Sending| !leads || now - sending.progress_at >= GIVE_UP;
        let failed: Vec<NodeId> = self.snapshots.sending.iter().filter(|s| stuck(s)).map(|s| s.node).collect();
        failed.into_iter().for_each(|node| self.fail_transfer(node));
        let waiting: Vec<NodeId> = self.snapshots.sending.iter().map(|sending| sending.node).collect();
        for node in waiting {
            let sending = self.snapshots.sending.iter_mut().find(|sending| sending.node == node);
            let sending = sending.expect("it has just been listed");
            if now - sending.progress_at >= RESEND {
                sending.sent = sending.acknowledged;
            }
            self.send_chunks(node, context);
        }
        if !self.snapshots.sending.is_empty() {
            context.set_timer_after(Timer::SnapshotSend, RESEND);
        }
    }

    /// A member is gone, or does not answer: what was on its way to it has not arrived.
    pub(super) fn fail_transfer(&mut self, node: NodeId) {
        let before = self.snapshots.sending.len();
        self.snapshots.sending.retain(|sending| sending.node != node);
        if self.snapshots.sending.len() < before {
            self.raft.report_snapshot(node, false);
        }
    }
}
