//! Printers: what an answer looks like in each form of `--write-out`.
//!
//! A command says what it wants to show ([`Shown`]); the printer that `--write-out` names turns it into text. The forms
//! are etcdctl 3.5.30's, byte for byte: `simple` for people, `fields` one name and value a line, `json` Go's encoding of
//! the protocol's messages, `table` for the few answers that are lists.
//!
//! Deliberately absent: `protobuf`. It is raw bytes, and a terminal of the sandbox carries text; asking for it is an
//! error that says so.

mod fields;
mod json;
mod simple;
mod table;

pub(crate) use simple::event_name;

use super::golang::duration;
use super::session::{Stop, exit};
use crate::etcd::api::{
    DeleteRangeResponse, Header, Member, PutResponse, RangeResponse, StatusResponse, TxnResponse, WatchResponse,
};
use crate::mvcc::Bytes;
use crate::sim::Duration;

/// Why a txn inside of a txn is never printed.
const NO_NESTED_TXN: &str = "etcdctl has no way to ask for a txn inside of a txn";

/// Something to be shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown<'r> {
    /// The answer to a get; only the values, if wanted.
    Range {
        response: &'r RangeResponse,
        value_only: bool,
    },
    Put(&'r PutResponse),
    DeleteRange(&'r DeleteRangeResponse),
    Txn(&'r TxnResponse),
    Watch(&'r WatchResponse),
    LeaseGrant {
        header: &'r Header,
        id: i64,
        ttl_s: i64,
    },
    LeaseRevoke {
        header: &'r Header,
        id: i64,
    },
    LeaseKeepAlive {
        header: &'r Header,
        id: i64,
        ttl_s: i64,
    },
    /// `with_keys`: the keys were asked for.
    LeaseTimeToLive {
        header: &'r Header,
        id: i64,
        ttl_s: i64,
        granted_ttl_s: i64,
        keys: &'r [Bytes],
        with_keys: bool,
    },
    LeaseList {
        header: &'r Header,
        leases: &'r [i64],
    },
    MemberList {
        header: &'r Header,
        members: &'r [Member],
    },
    Alarms {
        header: &'r Header,
        alarms: &'r [(u64, String)],
    },
    Health(&'r [Health]),
    Status(&'r [(String, StatusResponse)]),
    HashKv(&'r [HashKv]),
}

/// What `endpoint health` found out about an endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Health {
    pub(crate) endpoint: String,
    pub(crate) took: Duration,
    /// Why it is not healthy; empty if it is.
    pub(crate) error: String,
}

impl Health {
    fn is_healthy(&self) -> bool {
        self.error.is_empty()
    }

    fn took_text(&self) -> String {
        duration::format(self.took.as_micros().saturating_mul(1_000))
    }
}

/// What `endpoint hashkv` found out about an endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HashKv {
    pub(crate) endpoint: String,
    pub(crate) header: Header,
    pub(crate) hash: u32,
    pub(crate) compact_revision: i64,
}

/// Text for both outputs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Text {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<String> for Text {
    fn from(stdout: String) -> Text {
        Text { stdout, stderr: String::new() }
    }
}

/// A form of output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Printer {
    Simple { hex: bool },
    Fields,
    Json { hex: bool },
    Table,
    Protobuf,
}

impl Printer {
    /// The form of that name; `None` if there is none.
    pub(crate) fn new(name: &str, hex: bool) -> Option<Printer> {
        Some(match name {
            "simple" => Printer::Simple { hex },
            "fields" => Printer::Fields,
            "json" => Printer::Json { hex },
            "table" => Printer::Table,
            "protobuf" => Printer::Protobuf,
            _ => return None,
        })
    }

    /// The text of it.
    ///
    /// # Errors
    /// This form cannot show this.
    pub(crate) fn show(self, shown: Shown<'_>) -> Result<Text, Stop> {
        match self {
            Printer::Simple { hex } => Ok(simple::show(shown, hex)),
            Printer::Fields => Ok(fields::show(shown).into()),
            Printer::Json { hex } => Ok(json::show(shown, hex).into()),
            Printer::Table => table::show(shown)
                .map(Text::from)
                .ok_or_else(|| Stop::error(exit::BAD_FEATURE, "table not supported as output format")),
            Printer::Protobuf => {
                let text = "protobuf output is raw bytes, which a terminal of this sandbox cannot show; \
                            use simple, fields, json or table";
                Err(Stop::error(exit::BAD_FEATURE, text))
            }
        }
    }
}

/// `%016x` of a lease, as Go writes it: a sign takes one of the sixteen places.
pub(crate) fn lease_text(id: i64) -> String {
    if id < 0 { format!("-{:015x}", id.unsigned_abs()) } else { format!("{id:016x}") }
}
