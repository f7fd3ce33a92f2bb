//! The narration: what happens, in plain words, with the rule and where it is written; and the marks on the timeline.
//!
//! Every sentence is made from one event of the trace; nothing is said that did not happen. Heartbeats, acknowledgements and
//! the like are not told: the picture shows them.

use super::view::{MarkKind, MarkView, NarrationKind, NarrationView, TermBand};
use super::{ActorId, EventId, Fault, Time};
use crate::etcd::api::Request;
use crate::etcd::client::{Asked, ClientNote, Outcome, describe};
use crate::etcd::identity::Cluster;
use crate::etcd::server::ServerNote;
use crate::etcd::{EtcdWorld, Note, Summary, Timer};
use crate::raft::{Event, NodeId};
use crate::sim::{TraceEvent, TraceKind};
use litemap::LiteMap;
use std::collections::VecDeque;
use std::rc::Rc;

/// How many sentences are kept.
const SENTENCES_MAX: usize = 500;
/// How many marks, bands and terms of revisions are kept at least; the oldest go first, many at a time.
const MARKS_MAX: usize = 4_000;

type Source = Option<(&'static str, &'static str)>;

const RAFT: &str = "https://raft.github.io/raft.pdf";
const DISSERTATION: &str = "https://github.com/ongardie/dissertation/blob/master/stanford.pdf";
const ETCD_API: &str = "https://etcd.io/docs/v3.5/learning/api/";

const ELECTIONS: Source = Some(("Raft §5.2", RAFT));
const REPLICATION: Source = Some(("Raft §5.3", RAFT));
const ELECTION_RESTRICTION: Source = Some(("Raft §5.4.1", RAFT));
const COMMITMENT: Source = Some(("Raft §5.4.2", RAFT));
const PRE_VOTE: Source = Some(("Dissertation §9.6", DISSERTATION));
const CHECK_QUORUM: Source = Some(("Dissertation §6.2", DISSERTATION));
const SNAPSHOTS: Source = Some(("Raft §7", RAFT));
const TRANSFER: Source = Some(("Dissertation §3.10", DISSERTATION));
const KV: Source = Some(("etcd KV", ETCD_API));
const LEASES: Source = Some(("etcd leases", ETCD_API));
const WATCHES: Source = Some(("etcd watch", ETCD_API));

type EtcdEvent = TraceEvent<Summary, Timer, Note>;

/// Reads the trace and keeps what is to be told.
#[derive(Clone)]
pub(super) struct Narrator {
    /// Of the members, in the order of their numbers.
    names: LiteMap<ActorId, Rc<str>>,
    next: EventId,
    /// The newest events that are worth a sentence. The sentences are made when somebody reads them.
    told: VecDeque<EtcdEvent>,
    marks: Vec<MarkView>,
    bands: Vec<TermBand>,
    /// Sorted by revision.
    terms_of_revisions: VecDeque<(i64, u64)>,
    members: usize,
}

/// How a fault is marked on the timeline, if it is.
fn mark_of(fault: &Fault) -> Option<MarkKind> {
    match fault {
        Fault::Cut(..) | Fault::CutOneWay { .. } | Fault::Split(_) | Fault::Isolate(_) => Some(MarkKind::Cut),
        Fault::Crash(_) | Fault::Pause(_) => Some(MarkKind::Crash),
        Fault::Heal(..) | Fault::HealOneWay { .. } | Fault::HealAll | Fault::Restart(_) | Fault::Resume(_) => {
            Some(MarkKind::Mended)
        }
        Fault::SetLink { .. }
        | Fault::SetDisk(..)
        | Fault::SetClock(..)
        | Fault::DropMessage(_)
        | Fault::DelayMessage(..)
        | Fault::DuplicateMessage(_)
        | Fault::DeliverMessage(_) => None,
    }
}

fn is_keep_alive(asked: &Asked) -> bool {
    matches!(*asked.0, Request::LeaseKeepAlive { .. })
}

/// A sentence before it is numbered: kind, headline, text, source.
type Told = (NarrationKind, String, String, Source);

impl Narrator {
    pub(super) fn new(cluster: &Cluster) -> Narrator {
        let mut names = LiteMap::new();
        for member in cluster.members.iter() {
            names.insert(member.actor, Rc::clone(&member.name));
        }
        Narrator {
            names,
            next: EventId(0),
            told: VecDeque::new(),
            marks: Vec::new(),
            bands: Vec::new(),
            terms_of_revisions: VecDeque::new(),
            members: cluster.members.len(),
        }
    }

    pub(super) fn sentences(&self) -> Rc<[NarrationView]> {
        self.told.iter().filter_map(|event| self.sentence(event)).collect()
    }

    /// The newest sentence that matters; older ones than that are not even made.
    pub(super) fn newest(&self, matters: impl Fn(&NarrationView) -> bool) -> Option<NarrationView> {
        self.told.iter().rev().filter_map(|event| self.sentence(event)).find(matters)
    }

    pub(super) fn marks(&self) -> &[MarkView] {
        &self.marks
    }

    pub(super) fn bands(&self) -> &[TermBand] {
        &self.bands
    }

    /// The term of the entry that made a revision; 0 if that is forgotten.
    pub(super) fn term_of_revision(&self, revision: i64) -> u64 {
        let known = &self.terms_of_revisions;
        known.binary_search_by_key(&revision, |(known, _)| *known).map_or(0, |at| known[at].1)
    }

    /// How many events have been read.
    pub(super) fn read_total(&self) -> u64 {
        self.next.0
    }

    /// Reads what is new in the trace.
    pub(super) fn observe(&mut self, world: &EtcdWorld) {
        for event in world.trace().events_from(self.next) {
            match &event.kind {
                TraceKind::Note { actor, note } => self.observe_note(event, *actor, note, world),
                TraceKind::Fault(fault) => self.observe_fault(event, fault),
                _ => {}
            }
        }
        self.next = EventId(world.trace().total());
    }

    pub(super) fn name(&self, actor: ActorId) -> Rc<str> {
        match self.names.get(&actor) {
            Some(name) => Rc::clone(name),
            None => format!("c{}", usize::from(actor.0) + 1 - self.members).into(),
        }
    }

    fn node(&self, node: NodeId) -> Rc<str> {
        self.name(ActorId(node.0))
    }

    fn tell(&mut self, event: &EtcdEvent) {
        if self.told.len() == SENTENCES_MAX {
            self.told.pop_front();
        }
        self.told.push_back(event.clone());
    }

    fn sentence(&self, event: &EtcdEvent) -> Option<NarrationView> {
        let (kind, headline, text, source) = match &event.kind {
            TraceKind::Note { actor, note: Note::Raft(raft) } => self.raft_sentence(*actor, raft)?,
            TraceKind::Note { actor, note: Note::Server(server) } => self.server_sentence(*actor, server)?,
            TraceKind::Note { actor, note: Note::Client(client) } => self.client_sentence(*actor, client)?,
            TraceKind::Fault(fault) => {
                let mends = mark_of(fault) == Some(MarkKind::Mended);
                let kind = if mends { NarrationKind::Mended } else { NarrationKind::Fault };
                (kind, self.fault_headline(fault), String::new(), None)
            }
            _ => return None,
        };
        Some(NarrationView { event: event.id, at: event.at, kind, headline, text, source })
    }

    fn mark(&mut self, at: Time, kind: MarkKind, label: impl Into<Rc<str>>) {
        if self.marks.len() == 2 * MARKS_MAX {
            self.marks.drain(..MARKS_MAX);
        }
        self.marks.push(MarkView { at, kind, label: label.into() });
    }

    fn observe_note(&mut self, event: &EtcdEvent, actor: ActorId, note: &Note, world: &EtcdWorld) {
        match note {
            Note::Raft(raft) => {
                self.observe_term(event.at, raft);
                self.mark_election(event.at, actor, raft);
                if is_told(raft) {
                    self.tell(event);
                }
            }
            Note::Server(ServerNote::Proposed { .. } | ServerNote::ReadAnswered { .. }) => {}
            Note::Server(server) => {
                if let ServerNote::Applied { index, revision, changed: true } = server {
                    self.remember_revision(world, actor, *index, *revision);
                }
                self.tell(event);
            }
            // A program that calls and calls is one mark, where it begins.
            Note::Client(ClientNote::Called { request, first, .. }) => {
                if *first && !is_keep_alive(request) {
                    let label = format!("{}: {}", self.name(actor), describe(&request.0));
                    self.mark(event.at, MarkKind::Command, label);
                }
            }
            Note::Client(_) => self.tell(event),
        }
    }

    fn remember_revision(&mut self, world: &EtcdWorld, actor: ActorId, index: u64, revision: i64) {
        // Every member applies it, the later ones with nothing new to say.
        if self.terms_of_revisions.back().is_some_and(|(newest, _)| *newest >= revision) {
            return;
        }
        let Some(crate::etcd::Actor::Server(server)) = world.actor(actor) else { return };
        let Some(term) = server.raft().log().term(crate::raft::LogIndex(index)) else { return };
        if self.terms_of_revisions.len() == MARKS_MAX {
            self.terms_of_revisions.pop_front();
        }
        self.terms_of_revisions.push_back((revision, term.0));
    }

    fn observe_term(&mut self, at: Time, event: &Event) {
        let term = match event {
            Event::BecameCandidate { term } | Event::BecameLeader { term, .. } | Event::BecameFollower { term, .. } => {
                term.0
            }
            _ => return,
        };
        if self.bands.last().is_none_or(|band| band.term < term) {
            if self.bands.len() == 2 * MARKS_MAX {
                self.bands.drain(..MARKS_MAX);
            }
            self.bands.push(TermBand { from: at, term });
        }
    }

    fn mark_election(&mut self, at: Time, actor: ActorId, event: &Event) {
        let name = self.name(actor);
        match event {
            Event::BecameLeader { term, .. } => self.mark(at, MarkKind::Won, format!("{name} leads term {term}")),
            Event::LostElection { term, pre: false } => {
                self.mark(at, MarkKind::LostElection, format!("{name} lost term {term}"));
            }
            _ => {}
        }
    }

    fn raft_sentence(&self, actor: ActorId, event: &Event) -> Option<Told> {
        use NarrationKind::{Election, Log};
        let name = self.name(actor);
        Some(match event {
            Event::ElectionTimeout => (
                Election,
                format!("{name} has heard no leader for a whole election timeout"),
                "Its timer, of a random length so that not all run down at once, has run down.".to_string(),
                ELECTIONS,
            ),
            Event::BecamePreCandidate { term } => (
                Election,
                format!("{name} asks whether it would win term {term}"),
                "PreVote: its own term stays, so that a node that was cut off cannot depose a healthy leader."
                    .to_string(),
                PRE_VOTE,
            ),
            Event::BecameCandidate { term } => (
                Election,
                format!("{name} campaigns in term {term}"),
                "It votes for itself, writes that to its disk, and asks the others.".to_string(),
                ELECTIONS,
            ),
            Event::BecameLeader { term, votes, voters } => (
                Election,
                format!("{name} leads term {term}"),
                format!(
                    "{votes} of {voters} voted for it. It begins its term with an empty entry, for it may commit older entries only together with one of its own."
                ),
                COMMITMENT,
            ),
            Event::BecameFollower { term, leader: Some(leader) } => (
                Election,
                format!("{name} follows {}", self.node(*leader)),
                format!("Whoever sends entries or heartbeats in term {term} has won it."),
                ELECTIONS,
            ),
            Event::BecameFollower { leader: None, .. } => return None,
            Event::Voted { candidate, term, pre: false, granted: true } => (
                Election,
                format!("{name} votes for {} in term {term}", self.node(*candidate)),
                "One vote a term, first come first served, and only for a log at least as up to date as its own."
                    .to_string(),
                ELECTION_RESTRICTION,
            ),
            Event::Voted { candidate, term, pre: false, granted: false } => (
                Election,
                format!("{name} refuses {} its vote in term {term}", self.node(*candidate)),
                "It has voted for another in this term, or its own log is newer.".to_string(),
                ELECTION_RESTRICTION,
            ),
            Event::Voted { .. } => return None,
            Event::IgnoredVoteRequest { candidate, .. } => (
                Election,
                format!("{name} does not answer {}", self.node(*candidate)),
                "It hears a leader: within an election timeout of a heartbeat nobody else gets a vote.".to_string(),
                CHECK_QUORUM,
            ),
            Event::LostElection { term, pre } => (
                Election,
                format!("{name} is not elected"),
                if *pre {
                    "A majority would not vote for it, so it does not even campaign.".to_string()
                } else {
                    format!("A majority has refused in term {term}.")
                },
                ELECTIONS,
            ),
            Event::LostQuorum { term } => (
                Election,
                format!("{name} steps down in term {term}"),
                "It has not heard from a majority for a whole election timeout: others may have elected another."
                    .to_string(),
                CHECK_QUORUM,
            ),
            Event::Truncated { first } => (
                Log,
                format!("{name} drops its entries from {first} on"),
                "They conflict with the leader's and were never committed.".to_string(),
                REPLICATION,
            ),
            Event::RefusedAppend { index } => (
                Log,
                format!("{name} refuses entries after {index}"),
                "Its log does not have that entry; the leader will go back to where the logs agree.".to_string(),
                REPLICATION,
            ),
            _ => return self.handover_sentence(&name, event),
        })
    }

    /// Snapshots and transfers of leadership.
    fn handover_sentence(&self, name: &str, event: &Event) -> Option<Told> {
        use NarrationKind::{Election, Log};
        Some(match event {
            Event::SnapshotSent { to, index } => (
                Log,
                format!("{name} sends {} a snapshot up to {index}", self.node(*to)),
                "What it lacks is compacted away, so it gets the state itself.".to_string(),
                SNAPSHOTS,
            ),
            Event::TransferStarted { target } => (
                Election,
                format!("{name} hands over to {}", self.node(*target)),
                "Until then it takes no proposals; it brings its successor up to date and tells it to campaign."
                    .to_string(),
                TRANSFER,
            ),
            Event::TransferAborted { target } => (
                Election,
                format!("{name} leads on"),
                format!("{} has not taken over in time.", self.node(*target)),
                TRANSFER,
            ),
            Event::ToldToCampaign { leader } => (
                Election,
                format!("{name} campaigns at once"),
                format!("{} wants it to lead, so it waits for no timeout and asks for no trial.", self.node(*leader)),
                TRANSFER,
            ),
            _ => return None,
        })
    }

    fn server_sentence(&self, actor: ActorId, note: &ServerNote) -> Option<Told> {
        use NarrationKind::{Client, Lease, Log};
        let name = self.name(actor);
        Some(match note {
            ServerNote::Started { entries, torn } if *entries > self.members as u64 => (
                NarrationKind::Fault,
                format!("{name} starts from its disk"),
                format!(
                    "It finds {entries} entries{}; what it had not synced is gone, and what is committed it learns anew.",
                    if *torn { " and a torn record, which it cuts off" } else { "" }
                ),
                REPLICATION,
            ),
            ServerNote::Started { .. } => return None,
            ServerNote::Applied { index, revision, changed: true } => {
                (Log, format!("{name} applies entry {index}"), format!("Its store is at revision {revision}."), KV)
            }
            ServerNote::LeaseGranted { .. } => return None,
            ServerNote::Applied { .. } | ServerNote::Proposed { .. } | ServerNote::ReadAnswered { .. } => return None,
            ServerNote::SnapshotTaken { index, compacted } => (
                Log,
                format!("{name} takes a snapshot of its state after entry {index}"),
                format!(
                    "Its log forgets the entries up to {compacted}; the ones after it stay for followers a little behind."
                ),
                SNAPSHOTS,
            ),
            ServerNote::SnapshotInstalled { index, revision } => (
                Log,
                format!("{name} takes the leader's snapshot up to entry {index}"),
                format!("It takes the place of its log and of its store, which is at revision {revision} now."),
                SNAPSHOTS,
            ),
            ServerNote::WaitsForLeader { client, .. } => (
                Client,
                format!("{name} keeps a request of {} back", self.name(*client)),
                "It knows no leader to send it to. If none appears in time, the client gives up.".to_string(),
                KV,
            ),
            ServerNote::RequestTimedOut { client, .. } => (
                Client,
                format!("{name} gives up a request of {}", self.name(*client)),
                "No quorum has confirmed it in time.".to_string(),
                KV,
            ),
            ServerNote::LeasesPromoted { leases } => (
                Lease,
                format!("{name} starts the clocks of {leases} lease{} anew", if *leases == 1 { "" } else { "s" }),
                "A new leader cannot know when the old one renewed them, so each gets its whole time again."
                    .to_string(),
                LEASES,
            ),
            ServerNote::LeaseExpired { lease } => (
                Lease,
                format!("Lease {lease:016x} has run out"),
                format!("{name}, as the leader, proposes to revoke it: that too must be agreed on."),
                LEASES,
            ),
            ServerNote::LeaseRevoked { lease, keys } => (
                Lease,
                format!("{name} revokes lease {lease:016x}"),
                format!("{keys} key{} with it, in one revision.", if *keys == 1 { " goes" } else { "s go" }),
                LEASES,
            ),
            ServerNote::LeaseRenewed { lease } => (
                Lease,
                format!("{name} renews lease {lease:016x}"),
                "Only the leader keeps the time, in its memory; nothing is written.".to_string(),
                LEASES,
            ),
            ServerNote::WatchCreated { client, behind, .. } => (
                Client,
                format!("{} watches at {name}", self.name(*client)),
                if *behind {
                    "It begins in the past: history first, then what is new.".to_string()
                } else {
                    "It is sent every change from now on, each once and in order.".to_string()
                },
                WATCHES,
            ),
            ServerNote::WatchCanceled { client, reason, .. } => (
                Client,
                format!("{name} ends a watch of {}", self.name(*client)),
                match *reason {
                    "compacted" => "What it wants to see has been compacted away.".to_string(),
                    _ => {
                        "There was no leader for three election timeouts, and it asked not to wait longer.".to_string()
                    }
                },
                WATCHES,
            ),
        })
    }

    fn client_sentence(&self, actor: ActorId, note: &ClientNote) -> Option<Told> {
        use NarrationKind::Client;
        let name = self.name(actor);
        Some(match note {
            ClientNote::Called { .. } => return None,
            ClientNote::Returned { request, .. } if is_keep_alive(request) => return None,
            ClientNote::Returned { request, outcome, result, .. } => {
                let operation = describe(&request.0);
                let (headline, text) = match outcome {
                    Outcome::Ok => (format!("{name} is answered: {operation}"), format!("{result}.")),
                    Outcome::Unknown => (
                        format!("{name} does not know what became of: {operation}"),
                        format!("{result}. It may have happened, may happen yet, or never."),
                    ),
                    Outcome::Failed | Outcome::Waiting => {
                        (format!("{name} is refused: {operation}"), format!("{result}."))
                    }
                };
                (Client, headline, text, KV)
            }
            ClientNote::ConnectionLost { server } => (
                Client,
                format!("{name} has lost its connection to {}", self.name(*server)),
                "It dials again; a watch goes on after the last event that it has seen.".to_string(),
                WATCHES,
            ),
            ClientNote::WatchResumed { revision, .. } => (
                Client,
                format!("{name} resumes its watch at revision {revision}"),
                "That is the one after the last that it has seen: nothing is missed, nothing comes twice.".to_string(),
                WATCHES,
            ),
        })
    }

    fn observe_fault(&mut self, event: &EtcdEvent, fault: &Fault) {
        if let Some(mark) = mark_of(fault) {
            self.mark(event.at, mark, self.fault_headline(fault));
        }
        self.tell(event);
    }

    pub(super) fn fault_headline(&self, fault: &Fault) -> String {
        let names = |actors: &[ActorId]| {
            actors.iter().map(|actor| self.name(*actor).to_string()).collect::<Vec<String>>().join(", ")
        };
        match fault {
            Fault::Cut(a, b) => format!("The link {} – {} is cut", self.name(*a), self.name(*b)),
            Fault::CutOneWay { from, to } => {
                format!("Nothing gets from {} to {} any more", self.name(*from), self.name(*to))
            }
            Fault::Heal(a, b) => format!("The link {} – {} is whole again", self.name(*a), self.name(*b)),
            Fault::HealOneWay { from, to } => {
                format!("Messages get from {} to {} again", self.name(*from), self.name(*to))
            }
            Fault::Split(groups) => {
                let groups: Vec<String> = groups.iter().map(|group| names(group)).collect();
                format!("The network is cut: {}", groups.join(" | "))
            }
            Fault::Isolate(actor) => format!("{} is cut off from all others", self.name(*actor)),
            Fault::HealAll => "The network is whole again".to_string(),
            Fault::Crash(actor) => format!("{} crashes", self.name(*actor)),
            Fault::Restart(actor) => format!("{} is started again", self.name(*actor)),
            Fault::Pause(actor) => format!("{} is paused", self.name(*actor)),
            Fault::Resume(actor) => format!("{} goes on", self.name(*actor)),
            Fault::SetLink { from, to, .. } => {
                format!("The link {} to {} behaves differently", self.name(*from), self.name(*to))
            }
            Fault::SetDisk(actor, _) => format!("The disk of {} behaves differently", self.name(*actor)),
            Fault::SetClock(actor, _) => format!("The clock of {} is changed", self.name(*actor)),
            Fault::DropMessage(_) => "A message is dropped by hand".to_string(),
            Fault::DelayMessage(..) => "A message is delayed by hand".to_string(),
            Fault::DuplicateMessage(_) => "A message is doubled by hand".to_string(),
            Fault::DeliverMessage(_) => "A message is delivered at once".to_string(),
        }
    }
}

/// Whether an event of Raft is worth a sentence.
fn is_told(event: &Event) -> bool {
    !matches!(
        event,
        Event::Appended { .. }
            | Event::Committed { .. }
            | Event::ConfigurationChanged { .. }
            | Event::ConfChangeRefused { .. }
            | Event::SnapshotIgnored { .. }
            | Event::ReadConfirmed { .. }
            | Event::BecameFollower { leader: None, .. }
            | Event::Voted { pre: true, .. }
    )
}
