//! A member: Raft below, the store, the lessor and the watches above, clients in front.
//!
//! One input is handled at a time; after each, [`Server::pump`] carries out what Raft wants done, in the order that Raft
//! demands: messages, write, promises, apply. While a synced write is under way the next one gathers, so that entries that
//! come close together share one sync, as with etcd's write-ahead log.
//!
//! Invariants: the store changes only in [`apply`]; every member applies the same entries in the same order; a linearizable
//! read is answered only after a quorum has confirmed its index and this member has applied it; everything here but the
//! write-ahead log is lost in a crash and rebuilt by [`Server::boot`].
//!
//! Deliberately absent here: who may do what (auth), the size quota, changes of the membership.

mod apply;
mod checks;
mod lease_requests;
mod lessor;
mod reads;
mod requests;
mod snapshots;
mod txn;
mod watches;

pub use apply::{Operation, Proposal, ProposalData};
pub use lessor::{Lease, Lessor};
pub use snapshots::MemberState;
pub use watches::Watcher;

use super::api::{Code, Header, Response, RpcError};
use super::identity::{Cluster, Identity};
use super::model::{CallId, Etcd, Message, Note, Record, Timer};
use crate::mvcc::Store;
use crate::raft::{self, EntryBody, HardState, NodeId, Raft, Ready, Recovered, Role, Written};
use crate::sim::{ActorId, Disk, Duration, Input, Random, Time, WriteToken};
use lease_requests::LeaseRequests;
use reads::Reads;
use requests::Requests;
use snapshots::Snapshots;
use std::rc::Rc;
use watches::Watches;

/// What a member does its work in.
pub(super) type Context<'a> = crate::sim::Context<'a, Etcd>;

/// etcd's server flags, those that are modelled.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct ServerSettings {
    /// `--heartbeat-interval`.
    pub heartbeat_interval: Duration,
    /// `--election-timeout`.
    pub election_timeout: Duration,
    /// `--experimental-watch-progress-notify-interval`.
    pub watch_progress_notify_interval: Duration,
    /// `--pre-vote`.
    pub pre_vote: bool,
    /// A leader that does not hear from a quorum steps down. etcd has no flag for it and always does.
    pub check_quorum: bool,
    /// `--snapshot-count`: a snapshot is taken when more entries than this were applied since the last.
    pub snapshot_count: u64,
    /// `--experimental-snapshot-catchup-entries`: how many entries before a snapshot are kept for followers a little behind.
    pub snapshot_catchup_entries: u64,
    /// The most messages with entries in flight to one member: raft's `MaxInflightMsgs`.
    pub inflight_max: u32,
    /// Rules of Raft that this member does not keep.
    pub broken: raft::RuleSet,
}

impl Default for ServerSettings {
    fn default() -> Self {
        ServerSettings {
            heartbeat_interval: Duration::millis(100),
            election_timeout: Duration::millis(1_000),
            watch_progress_notify_interval: Duration::seconds(600),
            pre_vote: true,
            check_quorum: true,
            snapshot_count: 100_000,
            snapshot_catchup_entries: 5_000,
            inflight_max: 512,
            broken: raft::RuleSet::default(),
        }
    }
}

impl ServerSettings {
    /// Whether etcd would start with these flags; the error is one sentence.
    pub fn check(&self) -> Result<(), String> {
        let (heartbeat, election) = (self.heartbeat_interval, self.election_timeout);
        if heartbeat < Duration::millis(1) {
            return Err(format!("a heartbeat interval of {heartbeat} is not possible: it is 1 ms or more"));
        }
        if election < heartbeat * 5 {
            return Err(format!(
                "the election timeout of {election} is less than five heartbeat intervals of {heartbeat}"
            ));
        }
        if election > Duration::seconds(50) {
            return Err(format!("the election timeout of {election} is longer than 50 s"));
        }
        if self.watch_progress_notify_interval < Duration::millis(1) {
            return Err("the interval of progress notifications is 1 ms or more".to_string());
        }
        if self.snapshot_count < 1 {
            return Err("a snapshot is taken after one entry or more".to_string());
        }
        if self.inflight_max < 1 {
            return Err("at least one message must be allowed in flight".to_string());
        }
        Ok(())
    }

    /// How long a request may take on the server: 5 s and two election timeouts.
    pub fn request_timeout(&self) -> Duration {
        Duration::seconds(5) + self.election_timeout * 2
    }

    /// The shortest time to live of a lease in seconds: one and a half election timeouts, rounded up.
    pub fn lease_ttl_s_min(&self) -> i64 {
        let micros = self.election_timeout.as_micros() * 3 / 2;
        (micros + 999_999) / 1_000_000
    }
}

/// The stream of random numbers from which a process takes its first number for requests; Raft's are those of the members.
const FIRST_NUMBER: u64 = 1 << 16;

/// What a member says it did, for the trace.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ServerNote {
    /// It has started, with so many entries on its disk.
    Started {
        /// How many entries its disk had.
        entries: u64,
        /// Whether a crash had torn the last record.
        torn: bool,
    },
    /// It has applied an entry.
    Applied {
        /// The entry.
        index: u64,
        /// The store's revision afterwards.
        revision: i64,
        /// Whether the entry made that revision.
        changed: bool,
    },
    /// It took a request of a client and proposed it.
    Proposed {
        /// The client.
        client: ActorId,
        /// The call.
        call: CallId,
    },
    /// It keeps a request back, for it knows no leader.
    WaitsForLeader {
        /// The client.
        client: ActorId,
        /// The call.
        call: CallId,
    },
    /// A request has taken too long.
    RequestTimedOut {
        /// The client.
        client: ActorId,
        /// The call.
        call: CallId,
    },
    /// It answered a linearizable read.
    ReadAnswered {
        /// The client.
        client: ActorId,
        /// The call.
        call: CallId,
        /// The index that a quorum had confirmed.
        index: u64,
    },
    /// As the new leader it has started the clocks of all leases anew.
    LeasesPromoted {
        /// How many.
        leases: u64,
    },
    /// A lease was made.
    LeaseGranted {
        /// Which.
        lease: i64,
        /// Its time to live in seconds, raised to the minimum.
        ttl_s: i64,
    },
    /// A lease has run out; its revocation is proposed.
    LeaseExpired {
        /// Which.
        lease: i64,
    },
    /// A lease and its keys are gone.
    LeaseRevoked {
        /// Which.
        lease: i64,
        /// How many keys went with it.
        keys: u64,
    },
    /// A lease was kept alive.
    LeaseRenewed {
        /// Which.
        lease: i64,
    },
    /// It has taken a snapshot.
    SnapshotTaken {
        /// The last entry that it stands for.
        index: u64,
        /// The last entry that the log has forgotten.
        compacted: u64,
    },
    /// It has put the leader's snapshot in the place of its own state.
    SnapshotInstalled {
        /// The last entry that it stands for.
        index: u64,
        /// The store's revision now.
        revision: i64,
    },
    /// A watch was opened.
    WatchCreated {
        /// By whom.
        client: ActorId,
        /// Its number.
        watch: CallId,
        /// It starts in the past.
        behind: bool,
    },
    /// A watch was ended by the member.
    WatchCanceled {
        /// Whose.
        client: ActorId,
        /// Its number.
        watch: CallId,
        /// Why.
        reason: &'static str,
    },
}

/// A write under way, and what waits for it.
#[derive(Clone, Debug)]
struct Writing {
    token: WriteToken,
    written: Written<Proposal>,
    messages: Vec<raft::Message<Proposal>>,
}

/// A member of an etcd cluster.
#[derive(Clone, Debug)]
pub struct Server {
    cluster: Cluster,
    identity: Identity,
    settings: ServerSettings,
    raft: Raft<Proposal>,
    store: Store,
    lessor: Lessor,
    watches: Watches,
    requests: Requests,
    reads: Reads,
    lease_requests: LeaseRequests,
    snapshots: Snapshots,
    applied_index: u64,
    applied_term: u64,
    writing: Option<Writing>,
    /// A commit index that needs no sync of its own: it goes to the disk with the next that is synced, as until then a crash
    /// would lose it anyway.
    hard_state_unwritten: Option<HardState>,
    /// Buffers of [`Server::pump`]; its work is done between two inputs.
    ready: Ready<Proposal>,
    raft_deadline: Option<Time>,
    known_leader: Option<NodeId>,
    leader_since: Time,
    leaderless_since: Option<Time>,
}

impl Server {
    /// The member at `place` among the first members of `cluster`. [`crate::sim::World::add`] boots it.
    pub fn new(cluster: &Cluster, place: usize, settings: ServerSettings) -> Server {
        let identity = cluster.members[place].clone();
        let raft = new_raft(&identity, &settings, Recovered::default(), Time::ZERO, Random::new(0, 0));
        Server {
            cluster: cluster.clone(),
            identity,
            settings,
            raft,
            store: Store::new(),
            lessor: Lessor::default(),
            watches: Watches::default(),
            requests: Requests::default(),
            reads: Reads::default(),
            lease_requests: LeaseRequests::default(),
            snapshots: Snapshots::default(),
            applied_index: 0,
            applied_term: 0,
            writing: None,
            hard_state_unwritten: None,
            ready: Ready::default(),
            raft_deadline: None,
            known_leader: None,
            leader_since: Time::ZERO,
            leaderless_since: None,
        }
    }

    /// Its name and id.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The cluster that it is a member of.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Its flags.
    pub fn settings(&self) -> &ServerSettings {
        &self.settings
    }

    /// Its Raft node.
    pub fn raft(&self) -> &Raft<Proposal> {
        &self.raft
    }

    /// Its store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its lessor.
    pub fn lessor(&self) -> &Lessor {
        &self.lessor
    }

    /// The watches on it.
    pub fn watchers(&self) -> impl Iterator<Item = &Watcher> {
        self.watches.all()
    }

    /// The last entry that it has applied.
    pub fn applied_index(&self) -> u64 {
        self.applied_index
    }

    pub(super) fn header(&self) -> Header {
        Header {
            cluster_id: self.cluster.id,
            member_id: self.identity.id,
            revision: self.store.revision(),
            raft_term: self.applied_term,
        }
    }

    /// Starts from what the disk has, and from nothing else.
    pub(super) fn boot(&mut self, disk: &Disk<Record>, context: &mut Context<'_>) {
        let place = usize::from(self.identity.actor.0);
        let recovered = if disk.records().is_empty() {
            let first = bootstrap(&self.cluster);
            context.write_unsynced(
                first.entries.iter().cloned().map(Record::Entry).chain([Record::HardState(first.hard_state)]),
            );
            first
        } else {
            replay(disk.records())
        };
        let entries = recovered.entries.len() as u64;
        let snapshot = recovered.snapshot.clone();
        let bits = context.random().bits();
        let random = Random::new(bits, u64::from(self.identity.actor.0));
        let raft = new_raft(&self.identity, &self.settings, recovered, context.now(), random);
        // As etcd's `idutil`: a new process must not take for its own what is still on its way for the old one, be it an
        // entry that was proposed before the crash or an answer of the leader.
        let first_number = Random::new(bits, FIRST_NUMBER).bits() & ((1 << 47) - 1);
        *self = Server {
            raft,
            requests: Requests::numbered_from(first_number),
            reads: Reads::numbered_from(first_number),
            lease_requests: LeaseRequests::numbered_from(first_number),
            snapshots: Snapshots::numbered_from(first_number),
            ..Server::new(&self.cluster, place, self.settings.clone())
        };
        if let Some(snapshot) = snapshot {
            self.restore(&snapshot);
        }
        self.leaderless_since = Some(context.now());
        context.note(Note::Server(ServerNote::Started { entries, torn: disk.was_torn() }));
        // etcd lets eight of the ten ticks pass once its peers are connected, lest a start takes a whole timeout.
        context.set_timer_after(Timer::ElectionHeadStart, Duration::millis(50));
        self.pump(context);
    }

    pub(super) fn handle(&mut self, input: Input<Etcd>, context: &mut Context<'_>) {
        match input {
            Input::Message { from, message } => self.handle_message(from, message, context),
            Input::Timer(timer) => self.handle_timer(timer, context),
            Input::DiskSynced(token) => self.handle_synced(token, context),
            Input::Disconnected { peer } => {
                if let Some(member) = self.cluster.by_actor(peer) {
                    let node = member.node();
                    self.raft.report_unreachable(node);
                    self.fail_transfer(node);
                    self.lease_requests.leader_gone(peer, context);
                } else {
                    self.watches.client_gone(peer);
                }
            }
            Input::Command(_) => unreachable!("commands are for clients"),
        }
        self.pump(context);
    }

    fn handle_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Raft(message) => self.raft.handle_message(context.now(), message),
            Message::SnapshotChunk { transfer, chunk, chunks, message } => {
                self.receive_chunk(from, transfer, (chunk, chunks), message, context);
            }
            Message::SnapshotAck { transfer, arrived } => self.chunks_arrived(from, transfer, arrived, context),
            Message::LeaseForward { number, request } => self.answer_lease_forward(from, number, &request, context),
            Message::LeaseForwarded { number, result } => self.finish_lease_forward(number, *result, context),
            Message::Dial { connection } => context.send(from, Message::Accept { connection }),
            Message::Call { call, request, timeout } => self.handle_call(from, call, &request, timeout, context),
            Message::WatchCreate { watch, request } => self.create_watch(from, watch, request, context),
            Message::WatchCancel { watch } => self.watches.cancel(from, watch),
            Message::WatchProgress { watches } => self.tell_progress(from, &watches, context),
            Message::WatchPing { watches } => {
                let watches = self.watches.next_sequences(from, watches);
                context.send(from, Message::WatchPong { watches });
            }
            Message::Accept { .. } | Message::Reply { .. } | Message::Watch { .. } | Message::WatchPong { .. } => {
                unreachable!("a member does not get a client's messages")
            }
        }
    }

    fn handle_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        match timer {
            Timer::Raft => {
                self.raft_deadline = None;
                self.raft.handle_time(context.now());
            }
            Timer::ElectionHeadStart => {
                if self.raft.leader().is_none() {
                    let ticks =
                        self.settings.election_timeout.as_micros() / self.settings.heartbeat_interval.as_micros();
                    self.raft.advance_ticks((ticks - 2).max(0));
                }
            }
            Timer::LeaseCheck => self.check_leases(context),
            Timer::WatchSync => self.sync_watches(context),
            Timer::WatchProgress => self.notify_progress(context),
            Timer::ReadRetry => self.retry_read(context),
            Timer::RequestTimeout => self.time_requests_out(context),
            Timer::LeaseForward => self.forward_lease_requests(context),
            Timer::SnapshotSend => self.resend_chunks(context),
            Timer::Leaderless => self.cancel_leaderless_watches(context),
            Timer::Client => unreachable!("a member has no client's timer"),
        }
    }

    fn handle_synced(&mut self, token: WriteToken, context: &mut Context<'_>) {
        let mut writing = self.writing.take().expect("a sync that ends has begun");
        assert_eq!(writing.token, token, "one synced write at a time");
        self.cut_log_behind_snapshot(context);
        self.send_raft(&mut writing.messages, context);
        self.raft.advance(context.now(), &mut writing.written);
        (self.ready.messages_after, self.ready.written) = (writing.messages, writing.written);
    }

    /// Carries out what Raft wants done until it wants nothing more, or a write must be waited for.
    fn pump(&mut self, context: &mut Context<'_>) {
        loop {
            self.note_raft_events(context);
            self.follow_leadership(context);
            if self.writing.is_some() {
                break;
            }
            if !self.raft.has_ready() {
                break;
            }
            let mut ready = std::mem::take(&mut self.ready);
            self.raft.fill_ready(&mut ready);
            self.send_raft(&mut ready.messages, context);
            self.hard_state_unwritten = ready.hard_state.or(self.hard_state_unwritten);
            if ready.must_sync {
                let hard_state = self.hard_state_unwritten.take().map(Record::HardState);
                let snapshot = ready.snapshot.clone().map(Record::Snapshot);
                let entries = ready.entries.drain(..).map(Record::Entry);
                let records = snapshot.into_iter().chain(entries).chain(hard_state);
                let token = context.write_synced(records);
                let (written, messages) =
                    (std::mem::take(&mut ready.written), std::mem::take(&mut ready.messages_after));
                self.writing = Some(Writing { token, written, messages });
            } else {
                self.send_raft(&mut ready.messages_after, context);
                self.raft.advance(context.now(), &mut ready.written);
            }
            if let Some(snapshot) = ready.snapshot.take() {
                self.install(&snapshot, context);
            }
            for entry in ready.committed.drain(..) {
                self.apply(entry, context);
            }
            self.snapshot_if_due(context);
            if ready.snapshot_wanted {
                self.take_snapshot(context);
            }
            self.confirm_reads(&ready.reads, context);
            self.ready = ready;
        }
        self.answer_reads(context);
        let deadline = self.raft.deadline();
        if deadline != self.raft_deadline {
            self.raft_deadline = deadline;
            match deadline {
                Some(deadline) => context.set_timer(Timer::Raft, deadline),
                None => context.cancel_timer(Timer::Raft),
            }
        }
    }

    fn note_raft_events(&mut self, context: &mut Context<'_>) {
        for event in self.raft.take_events() {
            context.note(Note::Raft(event));
        }
    }

    /// Notices who leads, and does what depends on it.
    fn follow_leadership(&mut self, context: &mut Context<'_>) {
        if self.raft.role() != Role::Leader && self.lessor.is_primary() {
            self.demote_lessor(context);
        }
        let leader = self.raft.leader();
        if leader == self.known_leader {
            return;
        }
        self.known_leader = leader;
        match leader {
            None => {
                self.leaderless_since = Some(context.now());
                if self.watches.any_requires_leader() {
                    context.set_timer_after(Timer::Leaderless, self.settings.election_timeout * 3);
                }
            }
            Some(_) => {
                self.leaderless_since = None;
                self.leader_since = context.now();
                context.cancel_timer(Timer::Leaderless);
                self.fail_reads_of_old_leader(context);
                self.propose_waiting(context);
                self.forward_lease_requests(context);
            }
        }
    }

    fn reply(&self, client: ActorId, call: CallId, result: Result<Response, RpcError>, context: &mut Context<'_>) {
        context.send(client, Message::Reply { call, result: Box::new(result) });
    }
}

/// An error with etcd's prefix.
pub(super) fn etcd_error(code: Code, text: &str) -> RpcError {
    RpcError::new(code, &format!("etcdserver: {text}"))
}

fn new_raft(
    identity: &Identity,
    settings: &ServerSettings,
    recovered: Recovered<Proposal>,
    now: Time,
    random: Random,
) -> Raft<Proposal> {
    let tick = settings.heartbeat_interval;
    let raft_settings = raft::Settings {
        tick,
        election_ticks: settings.election_timeout.as_micros() / tick.as_micros(),
        pre_vote: settings.pre_vote,
        check_quorum: settings.check_quorum,
        inflight_max: settings.inflight_max as usize,
        broken: settings.broken,
        ..raft::Settings::new(identity.node())
    };
    Raft::new(raft_settings, recovered, now, random)
}

/// The log with which every first member starts: one configuration change a member, in term 1, committed.
pub(super) fn bootstrap(cluster: &Cluster) -> Recovered<Proposal> {
    let term = raft::Term(1);
    let entries: Vec<raft::Entry<Proposal>> = cluster
        .members
        .iter()
        .enumerate()
        .map(|(at, member)| raft::Entry {
            term,
            index: raft::LogIndex(at as u64 + 1),
            body: EntryBody::ConfChange(Rc::new(raft::ConfChange::single(raft::Change::AddVoter(member.node())))),
        })
        .collect();
    let commit = raft::LogIndex(entries.len() as u64);
    Recovered { hard_state: HardState { term, vote: None, commit }, snapshot: None, entries }
}

/// Reads a write-ahead log: the last hard state counts, an entry replaces all from its index on, and a snapshot all up to its
/// index; it also replaces what comes after, unless the log has the very entry that the snapshot ends with (§7).
fn replay(records: &[Record]) -> Recovered<Proposal> {
    let mut recovered = Recovered::default();
    for record in records {
        match record {
            Record::HardState(hard_state) => recovered.hard_state = *hard_state,
            Record::Snapshot(snapshot) => {
                let end = (snapshot.index, snapshot.term);
                let before = recovered.snapshot.as_ref().map(|before| (before.index, before.term));
                let joins = before == Some(end) || recovered.entries.iter().any(|e| (e.index, e.term) == end);
                recovered.entries.retain(|entry| joins && entry.index > snapshot.index);
                recovered.snapshot = Some(Rc::clone(snapshot));
            }
            Record::Entry(entry) => {
                let before = recovered.snapshot.as_ref().map_or(0, |snapshot| snapshot.index.0);
                recovered.entries.truncate(entry.index.previous().0.saturating_sub(before) as usize);
                if entry.index.0 > before {
                    recovered.entries.push(entry.clone());
                }
            }
        }
    }
    recovered
}
