//! Elections: §5.2, §5.4.1, and the dissertation's §6.2 (leaders that lose touch) and §9.6 (PreVote).

use super::event::Event;
use super::message::{Body, Message};
use super::node::Raft;
use super::progress::Progress;
use super::quorum::VoteResult;
use super::rule::Rule;
use super::types::{Entry, EntryBody, LogIndex, NodeId, Payload, Role, Term};

/// How a node campaigns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Campaign {
    /// A trial that moves no term (PreVote).
    Trial,
    /// In earnest.
    Election,
    /// In earnest, because the leader wants it.
    Transfer,
}

impl<P: Payload> Raft<P> {
    pub(super) fn become_follower(&mut self, term: Term, leader: Option<NodeId>) {
        let changed = self.role != Role::Follower || self.term != term || self.leader != leader;
        self.reset(term);
        self.role = Role::Follower;
        self.leader = leader;
        if changed {
            self.events.push(Event::BecameFollower { term, leader });
        }
    }

    /// The trial run: neither term nor vote moves, and the election timer goes on as it is. The leader is forgotten.
    fn become_pre_candidate(&mut self) {
        self.role = Role::PreCandidate;
        self.votes.clear();
        self.progress.clear();
        self.leader = None;
        self.events.push(Event::BecamePreCandidate { term: Term(self.term.0 + 1) });
    }

    fn become_candidate(&mut self) {
        self.reset(Term(self.term.0 + 1));
        self.role = Role::Candidate;
        self.vote = Some(self.settings.id);
        self.events.push(Event::BecameCandidate { term: self.term });
    }

    fn become_leader(&mut self) {
        let votes = self.votes.values().filter(|granted| **granted).count();
        self.reset(self.term);
        self.role = Role::Leader;
        self.leader = Some(self.settings.id);
        // What changes of the configuration the log holds is not known; none is proposed until all of it is applied.
        self.pending_conf_index = self.log.last_index();
        let next = self.next_index();
        self.progress.clear();
        for node in &self.configuration.members() {
            self.progress.insert(*node, Progress::new(next));
        }
        if let Some(own) = self.progress.get_mut(&self.settings.id) {
            own.matched = self.log.stable();
            own.become_replicate();
            own.recent_active = true;
        }
        let voters = self.configuration.voter_ids().len();
        self.events.push(Event::BecameLeader { term: self.term, votes, voters });
        if self.settings.obeys(Rule::NoOpOnElection) {
            let before = self.log.last_index();
            self.log.append(Entry { term: self.term, index: next, body: EntryBody::Empty });
            self.appended_as_leader(before);
        }
        self.broadcast_append();
    }

    fn reset(&mut self, term: Term) {
        if self.term != term {
            self.term = term;
            self.vote = None;
        }
        self.leader = None;
        self.votes.clear();
        self.progress.clear();
        self.reads.reset();
        self.pending_conf_index = LogIndex(0);
        self.transferee = None;
        self.uncommitted_bytes = 0;
        self.reset_election_timer();
        self.restart_heartbeats();
    }

    /// The election timer has run down, or the leader hands over (`MsgHup`). A node with a committed change of the
    /// configuration that it has not applied does not know who votes, and waits.
    pub(super) fn campaign(&mut self, transfer: bool) {
        if !self.is_promotable() || self.changes_out > 0 || self.log.has_unapplied_change() {
            return;
        }
        self.start_campaign(match (transfer, self.settings.pre_vote) {
            (true, _) => Campaign::Transfer,
            (false, true) => Campaign::Trial,
            (false, false) => Campaign::Election,
        });
    }

    fn start_campaign(&mut self, campaign: Campaign) {
        let pre = campaign == Campaign::Trial;
        if pre {
            self.become_pre_candidate();
        } else {
            self.become_candidate();
        }
        let term = if pre { Term(self.term.0 + 1) } else { self.term };
        let (last_index, last_term) = (self.log.last_index(), self.log.last_term());
        let transfer = campaign == Campaign::Transfer;
        for node in &self.configuration.voter_ids() {
            if *node == self.settings.id {
                // The own vote counts like any other: when it is durable.
                self.send_term(*node, term, Body::Vote { pre, granted: true });
            } else {
                self.send_term(*node, term, Body::RequestVote { pre, last_index, last_term, transfer });
            }
        }
    }

    /// A candidate asks. The vote is granted to whoever has it already or comes first in the term without a leader, or asks
    /// for a later term in a trial, if its log is at least as up to date as this one's (§5.4.1).
    pub(super) fn handle_vote_request(&mut self, message: Message<P>) {
        let Body::RequestVote { pre, last_index, last_term, .. } = message.body else {
            unreachable!("only vote requests come here")
        };
        let can_vote = self.vote == Some(message.from)
            || (self.vote.is_none() && self.leader.is_none())
            || (pre && message.term > self.term)
            || !self.settings.obeys(Rule::VoteOnce);
        let is_up_to_date = self.log.is_up_to_date(last_index, last_term) || !self.settings.obeys(Rule::UpToDateCheck);
        let granted = can_vote && is_up_to_date;
        let term = if granted { message.term } else { self.term };
        self.send_term(message.from, term, Body::Vote { pre, granted });
        if granted && !pre {
            self.restart_election_timer();
            self.vote = Some(message.from);
        }
        self.events.push(Event::Voted { candidate: message.from, term: message.term, pre, granted });
    }

    pub(super) fn handle_vote(&mut self, from: NodeId, pre: bool, granted: bool) {
        let campaigning = if pre { Role::PreCandidate } else { Role::Candidate };
        if self.role != campaigning || !self.configuration.is_voter(from) {
            return;
        }
        self.votes.entry(from).or_insert(granted);
        match self.configuration.vote_result(|node| self.votes.get(&node).copied()) {
            VoteResult::Won if pre => self.start_campaign(Campaign::Election),
            VoteResult::Won => self.become_leader(),
            VoteResult::Lost => {
                self.events.push(Event::LostElection { term: self.term, pre });
                self.become_follower(self.term, None);
            }
            VoteResult::Pending => {}
        }
    }

    /// A leader that has not heard from a quorum since the last check steps down: its clients must not wait for ever.
    pub(super) fn check_quorum(&mut self) {
        let own = self.settings.id;
        let is_active = |node| node == own || self.progress.get(&node).is_some_and(|progress| progress.recent_active);
        let has_quorum = self.configuration.is_quorum(is_active);
        for (_, progress) in self.progress.iter_mut().filter(|(node, _)| **node != own) {
            progress.recent_active = false;
        }
        if !has_quorum {
            self.events.push(Event::LostQuorum { term: self.term });
            self.become_follower(self.term, None);
        }
    }

    /// Where a leader's next entry goes.
    pub(super) fn next_index(&self) -> LogIndex {
        self.log.last_index().next()
    }
}
