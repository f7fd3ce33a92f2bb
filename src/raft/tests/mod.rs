//! Claims of the Raft paper, of the dissertation and of etcd, one test each.
//!
//! The nodes here stand in a [`network::Network`] without latencies: messages are handed over in the order of sending, or
//! held so that a test can choose. Whatever a test does, the network checks after every delivery what must always hold: one
//! leader a term, equal entries at equal index and term, and the same applied sequence everywhere.
//!
//! "§" means a section of the extended paper, "D§" one of the dissertation.

mod commitment;
mod compaction;
mod conf_change;
mod elections;
mod liveness;
mod membership;
mod network;
mod persistence;
mod random;
mod reads;
mod replication;
mod settings;
mod transfers;
