//! What the nodes do and say, in words.

use crate::cluster::Word;
use quorate::raft::{
    Body, Change, ConfChange, Configuration, Entry, EntryBody, Event, Message, ProgressState, Raft, Role, Transition,
};

pub(crate) fn change_words<P>(change: &ConfChange<P>) -> String {
    if change.is_leave_joint() {
        return "leave".to_string();
    }
    let word = |change: &Change| match change {
        Change::AddVoter(node) => format!("+{}", node.0),
        Change::AddLearner(node) => format!("~{}", node.0),
        Change::Remove(node) => format!("-{}", node.0),
        Change::Update(node) => format!("={}", node.0),
    };
    let mut words: Vec<String> = change.changes.iter().map(word).collect();
    match change.transition {
        Transition::Auto => {}
        Transition::Implicit => words.push("implicit".to_string()),
        Transition::Explicit => words.push("explicit".to_string()),
    }
    words.join(" ")
}

pub(crate) fn entry_words(entry: &Entry<Word>) -> String {
    let body = match &entry.body {
        EntryBody::Empty => "empty".to_string(),
        EntryBody::Normal(word) => format!("\"{}\"", word.0),
        EntryBody::ConfChange(change) => format!("({})", change_words(change)),
    };
    format!("{}/{} {body}", entry.index, entry.term)
}

pub(crate) fn entries_words(entries: &[Entry<Word>]) -> String {
    format!("[{}]", entries.iter().map(entry_words).collect::<Vec<String>>().join(", "))
}

/// `1->2 Append term 2 prev 3/1 entries [4/2 "x"] commit 3`.
pub(crate) fn message_words(message: &Message<Word>) -> String {
    let Message { from, to, term, body } = message;
    let mut words = format!("{}->{} {:?}", from.0, to.0, body.kind());
    if term.0 > 0 {
        words += &format!(" term {term}");
    }
    words += &match body {
        Body::Append { index, log_term, entries, commit } if entries.is_empty() => {
            format!(" prev {index}/{log_term} commit {commit}")
        }
        Body::Append { index, log_term, entries, commit } => {
            format!(" prev {index}/{log_term} entries {} commit {commit}", entries_words(entries))
        }
        Body::AppendAccepted { index } => format!(" index {index}"),
        Body::AppendRejected { index, hint, log_term } => format!(" index {index} hint {hint}/{log_term}"),
        Body::Heartbeat { commit, read_round: 0 } => format!(" commit {commit}"),
        Body::Heartbeat { commit, read_round } => format!(" commit {commit} round {read_round}"),
        Body::HeartbeatResponse { read_round: 0 } => String::new(),
        Body::HeartbeatResponse { read_round } => format!(" round {read_round}"),
        Body::RequestVote { last_index, last_term, transfer, .. } => {
            format!(" last {last_index}/{last_term}{}", if *transfer { " for a transfer" } else { "" })
        }
        Body::Vote { .. } | Body::TimeoutNow => String::new(),
        Body::Propose { payloads } => {
            payloads.iter().map(|word| format!(" \"{}\"", word.0)).collect::<Vec<String>>().join("")
        }
        Body::ProposeConfChange { change } => format!(" ({})", change_words(change)),
        Body::Snapshot { snapshot } => {
            format!(" up to {}/{} {}", snapshot.index, snapshot.term, snapshot.configuration)
        }
        Body::TransferLeader { target } => format!(" to {}", target.0),
        Body::ReadIndex { request } => format!(" request {request}"),
        Body::ReadIndexResponse { request, index } => format!(" request {request} index {index}"),
    };
    words
}

/// What a node did, without its name.
pub(crate) fn event_words(event: &Event) -> String {
    match event {
        Event::ElectionTimeout => "times out".to_string(),
        Event::BecameFollower { term, leader: Some(leader) } => format!("follows {} in term {term}", leader.0),
        Event::BecameFollower { term, leader: None } => format!("follows nobody in term {term}"),
        Event::BecamePreCandidate { term } => format!("asks whether it would win term {term}"),
        Event::BecameCandidate { term } => format!("campaigns in term {term}"),
        Event::BecameLeader { term, votes, voters } => format!("leads term {term}, with {votes} of {voters} votes"),
        Event::Voted { candidate, term, pre, granted } => {
            let (verb, vote) = (if *granted { "grants" } else { "refuses" }, if *pre { "pre-vote" } else { "vote" });
            format!("{verb} {} its {vote} for term {term}", candidate.0)
        }
        Event::IgnoredVoteRequest { candidate, term } => {
            format!("hears a leader and does not answer {} about term {term}", candidate.0)
        }
        Event::LostElection { term, pre: true } => format!("would not be elected, stays in term {term}"),
        Event::LostElection { term, pre: false } => format!("is not elected in term {term}"),
        Event::LostQuorum { term } => format!("has not heard from a quorum and leads term {term} no more"),
        Event::Appended { first, last, term } if first == last => format!("appends {first} of term {term}"),
        Event::Appended { first, last, term } => format!("appends {first} to {last}, the last of term {term}"),
        Event::Truncated { first } => format!("drops its entries from {first} on"),
        Event::RefusedAppend { index } => format!("refuses entries after {index}"),
        Event::Committed { index } => format!("commits up to {index}"),
        Event::ConfigurationChanged { configuration } => format!("switches to {configuration}"),
        Event::ConfChangeRefused { index } => format!("makes {index} empty in place of a change"),
        Event::SnapshotSent { to, index } => format!("sends {} a snapshot up to {index}", to.0),
        Event::SnapshotRestored { index } => format!("puts a snapshot up to {index} in the place of its log"),
        Event::SnapshotIgnored { index } => format!("has no use for a snapshot up to {index}"),
        Event::TransferStarted { target } => format!("hands over to {}", target.0),
        Event::TransferAborted { target } => format!("no longer hands over to {}", target.0),
        Event::ToldToCampaign { leader } => format!("is told by {} to campaign", leader.0),
        Event::ReadConfirmed { index } => format!("confirms a read at {index}"),
    }
}

/// `leader in term 2, vote 1, commit 2, applied 2, log [1/1 empty, 2/2 "a"]`, and the configuration if it has changed.
pub(crate) fn state_words(raft: &Raft<Word>, first: &Configuration) -> String {
    let role = match (raft.role(), raft.leader()) {
        (Role::Leader, _) => "leader".to_string(),
        (Role::PreCandidate, _) => "pre-candidate".to_string(),
        (Role::Candidate, _) => "candidate".to_string(),
        (Role::Follower, Some(leader)) => format!("follower of {}", leader.0),
        (Role::Follower, None) => "follower".to_string(),
    };
    let vote = raft.vote().map_or_else(|| "none".to_string(), |node| node.0.to_string());
    let log = raft.log();
    let entries: Vec<String> = log.range(log.first_index(), log.last_index()).map(entry_words).collect();
    let compacted = log.compacted();
    let compacted = match log.term(compacted).filter(|_| compacted.0 > 0) {
        Some(term) => format!("..{compacted}/{term} "),
        None => String::new(),
    };
    let (committed, applied) = (log.committed(), log.applied());
    let mut words = format!("{role} in term {}, vote {vote}, commit {committed}, applied {applied}", raft.term());
    if log.stable() < log.last_index() {
        words += &format!(", synced {}", log.stable());
    }
    words += &format!(", log {compacted}[{}]", entries.join(", "));
    if **raft.configuration() != *first {
        words += &format!(", {}", raft.configuration());
    }
    words
}

/// What a leader knows of the others, one a line.
pub(crate) fn progress_words(raft: &Raft<Word>) -> Vec<String> {
    let others = raft.progress().iter().filter(|(node, _)| **node != raft.id());
    let words = others.map(|(node, progress)| {
        let mut words = format!("{} {:?}, match {}, next {}", node.0, progress.state, progress.matched, progress.next);
        if progress.state == ProgressState::Snapshot {
            words += &format!(", snapshot {}", progress.pending_snapshot);
        }
        if progress.inflight() > 0 {
            words += &format!(", {} in flight", progress.inflight());
        }
        words
            + if progress.is_paused() { ", paused" } else { "" }
            + if progress.recent_active { "" } else { ", not heard" }
    });
    words.collect()
}
