//! Transactions: compare, then or else, in one revision (`server/etcdserver/txn/txn.go`).
//!
//! All comparisons, those of nested transactions on the chosen path too, see the state before the transaction; then the
//! chosen path is checked as a whole, so that a failure writes nothing; then the operations run in order and see each other.

use super::super::api::{
    Compare, CompareResult, CompareTarget, DeleteRangeResponse, Header, PutResponse, RangeRequest, RangeResponse,
    RequestOp, ResponseOp, RpcError, TxnRequest, TxnResponse,
};
use super::apply::{mvcc_error, resolve_put};
use crate::mvcc::{Finished, KeyValue, MvccError, RangeOptions, Store, WriteTxn};
use std::cmp::Ordering;

/// The branch that a transaction takes, with the branches that the transactions inside it take.
struct Path<'a> {
    succeeded: bool,
    operations: &'a [RequestOp],
    inside: Vec<Path<'a>>,
}

/// Runs a transaction that may write. The header of the answer is left to the caller.
pub(super) fn write<'store>(
    store: &'store mut Store,
    request: &TxnRequest,
    lease_exists: impl Fn(i64) -> bool,
) -> Result<(TxnResponse, Finished<'store>), RpcError> {
    let path = choose(store, request);
    check(store, &path, &lease_exists)?;
    let mut write = store.begin();
    let response = run(&mut write, &path);
    Ok((response, write.finish()))
}

/// Runs a transaction that only reads.
pub(super) fn read(store: &Store, request: &TxnRequest) -> Result<TxnResponse, RpcError> {
    let path = choose(store, request);
    check(store, &path, &|_| true)?;
    let mut responses = Vec::new();
    for operation in path.operations {
        let RequestOp::Range(range) = operation else { unreachable!("a read-only transaction has ranges alone") };
        let result = store.range(&range.range, &range.options).map_err(mvcc_error)?;
        responses.push(ResponseOp::Range(range_response(revision_header(store.revision()), result)));
    }
    Ok(TxnResponse { header: Header::default(), succeeded: path.succeeded, responses })
}

/// Whether no branch can write: every operation of both is a plain range.
pub(super) fn is_read_only(request: &TxnRequest) -> bool {
    request.success.iter().chain(&request.failure).all(|operation| matches!(operation, RequestOp::Range(_)))
}

/// Whether no range wants the quorum's confirmation.
pub(super) fn is_serializable(request: &TxnRequest) -> bool {
    let serializable = |operation: &RequestOp| matches!(operation, RequestOp::Range(range) if range.serializable);
    request.success.iter().chain(&request.failure).all(serializable)
}

pub(super) fn range_response(header: Header, result: crate::mvcc::RangeResult) -> RangeResponse {
    RangeResponse { header, kvs: result.kvs, more: result.more, count: result.count }
}

fn revision_header(revision: i64) -> Header {
    Header { revision, ..Header::default() }
}

fn choose<'a>(store: &Store, request: &'a TxnRequest) -> Path<'a> {
    let succeeded = request.compare.iter().all(|compare| holds(store, compare));
    let operations = if succeeded { &request.success } else { &request.failure };
    let nested = operations.iter().filter_map(|operation| match operation {
        RequestOp::Txn(inside) => Some(choose(store, inside)),
        RequestOp::Range(_) | RequestOp::Put(_) | RequestOp::DeleteRange(_) => None,
    });
    Path { succeeded, operations, inside: nested.collect() }
}

/// Whether a comparison holds for every key of its range; an empty range is like an absent key.
fn holds(store: &Store, compare: &Compare) -> bool {
    let kvs = if compare.range.is_single() {
        store.get(compare.range.key.as_bytes()).cloned().into_iter().collect()
    } else {
        store.range(&compare.range, &RangeOptions::default()).map(|result| result.kvs).unwrap_or_default()
    };
    if kvs.is_empty() {
        // An absent key has no value to compare, not even for "!="; its numbers are 0.
        let absent = KeyValue { key: compare.range.key.clone(), ..empty_key_value() };
        return !matches!(compare.target, CompareTarget::Value(_)) && holds_for(&absent, compare);
    }
    kvs.iter().all(|kv| holds_for(kv, compare))
}

fn empty_key_value() -> KeyValue {
    use crate::mvcc::Bytes;
    KeyValue { key: Bytes::EMPTY, value: Bytes::EMPTY, create_revision: 0, mod_revision: 0, version: 0, lease: 0 }
}

fn holds_for(kv: &KeyValue, compare: &Compare) -> bool {
    let ordering = match &compare.target {
        CompareTarget::Version(given) => kv.version.cmp(given),
        CompareTarget::Create(given) => kv.create_revision.cmp(given),
        CompareTarget::Mod(given) => kv.mod_revision.cmp(given),
        CompareTarget::Value(given) => kv.value.cmp(given),
        CompareTarget::Lease(given) => kv.lease.cmp(given),
    };
    match compare.result {
        CompareResult::Equal => ordering == Ordering::Equal,
        CompareResult::NotEqual => ordering != Ordering::Equal,
        CompareResult::Greater => ordering == Ordering::Greater,
        CompareResult::Less => ordering == Ordering::Less,
    }
}

/// Whether the chosen path can run, judged by the state before it.
fn check(store: &Store, path: &Path<'_>, lease_exists: &dyn Fn(i64) -> bool) -> Result<(), RpcError> {
    for operation in path.operations {
        match operation {
            RequestOp::Range(range) => check_range(store, range)?,
            RequestOp::Put(put) => drop(resolve_put(|key| store.get(key), put, lease_exists)?),
            RequestOp::DeleteRange(_) | RequestOp::Txn(_) => {}
        }
    }
    path.inside.iter().try_for_each(|inside| check(store, inside, lease_exists))
}

fn check_range(store: &Store, range: &RangeRequest) -> Result<(), RpcError> {
    let revision = range.options.revision;
    if revision == 0 {
        Ok(())
    } else if revision > store.revision() {
        Err(mvcc_error(MvccError::FutureRevision))
    } else if revision < store.compact_revision() {
        Err(mvcc_error(MvccError::Compacted))
    } else {
        Ok(())
    }
}

fn run(write: &mut WriteTxn<'_>, path: &Path<'_>) -> TxnResponse {
    let mut inside = path.inside.iter();
    let mut responses = Vec::with_capacity(path.operations.len());
    for operation in path.operations {
        responses.push(match operation {
            RequestOp::Range(range) => {
                let result = write.range(&range.range, &range.options).expect("the path was checked");
                ResponseOp::Range(range_response(revision_header(write.revision()), result))
            }
            RequestOp::Put(put) => {
                let kept = resolve_put(|key| write.get(key), put, |_| true);
                // A key that a transaction inside has just deleted has nothing to keep.
                let (value, lease) = kept.unwrap_or_else(|_| (put.value.clone(), put.lease));
                let prev_kv = write.put(put.key.clone(), value, lease).filter(|_| put.prev_kv);
                ResponseOp::Put(PutResponse { header: revision_header(write.revision()), prev_kv })
            }
            RequestOp::DeleteRange(delete) => {
                let prev_kvs = write.delete_range(&delete.range);
                let deleted = prev_kvs.len() as i64;
                let prev_kvs = if delete.prev_kv { prev_kvs } else { Vec::new() };
                let header = revision_header(write.revision());
                ResponseOp::DeleteRange(DeleteRangeResponse { header, deleted, prev_kvs })
            }
            RequestOp::Txn(_) => {
                let path = inside.next().expect("one path for each transaction inside");
                ResponseOp::Txn(run(write, path))
            }
        });
    }
    TxnResponse { header: Header::default(), succeeded: path.succeeded, responses }
}
