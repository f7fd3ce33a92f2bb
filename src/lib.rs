//! Quorate: complete simulated coordination clusters, deterministic to the bit.
#![forbid(unsafe_code)]

#[cfg(feature = "command")]
pub mod fuzz;
pub mod history;
pub mod lesson;
pub mod sandbox;
pub mod shell;

pub use quorate_engine::{mvcc, raft, sim};

pub mod etcd {
    //! The etcd model: its [members](server) and [clients](client), and on top of them the [`etcdctl`] that people type.

    pub use quorate_engine::etcd::*;

    mod concurrency;
    pub mod etcdctl;
}
