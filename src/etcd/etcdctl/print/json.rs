//! Go's JSON of the protocol's messages: fields in the order of the protocol, zeros left out where its tags say so, byte
//! strings in base64, integers exact, and `<`, `>`, `&` escaped.

use super::{HashKv, Health, Shown};
use crate::etcd::api::{
    DeleteRangeResponse, Header, Member, PutResponse, RangeResponse, ResponseOp, StatusResponse, TxnResponse,
    WatchResponse,
};
use crate::mvcc::{Bytes, Event, EventKind, KeyValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

pub(super) fn show(shown: Shown<'_>, hex: bool) -> String {
    let mut text = match shown {
        Shown::Range { response, .. } => encode(&JsonRange::of(response)),
        Shown::Put(response) => encode(&JsonPut::of(response)),
        Shown::DeleteRange(response) => encode(&JsonDeleteRange::of(response)),
        Shown::Txn(response) => encode(&JsonTxn::of(response)),
        Shown::Watch(response) => encode(&JsonWatch::of(response)),
        Shown::LeaseGrant { header, id, ttl_s } => {
            encode(&JsonLeaseGrant { header: JsonHeader::of(header), id, ttl_s, error: "" })
        }
        Shown::LeaseRevoke { header, .. } => encode(&JsonOnlyHeader { header: JsonHeader::of(header) }),
        Shown::LeaseKeepAlive { header, id, ttl_s } => {
            encode(&JsonLeaseKeepAlive { header: JsonHeader::of(header), id, ttl_s })
        }
        Shown::LeaseTimeToLive { header, id, ttl_s, granted_ttl_s, keys, .. } => {
            let keys = (!keys.is_empty()).then(|| keys.iter().map(base64).collect());
            encode(&JsonLeaseTimeToLive { header: JsonHeader::of(header), id, ttl_s, granted_ttl_s, keys })
        }
        Shown::LeaseList { header, leases } => {
            let leases = leases.iter().map(|id| JsonLeaseId { id: *id }).collect();
            encode(&JsonLeaseList { header: JsonHeader::of(header), leases })
        }
        Shown::MemberList { header, members } if hex => member_list_in_hex(header, members),
        Shown::MemberList { header, members } => {
            let members = members.iter().map(JsonMember::of).collect();
            encode(&JsonMemberList { header: JsonHeader::of(header), members })
        }
        Shown::Alarms { header, alarms } => {
            let alarms = alarms.iter().map(|(member, alarm)| JsonAlarm::of(*member, alarm)).collect();
            encode(&JsonAlarms { header: JsonHeader::of(header), alarms })
        }
        Shown::Health(list) => encode(&list.iter().map(JsonHealth::of).collect::<Vec<_>>()),
        Shown::Status(list) => encode(&list.iter().map(JsonEndpointStatus::of).collect::<Vec<_>>()),
        Shown::HashKv(list) => encode(&list.iter().map(JsonEndpointHashKv::of).collect::<Vec<_>>()),
    };
    text.push('\n');
    text
}

/// As Go writes it: what could end a script in a web page is escaped. These characters stand inside strings alone.
fn encode(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("plain data is JSON");
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => escaped.push_str(&format!("\\u{:04x}", character as u32)),
            _ => escaped.push(character),
        }
    }
    escaped
}

fn base64(bytes: &Bytes) -> String {
    STANDARD.encode(bytes.as_bytes())
}

/// Whether Go's `omitempty` leaves it out.
fn is_empty<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Serialize)]
struct JsonHeader {
    #[serde(skip_serializing_if = "is_empty")]
    cluster_id: u64,
    #[serde(skip_serializing_if = "is_empty")]
    member_id: u64,
    #[serde(skip_serializing_if = "is_empty")]
    revision: i64,
    #[serde(skip_serializing_if = "is_empty")]
    raft_term: u64,
}

impl JsonHeader {
    fn of(header: &Header) -> JsonHeader {
        let Header { cluster_id, member_id, revision, raft_term } = *header;
        JsonHeader { cluster_id, member_id, revision, raft_term }
    }
}

#[derive(Serialize)]
struct JsonOnlyHeader {
    header: JsonHeader,
}

#[derive(Serialize)]
struct JsonKeyValue {
    #[serde(skip_serializing_if = "is_empty")]
    key: String,
    #[serde(skip_serializing_if = "is_empty")]
    create_revision: i64,
    #[serde(skip_serializing_if = "is_empty")]
    mod_revision: i64,
    #[serde(skip_serializing_if = "is_empty")]
    version: i64,
    #[serde(skip_serializing_if = "is_empty")]
    value: String,
    #[serde(skip_serializing_if = "is_empty")]
    lease: i64,
}

impl JsonKeyValue {
    fn of(kv: &KeyValue) -> JsonKeyValue {
        JsonKeyValue {
            key: base64(&kv.key),
            create_revision: kv.create_revision,
            mod_revision: kv.mod_revision,
            version: kv.version,
            value: base64(&kv.value),
            lease: kv.lease,
        }
    }
}

#[derive(Serialize)]
struct JsonRange {
    header: JsonHeader,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kvs: Vec<JsonKeyValue>,
    #[serde(skip_serializing_if = "is_empty")]
    more: bool,
    #[serde(skip_serializing_if = "is_empty")]
    count: i64,
}

impl JsonRange {
    fn of(response: &RangeResponse) -> JsonRange {
        JsonRange {
            header: JsonHeader::of(&response.header),
            kvs: response.kvs.iter().map(JsonKeyValue::of).collect(),
            more: response.more,
            count: response.count,
        }
    }
}

#[derive(Serialize)]
struct JsonPut {
    header: JsonHeader,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_kv: Option<JsonKeyValue>,
}

impl JsonPut {
    fn of(response: &PutResponse) -> JsonPut {
        JsonPut { header: JsonHeader::of(&response.header), prev_kv: response.prev_kv.as_ref().map(JsonKeyValue::of) }
    }
}

#[derive(Serialize)]
struct JsonDeleteRange {
    header: JsonHeader,
    #[serde(skip_serializing_if = "is_empty")]
    deleted: i64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prev_kvs: Vec<JsonKeyValue>,
}

impl JsonDeleteRange {
    fn of(response: &DeleteRangeResponse) -> JsonDeleteRange {
        JsonDeleteRange {
            header: JsonHeader::of(&response.header),
            deleted: response.deleted,
            prev_kvs: response.prev_kvs.iter().map(JsonKeyValue::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct JsonTxn {
    header: JsonHeader,
    #[serde(skip_serializing_if = "is_empty")]
    succeeded: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    responses: Vec<JsonResponseOp>,
}

impl JsonTxn {
    fn of(response: &TxnResponse) -> JsonTxn {
        JsonTxn {
            header: JsonHeader::of(&response.header),
            succeeded: response.succeeded,
            responses: response.responses.iter().map(JsonResponseOp::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct JsonResponseOp {
    #[serde(rename = "Response")]
    response: JsonResponseUnion,
}

#[derive(Serialize)]
enum JsonResponseUnion {
    #[serde(rename = "response_range")]
    Range(JsonRange),
    #[serde(rename = "response_put")]
    Put(JsonPut),
    #[serde(rename = "response_delete_range")]
    DeleteRange(JsonDeleteRange),
    #[serde(rename = "response_txn")]
    Txn(JsonTxn),
}

impl JsonResponseOp {
    fn of(response: &ResponseOp) -> JsonResponseOp {
        let response = match response {
            ResponseOp::Range(response) => JsonResponseUnion::Range(JsonRange::of(response)),
            ResponseOp::Put(response) => JsonResponseUnion::Put(JsonPut::of(response)),
            ResponseOp::DeleteRange(response) => JsonResponseUnion::DeleteRange(JsonDeleteRange::of(response)),
            ResponseOp::Txn(response) => JsonResponseUnion::Txn(JsonTxn::of(response)),
        };
        JsonResponseOp { response }
    }
}

#[derive(Serialize)]
struct JsonEvent {
    /// 0 for a put, which is left out.
    #[serde(rename = "type", skip_serializing_if = "is_empty")]
    kind: u8,
    kv: JsonKeyValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_kv: Option<JsonKeyValue>,
}

impl JsonEvent {
    fn of(event: &Event) -> JsonEvent {
        JsonEvent {
            kind: match event.kind {
                EventKind::Put => 0,
                EventKind::Delete => 1,
            },
            kv: JsonKeyValue::of(&event.kv),
            prev_kv: event.prev_kv.as_ref().map(JsonKeyValue::of),
        }
    }
}

/// The client library's own type, which has no tags: names as in Go, nothing left out.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct JsonWatch {
    header: JsonHeader,
    events: Option<Vec<JsonEvent>>,
    compact_revision: i64,
    canceled: bool,
    created: bool,
}

impl JsonWatch {
    fn of(response: &WatchResponse) -> JsonWatch {
        // A cancellation that the library makes up itself has no header, and its events are Go's nil.
        let made_up = response.canceled && response.header == Header::default();
        JsonWatch {
            header: JsonHeader::of(&response.header),
            events: (!made_up).then(|| response.events.iter().map(JsonEvent::of).collect()),
            compact_revision: response.compact_revision,
            canceled: response.canceled,
            created: false,
        }
    }
}

#[derive(Serialize)]
struct JsonLeaseGrant {
    #[serde(flatten)]
    header: JsonHeader,
    #[serde(rename = "ID")]
    id: i64,
    #[serde(rename = "TTL")]
    ttl_s: i64,
    #[serde(rename = "Error")]
    error: &'static str,
}

#[derive(Serialize)]
struct JsonLeaseKeepAlive {
    #[serde(flatten)]
    header: JsonHeader,
    #[serde(rename = "ID")]
    id: i64,
    #[serde(rename = "TTL")]
    ttl_s: i64,
}

#[derive(Serialize)]
struct JsonLeaseTimeToLive {
    #[serde(flatten)]
    header: JsonHeader,
    id: i64,
    #[serde(rename = "ttl")]
    ttl_s: i64,
    #[serde(rename = "granted-ttl")]
    granted_ttl_s: i64,
    keys: Option<Vec<String>>,
}

#[derive(Serialize)]
struct JsonLeaseId {
    id: i64,
}

#[derive(Serialize)]
struct JsonLeaseList {
    #[serde(flatten)]
    header: JsonHeader,
    leases: Vec<JsonLeaseId>,
}

#[derive(Serialize)]
struct JsonMember<'r> {
    #[serde(rename = "ID", skip_serializing_if = "is_empty")]
    id: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'r str,
    #[serde(rename = "peerURLs", skip_serializing_if = "<[_]>::is_empty")]
    peer_urls: &'r [String],
    #[serde(rename = "clientURLs", skip_serializing_if = "<[_]>::is_empty")]
    client_urls: &'r [String],
    #[serde(rename = "isLearner", skip_serializing_if = "is_empty")]
    is_learner: bool,
}

impl JsonMember<'_> {
    fn of(member: &Member) -> JsonMember<'_> {
        JsonMember {
            id: member.id,
            name: &member.name,
            peer_urls: &member.peer_urls,
            client_urls: &member.client_urls,
            is_learner: member.is_learner,
        }
    }
}

#[derive(Serialize)]
struct JsonMemberList<'r> {
    header: JsonHeader,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members: Vec<JsonMember<'r>>,
}

/// Written by hand in `etcdctl`, with a slip in a name, and without revision and learners.
fn member_list_in_hex(header: &Header, members: &[Member]) -> String {
    let mut text = format!(
        "{{\"header\":{{\"cluster_id\":\"{:x}\",\"member_id\":\"{:x}\",\"raft_term\":{}}}",
        header.cluster_id, header.member_id, header.raft_term
    );
    let members: Vec<String> = members
        .iter()
        .map(|member| {
            let (peers, clients) = (url_list(&member.peer_urls), url_list(&member.client_urls));
            let (id, name) = (member.id, &member.name);
            format!("{{\"ID\":\"{id:x}\",\"name\":\"{name}\",\"peerURLs\":{peers},\"clientURLS\":{clients}}}")
        })
        .collect();
    if !members.is_empty() {
        text += &format!(",\"members\":[{}]", members.join(","));
    }
    text + "}"
}

/// A list from the wire: Go's nil if it is empty.
fn url_list(urls: &[String]) -> String {
    encode(&(!urls.is_empty()).then_some(urls))
}

#[derive(Serialize)]
struct JsonAlarm {
    #[serde(rename = "memberID", skip_serializing_if = "is_empty")]
    member_id: u64,
    #[serde(skip_serializing_if = "is_empty")]
    alarm: u8,
}

impl JsonAlarm {
    fn of(member_id: u64, alarm: &str) -> JsonAlarm {
        let alarm = match alarm {
            "NOSPACE" => 1,
            "CORRUPT" => 2,
            _ => 0,
        };
        JsonAlarm { member_id, alarm }
    }
}

#[derive(Serialize)]
struct JsonAlarms {
    header: JsonHeader,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alarms: Vec<JsonAlarm>,
}

#[derive(Serialize)]
struct JsonHealth<'r> {
    endpoint: &'r str,
    health: bool,
    took: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    error: &'r str,
}

impl JsonHealth<'_> {
    fn of(health: &Health) -> JsonHealth<'_> {
        JsonHealth {
            endpoint: &health.endpoint,
            health: health.is_healthy(),
            took: health.took_text(),
            error: &health.error,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct JsonEndpointStatus<'r> {
    endpoint: &'r str,
    status: JsonStatus<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonStatus<'r> {
    header: JsonHeader,
    #[serde(skip_serializing_if = "str::is_empty")]
    version: &'r str,
    #[serde(skip_serializing_if = "is_empty")]
    db_size: i64,
    #[serde(skip_serializing_if = "is_empty")]
    leader: u64,
    #[serde(skip_serializing_if = "is_empty")]
    raft_index: u64,
    #[serde(skip_serializing_if = "is_empty")]
    raft_term: u64,
    #[serde(skip_serializing_if = "is_empty")]
    raft_applied_index: u64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'r [String],
    #[serde(skip_serializing_if = "is_empty")]
    db_size_in_use: i64,
    #[serde(skip_serializing_if = "is_empty")]
    is_learner: bool,
}

impl JsonEndpointStatus<'_> {
    fn of((endpoint, status): &(String, StatusResponse)) -> JsonEndpointStatus<'_> {
        JsonEndpointStatus {
            endpoint,
            status: JsonStatus {
                header: JsonHeader::of(&status.header),
                version: &status.version,
                db_size: status.db_size,
                leader: status.leader,
                raft_index: status.raft_index,
                raft_term: status.raft_term,
                raft_applied_index: status.raft_applied_index,
                errors: &status.errors,
                db_size_in_use: status.db_size_in_use,
                is_learner: status.is_learner,
            },
        }
    }
}

#[derive(Serialize)]
struct JsonEndpointHashKv<'r> {
    #[serde(rename = "Endpoint")]
    endpoint: &'r str,
    #[serde(rename = "HashKV")]
    hash_kv: JsonHashKv,
}

#[derive(Serialize)]
struct JsonHashKv {
    header: JsonHeader,
    #[serde(skip_serializing_if = "is_empty")]
    hash: u32,
    #[serde(skip_serializing_if = "is_empty")]
    compact_revision: i64,
}

impl JsonEndpointHashKv<'_> {
    fn of(hash: &HashKv) -> JsonEndpointHashKv<'_> {
        JsonEndpointHashKv {
            endpoint: &hash.endpoint,
            hash_kv: JsonHashKv {
                header: JsonHeader::of(&hash.header),
                hash: hash.hash,
                compact_revision: hash.compact_revision,
            },
        }
    }
}
