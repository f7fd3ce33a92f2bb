//! The side panels: store, leases, watches, members, operations.

use super::view::{
    ChangeView, KeyView, LeaseView, LifelineView, MarkView, MemberView, NarrationView, OperationView, StoreView,
    TermBand, WatchView,
};
use super::{ActorId, ActorState, Sandbox};
use crate::etcd::client::{Operation, Outcome, describe_range};
use crate::etcd::server::Server;
use crate::mvcc::{Bytes, EventKind, KeyRange, RangeOptions};
use crate::raft::Role;
use std::rc::Rc;

/// How many keys a table and a picture of the store show.
const KEYS_MAX: i64 = 500;

fn text(bytes: &Bytes) -> Rc<str> {
    bytes.to_string_lossy().into()
}

/// How many operations are shown.
const OPERATIONS_SHOWN_MAX: usize = 500;

impl Sandbox {
    /// A member's store, now or at a revision. A revision that cannot be read shows as no keys.
    pub fn store(&self, node: ActorId, revision: Option<i64>) -> StoreView {
        let Some(server) = self.server(node).or_else(|| self.server(ActorId(0))) else {
            unreachable!("a sandbox has at least one member")
        };
        let store = server.store();
        let shown_revision = revision.unwrap_or(store.revision()).clamp(1, store.revision());
        let options = RangeOptions { revision: shown_revision, limit: KEYS_MAX, ..RangeOptions::default() };
        let kvs = store.range(&KeyRange::all(), &options).map(|result| result.kvs).unwrap_or_default();
        let key_view = |kv: crate::mvcc::KeyValue| KeyView {
            key: text(&kv.key),
            value: text(&kv.value),
            create_revision: kv.create_revision,
            mod_revision: kv.mod_revision,
            version: kv.version,
            lease: (kv.lease != 0).then(|| format!("{:016x}", kv.lease).into()),
        };
        StoreView {
            node: Rc::clone(&server.identity().name),
            revision: store.revision(),
            compact_revision: store.compact_revision(),
            shown_revision,
            keys: kvs.into_iter().map(key_view).collect(),
            lifelines: self.lifelines(server),
            applied: self
                .servers()
                .map(|(_, server)| (Rc::clone(&server.identity().name), server.store().revision()))
                .collect(),
        }
    }

    fn lifelines(&self, server: &Server) -> Vec<LifelineView> {
        let change_view = |record: &crate::mvcc::Record| ChangeView {
            revision: record.revision.main,
            value: (record.kind == EventKind::Put).then(|| text(&record.kv.value)),
            term: self.narrator.term_of_revision(record.revision.main),
        };
        let all = KeyRange::all();
        server
            .store()
            .histories(&all)
            .take(KEYS_MAX as usize)
            .map(|history| LifelineView {
                key: text(&history.key),
                changes: history
                    .generations
                    .iter()
                    .flat_map(|generation| &generation.records)
                    .map(|record| change_view(record))
                    .collect(),
            })
            .collect()
    }

    /// The leases, as the leader has them; without a leader, as the member that has applied most has them.
    pub fn leases(&self) -> Vec<LeaseView> {
        let primary = self.leader().filter(|id| self.server(*id).is_some_and(|server| server.lessor().is_primary()));
        let newest = || {
            let running = self.servers().filter(|(id, _)| self.world.state(*id) != ActorState::Down);
            running.max_by_key(|(_, server)| server.applied_index()).map(|(id, _)| id)
        };
        let Some(id) = primary.or_else(newest) else { return Vec::new() };
        let Some(server) = self.server(id) else { return Vec::new() };
        let lease_view = |(lease, data): (i64, &crate::etcd::server::Lease)| LeaseView {
            id: format!("{lease:016x}").into(),
            ttl_s: data.ttl_s,
            expires_at: data.expires_at.filter(|_| primary.is_some()).map(|at| self.world.world_time(id, at)),
            keys: data.keys.keys().map(text).collect(),
        };
        server.lessor().leases().map(lease_view).collect()
    }

    /// The watches on all running members.
    pub fn watches(&self) -> Vec<WatchView> {
        let running = self.servers().filter(|(id, _)| self.world.state(*id) != ActorState::Down);
        running
            .flat_map(|(_, server)| {
                server.watchers().map(|watcher| WatchView {
                    node: Rc::clone(&server.identity().name),
                    client: self.name_of(watcher.client).into(),
                    range: describe_range(&watcher.request.range).into(),
                    next_revision: watcher.next_revision,
                    synced: watcher.synced,
                    sent: watcher.sent,
                })
            })
            .collect()
    }

    /// The members.
    pub fn members(&self) -> Vec<MemberView> {
        self.servers()
            .map(|(id, server)| MemberView {
                id: format!("{:x}", server.identity().id).into(),
                name: Rc::clone(&server.identity().name),
                peer_urls: server.identity().peer_url().into(),
                client_urls: server.identity().client_url().into(),
                role: match server.raft().role() {
                    Role::Leader => "leader",
                    Role::Follower => "follower",
                    Role::PreCandidate => "pre-candidate",
                    Role::Candidate => "candidate",
                },
                state: self.world.state(id).word(),
            })
            .collect()
    }

    /// What clients have called, in the order of calling, the newest [`OPERATIONS_SHOWN_MAX`].
    pub fn operations(&self) -> Vec<OperationView> {
        let clients = || self.terminals_clients().map(|(_, client)| client);
        let total: usize = clients().map(|client| client.operations().count()).sum();
        // Each client's are in order; of none more than the newest can be shown.
        let mut newest: Vec<(Rc<str>, &Operation)> = Vec::new();
        for client in clients() {
            for operation in client.operations().rev().take(OPERATIONS_SHOWN_MAX) {
                let at = newest.partition_point(|(_, other)| other.called_at < operation.called_at);
                newest.insert(at, (Rc::clone(client.name()), operation));
            }
        }
        let left_out = newest.len().saturating_sub(OPERATIONS_SHOWN_MAX);
        let first = total - newest.len();
        newest
            .into_iter()
            .enumerate()
            .skip(left_out)
            .map(|(at, (client, operation))| OperationView {
                number: (first + at) as u64 + 1,
                client,
                operation: operation.words().into(),
                called_at: operation.called_at,
                returned_at: operation.returned_at,
                outcome: match operation.outcome {
                    Outcome::Waiting => "waiting",
                    Outcome::Ok => "ok",
                    Outcome::Failed => "failed",
                    Outcome::Unknown => "unknown",
                },
                result: operation.result.to_string().into(),
            })
            .collect()
    }

    /// What has happened in plain words, the newest last.
    pub fn narration(&self) -> Rc<[NarrationView]> {
        self.narrator.sentences()
    }

    /// The newest thing in plain words that matters to the caller.
    pub fn newest_narration(&self, matters: impl Fn(&NarrationView) -> bool) -> Option<NarrationView> {
        self.narrator.newest(matters)
    }

    /// What stands on the timeline.
    pub fn marks(&self) -> &[MarkView] {
        self.narrator.marks()
    }

    /// Since when which term was the highest.
    pub fn term_bands(&self) -> &[TermBand] {
        self.narrator.bands()
    }
}
