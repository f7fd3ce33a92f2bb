//! Log replication: §5.3 and §5.4.2, with etcd's Probe and Replicate.

use super::message::{Body, Message};
use super::node::{Event, Raft};
use super::progress::{Owed, ProgressState};
use super::quorum::committed_index;
use super::types::{Entry, EntryBody, LogIndex, NodeId, Payload, Role, Term};

impl<P: Payload> Raft<P> {
    pub(super) fn append_payloads(&mut self, payloads: Vec<P>) {
        let first = self.next_index();
        let term = self.term;
        let entry = |(at, payload)| Entry { term, index: LogIndex(first.0 + at), body: EntryBody::Normal(payload) };
        self.append_entries_as_leader((0..).zip(payloads).map(entry));
        self.broadcast_append();
    }

    /// Proposes a change of the configuration, as the leader.
    pub fn append_entries_as_leader(&mut self, entries: impl IntoIterator<Item = Entry<P>>) {
        let before = self.log.last_index();
        for entry in entries {
            self.log.append(entry);
        }
        let last = self.log.last_index();
        if last == before {
            return;
        }
        self.events.push(Event::Appended { first: before.next(), last, term: self.term });
        // The leader's own acknowledgement counts when its disk has the entries.
        self.send(self.settings.id, Body::AppendAccepted { index: last });
    }

    /// Every other node is to get what it lacks, and the commit index in any case.
    pub(super) fn broadcast_append(&mut self) {
        for (_, progress) in self.progress.iter_mut() {
            progress.owed = Owed::CommitIndex;
        }
        self.appends_owed = true;
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
        let (inflight_max, bytes_max) = (self.settings.inflight_max, self.settings.message_bytes_max);
        let Some(progress) = self.progress.get_mut(&node) else { return false };
        if progress.is_paused(inflight_max) {
            return false;
        }
        let index = progress.next.previous();
        let log_term = self.log.term(index).expect("a log that is never compacted knows all its terms");
        let entries = self.log.slice(progress.next, bytes_max);
        if entries.is_empty() && !even_empty {
            return false;
        }
        if let Some(last) = entries.last() {
            progress.sent(last.index);
        } else if progress.state == ProgressState::Probe {
            progress.paused = true;
        }
        let commit = self.log.committed();
        self.send(node, Body::Append { index, log_term, entries, commit });
        true
    }

    pub(super) fn broadcast_heartbeat(&mut self) {
        let read_round = self.reads.newest_round();
        let committed = self.log.committed();
        let own = self.settings.id;
        let term = self.term;
        for (node, progress) in self.progress.iter().filter(|(node, _)| **node != own) {
            // A follower must not be told of commits that it may not have.
            let commit = committed.min(progress.matched);
            let body = Body::Heartbeat { commit, read_round };
            self.messages.push(Message { from: own, to: *node, term, body });
        }
    }

    /// AppendEntries or a heartbeat of the current term: its sender leads.
    pub(super) fn handle_from_leader(&mut self, message: Message<P>) {
        assert!(
            self.role != Role::Leader || message.from == self.settings.id,
            "two leaders in term {}: {:?} and {:?}",
            self.term,
            self.settings.id,
            message.from
        );
        if self.role != Role::Follower || self.leader != Some(message.from) {
            self.become_follower(self.term, Some(message.from));
        }
        self.restart_election_timer();
        match message.body {
            Body::Append { index, log_term, entries, commit } => {
                self.handle_append(message.from, index, log_term, entries, commit);
            }
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
        if self.log.term(index) != Some(log_term) {
            let (hint, hint_term) = self.log.conflict_hint(index.min(self.log.last_index()), log_term);
            self.events.push(Event::RefusedAppend { index });
            self.send(from, Body::AppendRejected { index, hint, log_term: hint_term });
            return;
        }
        let last_new = LogIndex(index.0 + entries.len() as u64);
        let before = self.log.last_index();
        if let Some(first) = self.log.append_after(entries) {
            self.events.push(Event::Truncated { first });
            self.events.push(Event::Appended { first, last: self.log.last_index(), term: self.log.last_term() });
        } else if self.log.last_index() > before {
            let last = self.log.last_index();
            self.events.push(Event::Appended { first: before.next(), last, term: self.log.last_term() });
        }
        self.commit_to(commit.min(last_new));
        self.send(from, Body::AppendAccepted { index: last_new });
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
        let inflight_max = self.settings.inflight_max;
        let progress = self.progress.get_mut(&from).expect("looked up by the caller");
        let was_paused = progress.is_paused(inflight_max);
        let confirms_probe = progress.state == ProgressState::Probe && index == progress.matched;
        if !progress.accepted(index) && !confirms_probe {
            return;
        }
        if progress.state == ProgressState::Probe {
            progress.become_replicate();
        }
        // Only an index that is not committed can change what is.
        if index > self.log.committed() && self.maybe_commit() {
            self.reads.release_postponed();
            self.start_postponed_reads();
            self.broadcast_append();
        } else if was_paused && from != self.settings.id {
            // It may have been waiting for entries, or for the commit index.
            self.owe(from, Owed::CommitIndex);
        } else {
            self.owe(from, Owed::Entries);
        }
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
        let inflight_max = self.settings.inflight_max;
        let last = self.log.last_index();
        let progress = self.progress.get_mut(&from).expect("looked up by the caller");
        progress.paused = false;
        if progress.state == ProgressState::Replicate && progress.is_paused(inflight_max) {
            progress.free_first_inflight();
        }
        if progress.matched < last || progress.state == ProgressState::Probe {
            self.owe(from, Owed::CommitIndex);
        }
        if read_round > 0 {
            self.handle_read_round(from, read_round);
        }
    }

    /// Commits by counting, only what is of this term (§5.4.2, figure 8); whether anything was.
    pub(super) fn maybe_commit(&mut self) -> bool {
        let matched_of = |node| self.progress.get(node).map_or(LogIndex(0), |progress| progress.matched);
        self.matched.clear();
        self.matched.extend(self.voters.iter().map(matched_of));
        let index = committed_index(&self.matched);
        self.log.term(index) == Some(self.term) && self.commit_to(index)
    }

    pub(super) fn commit_to(&mut self, index: LogIndex) -> bool {
        let moved = self.log.commit_to(index);
        if moved {
            self.events.push(Event::Committed { index: self.log.committed() });
        }
        moved
    }
}
