//! The engine: what runs for every event of the simulation.
//!
//! It is a crate apart for one reason: the page compiles it for speed and all that stands on it for size. People reach it
//! through `quorate`, whose modules of the same names these are. Generic code is compiled where it is used, so what runs often is
//! offered with its types filled in ([`etcd::EtcdWorld`]).
#![forbid(unsafe_code)]

pub mod etcd;
pub mod mvcc;
pub mod raft;
pub mod sim;
