//! Requests and answers in a few words, for the history and the narration.

use crate::etcd::api::{Request, RequestOp, Response, RpcError, TxnRequest};
use crate::mvcc::{Bytes, KeyRange};
use std::fmt;
use std::rc::Rc;

/// A request in a few words: `put /a 1`, `get /a/ (prefix)`, `txn 3 ops`.
pub fn describe(request: &Request) -> String {
    match request {
        Request::Range(range) => {
            let revision = range.options.revision;
            let at = if revision > 0 { format!(" at revision {revision}") } else { String::new() };
            format!("get {}{at}", describe_range(&range.range))
        }
        Request::Put(put) => format!("put {} {}", text(&put.key, KEY_MAX), text(&put.value, VALUE_MAX)),
        Request::DeleteRange(delete) => format!("del {}", describe_range(&delete.range)),
        Request::Txn(txn) => describe_txn(txn),
        Request::Compact { revision, .. } => format!("compact {revision}"),
        Request::LeaseGrant { ttl_s, .. } => format!("lease grant {ttl_s}"),
        Request::LeaseRevoke { id } => format!("lease revoke {id:016x}"),
        Request::LeaseKeepAlive { id } => format!("lease keep-alive {id:016x}"),
        Request::LeaseTimeToLive { id, .. } => format!("lease timetolive {id:016x}"),
        Request::LeaseLeases => "lease list".to_string(),
        Request::MemberList { .. } => "member list".to_string(),
        Request::Status => "status".to_string(),
        Request::HashKv { .. } => "hashkv".to_string(),
        Request::AlarmList => "alarm list".to_string(),
    }
}

/// A range of keys in a few words: `/a`, `/a/ (prefix)`, `all keys`.
pub fn describe_range(range: &KeyRange) -> String {
    let key = text(&range.key, KEY_MAX);
    if range.is_single() {
        key
    } else if *range == KeyRange::all() {
        "all keys".to_string()
    } else if *range == KeyRange::prefix(range.key.clone()) {
        format!("{key} (prefix)")
    } else if range.range_end.as_bytes() == b"\0" {
        format!("{key} and after")
    } else {
        format!("[{key}, {})", text(&range.range_end, KEY_MAX))
    }
}

fn describe_txn(txn: &TxnRequest) -> String {
    let puts = |operations: &[RequestOp]| operations.iter().filter(|op| matches!(op, RequestOp::Put(_))).count();
    let operations = txn.success.len().max(txn.failure.len());
    let plural = if operations == 1 { "" } else { "s" };
    match (txn.compare.len(), puts(&txn.success)) {
        (0, puts) if puts == operations => format!("txn {puts} put{plural}"),
        (0, _) => format!("txn {operations} op{plural}"),
        (compares, _) => format!("txn if {compares} then {} else {}", txn.success.len(), txn.failure.len()),
    }
}

/// How many letters of a key and of a value are shown.
const KEY_MAX: usize = 60;
const VALUE_MAX: usize = 24;

/// Bytes as text: what cannot be seen as a dot, and what is too long cut off.
fn text(bytes: &Bytes, letters_max: usize) -> String {
    let all = bytes.to_string_lossy();
    let mut text: String =
        all.chars().take(letters_max).map(|letter| if letter.is_control() { '·' } else { letter }).collect();
    if all.chars().nth(letters_max).is_some() {
        text.push('…');
    }
    text
}

/// What is kept of an answer. Most are of puts, and are put into words only when somebody reads them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Gist {
    /// There is none yet.
    Nothing,
    /// A put was done.
    Revision(i64),
    /// In a few words.
    Words(Rc<str>),
}

impl fmt::Display for Gist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gist::Nothing => Ok(()),
            Gist::Revision(revision) => write!(f, "revision {revision}"),
            Gist::Words(words) => f.write_str(words),
        }
    }
}

pub(super) fn gist(result: &Result<Response, RpcError>) -> Gist {
    let plural = |n: i64| if n == 1 { "" } else { "s" };
    let words = match result {
        Ok(Response::Put(put)) => return Gist::Revision(put.header.revision),
        Err(error) => error.text.to_string(),
        Ok(Response::Range(range)) => match &range.kvs[..] {
            [kv] => format!("{}, revision {}", text(&kv.value, VALUE_MAX), kv.mod_revision),
            _ => format!("{} key{}", range.count, plural(range.count)),
        },
        Ok(Response::DeleteRange(delete)) => format!("{} deleted, revision {}", delete.deleted, delete.header.revision),
        Ok(Response::Txn(txn)) => {
            let branch = if txn.succeeded { "then" } else { "else" };
            format!("{branch}, revision {}", txn.header.revision)
        }
        Ok(Response::Compact { .. }) => "compacted".to_string(),
        Ok(Response::LeaseGrant { id, ttl_s, .. }) => format!("{id:016x} for {ttl_s} s"),
        Ok(Response::LeaseRevoke { .. }) => "revoked".to_string(),
        Ok(Response::LeaseKeepAlive { ttl_s, .. }) => format!("{ttl_s} s"),
        Ok(Response::LeaseTimeToLive { ttl_s, .. }) => format!("{ttl_s} s remain"),
        Ok(Response::LeaseLeases { leases, .. }) => format!("{} lease{}", leases.len(), plural(leases.len() as i64)),
        Ok(Response::MemberList { members, .. }) => format!("{} member{}", members.len(), plural(members.len() as i64)),
        Ok(Response::Status(status)) => format!("term {}, index {}", status.raft_term, status.raft_index),
        Ok(Response::HashKv { hash, .. }) => format!("{hash}"),
        Ok(Response::AlarmList { alarms, .. }) => format!("{} alarms", alarms.len()),
    };
    Gist::Words(words.into())
}
