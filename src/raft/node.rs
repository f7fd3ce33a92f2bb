//! The node: its state, the clock, and the rules about terms that come before all others.

use super::config::Settings;
use super::log::RaftLog;
use super::message::{Body, Message};
use super::progress::Progress;
use super::read_index::Reads;
use super::types::{ConfChange, Entry, HardState, LogIndex, NodeId, Payload, ProposeError, Role, Term};
use crate::sim::{Random, Time};
use litemap::LiteMap;
use std::collections::BTreeSet;

/// What a node did and why: for the trace. Nothing in the protocol depends on it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// The election timer ran down.
    ElectionTimeout,
    /// It follows: a leader if it knows one.
    BecameFollower {
        /// The term.
        term: Term,
        /// The leader.
        leader: Option<NodeId>,
    },
    /// It asks whether it would be elected in `term`.
    BecamePreCandidate {
        /// The term that it would campaign in.
        term: Term,
    },
    /// It campaigns.
    BecameCandidate {
        /// The term.
        term: Term,
    },
    /// It was elected.
    BecameLeader {
        /// The term.
        term: Term,
        /// By so many votes.
        votes: usize,
        /// Of so many.
        voters: usize,
    },
    /// It answered a request for its vote.
    Voted {
        /// The candidate.
        candidate: NodeId,
        /// The term.
        term: Term,
        /// A pre-vote.
        pre: bool,
        /// Yes or no.
        granted: bool,
    },
    /// It kept silent, for it hears a leader (dissertation §6.2).
    IgnoredVoteRequest {
        /// The candidate.
        candidate: NodeId,
        /// Its term.
        term: Term,
    },
    /// A majority refused.
    LostElection {
        /// The term.
        term: Term,
        /// It was the trial run.
        pre: bool,
    },
    /// It leads and has not heard from a majority for an election timeout.
    LostQuorum {
        /// The term.
        term: Term,
    },
    /// It put entries into its log.
    Appended {
        /// The first.
        first: LogIndex,
        /// The last.
        last: LogIndex,
        /// The term of the last.
        term: Term,
    },
    /// Entries gave way to those of a newer leader.
    Truncated {
        /// From this index on.
        first: LogIndex,
    },
    /// It refused entries, for its log does not have what comes before them.
    RefusedAppend {
        /// The index before the entries.
        index: LogIndex,
    },
    /// It knows more to be committed.
    Committed {
        /// Up to here.
        index: LogIndex,
    },
    /// The configuration was changed.
    ConfigurationChanged {
        /// How.
        change: ConfChange,
    },
    /// A quorum has confirmed that it still leads, so reads may be answered at this index (§8).
    ReadConfirmed {
        /// The index.
        index: LogIndex,
    },
}

/// What a node finds on its disk.
#[derive(Clone, Debug)]
pub struct Recovered<P> {
    /// The hard state that was written last.
    pub hard_state: HardState,
    /// The log, from index 1.
    pub entries: Vec<Entry<P>>,
}

/// One Raft node. See the module for its invariants.
#[derive(Clone, Debug)]
pub struct Raft<P> {
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
    pub(super) voters: BTreeSet<NodeId>,
    pub(super) progress: LiteMap<NodeId, Progress>,
    pub(super) votes: LiteMap<NodeId, bool>,
    pub(super) reads: Reads,
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
    pub(super) matched: Vec<LogIndex>,
}

impl<P: Payload> Raft<P> {
    /// A node that starts with what its disk had. Entries that the disk knew to be committed are handed out for applying
    /// by the first [`super::Ready`]; the voters come from their configuration changes.
    pub fn new(settings: Settings, recovered: Recovered<P>, now: Time, random: Random) -> Raft<P> {
        let Recovered { hard_state, entries } = recovered;
        let mut log = RaftLog::new(entries);
        log.commit_to(hard_state.commit);
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
            voters: BTreeSet::new(),
            progress: LiteMap::new(),
            votes: LiteMap::new(),
            reads: Reads::default(),
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

    /// Who votes, as far as it has applied.
    pub fn voters(&self) -> &BTreeSet<NodeId> {
        &self.voters
    }

    /// While it leads: what it knows of each member, itself included.
    pub fn progress(&self) -> &LiteMap<NodeId, Progress> {
        &self.progress
    }

    /// While it campaigns: the votes it has.
    pub fn votes(&self) -> &LiteMap<NodeId, bool> {
        &self.votes
    }

    /// Whether it would be allowed to campaign: it votes itself.
    pub fn is_promotable(&self) -> bool {
        self.voters.contains(&self.settings.id)
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
            }
            if self.role == Role::Leader && tick - self.heartbeat_tick >= self.settings.heartbeat_ticks {
                self.heartbeat_tick = tick;
                self.broadcast_heartbeat();
            }
        } else if self.is_promotable() && tick - self.election_reset_tick >= self.election_timeout_ticks {
            self.events.push(Event::ElectionTimeout);
            self.campaign();
        }
    }

    /// Takes a message.
    pub fn handle_message(&mut self, now: Time, message: Message<P>) {
        self.now = now;
        self.step(message);
    }

    /// Proposes payloads: appended by the leader, passed on by a follower that knows one.
    pub fn propose(&mut self, now: Time, payloads: Vec<P>) -> Result<(), ProposeError> {
        self.now = now;
        match (self.role, self.leader) {
            (Role::Leader, _) if !self.progress.contains_key(&self.settings.id) => Err(ProposeError::Dropped),
            (Role::Leader, _) => {
                self.append_payloads(payloads);
                Ok(())
            }
            (Role::Follower, Some(leader)) => {
                self.send_term(leader, Term(0), Body::Propose { payloads });
                Ok(())
            }
            _ => Err(ProposeError::NoLeader),
        }
    }

    /// A node cannot be reached: what is in flight to it counts as lost.
    pub fn report_unreachable(&mut self, node: NodeId) {
        use super::progress::ProgressState;
        if let Some(progress) = self.progress.get_mut(&node)
            && progress.state == ProgressState::Replicate
        {
            progress.become_probe();
        }
    }

    /// Applies a committed configuration change.
    pub fn apply_conf_change(&mut self, change: ConfChange) {
        match change {
            ConfChange::AddVoter(node) => {
                self.voters.insert(node);
                if self.role == Role::Leader {
                    let next = self.log.last_index();
                    self.progress.entry(node).or_insert_with(|| Progress::new(next));
                }
            }
            ConfChange::Remove(node) => {
                self.voters.remove(&node);
                self.progress.remove(&node);
            }
        }
        self.events.push(Event::ConfigurationChanged { change });
        if self.role == Role::Leader && self.maybe_commit() {
            self.broadcast_append();
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
            self.answer_older_term(&message);
            return;
        }
        match message.body {
            Body::RequestVote { .. } => self.handle_vote_request(message),
            Body::Vote { pre, granted } => self.handle_vote(message.from, pre, granted),
            Body::Append { .. } | Body::Heartbeat { .. } => self.handle_from_leader(message),
            Body::AppendAccepted { .. } | Body::AppendRejected { .. } | Body::HeartbeatResponse { .. } => {
                if self.role == Role::Leader {
                    self.handle_from_follower(message);
                }
            }
            Body::Propose { payloads } => {
                // A forwarded proposal that finds no leader is dropped; its client learns by its deadline.
                let _dropped = self.propose(self.now, payloads);
            }
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
            Body::Append { .. } | Body::Heartbeat { .. } => self.become_follower(message.term, Some(message.from)),
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
