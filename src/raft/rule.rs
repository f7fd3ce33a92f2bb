//! The rules of Raft by name, so that each can be switched off and its worth be seen.
//!
//! A rule is asked for where it lives and nowhere else, with [`super::Settings::obeys`]. A node that breaks rules may come
//! into states that no Raft node has; it goes on, for the point is to see what follows.

use serde::{Deserialize, Serialize};

/// A rule that can be switched off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// One vote a term.
    VoteOnce,
    /// No vote for an older log.
    UpToDateCheck,
    /// Commit by counting only what is of the leader's own term.
    CommitCurrentTermOnly,
    /// The vote is on disk.
    PersistVote,
    /// The term is on disk.
    PersistTerm,
    /// Promises leave when what they promise is durable.
    SyncBeforeSend,
    /// A leader begins with an empty entry.
    NoOpOnElection,
    /// A read waits until a quorum has confirmed the leader.
    ReadIndex,
    /// A read waits until the leader has committed in its own term.
    ReadAfterOwnCommit,
    /// A follower's log is cut only where it conflicts.
    TruncateOnlyConflicts,
    /// Entries are taken only after the entry that they follow.
    LogMatchCheck,
    /// A heartbeat tells a follower only of commits that it is known to have.
    HeartbeatCommitOnlyMatched,
    /// One change of the configuration at a time.
    OneChangeAtATime,
    /// Learners have no say.
    LearnersDoNotVote,
    /// More than one voter changes only by joint consensus.
    JointConsensus,
    /// Entries of an older term's leader are refused.
    RefuseOldTermAppend,
    /// After a restart no more is committed than the log on disk holds.
    CommitWithinLog,
    /// Only what is committed is applied.
    ApplyOnlyCommitted,
}

impl Rule {
    /// All rules.
    pub const ALL: [Rule; 18] = [
        Rule::VoteOnce,
        Rule::UpToDateCheck,
        Rule::CommitCurrentTermOnly,
        Rule::PersistVote,
        Rule::PersistTerm,
        Rule::SyncBeforeSend,
        Rule::NoOpOnElection,
        Rule::ReadIndex,
        Rule::ReadAfterOwnCommit,
        Rule::TruncateOnlyConflicts,
        Rule::LogMatchCheck,
        Rule::HeartbeatCommitOnlyMatched,
        Rule::OneChangeAtATime,
        Rule::LearnersDoNotVote,
        Rule::JointConsensus,
        Rule::RefuseOldTermAppend,
        Rule::CommitWithinLog,
        Rule::ApplyOnlyCommitted,
    ];

    /// The rule of this name.
    pub fn by_name(name: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// What it is for, in one sentence.
    pub fn sentence(self) -> &'static str {
        self.words().1
    }

    /// Where it comes from: a § of the Raft paper, a D§ of the dissertation.
    pub fn source(self) -> &'static str {
        self.words().2
    }

    #[rustfmt::skip]
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Rule::VoteOnce => ("vote-once",
                "A node votes for one candidate a term, so that two cannot both win it.", "§5.2"),
            Rule::UpToDateCheck => ("up-to-date-check",
                "A node votes only for a log at least as new as its own, so that a leader has all that is committed.", "§5.4.1"),
            Rule::CommitCurrentTermOnly => ("commit-current-term-only",
                "A leader commits by counting only entries of its own term, for older ones on a majority can still be overwritten.",
                "§5.4.2, figure 8"),
            Rule::PersistVote => ("persist-vote",
                "The vote survives a restart, or a node would vote twice in one term.", "figure 2"),
            Rule::PersistTerm => ("persist-term",
                "The term survives a restart, or a node would vote again in a term that it has voted in.", "figure 2"),
            Rule::SyncBeforeSend => ("sync-before-send",
                "Votes and acknowledgements leave when they are durable, for a crash must not unsay them.", "figure 2"),
            Rule::NoOpOnElection => ("no-op-on-election",
                "A new leader appends an empty entry, so that what older leaders left is committed without waiting for a client.", "§8"),
            Rule::ReadIndex => ("read-index",
                "A leader answers a read only after a quorum has confirmed it, for it may have been replaced unawares.", "§8"),
            Rule::ReadAfterOwnCommit => ("read-after-own-commit",
                "A new leader answers reads only after it has committed in its own term, for before it does not know what is committed.",
                "§8"),
            Rule::TruncateOnlyConflicts => ("truncate-only-conflicts",
                "A follower cuts its log only where it conflicts, so that a late message does not undo what it has acknowledged.",
                "§5.3, figure 2"),
            Rule::LogMatchCheck => ("log-match-check",
                "A follower takes entries only after the very entry that they follow, so that equal entries have equal prefixes.", "§5.3"),
            Rule::HeartbeatCommitOnlyMatched => ("heartbeat-commit-only-matched",
                "A heartbeat tells a follower only of commits that it is known to have, for a heartbeat compares no logs.",
                "etcd: bcastHeartbeat"),
            Rule::OneChangeAtATime => ("one-change-at-a-time",
                "A change of the members waits for the one before it, so that the majorities before and after share a node.",
                "D§4.1"),
            Rule::LearnersDoNotVote => ("learners-do-not-vote",
                "A learner's copy does not count towards a commit, for it has no vote that could keep the entry.", "D§4.2.1"),
            Rule::JointConsensus => ("joint-consensus",
                "A change of two voters passes through a phase that needs both majorities, or each could elect a leader.",
                "§6"),
            Rule::RefuseOldTermAppend => ("refuse-old-term-append",
                "Entries from a leader of an older term are refused, so that a deposed leader changes nothing.", "§5.1"),
            Rule::CommitWithinLog => ("commit-within-log",
                "After a restart a node believes no more committed than its log holds, or it would acknowledge entries that it lacks.",
                "figure 2: commitIndex is volatile"),
            Rule::ApplyOnlyCommitted => ("apply-only-committed",
                "A node applies only what is committed, for the rest may still be replaced.", "§5.3"),
        }
    }
}

/// A set of rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct RuleSet(u32);

impl RuleSet {
    /// Whether the rule is in it.
    pub fn contains(self, rule: Rule) -> bool {
        self.0 & (1 << rule as u32) != 0
    }

    /// Whether it has none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds a rule.
    pub fn insert(&mut self, rule: Rule) {
        self.0 |= 1 << rule as u32;
    }

    /// Takes a rule away.
    pub fn remove(&mut self, rule: Rule) {
        self.0 &= !(1 << rule as u32);
    }

    /// Its rules.
    pub fn iter(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.into_iter().filter(move |rule| self.contains(*rule))
    }
}

impl FromIterator<Rule> for RuleSet {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> RuleSet {
        let mut set = RuleSet::default();
        for rule in rules {
            set.insert(rule);
        }
        set
    }
}
