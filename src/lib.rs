//! Quorate: complete simulated coordination clusters, deterministic to the bit.
#![forbid(unsafe_code)]

pub mod etcd;
#[cfg(feature = "command")]
pub mod fuzz;
pub mod history;
pub mod lesson;
pub mod mvcc;
pub mod raft;
pub mod sandbox;
pub mod shell;
pub mod sim;
