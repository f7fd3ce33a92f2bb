//! Log replication: §5.3 and §5.4.2, with etcd's Probe and Replicate.

use super::event::Event;
use super::message::{Body, Message};
use super::node::Raft;
use super::progress::{Owed, ProgressState};
use super::quorum::{quorum_of, reached_by};
use super::rule::Rule;
use super::types::{Entry, LogIndex, NodeId, Payload, Role, Term};

impl<P: Payload> Raft<P> {
    /// The leader has appended what comes after `before`.
    pub(super) fn appended_as_leader(&mut self, before: LogIndex) {
        let last = self.log.last_index();
        if last > before {
            self.events.push(Event::Appended { first: before.next(), last, term: self.term });
            // The leader's own acknowledgement counts when its disk has the entries.
            self.send(self.settings.id, Body::AppendAccepted { index: last });
        }
    }

    /// Every other node is to get what it lacks, and the commit index in any case.
    pub(super) fn broadcast_append(&mut self) {
        for (_, progress) in self.progress.iter_mut() {
            progress.owed = Owed::CommitIndex;
        }
        self.appends_owed = true;
    }

    /// Every other node is to get what it lacks.
    pub(super) fn owe_entries_to_all(&mut self) {
        self.progress.iter_mut().for_each(|(_, progress)| progress.owe_entries());
        self.appends_owed = true;
    }

    /// A node is to get what it lacks, and the commit index in any case.
    pub(super) fn owe_commit_index(&mut self, node: NodeId) {
        self.owe(node, Owed::CommitIndex);
    }

    fn owe(&mut self, node: NodeId, owed: Owed) {
        if let Some(progress) = self.progress.get_mut(&node) {
            progress.owed = progress.owed.max(owed);
            self.appends_owed = true;
        }
    }

    /// Turns what is owed into messages. It is done once a [`super::Ready`], not at each proposal and each commit, so that
    /// what came together while the disk was busy travels together, and a commit index rides on the next entries.
    pub(super) fn send_owed_appends(&mut self) {
        if !std::mem::take(&mut self.appends_owed) || self.role != Role::Leader {
            return;
        }
        for at in 0..self.progress.len() {
            let node = *self.progress.get_indexed(at).expect("sending changes nobody's place").0;
            let owed =
                self.progress.get_mut(&node).map_or(Owed::Nothing, |progress| std::mem::take(&mut progress.owed));
            if node != self.settings.id && owed != Owed::Nothing && self.send_append(node, owed == Owed::CommitIndex) {
                while self.send_append(node, false) {}
            }
        }
    }

    /// Sends what a node lacks, if it may be sent anything now; `even_empty` sends the commit index where there is nothing
    /// else. Answers whether a message went.
    fn send_append(&mut self, node: NodeId, even_empty: bool) -> bool {
        let inflight_max = self.settings.inflight_max;
        let Some(progress) = self.progress.get_mut(&node) else { return false };
        if progress.is_paused() {
            return false;
        }
        let index = progress.next.previous();
        let Some(log_term) = self.log.term(index) else {
            return index < self.log.compacted() && self.send_snapshot(node);
        };
        let is_full = progress.state == ProgressState::Replicate && progress.is_window_full(inflight_max);
        let entries = if is_full { Vec::new() } else { self.log.slice(progress.next, self.settings.message_bytes_max) };
        if entries.is_empty() && !even_empty {
            return false;
        }
        progress.sent(entries.last().map(|last| last.index), inflight_max);
        let commit = self.log.committed();
        self.send(node, Body::Append { index, log_term, entries, commit });
        true
    }

    pub(super) fn broadcast_heartbeat(&mut self) {
        let read_round = self.reads.newest_round();
        let committed = self.log.committed();
        let own = self.settings.id;
        let term = self.term;
        let only_matched = self.settings.obeys(Rule::HeartbeatCommitOnlyMatched);
        for (node, progress) in self.progress.iter().filter(|(node, _)| **node != own) {
            // A follower must not be told of commits that it may not have.
            let commit = if only_matched { committed.min(progress.matched) } else { committed };
            let body = Body::Heartbeat { commit, read_round };
            self.messages.push(Message { from: own, to: *node, term, body });
        }
    }

    /// AppendEntries or a heartbeat of the current term: its sender leads.
    pub(super) fn handle_from_leader(&mut self, message: Message<P>) {
        if message.term < self.term {
            // Only a node that does not refuse old terms comes here; it does not take the sender for its leader.
            return self.handle_entries(message);
        }
        if self.role == Role::Leader {
            let (term, own, other) = (self.term, self.settings.id, message.from);
            assert!(!self.settings.broken.is_empty(), "two leaders in term {term}: {own:?} and {other:?}");
            return;
        }
        if self.role != Role::Follower || self.leader != Some(message.from) {
            self.become_follower(self.term, Some(message.from));
        }
        self.restart_election_timer();
        self.handle_entries(message);
    }

    fn handle_entries(&mut self, message: Message<P>) {
        match message.body {
            Body::Append { index, log_term, entries, commit } => {
                self.handle_append(message.from, index, log_term, entries, commit);
            }
            Body::Snapshot { snapshot } => self.handle_snapshot(message.from, snapshot),
            Body::Heartbeat { commit, read_round } => {
                self.commit_to(commit);
                self.send(message.from, Body::HeartbeatResponse { read_round });
            }
            _ => unreachable!("only a leader's messages come here"),
        }
    }

    fn handle_append(
        &mut self,
        from: NodeId,
        index: LogIndex,
        log_term: Term,
        entries: Vec<Entry<P>>,
        commit: LogIndex,
    ) {
        if index < self.log.committed() {
            // An old message: what it brings is committed here already.
            self.send(from, Body::AppendAccepted { index: self.log.committed() });
            return;
        }
        let matches = self.log.term(index) == Some(log_term)
            || (index <= self.log.last_index() && !self.settings.obeys(Rule::LogMatchCheck));
        if !matches {
            let (hint, hint_term) = self.log.conflict_hint(index.min(self.log.last_index()), log_term);
            self.events.push(Event::RefusedAppend { index });
            self.send(from, Body::AppendRejected { index, hint, log_term: hint_term });
            return;
        }
        let last_new = LogIndex(index.0 + entries.len() as u64);
        self.take_entries(index, entries);
        self.commit_to(commit.min(last_new));
        self.send(from, Body::AppendAccepted { index: last_new });
    }

    /// Puts a leader's entries into the log, after an index at which the logs agree.
    fn take_entries(&mut self, index: LogIndex, entries: Vec<Entry<P>>) {
        let mut truncated = None;
        if !self.settings.obeys(Rule::TruncateOnlyConflicts) {
            truncated = self.log.truncate_from(index.next());
        }
        let before = self.log.last_index();
        truncated = self.log.append_after(entries).or(truncated);
        let last = self.log.last_index();
        let mut first = before.next();
        if let Some(cut) = truncated {
            let committed = self.log.committed();
            assert!(
                cut > committed || !self.settings.broken.is_empty(),
                "entry {cut} conflicts, {committed} is committed"
            );
            self.events.push(Event::Truncated { first: cut });
            first = cut;
        }
        if last >= first {
            self.events.push(Event::Appended { first, last, term: self.log.last_term() });
        }
    }

    /// An answer to what this leader has sent.
    pub(super) fn handle_from_follower(&mut self, message: Message<P>) {
        let now = self.now;
        let Some(progress) = self.progress.get_mut(&message.from) else { return };
        progress.recent_active = true;
        progress.heard_at = Some(now);
        match message.body {
            Body::AppendAccepted { index } => self.handle_accepted(message.from, index),
            Body::AppendRejected { index, hint, log_term } => self.handle_rejected(message.from, index, hint, log_term),
            Body::HeartbeatResponse { read_round } => self.handle_heartbeat_response(message.from, read_round),
            _ => unreachable!("only a follower's answers come here"),
        }
    }

    fn handle_accepted(&mut self, from: NodeId, index: LogIndex) {
        let first_index = self.log.first_index();
        let progress = self.progress.get_mut(&from).expect("looked up by the caller");
        let was_paused = progress.is_paused();
        let confirms_probe = progress.state == ProgressState::Probe && index == progress.matched;
        if !progress.accepted(index) && !confirms_probe {
            return;
        }
        match progress.state {
            ProgressState::Probe => progress.become_replicate(),
            // However it came to its entries: if the log goes on where they end, the snapshot need not be waited for.
            ProgressState::Snapshot if progress.matched.next() >= first_index => progress.become_replicate(),
            ProgressState::Snapshot | ProgressState::Replicate => {}
        }
        // Only an index that is not committed can change what is.
        let has_committed = index > self.log.committed() && self.commit_by_counting();
        if !has_committed {
            // Who was paused may have been waiting for the commit index, too.
            let owed = if was_paused && from != self.settings.id { Owed::CommitIndex } else { Owed::Entries };
            self.owe(from, owed);
        }
        self.continue_transfer(from);
    }

    fn handle_rejected(&mut self, from: NodeId, index: LogIndex, hint: LogIndex, log_term: Term) {
        let next_probe = if log_term > Term(0) { self.log.conflict_hint(hint, log_term).0 } else { hint };
        let progress = self.progress.get_mut(&from).expect("looked up by the caller");
        if progress.rejected(index, next_probe) {
            if progress.state == ProgressState::Replicate {
                progress.become_probe();
            }
            self.owe(from, Owed::CommitIndex);
        }
    }

    fn handle_heartbeat_response(&mut self, from: NodeId, read_round: u64) {
        let last = self.log.last_index();
        let progress = self.progress.get_mut(&from).expect("looked up by the caller");
        // Where the window is full this lets one empty message go, whose answer tells whether the others were lost.
        progress.paused = false;
        if progress.matched < last || progress.state == ProgressState::Probe {
            self.owe(from, Owed::CommitIndex);
        }
        if read_round > 0 {
            self.handle_read_round(from, read_round);
        }
    }

    /// Commits what a quorum has; whether anything. Then those who wait for it are told.
    pub(super) fn commit_by_counting(&mut self) -> bool {
        let has_committed = self.maybe_commit();
        if has_committed {
            self.start_postponed_reads();
            self.broadcast_append();
        }
        has_committed
    }

    /// Commits by counting, only what is of this term (§5.4.2, figure 8); whether anything was.
    fn maybe_commit(&mut self) -> bool {
        let configuration = &*self.configuration;
        let all_vote = !configuration.is_joint() && configuration.learners.is_empty();
        let index = if all_vote || !self.settings.obeys(Rule::LearnersDoNotVote) {
            // The progress of all members is that of all voters, with nobody to look up.
            self.matched.clear();
            self.matched.extend(self.progress.values().map(|progress| progress.matched.0));
            reached_by(quorum_of(configuration.voters.len()), &self.matched)
        } else {
            let matched_of = |node| self.progress.get(&node).map_or(0, |progress| progress.matched.0);
            configuration.committed_index(&mut self.matched, matched_of)
        };
        let index = LogIndex(index);
        let counts = match self.log.term(index) {
            Some(term) => term == self.term || !self.settings.obeys(Rule::CommitCurrentTermOnly),
            None => false,
        };
        counts && self.commit_to(index)
    }

    pub(super) fn commit_to(&mut self, index: LogIndex) -> bool {
        let moved = self.log.commit_to(index);
        if moved {
            self.events.push(Event::Committed { index: self.log.committed() });
        }
        moved
    }
}
