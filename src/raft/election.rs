//! Elections: §5.2, §5.4.1, and the dissertation's §6.2 (leaders that lose touch) and §9.6 (PreVote).

use super::message::{Body, Message};
use super::node::{Event, Raft};
use super::progress::Progress;
use super::quorum::{VoteResult, vote_result};
use super::types::{Entry, EntryBody, LogIndex, NodeId, Payload, Role, Term};

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
        let next = self.log.last_index().next();
        self.progress.clear();
        for node in &self.voters {
            self.progress.insert(*node, Progress::new(next));
        }
        let own = self.progress.get_mut(&self.settings.id).expect("only a voter is elected");
        own.become_replicate();
        own.recent_active = true;
        own.matched = self.log.stable();
        self.events.push(Event::BecameLeader { term: self.term, votes, voters: self.voters.len() });
        self.append_entries_as_leader([Entry { term: self.term, index: next, body: EntryBody::Empty }]);
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
        self.reset_election_timer();
        self.restart_heartbeats();
    }

    /// The election timer has run down (`MsgHup`). A node with a committed change of the configuration that it has not
    /// applied does not know who votes, and waits.
    pub(super) fn campaign(&mut self) {
        let (applied, committed) = (self.log.applied(), self.log.committed());
        let pending_change =
            self.log.range(applied.next(), committed).any(|entry| matches!(entry.body, EntryBody::ConfChange(_)));
        if pending_change {
            self.restart_election_timer();
        } else if self.settings.pre_vote {
            self.start_campaign(true);
        } else {
            self.start_campaign(false);
        }
    }

    fn start_campaign(&mut self, pre: bool) {
        if pre {
            self.become_pre_candidate();
            // etcd resets the counter when it fires, not when the trial begins; the length stays.
            self.restart_election_timer();
        } else {
            self.become_candidate();
        }
        let term = if pre { Term(self.term.0 + 1) } else { self.term };
        let (last_index, last_term) = (self.log.last_index(), self.log.last_term());
        for node in self.voters.clone() {
            if node == self.settings.id {
                // The own vote counts like any other: when it is durable.
                self.send_term(node, term, Body::Vote { pre, granted: true });
            } else {
                self.send_term(node, term, Body::RequestVote { pre, last_index, last_term, transfer: false });
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
            || (pre && message.term > self.term);
        let granted = can_vote && self.log.is_up_to_date(last_index, last_term);
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
        if self.role != campaigning || !self.voters.contains(&from) {
            return;
        }
        self.votes.entry(from).or_insert(granted);
        let yes = self.votes.values().filter(|vote| **vote).count();
        match vote_result(self.voters.len(), yes, self.votes.len() - yes) {
            VoteResult::Won if pre => self.start_campaign(false),
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
        let active = self.progress.iter().filter(|(node, p)| **node == own || p.recent_active).count();
        let inactive = self.progress.len() - active;
        for (_, progress) in self.progress.iter_mut().filter(|(node, _)| **node != own) {
            progress.recent_active = false;
        }
        if vote_result(self.voters.len(), active, inactive) != VoteResult::Won {
            self.events.push(Event::LostQuorum { term: self.term });
            self.become_follower(self.term, None);
        }
    }

    /// Where a leader's next entry goes.
    pub(super) fn next_index(&self) -> LogIndex {
        self.log.last_index().next()
    }
}
