//! Applying: the only place where a member's store and leases change.
//!
//! What is done depends on the entry and the state alone, never on the clock or on who leads, so that all members that have
//! applied the same entries are the same. The answer goes to the client only from the member that had taken its request.

use super::super::api::{
    Code, Compare, CompareTarget, DeleteRangeRequest, DeleteRangeResponse, PutRequest, PutResponse, RequestOp,
    Response, RpcError, TxnRequest,
};
use super::super::model::Note;
use super::{Context, Server, ServerNote, etcd_error, txn};
use crate::mvcc::{KeyRange, KeyValue, MvccError};
use crate::raft::{self, Entry, EntryBody, Role};
use std::rc::Rc;

/// What an entry of the log asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Write a key.
    Put(PutRequest),
    /// Delete a range.
    DeleteRange(DeleteRangeRequest),
    /// A transaction that may write.
    Txn(TxnRequest),
    /// Forget what is older.
    Compact {
        /// The oldest revision that stays readable.
        revision: i64,
    },
    /// Make a lease.
    LeaseGrant {
        /// Its id, chosen before the proposal.
        id: i64,
        /// Its time to live in seconds.
        ttl_s: i64,
    },
    /// End a lease and delete its keys.
    LeaseRevoke {
        /// Which.
        id: i64,
    },
}

/// A payload of the log. Cloning shares it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal(pub Rc<ProposalData>);

/// What a [`Proposal`] shares.
#[derive(PartialEq, Eq, Debug)]
pub struct ProposalData {
    /// Unique: the member that proposed it in the upper 16 bits.
    pub id: u64,
    /// What it asks for.
    pub operation: Operation,
}

/// What the numbers and the framing of one operation take, about.
const FRAME_BYTES: usize = 32;

impl Operation {
    /// How large the request is, about; the keys and values count to the byte.
    pub(super) fn size_bytes(&self) -> usize {
        match self {
            Operation::Put(put) => put_bytes(put),
            Operation::DeleteRange(delete) => range_bytes(&delete.range),
            Operation::Txn(txn) => txn_bytes(txn),
            Operation::Compact { .. } | Operation::LeaseGrant { .. } | Operation::LeaseRevoke { .. } => FRAME_BYTES,
        }
    }
}

fn put_bytes(put: &PutRequest) -> usize {
    FRAME_BYTES + put.key.len() + put.value.len()
}

fn range_bytes(range: &KeyRange) -> usize {
    FRAME_BYTES + range.key.len() + range.range_end.len()
}

fn txn_bytes(txn: &TxnRequest) -> usize {
    let compare_bytes = |compare: &Compare| {
        let value = if let CompareTarget::Value(value) = &compare.target { value.len() } else { 0 };
        range_bytes(&compare.range) + value
    };
    let operation_bytes = |operation: &RequestOp| match operation {
        RequestOp::Range(range) => range_bytes(&range.range),
        RequestOp::Put(put) => put_bytes(put),
        RequestOp::DeleteRange(delete) => range_bytes(&delete.range),
        RequestOp::Txn(inside) => txn_bytes(inside),
    };
    let compares: usize = txn.compare.iter().map(compare_bytes).sum();
    let operations: usize = txn.success.iter().chain(&txn.failure).map(operation_bytes).sum();
    FRAME_BYTES + compares + operations
}

impl raft::Payload for Proposal {
    type Snapshot = super::MemberState;

    fn size_bytes(&self) -> usize {
        self.0.operation.size_bytes()
    }
}

pub(super) fn mvcc_error(error: MvccError) -> RpcError {
    etcd_error(Code::OutOfRange, &error.to_string())
}

pub(super) fn lease_not_found() -> RpcError {
    etcd_error(Code::NotFound, "requested lease not found")
}

impl Server {
    pub(super) fn apply(&mut self, entry: Entry<Proposal>, context: &mut Context<'_>) {
        assert_eq!(entry.index.0, self.applied_index + 1, "entries are applied in order");
        let before = self.store.revision();
        self.applied_index = entry.index.0;
        self.applied_term = entry.term.0;
        match entry.body {
            EntryBody::Empty => {
                if self.raft.role() == Role::Leader && self.raft.term() == entry.term {
                    self.promote_lessor(context);
                }
            }
            EntryBody::ConfChange(change) => {
                let applied = self.raft.apply_conf_change(&change);
                assert!(applied.is_ok(), "the first members are added one by one: {applied:?}");
            }
            EntryBody::Normal(proposal) => {
                let result = self.apply_operation(&proposal.0.operation, context);
                let revision = self.store.revision();
                let changed = revision > before;
                let note = ServerNote::Applied { index: self.applied_index, revision, changed };
                context.note(Note::Server(note));
                self.finish_proposal(proposal.0.id, result, context);
                if changed {
                    self.notify_watches(context);
                }
            }
        }
        self.note_raft_events(context);
    }

    fn apply_operation(&mut self, operation: &Operation, context: &mut Context<'_>) -> Result<Response, RpcError> {
        match operation {
            Operation::Put(put) => self.apply_put(put),
            Operation::DeleteRange(delete) => Ok(self.apply_delete(delete)),
            Operation::Txn(request) => self.apply_txn(request),
            Operation::Compact { revision } => {
                self.store.compact(*revision).map_err(mvcc_error)?;
                Ok(Response::Compact { header: self.header() })
            }
            Operation::LeaseGrant { id, ttl_s } => self.apply_grant(*id, *ttl_s, context),
            Operation::LeaseRevoke { id } => self.apply_revoke(*id, context),
        }
    }

    fn apply_put(&mut self, put: &PutRequest) -> Result<Response, RpcError> {
        let lessor = &self.lessor;
        let (value, lease) = resolve_put(|key| self.store.get(key), put, |lease| lessor.contains(lease))?;
        let mut write = self.store.begin();
        let prev_kv = write.put(put.key.clone(), value, lease);
        self.lessor.attach_changed(&write.finish());
        let prev_kv = prev_kv.filter(|_| put.prev_kv);
        Ok(Response::Put(PutResponse { header: self.header(), prev_kv }))
    }

    fn apply_delete(&mut self, delete: &DeleteRangeRequest) -> Response {
        let mut write = self.store.begin();
        let prev_kvs = write.delete_range(&delete.range);
        self.lessor.attach_changed(&write.finish());
        let deleted = prev_kvs.len() as i64;
        let prev_kvs = if delete.prev_kv { prev_kvs } else { Vec::new() };
        Response::DeleteRange(DeleteRangeResponse { header: self.header(), deleted, prev_kvs })
    }

    fn apply_txn(&mut self, request: &TxnRequest) -> Result<Response, RpcError> {
        let lessor = &self.lessor;
        let (mut response, done) = txn::write(&mut self.store, request, |lease| lessor.contains(lease))?;
        self.lessor.attach_changed(&done);
        response.header = self.header();
        Ok(Response::Txn(response))
    }

    fn apply_grant(&mut self, id: i64, ttl_s: i64, context: &mut Context<'_>) -> Result<Response, RpcError> {
        if self.lessor.contains(id) {
            return Err(etcd_error(Code::FailedPrecondition, "lease already exists"));
        }
        let ttl_s = ttl_s.max(self.settings.lease_ttl_s_min());
        self.lessor.grant(id, ttl_s, context.now());
        context.note(Note::Server(ServerNote::LeaseGranted { lease: id, ttl_s }));
        self.set_lease_timer(context);
        Ok(Response::LeaseGrant { header: self.header(), id, ttl_s })
    }

    fn apply_revoke(&mut self, id: i64, context: &mut Context<'_>) -> Result<Response, RpcError> {
        let lease = self.lessor.remove(id).ok_or_else(lease_not_found)?;
        let mut write = self.store.begin();
        for key in lease.keys.keys() {
            write.delete_range(&crate::mvcc::KeyRange::single(key.clone()));
        }
        let keys = write.finish().records().count() as u64;
        context.note(Note::Server(ServerNote::LeaseRevoked { lease: id, keys }));
        self.answer_renewals_of_revoked(id, context);
        Ok(Response::LeaseRevoke { header: self.header() })
    }
}

/// The value and the lease that a put will write: those it names, or those that the key has.
pub(super) fn resolve_put<'store>(
    get: impl Fn(&[u8]) -> Option<&'store KeyValue>,
    put: &PutRequest,
    lease_exists: impl Fn(i64) -> bool,
) -> Result<(crate::mvcc::Bytes, i64), RpcError> {
    if put.lease != 0 && !lease_exists(put.lease) {
        return Err(lease_not_found());
    }
    let mut value = put.value.clone();
    let mut lease = put.lease;
    if put.ignore_value || put.ignore_lease {
        let Some(kv) = get(put.key.as_bytes()) else {
            return Err(etcd_error(Code::InvalidArgument, "key not found"));
        };
        if put.ignore_value {
            value = kv.value.clone();
        }
        if put.ignore_lease {
            lease = kv.lease;
        }
    }
    Ok((value, lease))
}
