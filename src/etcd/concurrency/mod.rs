//! The recipes of etcd's client library (`client/v3/concurrency`): sessions, locks and elections out of ordinary calls.
//!
//! Members know nothing of locks. Whoever wants one puts a key of its own under the lock's name, on a lease that it keeps
//! alive, and the oldest key holds the lock; the others wait, each for the key just before its own. When a holder dies, its
//! lease ends and takes the key along. The create revision of a holder's key grows from holder to holder, so what is written
//! under the condition that it still is what it was cannot be written too late: it is the fencing token.
//!
//! A recipe is a state machine without I/O, like the program that it is part of: it is given every event of the program,
//! adds what it wants to the program's actions, and tells when it has come to an end.
//!
//! # Invariants
//! - The keys under one name have their turns in the order of their create revisions, and each waits for the one before it.
//! - A lease of a session is used for its keys alone, and closing a program leaves it to run out, as `etcdctl` 3.5 does.
//!
//! Deliberately absent: what no command of `etcdctl` uses, such as trying a lock without waiting, orphaned sessions and
//! software transactional memory.

mod election;
mod mutex;
mod observer;
mod session;
mod turn;

pub(crate) use election::{Election, ElectionNews};
pub(crate) use mutex::{Mutex, MutexNews};
pub(crate) use observer::Observer;
pub(crate) use session::{Session, SessionNews, TTL_S};

use super::api::{RangeRequest, RpcError};
use crate::mvcc::{KeyRange, RangeOptions, SortOrder, SortTarget};
use std::rc::Rc;

/// Why something failed, in the library's words.
pub(crate) type Failure = Rc<str>;

/// What a call says whose caller was interrupted.
pub(crate) fn canceled() -> Failure {
    "context canceled".into()
}

fn failure(error: RpcError) -> Failure {
    error.text
}

/// A linearizable read.
fn read(range: KeyRange, options: RangeOptions) -> RangeRequest {
    RangeRequest { range, options, serializable: false }
}

/// Reads the oldest key under a prefix.
fn first_created(prefix: &str) -> RangeRequest {
    by_creation(prefix, SortOrder::Ascend, 0)
}

/// Reads the newest key under a prefix that is not newer than this create revision.
fn last_created(prefix: &str, max_create_revision: i64) -> RangeRequest {
    by_creation(prefix, SortOrder::Descend, max_create_revision)
}

fn by_creation(prefix: &str, order: SortOrder, max_create_revision: i64) -> RangeRequest {
    let options =
        RangeOptions { limit: 1, order, target: SortTarget::Create, max_create_revision, ..RangeOptions::default() };
    read(KeyRange::prefix(prefix), options)
}
