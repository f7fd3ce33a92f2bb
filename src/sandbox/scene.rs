//! The scene: members, clients, links and messages as values.

use super::view::{
    ClientView, CutView, EntryView, FieldView, LogView, MessageShape, MessageView, NodeView, ProgressView, RoleView,
    SceneView, SideView,
};
use super::{ActorId, ActorState, Sandbox, Time};
use crate::etcd::client::{Client, Outcome};
use crate::etcd::server::{Operation, Server};
use crate::etcd::{Actor, Etcd, Kind, Message};
use crate::raft::{Body, Change, Entry, EntryBody, LogIndex, MessageKind, NodeId, Role};
use crate::sim::{Fate, InFlight, Model as _, World};
use std::rc::Rc;

/// How long a lost message can still be seen, in microseconds.
const LOST_SHOWN_US: i64 = 12_000;

impl Sandbox {
    fn node_name(&self, node: NodeId) -> Rc<str> {
        self.cluster.by_node(node).map_or_else(|| format!("n?{}", node.0).into(), |member| Rc::clone(&member.name))
    }

    /// Members, clients and cuts as they stand.
    pub fn scene(&self) -> SceneView {
        SceneView {
            now: self.now(),
            events_total: self.events_total(),
            nodes: self.servers().map(|(id, server)| Rc::new(self.node_view(id, server))).collect(),
            clients: self.terminals_clients().map(|(id, client)| Rc::new(self.client_view(id, client))).collect(),
            cuts: self.cuts(),
            sides: self.sides(),
        }
    }

    pub(super) fn terminals_clients(&self) -> impl Iterator<Item = (ActorId, &Client)> {
        (0..self.terminals()).filter_map(|terminal| {
            let id = self.client_of(terminal)?;
            match self.world.actor(id) {
                Some(Actor::Client(client)) => Some((id, &**client)),
                _ => None,
            }
        })
    }

    fn node_view(&self, id: ActorId, server: &Server) -> NodeView {
        let raft = server.raft();
        let log = raft.log();
        let role = match raft.role() {
            Role::Follower => RoleView::Follower,
            Role::PreCandidate => RoleView::PreCandidate,
            Role::Candidate => RoleView::Candidate,
            Role::Leader => RoleView::Leader,
        };
        let world_time = |at: Time| self.world.world_time(id, at);
        let runs = self.world.state(id) == ActorState::Up;
        let timer = raft.election_timer().filter(|_| runs);
        NodeView {
            id,
            name: Rc::clone(&server.identity().name),
            member_id: format!("{:x}", server.identity().id).into(),
            state: self.world.state(id),
            role,
            term: raft.term().0,
            vote: raft.vote().map(|node| self.node_name(node)),
            leader: raft.leader().map(|node| self.node_name(node)),
            commit: log.committed().0,
            applied: server.applied_index(),
            first_index: log.first_index().0,
            last_index: log.last_index().0,
            last_term: log.last_term().0,
            election_timer: timer.map(|(reset, deadline)| (world_time(reset), world_time(deadline))),
            votes: raft.votes().iter().map(|(node, granted)| (self.node_name(*node), *granted)).collect(),
            quorum: crate::raft::quorum_of(raft.voters().len()),
            voters: raft.voters().len(),
            acks: self.acks(server),
            progress: self.progress(id, server),
            synced_index: log.stable().0,
            syncing: self.world.disk(id).is_syncing(),
            revision: server.store().revision(),
            compact_revision: server.store().compact_revision(),
            keys: server.store().keys_total(),
            leases: server.lessor().leases().count(),
            watches: server.watchers().count(),
        }
    }

    /// For each voter, whether it has acknowledged the newest entry; nothing if the newest is committed.
    fn acks(&self, server: &Server) -> Vec<(Rc<str>, bool)> {
        let raft = server.raft();
        let newest = raft.log().last_index();
        if raft.role() != Role::Leader || newest <= raft.log().committed() {
            return Vec::new();
        }
        let acked = |node: &NodeId| raft.progress().get(node).is_some_and(|progress| progress.matched >= newest);
        raft.voters().iter().map(|node| (self.node_name(*node), acked(node))).collect()
    }

    fn progress(&self, id: ActorId, server: &Server) -> Vec<ProgressView> {
        let own = server.raft().id();
        let others = server.raft().progress().iter().filter(|(node, _)| **node != own);
        others
            .map(|(node, progress)| ProgressView {
                name: self.node_name(*node),
                state: progress.state.word(),
                match_index: progress.matched.0,
                next_index: progress.next.0,
                inflight: progress.inflight(),
                heard_at: progress.heard_at.map(|at| self.world.world_time(id, at)),
            })
            .collect()
    }

    fn client_view(&self, id: ActorId, client: &Client) -> ClientView {
        let waiting = client.operations().rev().find(|operation| operation.outcome == Outcome::Waiting);
        let doing: Option<Rc<str>> = if let Some(operation) = waiting {
            Some(operation.words().split(' ').next().unwrap_or_default().into())
        } else if client.is_watching() {
            Some("watching".into())
        } else if client.is_keeping_alive() {
            Some("keeping alive".into())
        } else {
            None
        };
        let names = client.default_endpoints().iter().filter_map(|endpoint| self.cluster.by_endpoint(endpoint));
        ClientView {
            id,
            name: Rc::clone(client.name()),
            endpoints: names.map(|member| Rc::clone(&member.name)).collect(),
            doing,
            since: waiting.map(|operation| operation.called_at),
            waiting: waiting.is_some(),
        }
    }

    fn cuts(&self) -> Vec<CutView> {
        let ids: Vec<ActorId> = self.servers().map(|(id, _)| id).collect();
        let mut cuts = Vec::new();
        for &from in &ids {
            for &to in &ids {
                if let Some(since) = self.world.cut_since(from, to) {
                    cuts.push(CutView { from, to, since });
                }
            }
        }
        cuts
    }

    /// The groups into which the members fall when links that are cut in either direction are taken away.
    fn sides(&self) -> Vec<SideView> {
        let ids: Vec<ActorId> = self.servers().map(|(id, _)| id).collect();
        let joined =
            |a: ActorId, b: ActorId| self.world.cut_since(a, b).is_none() && self.world.cut_since(b, a).is_none();
        let mut groups: Vec<Vec<ActorId>> = Vec::new();
        for &id in &ids {
            if groups.iter().any(|group| group.contains(&id)) {
                continue;
            }
            let mut group = vec![id];
            let mut at = 0;
            while at < group.len() {
                let from = group[at];
                let found = ids.iter().copied().filter(|to| !group.contains(to) && joined(from, *to));
                let found: Vec<ActorId> = found.collect();
                group.extend(found);
                at += 1;
            }
            groups.push(ids.iter().copied().filter(|id| group.contains(id)).collect::<Vec<ActorId>>());
        }
        if groups.len() < 2 {
            return Vec::new();
        }
        let quorum = crate::raft::quorum_of(ids.len());
        groups
            .into_iter()
            .map(|nodes| {
                let voters = nodes.iter().filter(|id| self.world.state(**id) != ActorState::Down).count();
                let border = nodes.iter().flat_map(|from| ids.iter().map(|to| self.world.cut_since(*from, *to)));
                let since = border.flatten().max().unwrap_or(Time::ZERO);
                SideView { nodes, voters, has_quorum: voters >= quorum, since }
            })
            .collect()
    }

    /// The messages in flight, and those that were lost a moment ago.
    pub fn messages(&self) -> Vec<MessageView> {
        let now = self.now();
        let flying = self.world.flights().map(|(id, flight)| (World::<Etcd>::message_number(id), flight, None));
        let lost = self.world.recently_lost().enumerate();
        let lost = lost.filter(|(_, (at, _))| now.micros() - at.micros() <= LOST_SHOWN_US);
        // A lost message has no number any more; it is told from others by its place among the lost.
        let lost = lost.map(|(place, (at, flight))| (u64::MAX - place as u64, flight, Some(*at)));
        flying.chain(lost).map(|(number, flight, died_at)| message_view(number, flight, died_at)).collect()
    }

    /// A message in flight, spelt out: title and fields.
    pub fn message_fields(&self, number: u64) -> Option<(String, Vec<FieldView>)> {
        let (_, flight) = self.world.flight(number)?;
        let mut fields = vec![
            field("from", self.name_of(flight.from)),
            field("to", self.name_of(flight.to)),
            field("sent at", flight.sent_at),
            field("arrives at", flight.arrives_at),
        ];
        if let Fate::Die(reason) = flight.fate {
            fields.push(field("will be lost", reason.words()));
        }
        let title = title(&flight.message);
        match &flight.message {
            Message::SnapshotChunk { chunk, chunks, message, .. } => {
                fields.push(field("chunk", format!("{} of {chunks}", chunk + 1)));
                raft_fields(&message.body, &mut fields);
            }
            Message::SnapshotAck { arrived, .. } => fields.push(field("chunks that have arrived", arrived)),
            Message::Raft(message) => {
                fields.push(field("term", message.term));
                raft_fields(&message.body, &mut fields);
            }
            Message::Call { request, .. } => fields.push(field("request", crate::etcd::client::describe(request))),
            Message::Reply { result, .. } => fields.extend(result.as_ref().as_ref().err().map(|e| field("error", e))),
            Message::Watch { update: crate::etcd::WatchUpdate::Events(_, events), .. } => {
                fields.push(field("events", events.len()));
            }
            _ => {}
        }
        Some((title, fields))
    }

    /// Every field of a member.
    pub fn node_fields(&self, node: ActorId) -> Vec<FieldView> {
        let Some(server) = self.server(node) else { return Vec::new() };
        let view = self.node_view(node, server);
        let disk = if view.syncing { "syncing".to_string() } else { format!("synced to {}", view.synced_index) };
        if view.state == ActorState::Down {
            return vec![
                field("process", "crashed"),
                field("disk", disk),
                field("memory", "lost: it starts from its disk"),
                field("member ID", &view.member_id),
            ];
        }
        let none = || "none".to_string();
        let role = match view.role {
            RoleView::Follower => "follower",
            RoleView::PreCandidate => "pre-candidate",
            RoleView::Candidate => "candidate",
            RoleView::Leader => "leader",
            RoleView::Learner => "learner",
        };
        let timer = match view.election_timer {
            Some((_, deadline)) => format!("{} left", deadline - self.now()),
            None if view.role == RoleView::Leader => "off, leading".to_string(),
            None => "off".to_string(),
        };
        vec![
            field("process", if view.state == ActorState::Paused { "paused" } else { "running" }),
            field("role", role),
            field("term", view.term),
            field("vote", view.vote.as_deref().map_or_else(none, str::to_string)),
            field("leader it sees", view.leader.as_deref().map_or_else(none, str::to_string)),
            field("commit", view.commit),
            field("applied", view.applied),
            field("last log", format!("{} (term {})", view.last_index, view.last_term)),
            field("election timer", timer),
            field("disk", disk),
            field("revision", view.revision),
            field("keys", view.keys),
            field("leases", view.leases),
            field("watches", view.watches),
            field("member ID", &view.member_id),
        ]
    }

    /// A window of a member's log.
    pub fn log(&self, node: ActorId, from: u64, to: u64) -> LogView {
        let Some(server) = self.server(node) else {
            return LogView { snapshot_index: 0, snapshot_term: 0, entries: Vec::new() };
        };
        let log = server.raft().log();
        let (committed, stable) = (log.committed(), log.stable());
        let entry_view = |entry: &Entry<_>| EntryView {
            index: entry.index.0,
            term: entry.term.0,
            word: word(&entry.body),
            command: self.command(&entry.body).into(),
            committed: entry.index <= committed,
            synced: entry.index <= stable,
        };
        let before = log.first_index().previous();
        LogView {
            snapshot_index: before.0,
            snapshot_term: log.term(before).map_or(0, |term| term.0),
            entries: log.range(LogIndex(from), LogIndex(to)).map(entry_view).collect(),
        }
    }

    /// The highest index of any member.
    pub fn log_last_index(&self) -> u64 {
        self.servers().map(|(_, server)| server.raft().log().last_index().0).max().unwrap_or(0)
    }

    fn command(&self, body: &EntryBody<crate::etcd::server::Proposal>) -> String {
        use crate::etcd::api::Request;
        use crate::etcd::client::describe;
        match body {
            EntryBody::Empty => "the empty entry with which a leader begins its term".to_string(),
            EntryBody::ConfChange(change) if change.changes.is_empty() => "leave the joint configuration".to_string(),
            EntryBody::ConfChange(change) => {
                let words = change.changes.iter().map(|change| match change {
                    Change::AddVoter(node) => format!("add voter {}", self.node_name(*node)),
                    Change::AddLearner(node) => format!("add learner {}", self.node_name(*node)),
                    Change::Remove(node) => format!("remove {}", self.node_name(*node)),
                    Change::Update(node) => format!("update {}", self.node_name(*node)),
                });
                words.collect::<Vec<String>>().join(", ")
            }
            EntryBody::Normal(proposal) => match &proposal.0.operation {
                Operation::Put(put) => describe(&Request::Put(put.clone())),
                Operation::DeleteRange(delete) => describe(&Request::DeleteRange(delete.clone())),
                Operation::Txn(txn) => describe(&Request::Txn(txn.clone())),
                Operation::Compact { revision } => format!("compact {revision}"),
                Operation::LeaseGrant { id, ttl_s } => format!("lease grant {ttl_s} as {id:016x}"),
                Operation::LeaseRevoke { id } => format!("lease revoke {id:016x}"),
            },
        }
    }
}

fn field(name: &'static str, value: impl ToString) -> FieldView {
    FieldView { name, value: value.to_string() }
}

/// The word of the log view.
fn word(body: &EntryBody<crate::etcd::server::Proposal>) -> &'static str {
    match body {
        EntryBody::Empty => "∅",
        EntryBody::ConfChange(_) => "conf",
        EntryBody::Normal(proposal) => match &proposal.0.operation {
            Operation::Put(_) => "put",
            Operation::DeleteRange(_) => "del",
            Operation::Txn(_) => "txn",
            Operation::Compact { .. } => "cpt",
            Operation::LeaseGrant { .. } | Operation::LeaseRevoke { .. } => "lease",
        },
    }
}

/// Shape, and whether it is a reply that accepts or refuses.
fn shape(kind: Kind) -> (MessageShape, Option<bool>) {
    use MessageShape::{AppendEntries, Client, Heartbeat, PreVote, RequestVote, Snapshot};
    match kind {
        Kind::Raft(kind) => match kind {
            MessageKind::Append => (AppendEntries, None),
            MessageKind::AppendAccepted => (AppendEntries, Some(true)),
            MessageKind::AppendRejected => (AppendEntries, Some(false)),
            MessageKind::Heartbeat => (Heartbeat, None),
            MessageKind::HeartbeatResponse => (Heartbeat, Some(true)),
            MessageKind::RequestVote => (RequestVote, None),
            MessageKind::VoteGranted => (RequestVote, Some(true)),
            MessageKind::VoteRefused => (RequestVote, Some(false)),
            MessageKind::RequestPreVote => (PreVote, None),
            MessageKind::PreVoteGranted => (PreVote, Some(true)),
            MessageKind::PreVoteRefused => (PreVote, Some(false)),
            MessageKind::Snapshot => (Snapshot, None),
            MessageKind::TimeoutNow => (RequestVote, None),
            MessageKind::Propose | MessageKind::ReadIndex | MessageKind::TransferLeader => (Client, None),
            MessageKind::ReadIndexResponse => (Client, Some(true)),
        },
        Kind::SnapshotChunk { answer } => (Snapshot, answer.then_some(true)),
        Kind::LeaseForward { answer } | Kind::Dial { answer } => (Client, answer.then_some(true)),
        Kind::Call | Kind::WatchRequest => (Client, None),
        Kind::Reply { ok } => (Client, Some(ok)),
        Kind::WatchUpdate => (Client, Some(true)),
    }
}

fn message_view(number: u64, flight: &InFlight<Message>, died_at: Option<Time>) -> MessageView {
    let summary = Etcd::summary(&flight.message);
    let (shape, reply) = shape(summary.kind);
    let loss = if let Fate::Die(reason) = flight.fate { Some(reason) } else { None };
    MessageView {
        number,
        from: flight.from,
        to: flight.to,
        sent_at: flight.sent_at,
        arrives_at: flight.arrives_at,
        dies_at: died_at.or_else(|| loss.map(|_| flight.due_at)),
        loss,
        held: flight.fate == Fate::Wait,
        shape,
        reply,
        term: summary.term,
        label: title(&flight.message),
    }
}

/// A message in a word or two: `AppendEntries 15`, `ack 15`, `put`.
pub(super) fn title(message: &Message) -> String {
    match message {
        Message::Raft(message) => match &message.body {
            Body::Append { index, entries, .. } if entries.is_empty() => format!("AppendEntries (commit) {index}"),
            Body::Append { entries, .. } => {
                let last = entries.last().map_or(0, |entry| entry.index.0);
                format!("AppendEntries {last}")
            }
            Body::AppendAccepted { index } => format!("ack {index}"),
            Body::AppendRejected { index, .. } => format!("reject {index}"),
            Body::Heartbeat { .. } => "heartbeat".to_string(),
            Body::HeartbeatResponse { .. } => "heartbeat ack".to_string(),
            Body::RequestVote { pre: true, .. } => "PreVote".to_string(),
            Body::RequestVote { pre: false, .. } => "RequestVote".to_string(),
            Body::Vote { granted: true, .. } => "granted".to_string(),
            Body::Vote { granted: false, .. } => "refused".to_string(),
            Body::Propose { .. } => "proposal".to_string(),
            Body::ProposeConfChange { .. } => "member change".to_string(),
            Body::Snapshot { snapshot } => format!("InstallSnapshot {}", snapshot.index),
            Body::TransferLeader { .. } => "transfer leadership".to_string(),
            Body::TimeoutNow => "TimeoutNow".to_string(),
            Body::ReadIndex { .. } => "ReadIndex".to_string(),
            Body::ReadIndexResponse { index, .. } => format!("read at {index}"),
        },
        Message::SnapshotChunk { chunk, chunks, .. } => format!("snapshot {}/{chunks}", chunk + 1),
        Message::SnapshotAck { arrived, .. } => format!("snapshot ack {arrived}"),
        Message::LeaseForward { .. } | Message::LeaseForwarded { .. } => "lease request".to_string(),
        Message::Dial { .. } => "connect".to_string(),
        Message::Accept { .. } => "connected".to_string(),
        Message::Call { request, .. } => {
            let described = crate::etcd::client::describe(request);
            described.split(' ').next().unwrap_or_default().to_string()
        }
        Message::Reply { result, .. } => if result.is_ok() { "ok" } else { "error" }.to_string(),
        Message::WatchCreate { .. } => "watch".to_string(),
        Message::WatchCancel { .. } => "unwatch".to_string(),
        Message::WatchProgress { .. } => "progress?".to_string(),
        Message::WatchPing { .. } => "alive?".to_string(),
        Message::WatchPong { .. } => "alive".to_string(),
        Message::Watch { update, .. } => match update {
            crate::etcd::WatchUpdate::Created(_) => "watch created".to_string(),
            crate::etcd::WatchUpdate::Events(header, _) => format!("event, revision {}", header.revision),
            crate::etcd::WatchUpdate::Progress(_) => "progress".to_string(),
            crate::etcd::WatchUpdate::Canceled { .. } => "watch canceled".to_string(),
        },
    }
}

fn raft_fields(body: &Body<crate::etcd::server::Proposal>, fields: &mut Vec<FieldView>) {
    match body {
        Body::Append { index, log_term, entries, commit } => {
            fields.push(field("after index", index));
            fields.push(field("of term", log_term));
            let range = match (entries.first(), entries.last()) {
                (Some(first), Some(last)) => format!("{} to {}", first.index, last.index),
                _ => "none".to_string(),
            };
            fields.push(field("entries", range));
            fields.push(field("leader's commit", commit));
        }
        Body::AppendAccepted { index } => fields.push(field("has the log up to", index)),
        Body::AppendRejected { index, hint, log_term } => {
            fields.push(field("lacks index", index));
            fields.push(field("try from", format!("{hint} (term {log_term})")));
        }
        Body::Heartbeat { commit, read_round } => {
            fields.push(field("commit", commit));
            if *read_round > 0 {
                fields.push(field("confirms read round", read_round));
            }
        }
        Body::HeartbeatResponse { read_round } => {
            if *read_round > 0 {
                fields.push(field("confirms read round", read_round));
            }
        }
        Body::RequestVote { last_index, last_term, .. } => {
            fields.push(field("candidate's last log", format!("{last_index} (term {last_term})")));
        }
        Body::Vote { granted, .. } => fields.push(field("granted", if *granted { "yes" } else { "no" })),
        Body::Propose { payloads } => fields.push(field("proposals", payloads.len())),
        Body::ProposeConfChange { change } => fields.push(field("changes", change.changes.len())),
        Body::Snapshot { snapshot } => {
            fields.push(field("stands for all up to", snapshot.index));
            fields.push(field("of term", snapshot.term));
            fields.push(field("configuration", &snapshot.configuration));
            fields.push(field("bytes", snapshot.size_bytes));
        }
        Body::TransferLeader { target } => fields.push(field("to node", target.0)),
        Body::TimeoutNow => {}
        Body::ReadIndex { request } => fields.push(field("request", request)),
        Body::ReadIndexResponse { index, .. } => fields.push(field("read index", index)),
    }
}
