//! The node: its state, the clock, and the rules about terms that come before all others.

use super::config::Settings;
use super::configuration::{Configuration, NodeSet};
use super::event::Event;
use super::log::RaftLog;
use super::message::{Body, Message};
use super::progress::{Progress, ProgressState};
use super::read_index::Reads;
use super::rule::Rule;
use super::snapshot::Snapshot;
use super::types::{Entry, HardState, LogIndex, NodeId, Payload, Role, Term};
use crate::sim::{Random, Time};
use litemap::LiteMap;
use std::rc::Rc;

/// What a node finds on its disk.
#[derive(Clone, Debug)]
pub struct Recovered<P: Payload> {
    /// The hard state that was written last.
    pub hard_state: HardState,
    /// The newest snapshot; the owner has put it in the place of all that it had applied.
    pub snapshot: Option<Rc<Snapshot<P>>>,
    /// The log, from the index after the snapshot, or from 1.
    pub entries: Vec<Entry<P>>,
}

impl<P: Payload> Default for Recovered<P> {
    fn default() -> Self {
        Recovered { hard_state: HardState::default(), snapshot: None, entries: Vec::new() }
    }
}

/// One Raft node. See the module for its invariants.
#[derive(Clone, Debug)]
pub struct Raft<P: Payload> {
    pub(super) settings: Settings,
    pub(super) random: Random,
    pub(super) now: Time,
    /// When this process started: the origin of its tick grid.
    epoch: Time,
    pub(super) role: Role,
    pub(super) term: Term,
    pub(super) vote: Option<NodeId>,
    pub(super) leader: Option<NodeId>,
    pub(super) log: RaftLog<P>,
    pub(super) configuration: Rc<Configuration>,
    /// The last snapshot, for those who lack what is compacted.
    pub(super) snapshot: Option<Rc<Snapshot<P>>>,
    pub(super) snapshot_wanted: bool,
    pub(super) progress: LiteMap<NodeId, Progress>,
    pub(super) votes: LiteMap<NodeId, bool>,
    pub(super) reads: Reads,
    /// While it leads: no change of the configuration is proposed until this index is applied.
    pub(super) pending_conf_index: LogIndex,
    /// Changes of the configuration that were handed out and are not applied.
    pub(super) changes_out: usize,
    /// While it leads: to whom it hands over.
    pub(super) transferee: Option<NodeId>,
    /// While it leads, if there is a limit: what was proposed and is not applied.
    pub(super) uncommitted_bytes: usize,
    /// The tick at which the election counter was reset, and how many ticks from there it runs.
    election_reset_tick: i64,
    election_reset_at: Time,
    election_timeout_ticks: i64,
    heartbeat_tick: i64,
    pub(super) persisted: HardState,
    pub(super) ready_out: bool,
    /// Some progress may owe an append.
    pub(super) appends_owed: bool,
    pub(super) messages: Vec<Message<P>>,
    pub(super) messages_after: Vec<Message<P>>,
    pub(super) events: Vec<Event>,
    /// A buffer of [`Raft::maybe_commit`].
    pub(super) matched: Vec<u64>,
}

impl<P: Payload> Raft<P> {
    /// A node that starts with what its disk had. Entries that the disk knew to be committed are handed out for applying
    /// by the first [`super::Ready`]; the configuration is that of the snapshot, and what their changes make of it.
    ///
    /// # Panics
    /// When the entries have a gap, or one between them and the snapshot.
    pub fn new(settings: Settings, recovered: Recovered<P>, now: Time, random: Random) -> Raft<P> {
        let Recovered { hard_state, snapshot, entries } = recovered;
        let before = snapshot.as_ref().map_or((LogIndex(0), Term(0)), |snapshot| (snapshot.index, snapshot.term));
        let configuration = snapshot.as_ref().map(|snapshot| Rc::clone(&snapshot.configuration)).unwrap_or_default();
        let mut log = RaftLog::new(before, entries);
        if settings.obeys(Rule::CommitWithinLog) {
            log.commit_to(hard_state.commit);
        } else {
            log.trust_commit(hard_state.commit);
        }
        let mut raft = Raft {
            settings,
            random,
            now,
            epoch: now,
            role: Role::Follower,
            term: hard_state.term,
            vote: hard_state.vote,
            leader: None,
            log,
            configuration,
            snapshot,
            snapshot_wanted: false,
            progress: LiteMap::new(),
            votes: LiteMap::new(),
            reads: Reads::default(),
            pending_conf_index: LogIndex(0),
            changes_out: 0,
            transferee: None,
            uncommitted_bytes: 0,
            election_reset_tick: 0,
            election_reset_at: now,
            election_timeout_ticks: 0,
            heartbeat_tick: 0,
            persisted: hard_state,
            ready_out: false,
            appends_owed: false,
            messages: Vec::new(),
            messages_after: Vec::new(),
            events: Vec::new(),
            matched: Vec::new(),
        };
        raft.reset_election_timer();
        raft
    }

    /// How it is set up.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// This node.
    pub fn id(&self) -> NodeId {
        self.settings.id
    }

    /// What it is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Its term.
    pub fn term(&self) -> Term {
        self.term
    }

    /// Whom it voted for in its term.
    pub fn vote(&self) -> Option<NodeId> {
        self.vote
    }

    /// Whom it believes to lead.
    pub fn leader(&self) -> Option<NodeId> {
        self.leader
    }

    /// Its log.
    pub fn log(&self) -> &RaftLog<P> {
        &self.log
    }

    /// Who votes, as far as it has applied; in a joint configuration, the incoming half.
    pub fn voters(&self) -> &NodeSet {
        &self.configuration.voters
    }

    /// While it leads: what it knows of each member, itself included.
    pub fn progress(&self) -> &LiteMap<NodeId, Progress> {
        &self.progress
    }

    /// While it campaigns: the votes it has.
    pub fn votes(&self) -> &LiteMap<NodeId, bool> {
        &self.votes
    }

    /// Whether it would be allowed to campaign: it votes itself, and no snapshot waits to be written.
    pub fn is_promotable(&self) -> bool {
        self.configuration.is_voter(self.settings.id) && !self.log.has_incoming()
    }

    /// The running election timer: when it was reset and when it runs down, on this node's clock. A leader has none.
    pub fn election_timer(&self) -> Option<(Time, Time)> {
        (self.role != Role::Leader && self.is_promotable())
            .then(|| (self.election_reset_at, self.tick_at(self.election_reset_tick + self.election_timeout_ticks)))
    }

    /// When [`Raft::handle_time`] must be called next.
    pub fn deadline(&self) -> Option<Time> {
        if self.role == Role::Leader {
            let quorum_check = self.election_reset_tick + self.settings.election_ticks;
            Some(self.tick_at((self.heartbeat_tick + self.settings.heartbeat_ticks).min(quorum_check)))
        } else {
            self.election_timer().map(|(_, deadline)| deadline)
        }
    }

    /// Pretends that so many ticks of the election timer have passed, as etcd's server does at its start
    /// (`advanceTicks`) so that a cluster need not wait for a whole timeout.
    pub fn advance_ticks(&mut self, ticks: i64) {
        self.election_reset_tick -= ticks;
    }

    /// Takes what has happened since the last call, for the trace.
    pub fn take_events(&mut self) -> impl Iterator<Item = Event> {
        self.events.drain(..)
    }

    /// Time has passed.
    pub fn handle_time(&mut self, now: Time) {
        self.now = now;
        let tick = self.tick_of(now);
        if self.role == Role::Leader {
            if tick - self.election_reset_tick >= self.settings.election_ticks {
                self.election_reset_tick = tick;
                if self.settings.check_quorum {
                    self.check_quorum();
                }
                self.abort_transfer();
            }
            if self.role == Role::Leader && tick - self.heartbeat_tick >= self.settings.heartbeat_ticks {
                self.heartbeat_tick = tick;
                self.broadcast_heartbeat();
            }
        } else if self.is_promotable() && tick - self.election_reset_tick >= self.election_timeout_ticks {
            self.events.push(Event::ElectionTimeout);
            self.restart_election_timer();
            self.campaign(false);
        }
    }

    /// Takes a message.
    pub fn handle_message(&mut self, now: Time, message: Message<P>) {
        self.now = now;
        self.step(message);
    }

    /// A node cannot be reached: what is in flight to it counts as lost.
    pub fn report_unreachable(&mut self, node: NodeId) {
        if let Some(progress) = self.progress.get_mut(&node)
            && progress.state == ProgressState::Replicate
        {
            progress.become_probe();
        }
    }

    fn tick_of(&self, at: Time) -> i64 {
        (at - self.epoch).as_micros().div_euclid(self.settings.tick.as_micros())
    }

    fn tick_at(&self, tick: i64) -> Time {
        self.epoch + self.settings.tick * tick
    }

    /// Whether a leader was heard within the last election timeout.
    fn in_lease(&self) -> bool {
        self.leader.is_some() && self.tick_of(self.now) - self.election_reset_tick < self.settings.election_ticks
    }

    /// Starts the election timer anew with a new random length of `election_ticks` to twice as many less one (§5.2).
    pub(super) fn reset_election_timer(&mut self) {
        self.restart_election_timer();
        let ticks = self.settings.election_ticks;
        self.election_timeout_ticks = self.random.between(ticks, 2 * ticks - 1);
    }

    /// Starts the election timer anew with the length that it has.
    pub(super) fn restart_election_timer(&mut self) {
        self.election_reset_tick = self.tick_of(self.now);
        self.election_reset_at = self.now;
    }

    pub(super) fn restart_heartbeats(&mut self) {
        self.heartbeat_tick = self.tick_of(self.now);
    }

    pub(super) fn send(&mut self, to: NodeId, body: Body<P>) {
        self.send_term(to, self.term, body);
    }

    pub(super) fn send_term(&mut self, to: NodeId, term: Term, body: Body<P>) {
        let message = Message { from: self.settings.id, to, term, body };
        if message.body.is_promise() {
            self.messages_after.push(message);
        } else {
            self.messages.push(message);
        }
    }

    /// The rules about terms (§5.1), then those of the role.
    pub(super) fn step(&mut self, message: Message<P>) {
        if message.term > self.term {
            if !self.accept_newer_term(&message) {
                return;
            }
        } else if message.term < self.term && message.term != Term(0) {
            let is_append = matches!(message.body, Body::Append { .. });
            if self.settings.obeys(Rule::RefuseOldTermAppend) || !is_append || self.role != Role::Follower {
                self.answer_older_term(&message);
                return;
            }
        }
        match message.body {
            Body::RequestVote { .. } => self.handle_vote_request(message),
            Body::Vote { pre, granted } => self.handle_vote(message.from, pre, granted),
            Body::Append { .. } | Body::Heartbeat { .. } | Body::Snapshot { .. } => self.handle_from_leader(message),
            Body::AppendAccepted { .. } | Body::AppendRejected { .. } | Body::HeartbeatResponse { .. } => {
                if self.role == Role::Leader {
                    self.handle_from_follower(message);
                }
            }
            // A forwarded proposal that finds no leader is dropped; its client learns by its deadline.
            Body::Propose { payloads } => drop(self.propose(self.now, payloads)),
            Body::ProposeConfChange { change } => drop(self.propose_conf_change(self.now, change)),
            Body::TransferLeader { target } => self.handle_transfer(target),
            Body::TimeoutNow => self.handle_timeout_now(message.from),
            Body::ReadIndex { request } => self.handle_read_index(message.from, request),
            Body::ReadIndexResponse { request, index } => self.reads.answered(request, index),
        }
    }

    /// A message of a newer term makes a follower, save pre-votes, and save candidates while a leader is heard.
    fn accept_newer_term(&mut self, message: &Message<P>) -> bool {
        if let Body::RequestVote { transfer, .. } = message.body
            && self.settings.check_quorum
            && !transfer
            && self.in_lease()
        {
            self.events.push(Event::IgnoredVoteRequest { candidate: message.from, term: message.term });
            return false;
        }
        match message.body {
            Body::RequestVote { pre: true, .. } | Body::Vote { pre: true, granted: true } => {}
            Body::Append { .. } | Body::Heartbeat { .. } | Body::Snapshot { .. } => {
                self.become_follower(message.term, Some(message.from));
            }
            _ => self.become_follower(message.term, None),
        }
        true
    }

    /// A leader or a pre-candidate of an older term is told the newer one; anything else old is ignored.
    fn answer_older_term(&mut self, message: &Message<P>) {
        match message.body {
            Body::Append { .. } | Body::Heartbeat { .. } if self.settings.check_quorum || self.settings.pre_vote => {
                self.send(message.from, Body::AppendAccepted { index: LogIndex(0) });
            }
            Body::RequestVote { pre: true, .. } => {
                self.send(message.from, Body::Vote { pre: true, granted: false });
            }
            _ => {}
        }
    }
}
