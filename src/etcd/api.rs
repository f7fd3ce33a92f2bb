//! What clients and members say to each other: etcd's gRPC requests, responses and errors as plain data.
//!
//! The shapes are those of `rpc.proto`, with two liberties: a lease keep-alive is a call, not a stream, and watches have
//! messages of their own. Nothing here decides anything.

use crate::mvcc::{Bytes, Event, KeyRange, KeyValue, RangeOptions};
use crate::sim::Duration;
use std::fmt;
use std::rc::Rc;

/// The header of every response. A zero stands for "not set", as in the protocol buffers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Header {
    /// The cluster.
    pub cluster_id: u64,
    /// The member that answered.
    pub member_id: u64,
    /// The store's revision.
    pub revision: i64,
    /// The term of the last entry that the member has applied.
    pub raft_term: u64,
}

/// Reads a range.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RangeRequest {
    /// Which keys.
    pub range: KeyRange,
    /// Revision, limit, order, filters.
    pub options: RangeOptions,
    /// Answer from the member's own state at once, however old it is.
    pub serializable: bool,
}

/// Writes a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PutRequest {
    /// The key; must not be empty.
    pub key: Bytes,
    /// The new value.
    pub value: Bytes,
    /// The lease that the key shall hang on; 0 for none.
    pub lease: i64,
    /// Answer with the key as it was before.
    pub prev_kv: bool,
    /// Keep the value that the key has.
    pub ignore_value: bool,
    /// Keep the lease that the key has.
    pub ignore_lease: bool,
}

/// Deletes a range.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeleteRangeRequest {
    /// Which keys.
    pub range: KeyRange,
    /// Answer with the keys as they were before.
    pub prev_kv: bool,
}

/// How a comparison compares: stored value, operator, given value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CompareResult {
    /// `=`
    Equal,
    /// `>`
    Greater,
    /// `<`
    Less,
    /// `!=`
    NotEqual,
}

/// What a comparison looks at, and the given value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CompareTarget {
    /// How often the key was written since its creation.
    Version(i64),
    /// The revision of its creation.
    Create(i64),
    /// The revision of its last write.
    Mod(i64),
    /// Its value, bytewise.
    Value(Bytes),
    /// Its lease.
    Lease(i64),
}

/// One condition of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compare {
    /// The key or keys; all of them must satisfy it.
    pub range: KeyRange,
    /// The operator.
    pub result: CompareResult,
    /// What is compared with what.
    pub target: CompareTarget,
}

/// One operation of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RequestOp {
    /// A read.
    Range(RangeRequest),
    /// A write.
    Put(PutRequest),
    /// A deletion.
    DeleteRange(DeleteRangeRequest),
    /// A transaction inside the transaction.
    Txn(TxnRequest),
}

/// Compare, then or else, in one revision.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TxnRequest {
    /// All must hold for the success branch to be taken.
    pub compare: Vec<Compare>,
    /// The branch taken if all comparisons hold.
    pub success: Vec<RequestOp>,
    /// The branch taken if one does not.
    pub failure: Vec<RequestOp>,
}

/// A unary call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// KV.Range
    Range(RangeRequest),
    /// KV.Put
    Put(PutRequest),
    /// KV.DeleteRange
    DeleteRange(DeleteRangeRequest),
    /// KV.Txn
    Txn(TxnRequest),
    /// KV.Compact
    Compact {
        /// The oldest revision that stays readable.
        revision: i64,
        /// Answer only when the old records are gone.
        physical: bool,
    },
    /// Lease.LeaseGrant
    LeaseGrant {
        /// The wanted time to live in seconds.
        ttl_s: i64,
        /// The wanted id; 0 lets the member choose.
        id: i64,
    },
    /// Lease.LeaseRevoke
    LeaseRevoke {
        /// Which lease.
        id: i64,
    },
    /// Lease.LeaseKeepAlive, once
    LeaseKeepAlive {
        /// Which lease.
        id: i64,
    },
    /// Lease.LeaseTimeToLive
    LeaseTimeToLive {
        /// Which lease.
        id: i64,
        /// Answer with the keys on it, too.
        keys: bool,
    },
    /// Lease.LeaseLeases
    LeaseLeases,
    /// Cluster.MemberList
    MemberList {
        /// Ask the quorum first.
        linearizable: bool,
    },
    /// Maintenance.Status
    Status,
    /// Maintenance.HashKV
    HashKv {
        /// Hash the store as of this revision; 0 for now.
        revision: i64,
    },
    /// Maintenance.Alarm with GET
    AlarmList,
}

/// Answer to a range request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RangeResponse {
    /// Header.
    pub header: Header,
    /// The keys.
    pub kvs: Vec<KeyValue>,
    /// There are more than the limit let through.
    pub more: bool,
    /// How many keys the range has.
    pub count: i64,
}

/// Answer to a put.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PutResponse {
    /// Header.
    pub header: Header,
    /// The key before, if it was asked for and there was one.
    pub prev_kv: Option<KeyValue>,
}

/// Answer to a deletion.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DeleteRangeResponse {
    /// Header.
    pub header: Header,
    /// How many keys were deleted.
    pub deleted: i64,
    /// The keys before, if they were asked for.
    pub prev_kvs: Vec<KeyValue>,
}

/// Answer to one operation of a transaction.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ResponseOp {
    /// To a read.
    Range(RangeResponse),
    /// To a write.
    Put(PutResponse),
    /// To a deletion.
    DeleteRange(DeleteRangeResponse),
    /// To a transaction inside.
    Txn(TxnResponse),
}

/// Answer to a transaction.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TxnResponse {
    /// Header.
    pub header: Header,
    /// Whether the comparisons held.
    pub succeeded: bool,
    /// One answer an operation of the branch that was taken.
    pub responses: Vec<ResponseOp>,
}

/// A member as the member list tells of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Member {
    /// Its id.
    pub id: u64,
    /// Its name; empty until it has started.
    pub name: String,
    /// Where its peers reach it.
    pub peer_urls: Vec<String>,
    /// Where clients reach it; empty until it has started.
    pub client_urls: Vec<String>,
    /// It does not vote.
    pub is_learner: bool,
}

/// What a member says of itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StatusResponse {
    /// Header; its revision is the member's own.
    pub header: Header,
    /// etcd's version.
    pub version: String,
    /// The size of the backend in bytes.
    pub db_size: i64,
    /// The leader's id as this member knows it; 0 for none.
    pub leader: u64,
    /// The committed raft index.
    pub raft_index: u64,
    /// The raft term of the member.
    pub raft_term: u64,
    /// The applied raft index.
    pub raft_applied_index: u64,
    /// What is wrong.
    pub errors: Vec<String>,
    /// The size in use in bytes.
    pub db_size_in_use: i64,
    /// It does not vote.
    pub is_learner: bool,
}

impl Response {
    /// Ends the program that got this answer to a call whose answers are of another kind: a member is wrong.
    pub fn cannot_answer(&self, asked: &str) -> ! {
        unreachable!("{asked} was answered with an answer of another kind")
    }
}

/// Answer to a unary call.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Response {
    /// To [`Request::Range`].
    Range(RangeResponse),
    /// To [`Request::Put`].
    Put(PutResponse),
    /// To [`Request::DeleteRange`].
    DeleteRange(DeleteRangeResponse),
    /// To [`Request::Txn`].
    Txn(TxnResponse),
    /// To [`Request::Compact`].
    Compact {
        /// Header.
        header: Header,
    },
    /// To [`Request::LeaseGrant`].
    LeaseGrant {
        /// Header.
        header: Header,
        /// The lease.
        id: i64,
        /// Its time to live in seconds, raised to the minimum.
        ttl_s: i64,
    },
    /// To [`Request::LeaseRevoke`].
    LeaseRevoke {
        /// Header.
        header: Header,
    },
    /// To [`Request::LeaseKeepAlive`].
    LeaseKeepAlive {
        /// Header.
        header: Header,
        /// The lease.
        id: i64,
        /// Its time to live in seconds; 0 or less if there is no such lease.
        ttl_s: i64,
    },
    /// To [`Request::LeaseTimeToLive`].
    LeaseTimeToLive {
        /// Header.
        header: Header,
        /// The lease.
        id: i64,
        /// What remains in whole seconds; -1 if there is no such lease.
        ttl_s: i64,
        /// What was granted in seconds; 0 if there is no such lease.
        granted_ttl_s: i64,
        /// The keys on it, if they were asked for.
        keys: Option<Vec<Bytes>>,
    },
    /// To [`Request::LeaseLeases`].
    LeaseLeases {
        /// Header.
        header: Header,
        /// The leases.
        leases: Vec<i64>,
    },
    /// To [`Request::MemberList`].
    MemberList {
        /// Header; without a revision.
        header: Header,
        /// The members.
        members: Vec<Member>,
    },
    /// To [`Request::Status`].
    Status(StatusResponse),
    /// To [`Request::HashKv`].
    HashKv {
        /// Header.
        header: Header,
        /// CRC-32C of the history up to the revision.
        hash: u32,
        /// The compacted revision; -1 for none.
        compact_revision: i64,
    },
    /// To [`Request::AlarmList`].
    AlarmList {
        /// Header.
        header: Header,
        /// `(member, alarm)`.
        alarms: Vec<(u64, String)>,
    },
}

/// gRPC's status codes, those that etcd uses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Code {
    /// The caller went away.
    Canceled,
    /// Anything that has no code.
    Unknown,
    /// The request makes no sense.
    InvalidArgument,
    /// It took too long.
    DeadlineExceeded,
    /// There is no such thing.
    NotFound,
    /// Some limit was hit.
    ResourceExhausted,
    /// Not in this state.
    FailedPrecondition,
    /// The revision is compacted or in the future.
    OutOfRange,
    /// Not now; try again.
    Unavailable,
}

/// Why a call failed: gRPC code and etcd's text.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RpcError {
    /// The code.
    pub code: Code,
    /// The text, as `etcdctl` prints it.
    pub text: Rc<str>,
}

impl RpcError {
    /// An error of this code and text.
    pub fn new(code: Code, text: &str) -> RpcError {
        RpcError { code, text: text.into() }
    }

    /// The client's own deadline has passed.
    pub fn deadline_exceeded() -> RpcError {
        RpcError::new(Code::DeadlineExceeded, "context deadline exceeded")
    }
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Which changes a watch wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchRequest {
    /// Which keys. An empty key means all keys from "\0" on, as on the server.
    pub range: KeyRange,
    /// The first revision; 0 for "from now on".
    pub start_revision: i64,
    /// Tell the revision now and then.
    pub progress_notify: bool,
    /// Tell what the keys were before.
    pub prev_kv: bool,
    /// End when the member has had no leader for three election timeouts.
    pub require_leader: bool,
}

/// What the client library hands to the owner of a watch (`clientv3.WatchResponse`).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct WatchResponse {
    /// Header.
    pub header: Header,
    /// All events of one or more whole revisions, in order. Empty in a progress notification and in a cancellation.
    pub events: Vec<Event>,
    /// Greater than 0: the watch was cancelled because its next revision is compacted.
    pub compact_revision: i64,
    /// The server has ended the watch; nothing follows.
    pub canceled: bool,
    /// Why it did, for other reasons than compaction; empty otherwise.
    pub cancel_reason: String,
}

impl WatchResponse {
    /// Whether it only tells the revision.
    pub fn is_progress(&self) -> bool {
        self.events.is_empty() && !self.canceled && self.compact_revision == 0
    }

    /// Why the server has ended it, in the client library's words.
    pub fn cancellation(&self) -> &str {
        if self.compact_revision != 0 {
            "etcdserver: mvcc: required revision has been compacted"
        } else if self.cancel_reason.is_empty() {
            "etcdserver: mvcc: required revision is a future revision"
        } else {
            &self.cancel_reason
        }
    }
}

/// How long a call may take: the client's `--command-timeout`; `None` waits for ever.
pub type Timeout = Option<Duration>;
