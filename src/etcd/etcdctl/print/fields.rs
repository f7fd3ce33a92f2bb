//! One name and one value a line, strings quoted as Go quotes them. Ids are decimal.

use super::simple::event_name;
use super::{HashKv, Health, NO_NESTED_TXN, Shown};
use crate::etcd::api::{
    DeleteRangeResponse, Header, Member, PutResponse, RangeResponse, ResponseOp, StatusResponse, TxnResponse,
    WatchResponse,
};
use crate::etcd::etcdctl::golang::quote::quote;
use crate::mvcc::{Bytes, KeyValue};
use std::fmt::{Display, Write};

pub(super) fn show(shown: Shown<'_>) -> String {
    let mut lines = Lines::default();
    match shown {
        Shown::Range { response, .. } => lines.range(response),
        Shown::Put(response) => lines.put(response),
        Shown::DeleteRange(response) => lines.delete_range(response),
        Shown::Txn(response) => lines.txn(response),
        Shown::Watch(response) => lines.watch(response),
        Shown::LeaseGrant { header, id, ttl_s } | Shown::LeaseKeepAlive { header, id, ttl_s } => {
            lines.header(header);
            lines.field("ID", id);
            lines.field("TTL", ttl_s);
        }
        Shown::LeaseRevoke { header, .. } => lines.header(header),
        Shown::LeaseTimeToLive { header, id, ttl_s, granted_ttl_s, keys, .. } => {
            lines.header(header);
            lines.field("ID", id);
            lines.field("TTL", ttl_s);
            lines.field("GrantedTTL", granted_ttl_s);
            keys.iter().for_each(|key| lines.bytes("Key", key));
        }
        Shown::LeaseList { header, leases } => {
            lines.header(header);
            leases.iter().for_each(|id| lines.field("ID", id));
        }
        Shown::MemberList { header, members } => {
            lines.header(header);
            members.iter().for_each(|member| lines.member(member));
        }
        Shown::Alarms { header, alarms } => {
            lines.header(header);
            for (member, alarm) in alarms {
                lines.field("MemberID", member);
                lines.field("AlarmType", alarm);
                lines.gap();
            }
        }
        Shown::Health(list) => list.iter().for_each(|health| lines.health(health)),
        Shown::Status(list) => list.iter().for_each(|(endpoint, status)| lines.status(endpoint, status)),
        Shown::HashKv(list) => list.iter().for_each(|hash| lines.hash_kv(hash)),
    }
    lines.text
}

#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn field(&mut self, name: &str, value: impl Display) {
        writeln!(self.text, "\"{name}\" : {value}").expect("a String takes all");
    }

    fn string(&mut self, name: &str, value: &str) {
        self.field(name, quote(value.as_bytes()));
    }

    fn bytes(&mut self, name: &str, value: &Bytes) {
        self.field(name, quote(value.as_bytes()));
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn header(&mut self, header: &Header) {
        self.field("ClusterID", header.cluster_id);
        self.field("MemberID", header.member_id);
        self.field("Revision", header.revision);
        self.field("RaftTerm", header.raft_term);
    }

    fn key_value(&mut self, prefix: &str, kv: &KeyValue) {
        self.bytes(&format!("{prefix}Key"), &kv.key);
        self.field(&format!("{prefix}CreateRevision"), kv.create_revision);
        self.field(&format!("{prefix}ModRevision"), kv.mod_revision);
        self.field(&format!("{prefix}Version"), kv.version);
        self.bytes(&format!("{prefix}Value"), &kv.value);
        self.field(&format!("{prefix}Lease"), kv.lease);
    }

    fn range(&mut self, response: &RangeResponse) {
        self.header(&response.header);
        response.kvs.iter().for_each(|kv| self.key_value("", kv));
        self.field("More", response.more);
        self.field("Count", response.count);
    }

    fn put(&mut self, response: &PutResponse) {
        self.header(&response.header);
        response.prev_kv.iter().for_each(|kv| self.key_value("Prev", kv));
    }

    fn delete_range(&mut self, response: &DeleteRangeResponse) {
        self.header(&response.header);
        self.field("Deleted", response.deleted);
        response.prev_kvs.iter().for_each(|kv| self.key_value("Prev", kv));
    }

    fn txn(&mut self, response: &TxnResponse) {
        self.header(&response.header);
        self.field("Succeeded", response.succeeded);
        for one in &response.responses {
            match one {
                ResponseOp::Range(response) => self.range(response),
                ResponseOp::Put(response) => self.put(response),
                ResponseOp::DeleteRange(response) => self.delete_range(response),
                ResponseOp::Txn(_) => unreachable!("{NO_NESTED_TXN}"),
            }
        }
    }

    fn watch(&mut self, response: &WatchResponse) {
        self.header(&response.header);
        for event in &response.events {
            self.field("Type", event_name(event.kind));
            event.prev_kv.iter().for_each(|kv| self.key_value("Prev", kv));
            self.key_value("", &event.kv);
        }
    }

    fn member(&mut self, member: &Member) {
        self.field("ID", member.id);
        self.string("Name", &member.name);
        member.peer_urls.iter().for_each(|url| self.string("PeerURL", url));
        member.client_urls.iter().for_each(|url| self.string("ClientURL", url));
        self.field("IsLearner", member.is_learner);
        self.gap();
    }

    fn health(&mut self, health: &Health) {
        self.string("Endpoint", &health.endpoint);
        self.field("Health", health.is_healthy());
        self.field("Took", health.took_text());
        self.field("Error", &health.error);
        self.gap();
    }

    fn status(&mut self, endpoint: &str, status: &StatusResponse) {
        self.header(&status.header);
        self.string("Version", &status.version);
        self.field("DBSize", status.db_size);
        self.field("Leader", status.leader);
        self.field("IsLearner", status.is_learner);
        self.field("RaftIndex", status.raft_index);
        self.field("RaftTerm", status.raft_term);
        self.field("RaftAppliedIndex", status.raft_applied_index);
        self.field("Errors", format!("[{}]", status.errors.join(" ")));
        self.string("Endpoint", endpoint);
        self.gap();
    }

    fn hash_kv(&mut self, hash: &HashKv) {
        self.header(&hash.header);
        self.string("Endpoint", &hash.endpoint);
        self.field("Hash", hash.hash);
        self.gap();
    }
}
