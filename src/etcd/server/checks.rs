//! What a request must be before it is looked at: etcd's static checks (`v3rpc/key.go`), texts included.

use super::super::api::{Code, PutRequest, RangeRequest, Request, RequestOp, RpcError, TxnRequest};
use super::etcd_error;
use crate::mvcc::{Bytes, KeyRange};
use litemap::LiteMap;

/// The most comparisons or operations of a transaction (`--max-txn-ops`).
const TXN_OPERATIONS_MAX: usize = 128;
/// The most bytes of a request (`--max-request-bytes`).
pub(super) const REQUEST_BYTES_MAX: usize = 1_536 * 1_024;
/// The longest time to live of a lease.
const LEASE_TTL_S_MAX: i64 = 9_000_000_000;

fn invalid(text: &str) -> RpcError {
    etcd_error(Code::InvalidArgument, text)
}

/// Checks a request.
pub(super) fn check(request: &Request) -> Result<(), RpcError> {
    match request {
        Request::Range(range) => check_range(range),
        Request::Put(put) => check_put(put),
        Request::DeleteRange(delete) => check_key(&delete.range.key),
        Request::Txn(txn) => check_txn(txn, TXN_OPERATIONS_MAX).and_then(|()| check_duplicates(txn)),
        Request::LeaseGrant { ttl_s, .. } if *ttl_s > LEASE_TTL_S_MAX => {
            Err(etcd_error(Code::OutOfRange, "too large lease TTL"))
        }
        Request::Compact { .. }
        | Request::LeaseGrant { .. }
        | Request::LeaseRevoke { .. }
        | Request::LeaseKeepAlive { .. }
        | Request::LeaseTimeToLive { .. }
        | Request::LeaseLeases
        | Request::MemberList { .. }
        | Request::Status
        | Request::HashKv { .. }
        | Request::AlarmList => Ok(()),
    }
}

fn check_key(key: &Bytes) -> Result<(), RpcError> {
    if key.is_empty() { Err(invalid("key is not provided")) } else { Ok(()) }
}

fn check_range(range: &RangeRequest) -> Result<(), RpcError> {
    check_key(&range.range.key)
}

fn check_put(put: &PutRequest) -> Result<(), RpcError> {
    check_key(&put.key)?;
    if put.ignore_value && !put.value.is_empty() {
        return Err(invalid("value is provided"));
    }
    if put.ignore_lease && put.lease != 0 {
        return Err(invalid("lease is provided"));
    }
    Ok(())
}

/// Sizes and keys; a transaction inside has what its parent leaves it.
fn check_txn(txn: &TxnRequest, operations_max: usize) -> Result<(), RpcError> {
    let operations = txn.compare.len().max(txn.success.len()).max(txn.failure.len());
    if operations > operations_max {
        return Err(invalid("too many operations in txn request"));
    }
    for compare in &txn.compare {
        check_key(&compare.range.key)?;
    }
    for operation in txn.success.iter().chain(&txn.failure) {
        match operation {
            RequestOp::Range(range) => check_range(range)?,
            RequestOp::Put(put) => check_put(put)?,
            RequestOp::DeleteRange(delete) => check_key(&delete.range.key)?,
            RequestOp::Txn(inside) => check_txn(inside, operations_max - operations)?,
        }
    }
    Ok(())
}

/// What a list of operations writes.
#[derive(Default)]
struct Writes {
    puts: LiteMap<Bytes, ()>,
    deletes: Vec<KeyRange>,
}

fn duplicate_key() -> RpcError {
    invalid("duplicate key given in txn request")
}

/// No key may be written twice by one branch.
fn check_duplicates(txn: &TxnRequest) -> Result<(), RpcError> {
    writes_of(&txn.success)?;
    writes_of(&txn.failure)?;
    Ok(())
}

/// Whether a key lies in a deleted range as the static check sees it: a range end of "\0" is taken by the letter.
fn is_deleted(deletes: &[KeyRange], key: &Bytes) -> bool {
    deletes.iter().any(|range| {
        if range.range_end.is_empty() { range.key == *key } else { range.key <= *key && *key < range.range_end }
    })
}

fn writes_of(operations: &[RequestOp]) -> Result<Writes, RpcError> {
    let mut writes = Writes::default();
    for operation in operations {
        if let RequestOp::DeleteRange(delete) = operation {
            writes.deletes.push(delete.range.clone());
        }
    }
    // Transactions inside: their branches exclude each other, their siblings do not.
    for operation in operations {
        let RequestOp::Txn(inside) = operation else { continue };
        let (success, failure) = (writes_of(&inside.success)?, writes_of(&inside.failure)?);
        let mut puts = success.puts;
        for (key, ()) in failure.puts {
            puts.insert(key, ());
        }
        for (key, ()) in puts {
            if is_deleted(&writes.deletes, &key) || writes.puts.insert(key, ()).is_some() {
                return Err(duplicate_key());
            }
        }
        writes.deletes.extend(success.deletes);
        writes.deletes.extend(failure.deletes);
    }
    for operation in operations {
        let RequestOp::Put(put) = operation else { continue };
        if is_deleted(&writes.deletes, &put.key) || writes.puts.insert(put.key.clone(), ()).is_some() {
            return Err(duplicate_key());
        }
    }
    Ok(writes)
}
