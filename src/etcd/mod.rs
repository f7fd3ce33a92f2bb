//! The etcd model: members and clients. The `etcdctl` that people type is in the crate above.
//!
//! The path of a command: a program ([`process`]) asks its [`client`] for a call; the client sends it over the bus to a
//! member ([`server`]); the member proposes it to Raft, applies it when it is committed, and answers. Nothing writes to a
//! store by any other way.
//!
//! Every version-dependent behaviour is that of etcd 3.5.30 ([`VERSION`]), the version whose transcripts are in
//! `tests/transcripts/etcd/`. Deliberately absent: TLS, gRPC's framing, the v2 API, and bbolt (a member's store is rebuilt
//! from its log when it starts).

pub mod api;
pub mod bench;
pub mod client;
pub mod identity;
mod model;
pub mod process;
pub mod server;
mod world;

pub use model::{Actor, CallId, Command, Etcd, Kind, Message, Note, Output, Pid, Record, Summary, Timer, WatchUpdate};
pub use world::{Bounds, EtcdWorld, Ran, Stopped};

/// The version of etcd that is modelled.
pub const VERSION: &str = "3.5.30";
