//! Raft's own invariants, checked on each member after it was run.
//!
//! Log matching is checked by induction: if index and term fix an entry and the term before it wherever they are seen, they
//! fix everything before it. So each entry is looked at once a member, and again after a restart.

use super::records::{LogSeen, OnDisk, Terms, keep_newest};
use super::{Found, Invariant, KEPT_MAX, name};
use crate::etcd::Record;
use crate::raft::{Configuration, LogIndex, MessageKind, NodeId, Role, Term};
use crate::sim::{ActorId, Disk};
use litemap::LiteMap;
use std::collections::{BTreeMap, VecDeque};

/// What is looked at of a member besides its log.
pub(super) struct Seen<'a> {
    pub(super) node: NodeId,
    pub(super) role: Role,
    pub(super) term: Term,
    pub(super) committed: LogIndex,
    pub(super) applied: LogIndex,
    pub(super) configuration: &'a Configuration,
}

/// What a member was when it was last looked at.
#[derive(Clone, Debug, Default)]
struct Member {
    /// None: it has restarted since, or is down.
    role: Option<Role>,
    term: Term,
    committed: LogIndex,
    applied: LogIndex,
    terms: Terms,
    disk: OnDisk,
    /// The highest term in which it has promised anything to anybody.
    promised: Term,
}

/// What index and term fix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Entry {
    content: u64,
    term_before: Option<Term>,
}

#[derive(Clone, Copy, Debug)]
struct Committed {
    term: Term,
    content: u64,
    /// The term of the member that was first seen to know it.
    committed_in: Term,
}

/// Consensus as it was seen so far.
#[derive(Clone, Debug)]
pub(super) struct Consensus {
    members: LiteMap<NodeId, Member>,
    leaders: BTreeMap<Term, NodeId>,
    votes: BTreeMap<(Term, NodeId), NodeId>,
    entries: BTreeMap<(LogIndex, Term), Entry>,
    committed: VecDeque<Committed>,
    /// The index before the first of `committed`.
    committed_before: u64,
    /// Up to here nothing is known of how it was committed.
    granted_to: LogIndex,
}

impl Consensus {
    pub(super) fn new() -> Consensus {
        Consensus {
            members: LiteMap::new(),
            leaders: BTreeMap::new(),
            votes: BTreeMap::new(),
            entries: BTreeMap::new(),
            committed: VecDeque::new(),
            committed_before: 0,
            granted_to: LogIndex(u64::MAX),
        }
    }

    /// What was seen so far is where the check begins: how it was committed is not asked.
    pub(super) fn take_for_granted(&mut self) {
        self.granted_to = self.last_committed();
    }

    fn last_committed(&self) -> LogIndex {
        LogIndex(self.committed_before + self.committed.len() as u64)
    }

    fn committed_at(&self, index: LogIndex) -> Option<&Committed> {
        self.committed.get(usize::try_from(index.0.checked_sub(self.committed_before + 1)?).ok()?)
    }

    fn member(&mut self, node: NodeId) -> &mut Member {
        self.members.entry(node).or_default()
    }

    pub(super) fn leads_newest_term(&self, node: NodeId) -> bool {
        self.leaders.last_key_value().is_some_and(|(_, leader)| *leader == node)
    }

    /// The process has ended.
    pub(super) fn crashed(&mut self, node: NodeId) {
        self.member(node).role = None;
    }

    /// A new process has started: it knows what its disk has, and has everything to prove again.
    pub(super) fn restarted(&mut self, node: NodeId) {
        let member = self.member(node);
        let (disk, promised) = (std::mem::take(&mut member.disk), member.promised);
        *member = Member { disk, promised, ..Member::default() };
    }

    pub(super) fn see_disk(&mut self, node: NodeId, disk: &Disk<Record>) {
        self.member(node).disk.see(disk);
    }

    #[cfg(test)]
    pub(super) fn write(&mut self, node: NodeId, record: &Record) {
        self.member(node).disk.read_record(record);
    }

    /// A member has sent something. Votes, requests for votes and acknowledgements promise.
    pub(super) fn promised(
        &mut self,
        from: ActorId,
        to: ActorId,
        kind: MessageKind,
        term: Term,
        index: u64,
        found: &mut Found,
    ) {
        let node = NodeId(from.0);
        let candidate = match kind {
            MessageKind::VoteGranted => Some(NodeId(to.0)),
            MessageKind::RequestVote => Some(node),
            MessageKind::AppendAccepted => None,
            _ => return,
        };
        let member = self.member(node);
        member.promised = member.promised.max(term);
        let disk = &member.disk;
        // A newer term on the disk binds no less: in it nothing of the older one can be taken back.
        if disk.term < term || (disk.term == term && candidate.is_some_and(|candidate| disk.vote != Some(candidate))) {
            let vote = disk.vote.map_or("nobody".to_string(), name);
            let what =
                candidate.map_or("acknowledged entries".to_string(), |other| format!("voted for {}", name(other)));
            let sentence =
                format!("{} {what} in term {term}, and its disk says term {}, vote for {vote}", name(node), disk.term);
            found.push((Invariant::DurablePromise, sentence));
        } else if candidate.is_none() && disk.term == term && disk.terms.last() < LogIndex(index) {
            let last = disk.terms.last();
            let sentence = format!(
                "{} acknowledged entries up to {index} in term {term}, and its disk has them up to {last}",
                name(node)
            );
            found.push((Invariant::DurablePromise, sentence));
        }
        let Some(candidate) = candidate else { return };
        let first = *self.votes.entry((term, node)).or_insert(candidate);
        keep_newest(&mut self.votes);
        if first != candidate {
            let (voter, first, second) = (name(node), name(first), name(candidate));
            found.push((Invariant::OneVote, format!("{voter} voted for {first} and for {second} in term {term}")));
        }
    }

    /// Looks at a member that was run. `changed_from`: its log may have changed from there on; that the newest entries have
    /// is found out anyway.
    pub(super) fn see(
        &mut self,
        seen: &Seen<'_>,
        log: &impl LogSeen,
        changed_from: Option<LogIndex>,
        found: &mut Found,
    ) {
        self.check_progress(seen, log, found);
        let changed_from = self.check_log(seen, log, changed_from, found);
        self.check_commits(seen, log, changed_from, found);
        if seen.role == Role::Leader {
            self.check_leader(seen, found);
        }
        let member = self.member(seen.node);
        member.role = Some(seen.role);
        (member.term, member.committed, member.applied) = (seen.term, seen.committed, seen.applied);
    }

    fn check_progress(&mut self, seen: &Seen<'_>, log: &impl LogSeen, found: &mut Found) {
        let who = name(seen.node);
        let member = self.member(seen.node);
        if seen.term < member.promised.max(member.term) {
            let before = member.promised.max(member.term);
            found.push((Invariant::TermMonotonicity, format!("{who} was in term {before} and is in {}", seen.term)));
        }
        let indices = [("commit", member.committed, seen.committed), ("applied", member.applied, seen.applied)];
        for (what, before, now) in indices.into_iter().filter(|(_, before, now)| now < before) {
            let sentence = format!("{who}'s {what} index was {before} and is {now}");
            found.push((Invariant::CommitMonotonicity, sentence));
        }
        let limits = [("applied", seen.applied, seen.committed), ("commit", seen.committed, log.last_index())];
        for (what, index, limit) in limits.into_iter().filter(|(_, index, limit)| index > limit) {
            let sentence = format!("{who}'s {what} index is {index}, and may be {limit} at most");
            found.push((Invariant::CommitMonotonicity, sentence));
        }
    }

    /// Compares what is new in the log with what is known; answers where it begins.
    fn check_log(
        &mut self,
        seen: &Seen<'_>,
        log: &impl LogSeen,
        changed_from: Option<LogIndex>,
        found: &mut Found,
    ) -> LogIndex {
        let member = self.members.entry(seen.node).or_default();
        let last_before = member.terms.last();
        let mut same_to = last_before.min(log.last_index());
        while same_to >= log.first_index() && member.terms.term(same_to) != log.term(same_to) {
            same_to = same_to.previous();
        }
        let first = changed_from.map_or(same_to.next(), |hint| hint.min(same_to.next())).max(log.first_index());
        let was_leader = member.role == Some(Role::Leader) && member.term == seen.term && seen.role == Role::Leader;
        if was_leader && same_to < last_before {
            let (who, term) = (name(seen.node), seen.term);
            let sentence = format!("{who} leads term {term} and has replaced its entries from {} on", same_to.next());
            found.push((Invariant::LeaderAppendOnly, sentence));
        }
        member.terms.cut_after(same_to);
        for index in (first.0..=log.last_index().0).map(LogIndex) {
            let (Some(term), Some(content)) = (log.term(index), log.content(index)) else { continue };
            let entry = Entry { content, term_before: log.term(index.previous()) };
            let known = *self.entries.entry((index, term)).or_insert(entry);
            if known.content != entry.content {
                let sentence =
                    format!("{} has another entry at index {index}, term {term} than was seen before", name(seen.node));
                found.push((Invariant::LogMatching, sentence));
            } else if known.term_before != entry.term_before
                && let (Some(known), Some(here)) = (known.term_before, entry.term_before)
            {
                let sentence = format!(
                    "{} has term {here} before the entry at index {index}, term {term}, where term {known} was seen",
                    name(seen.node)
                );
                found.push((Invariant::LogMatching, sentence));
            }
            member.terms.put(index, term);
        }
        member.terms.forget_before(log.first_index());
        keep_newest(&mut self.entries);
        first
    }

    /// Compares what the member knows to be committed with what anybody has known.
    fn check_commits(&mut self, seen: &Seen<'_>, log: &impl LogSeen, changed_from: LogIndex, found: &mut Found) {
        let member = self.member(seen.node);
        let first = changed_from.min(member.committed.next()).max(log.first_index());
        let newest_before = self.last_committed();
        for index in (first.0..=seen.committed.0.min(log.last_index().0)).map(LogIndex) {
            let (Some(term), Some(content)) = (log.term(index), log.content(index)) else { continue };
            if let Some(known) = self.committed_at(index) {
                if (known.term, known.content) != (term, content) {
                    let (who, known) = (name(seen.node), known.term);
                    let sentence = format!(
                        "{who} has committed an entry of term {term} at index {index}, where one of term {known} was committed"
                    );
                    found.push((Invariant::StateMachineSafety, sentence));
                }
            } else if index > newest_before {
                if index > self.last_committed().next() {
                    (self.committed, self.committed_before) = (VecDeque::new(), index.0 - 1);
                }
                self.committed.push_back(Committed { term, content, committed_in: seen.term });
                self.check_new_commit(seen, index, term, found);
            }
        }
        while self.committed.len() > KEPT_MAX {
            self.committed.pop_front();
            self.committed_before += 1;
        }
        let newest = self.last_committed();
        if newest > newest_before && newest > self.granted_to && seen.role == Role::Leader {
            let term = self.committed.back().map_or(Term(0), |committed| committed.term);
            if term != seen.term {
                let (who, leads) = (name(seen.node), seen.term);
                let sentence = format!("{who} leads term {leads} and has committed index {newest} of term {term}");
                found.push((Invariant::CommitOwnTerm, sentence));
            }
        }
    }

    /// An entry is known to be committed for the first time.
    fn check_new_commit(&self, seen: &Seen<'_>, index: LogIndex, term: Term, found: &mut Found) {
        if index <= self.granted_to {
            return;
        }
        let has = |node: &NodeId| self.members.get(node).is_some_and(|m| m.disk.terms.may_have(index, term));
        if !seen.configuration.is_quorum(|node| has(&node)) {
            let voters = seen.configuration.voter_ids();
            let on_disk: Vec<String> = voters.iter().filter(|node| has(node)).map(|node| name(*node)).collect();
            let (who, voters, disks) = (name(seen.node), voters.len(), on_disk.join(", "));
            let sentence = format!(
                "{who} has committed index {index} of term {term}, which is on the disks of {} of {voters} voters ({disks})",
                on_disk.len()
            );
            found.push((Invariant::DurableCommit, sentence));
        }
        for (node, member) in &self.members {
            let leads_later = member.role == Some(Role::Leader) && member.term > seen.term;
            if leads_later && *node != seen.node && !member.terms.may_have(index, term) {
                let (leader, leads, who) = (name(*node), member.term, name(seen.node));
                let sentence = format!(
                    "{leader} leads term {leads} without index {index} of term {term}, which {who} has committed in term {}",
                    seen.term
                );
                found.push((Invariant::LeaderCompleteness, sentence));
            }
        }
    }

    fn check_leader(&mut self, seen: &Seen<'_>, found: &mut Found) {
        let first = *self.leaders.entry(seen.term).or_insert(seen.node);
        keep_newest(&mut self.leaders);
        if first != seen.node {
            let sentence = format!("{} and {} both lead term {}", name(first), name(seen.node), seen.term);
            found.push((Invariant::ElectionSafety, sentence));
        }
        let member = &self.members[&seen.node];
        if member.role == Some(Role::Leader) && member.term == seen.term {
            return;
        }
        // By log matching the newest entry stands for all before it.
        let newest = (0..self.committed.len()).rev().find(|at| self.committed[*at].committed_in < seen.term);
        let Some(at) = newest else { return };
        let (index, committed) = (LogIndex(self.committed_before + at as u64 + 1), self.committed[at]);
        if !member.terms.may_have(index, committed.term) {
            let has = member.terms.term(index).map_or("nothing".to_string(), |term| format!("term {term}"));
            let sentence = format!(
                "{} leads term {} with {has} at index {index}, where an entry of term {} was committed",
                name(seen.node),
                seen.term,
                committed.term
            );
            found.push((Invariant::LeaderCompleteness, sentence));
        }
    }
}
