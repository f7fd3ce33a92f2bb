//! The form for people: keys and values on lines of their own, one sentence for what has no keys.

use super::{NO_NESTED_TXN, Shown, Text, lease_text, table};
use crate::etcd::api::{DeleteRangeResponse, PutResponse, ResponseOp, TxnResponse, WatchResponse};
use crate::mvcc::{Bytes, EventKind, KeyValue};

pub(super) fn show(shown: Shown<'_>, hex: bool) -> Text {
    let stdout = match shown {
        Shown::Range { response, value_only } => key_values(&response.kvs, hex, value_only),
        Shown::Put(response) => put(response, hex),
        Shown::DeleteRange(response) => delete_range(response, hex),
        Shown::Txn(response) => txn(response, hex),
        Shown::Watch(response) => watch(response, hex),
        Shown::LeaseGrant { id, ttl_s, .. } => format!("lease {} granted with TTL({ttl_s}s)\n", lease_text(id)),
        Shown::LeaseRevoke { id, .. } => format!("lease {} revoked\n", lease_text(id)),
        Shown::LeaseKeepAlive { id, ttl_s, .. } => {
            format!("lease {} keepalived with TTL({ttl_s})\n", lease_text(id))
        }
        Shown::LeaseTimeToLive { id, ttl_s: -1, granted_ttl_s: 0, .. } => {
            format!("lease {} already expired\n", lease_text(id))
        }
        Shown::LeaseTimeToLive { id, ttl_s, granted_ttl_s, keys, with_keys, .. } => {
            let id = lease_text(id);
            let attached = if with_keys { attached_keys(keys) } else { String::new() };
            format!("lease {id} granted with TTL({granted_ttl_s}s), remaining({ttl_s}s){attached}\n")
        }
        Shown::LeaseList { leases, .. } => {
            let lines: String = leases.iter().map(|id| lease_text(*id) + "\n").collect();
            format!("found {} leases\n{lines}", leases.len())
        }
        Shown::Alarms { alarms, .. } => {
            alarms.iter().map(|(member, alarm)| format!("memberID:{member} alarm:{alarm} \n")).collect()
        }
        Shown::Health(list) => return health(list),
        Shown::MemberList { .. } | Shown::Status(_) | Shown::HashKv(_) => rows(shown),
    };
    stdout.into()
}

/// Lists are the rows of their table, with commas.
fn rows(shown: Shown<'_>) -> String {
    let (_, rows) = table::cells(shown).expect("lists have a table");
    rows.iter().map(|row| row.join(", ") + "\n").collect()
}

fn health(list: &[super::Health]) -> Text {
    let mut text = Text::default();
    for health in list {
        let endpoint = &health.endpoint;
        if health.is_healthy() {
            let took = health.took_text();
            text.stdout += &format!("{endpoint} is healthy: successfully committed proposal: took = {took}\n");
        } else {
            text.stderr += &format!("{endpoint} is unhealthy: failed to commit proposal: {}\n", health.error);
        }
    }
    text
}

fn put(response: &PutResponse, hex: bool) -> String {
    format!("OK\n{}", key_values(&response.prev_kv, hex, false))
}

fn delete_range(response: &DeleteRangeResponse, hex: bool) -> String {
    format!("{}\n{}", response.deleted, key_values(&response.prev_kvs, hex, false))
}

fn txn(response: &TxnResponse, hex: bool) -> String {
    let mut text = if response.succeeded { "SUCCESS\n" } else { "FAILURE\n" }.to_string();
    for one in &response.responses {
        text.push('\n');
        text += &match one {
            ResponseOp::Range(response) => key_values(&response.kvs, hex, false),
            ResponseOp::Put(response) => put(response, hex),
            ResponseOp::DeleteRange(response) => delete_range(response, hex),
            ResponseOp::Txn(_) => unreachable!("{NO_NESTED_TXN}"),
        };
    }
    text
}

fn watch(response: &WatchResponse, hex: bool) -> String {
    let mut text = String::new();
    for event in &response.events {
        text += event_name(event.kind);
        text.push('\n');
        text += &key_values(&event.prev_kv, hex, false);
        text += &key_values([&event.kv], hex, false);
    }
    text
}

/// The name of a kind of event.
pub(crate) fn event_name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Put => "PUT",
        EventKind::Delete => "DELETE",
    }
}

fn attached_keys(keys: &[Bytes]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| String::from_utf8_lossy(key.as_bytes())).collect();
    format!(", attached keys([{}])", keys.join(" "))
}

fn key_values<'r>(kvs: impl IntoIterator<Item = &'r KeyValue>, hex: bool, value_only: bool) -> String {
    let mut text = String::new();
    for kv in kvs {
        if !value_only {
            text += &bytes_text(kv.key.as_bytes(), hex);
            text.push('\n');
        }
        text += &bytes_text(kv.value.as_bytes(), hex);
        text.push('\n');
    }
    text
}

fn bytes_text(bytes: &[u8], hex: bool) -> String {
    if hex {
        return bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    }
    String::from_utf8_lossy(bytes).into_owned()
}
