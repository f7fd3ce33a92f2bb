//! Quorate: complete simulated coordination clusters, deterministic to the bit.
#![forbid(unsafe_code)]

pub mod raft;
pub mod sim;
