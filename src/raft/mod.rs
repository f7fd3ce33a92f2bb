//! Consensus as a state machine without I/O: Raft as etcd runs it.
//!
//! [`Raft`] takes messages, proposals and the passing of time, and answers with a [`Ready`]: what to make durable, what to
//! send, what to apply. It knows no key, no lease, no bus: a proposal is an opaque [`Payload`].
//!
//! Invariants, in the words of Raft figure 3 and of etcd's implementation:
//! - at most one leader a term; a leader never overwrites its own log; equal index and term means equal prefix;
//! - an entry is committed by counting only if it is of the leader's own term (§5.4.2); older ones commit with it;
//! - what a message promises is durable before the message leaves ([`Ready::messages_after`]); a node's own vote and its own
//!   acknowledgement count only when they are durable, too;
//! - the commit index never passes what the node has persisted, and after a crash it is rebuilt from disk and leader.
//!
//! With §-numbers this documentation means the extended Raft paper (Ongaro and Ousterhout, 2014).
//!
//! Time is that of the node's own clock. There are no ticks as events: a timer's deadline is put on the tick grid on which
//! etcd's ticker would have found it expired, so that elections take as many ticks as etcd's and an idle node costs nothing.
//!
//! Deliberately absent: transport, storage, what an entry means.

mod conf_change;
mod config;
mod configuration;
mod election;
mod event;
mod log;
mod membership;
mod message;
mod node;
mod progress;
mod proposal;
mod quorum;
mod read_index;
mod ready;
mod replication;
mod rule;
mod snapshot;
mod transfer;
mod types;

pub use conf_change::{Change, ConfChange, ConfChangeError, Transition};
pub use config::{ReadOnly, Settings};
pub use configuration::{Configuration, NodeSet};
pub use event::Event;
pub use log::RaftLog;
pub use message::{Body, Message, MessageKind};
pub use node::{Raft, Recovered};
pub use progress::{Progress, ProgressState};
pub use quorum::{VoteResult, committed_index, quorum_of, vote_result};
pub use read_index::ReadState;
pub use ready::{Ready, Written};
pub use rule::{Rule, RuleSet};
pub use snapshot::Snapshot;
pub use types::{Entry, EntryBody, HardState, LogIndex, NodeId, Payload, ProposeError, Role, Term};

#[cfg(test)]
mod tests;
