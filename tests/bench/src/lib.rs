//! A peer to be measured beside Quorate's consensus: `raft` (tikv/raft-rs) with its own in-memory storage, driven in the same way.
//!
//! Deliberately absent: anything that only one side would have to do. Both deliver messages in order, write at once, and
//! let every member learn that all is committed.

mod raft_rs;

pub use raft_rs::RaftRs;
