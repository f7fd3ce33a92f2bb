//! What a plan's words mean to the client library.

use super::plan::{Ask, Key, Keys, LeaseName, Value};
use crate::etcd::api::{
    Compare, CompareResult, CompareTarget, DeleteRangeRequest, PutRequest, RangeRequest, Request, RequestOp,
    TxnRequest, WatchRequest,
};
use crate::mvcc::{Bytes, KeyRange, RangeOptions};

/// The id of a lease: chosen by the client, so that a plan can speak of it.
pub(super) fn lease_id(lease: LeaseName) -> i64 {
    0x1000 + i64::from(lease.0)
}

fn key_bytes(key: Key) -> Bytes {
    Bytes::from(format!("k{}", key.0))
}

fn range(keys: Keys) -> KeyRange {
    match keys {
        Keys::One(key) => KeyRange::single(key_bytes(key)),
        Keys::All => KeyRange::all(),
    }
}

fn put(key: Key, value: Value, lease: Option<LeaseName>) -> PutRequest {
    PutRequest {
        key: key_bytes(key),
        value: Bytes::from(format!("v{}", value.0)),
        lease: lease.map_or(0, lease_id),
        prev_kv: false,
        ignore_value: false,
        ignore_lease: false,
    }
}

fn get(keys: Keys, serializable: bool) -> RangeRequest {
    RangeRequest { range: range(keys), options: RangeOptions::default(), serializable }
}

fn delete(keys: Keys) -> DeleteRangeRequest {
    DeleteRangeRequest { range: range(keys), prev_kv: false }
}

/// Holds if the key is absent, or if it exists.
fn version(key: Key, result: CompareResult) -> Compare {
    Compare { range: KeyRange::single(key_bytes(key)), result, target: CompareTarget::Version(0) }
}

/// The call that an ask is, if it is one; `revision` is the newest that the clients were told of.
pub(super) fn request(ask: &Ask, revision: i64) -> Option<Request> {
    let put_op = |key, value| RequestOp::Put(put(key, value, None));
    let get_op = |key| RequestOp::Range(get(Keys::One(key), false));
    Some(match *ask {
        Ask::Put(key, value, lease) => Request::Put(put(key, value, lease)),
        Ask::Create(key, value) => Request::Txn(TxnRequest {
            compare: vec![version(key, CompareResult::Equal)],
            success: vec![put_op(key, value)],
            failure: vec![get_op(key)],
        }),
        Ask::Pair(first, second, value) => Request::Txn(TxnRequest {
            success: vec![put_op(first, value), put_op(second, value)],
            ..TxnRequest::default()
        }),
        Ask::Move(from, to, value) => Request::Txn(TxnRequest {
            compare: vec![version(from, CompareResult::Greater)],
            success: vec![RequestOp::DeleteRange(delete(Keys::One(from))), put_op(to, value)],
            failure: vec![get_op(from), get_op(to)],
        }),
        Ask::Get { keys, serializable } => Request::Range(get(keys, serializable)),
        Ask::Delete(keys) => Request::DeleteRange(delete(keys)),
        Ask::Compact { back } => Request::Compact { revision: revision - i64::from(back), physical: false },
        Ask::Grant(lease, ttl_s) => Request::LeaseGrant { ttl_s: i64::from(ttl_s), id: lease_id(lease) },
        Ask::Renew(lease) => Request::LeaseKeepAlive { id: lease_id(lease) },
        Ask::Revoke(lease) => Request::LeaseRevoke { id: lease_id(lease) },
        Ask::KeepAlive(_) | Ask::StopKeepAlive(_) | Ask::Watch { .. } | Ask::CancelWatch(_) => return None,
    })
}

/// The watch that an ask opens.
pub(super) fn watch_request(keys: Keys, from_start: bool) -> WatchRequest {
    WatchRequest {
        range: range(keys),
        start_revision: i64::from(from_start),
        progress_notify: false,
        prev_kv: false,
        require_leader: false,
    }
}
