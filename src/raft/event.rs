//! What a node says that it did.

use super::configuration::Configuration;
use super::types::{LogIndex, NodeId, Term};
use std::rc::Rc;

/// What a node did and why: for the trace. Nothing in the protocol depends on it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// The election timer ran down.
    ElectionTimeout,
    /// It follows: a leader if it knows one.
    BecameFollower {
        /// The term.
        term: Term,
        /// The leader.
        leader: Option<NodeId>,
    },
    /// It asks whether it would be elected in `term`.
    BecamePreCandidate {
        /// The term that it would campaign in.
        term: Term,
    },
    /// It campaigns.
    BecameCandidate {
        /// The term.
        term: Term,
    },
    /// It was elected.
    BecameLeader {
        /// The term.
        term: Term,
        /// By so many votes.
        votes: usize,
        /// Of so many.
        voters: usize,
    },
    /// It answered a request for its vote.
    Voted {
        /// The candidate.
        candidate: NodeId,
        /// The term.
        term: Term,
        /// A pre-vote.
        pre: bool,
        /// Yes or no.
        granted: bool,
    },
    /// It kept silent, for it hears a leader (dissertation §6.2).
    IgnoredVoteRequest {
        /// The candidate.
        candidate: NodeId,
        /// Its term.
        term: Term,
    },
    /// A majority refused.
    LostElection {
        /// The term.
        term: Term,
        /// It was the trial run.
        pre: bool,
    },
    /// It leads and has not heard from a majority for an election timeout.
    LostQuorum {
        /// The term.
        term: Term,
    },
    /// It put entries into its log.
    Appended {
        /// The first.
        first: LogIndex,
        /// The last.
        last: LogIndex,
        /// The term of the last.
        term: Term,
    },
    /// Entries gave way to those of a newer leader.
    Truncated {
        /// From this index on.
        first: LogIndex,
    },
    /// It refused entries, for its log does not have what comes before them.
    RefusedAppend {
        /// The index before the entries.
        index: LogIndex,
    },
    /// It knows more to be committed.
    Committed {
        /// Up to here.
        index: LogIndex,
    },
    /// The configuration was changed.
    ConfigurationChanged {
        /// To this.
        configuration: Rc<Configuration>,
    },
    /// As the leader it put an empty entry in the place of a proposed change of the configuration, which must wait for the
    /// one before it, or needs or forbids a joint configuration.
    ConfChangeRefused {
        /// Where.
        index: LogIndex,
    },
    /// It sent a snapshot, for what the node lacks is compacted away (§7).
    SnapshotSent {
        /// To whom.
        to: NodeId,
        /// Up to where it goes.
        index: LogIndex,
    },
    /// A snapshot has taken the place of its log.
    SnapshotRestored {
        /// Up to where it goes.
        index: LogIndex,
    },
    /// It had no use for a snapshot.
    SnapshotIgnored {
        /// Up to where that goes.
        index: LogIndex,
    },
    /// As the leader it is to hand over (dissertation §3.10).
    TransferStarted {
        /// To whom.
        target: NodeId,
    },
    /// It goes on leading.
    TransferAborted {
        /// Who was to lead.
        target: NodeId,
    },
    /// The leader told it to campaign at once.
    ToldToCampaign {
        /// The leader.
        leader: NodeId,
    },
    /// A quorum has confirmed that it still leads, so reads may be answered at this index (§8).
    ReadConfirmed {
        /// The index.
        index: LogIndex,
    },
}
