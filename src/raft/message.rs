//! What nodes say to each other: the messages of `raftpb`, each with the fields that it really uses.

use super::conf_change::ConfChange;
use super::snapshot::Snapshot;
use super::types::{Entry, LogIndex, NodeId, Payload, Term};
use std::rc::Rc;

/// A message from one node to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message<P: Payload> {
    /// Its sender.
    pub from: NodeId,
    /// Its target.
    pub to: NodeId,
    /// The sender's term, or for a pre-vote the term that it would campaign in. 0 on what is forwarded to the leader.
    pub term: Term,
    /// What it says.
    pub body: Body<P>,
}

/// What a message says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body<P: Payload> {
    /// AppendEntries (§5.3).
    Append {
        /// The index before the entries.
        index: LogIndex,
        /// The term of the entry at that index.
        log_term: Term,
        /// The entries; may be none.
        entries: Vec<Entry<P>>,
        /// What the leader knows to be committed.
        commit: LogIndex,
    },
    /// The follower has the log up to `index`.
    AppendAccepted {
        /// Its last index that is sure to match.
        index: LogIndex,
    },
    /// The follower lacks the entry before the entries, or has another there.
    AppendRejected {
        /// The index that was asked for.
        index: LogIndex,
        /// The highest index at which the logs can agree, as far as the follower knows.
        hint: LogIndex,
        /// The term of its entry there.
        log_term: Term,
    },
    /// I lead.
    Heartbeat {
        /// What is committed of what this follower is known to have.
        commit: LogIndex,
        /// The newest read request that waits for confirmation; 0 for none.
        read_round: u64,
    },
    /// I follow.
    HeartbeatResponse {
        /// As in the heartbeat.
        read_round: u64,
    },
    /// RequestVote (§5.2), or its trial run.
    RequestVote {
        /// Only ask (PreVote).
        pre: bool,
        /// The candidate's last index.
        last_index: LogIndex,
        /// Its term.
        last_term: Term,
        /// The leader itself told the candidate to campaign.
        transfer: bool,
    },
    /// The answer.
    Vote {
        /// To a pre-vote.
        pre: bool,
        /// Yes or no.
        granted: bool,
    },
    /// A proposal passed on to the leader.
    Propose {
        /// What is proposed.
        payloads: Vec<P>,
    },
    /// A change of the configuration passed on to the leader.
    ProposeConfChange {
        /// The change.
        change: Rc<ConfChange<P>>,
    },
    /// InstallSnapshot (§7). In one piece: how it is cut up on the way is the transport's matter, which tells the sender
    /// how it went ([`super::Raft::report_snapshot`]).
    Snapshot {
        /// The snapshot.
        snapshot: Rc<Snapshot<P>>,
    },
    /// The leader is asked to hand over (dissertation §3.10).
    TransferLeader {
        /// To whom.
        target: NodeId,
    },
    /// The leader hands over: campaign at once.
    TimeoutNow,
    /// A read request passed on to the leader.
    ReadIndex {
        /// The asker's own number for it.
        request: u64,
    },
    /// The index that the asker must have applied.
    ReadIndexResponse {
        /// As in the request.
        request: u64,
        /// The index.
        index: LogIndex,
    },
}

/// The kind of a message, for the trace and the picture.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageKind {
    /// AppendEntries with entries or without.
    Append,
    /// AppendEntries accepted.
    AppendAccepted,
    /// AppendEntries refused.
    AppendRejected,
    /// Heartbeat.
    Heartbeat,
    /// Answer to a heartbeat.
    HeartbeatResponse,
    /// RequestVote.
    RequestVote,
    /// PreVote.
    RequestPreVote,
    /// A vote granted.
    VoteGranted,
    /// A vote refused.
    VoteRefused,
    /// A pre-vote granted.
    PreVoteGranted,
    /// A pre-vote refused.
    PreVoteRefused,
    /// A proposal on its way to the leader.
    Propose,
    /// A read request on its way to the leader.
    ReadIndex,
    /// Its answer.
    ReadIndexResponse,
    /// InstallSnapshot.
    Snapshot,
    /// A request that the leader hand over.
    TransferLeader,
    /// The leader hands over.
    TimeoutNow,
}

impl<P: Payload> Body<P> {
    /// Its kind.
    pub fn kind(&self) -> MessageKind {
        match self {
            Body::Append { .. } => MessageKind::Append,
            Body::AppendAccepted { .. } => MessageKind::AppendAccepted,
            Body::AppendRejected { .. } => MessageKind::AppendRejected,
            Body::Heartbeat { .. } => MessageKind::Heartbeat,
            Body::HeartbeatResponse { .. } => MessageKind::HeartbeatResponse,
            Body::RequestVote { pre: false, .. } => MessageKind::RequestVote,
            Body::RequestVote { pre: true, .. } => MessageKind::RequestPreVote,
            Body::Vote { pre: false, granted: true } => MessageKind::VoteGranted,
            Body::Vote { pre: false, granted: false } => MessageKind::VoteRefused,
            Body::Vote { pre: true, granted: true } => MessageKind::PreVoteGranted,
            Body::Vote { pre: true, granted: false } => MessageKind::PreVoteRefused,
            Body::Propose { .. } | Body::ProposeConfChange { .. } => MessageKind::Propose,
            Body::Snapshot { .. } => MessageKind::Snapshot,
            Body::TransferLeader { .. } => MessageKind::TransferLeader,
            Body::TimeoutNow => MessageKind::TimeoutNow,
            Body::ReadIndex { .. } => MessageKind::ReadIndex,
            Body::ReadIndexResponse { .. } => MessageKind::ReadIndexResponse,
        }
    }

    /// Whether it promises something that must be durable before it leaves.
    pub(super) fn is_promise(&self) -> bool {
        matches!(self, Body::AppendAccepted { .. } | Body::AppendRejected { .. } | Body::Vote { .. })
    }
}
