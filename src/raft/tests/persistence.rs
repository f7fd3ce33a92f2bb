//! What must be on disk before what is said (figure 2: "Updated on stable storage before responding to RPCs").

use super::network::{Network, word};
use crate::raft::{Body, HardState, LogIndex, MessageKind, NodeId, Raft, Recovered, Role, Settings, Term};
use crate::sim::{Random, Time};

fn append(index: u64, log_term: u64, words: &[(u64, &'static str)]) -> Body<&'static str> {
    let entries = words.iter().zip(index + 1..).map(|((term, text), at)| word(*term, at, text)).collect();
    Body::Append { index: LogIndex(index), log_term: Term(log_term), entries, commit: LogIndex(0) }
}

fn vote_request(from: u16, network: &mut Network, to: u16, term: u64) {
    let body = Body::RequestVote { pre: false, last_index: LogIndex(99), last_term: Term(1), transfer: false };
    network.hand_from(from, to, term, body);
}

/// Figure 2: a vote leaves when it is durable.
#[test]
fn a_vote_is_sent_only_when_it_is_on_disk() {
    let mut network = Network::new(3);
    network.slow(2);
    vote_request(1, &mut network, 2, 2);
    assert!(network.queue.is_empty(), "{:?}", network.queue);
    network.sync(2);
    assert_eq!(network.waiting_kinds(), [MessageKind::VoteGranted]);
}

/// §5.2 across a restart: a vote is not given twice in one term.
#[test]
fn a_node_that_has_restarted_remembers_whom_it_voted_for() {
    let mut network = Network::new(3);
    vote_request(1, &mut network, 2, 2);
    network.crash(2);
    network.restart(2);
    assert_eq!((network.raft(2).term(), network.raft(2).vote()), (Term(2), Some(NodeId(1))));
    network.take_queue();
    vote_request(3, &mut network, 2, 2);
    assert_eq!(network.waiting_kinds(), [MessageKind::VoteRefused]);
}

/// A crash before the sync: the vote is forgotten, and nobody had been promised it.
#[test]
fn a_vote_that_a_crash_has_lost_was_promised_to_nobody() {
    let mut network = Network::new(3);
    network.slow(2);
    vote_request(1, &mut network, 2, 2);
    network.crash(2);
    network.restart(2);
    assert_eq!((network.raft(2).term(), network.raft(2).vote()), (Term(1), None));
    assert!(network.sent.iter().all(|message| message.from != NodeId(2)), "{:?}", network.sent);
}

/// A candidate's own vote is one like any other: two of three votes need its own disk.
#[test]
fn a_candidates_own_vote_counts_only_when_it_is_on_disk() {
    let mut network = Network::with_settings(3, |settings| settings.pre_vote = false);
    network.slow(1);
    network.time_out(1);
    assert!(network.queue.is_empty(), "its request stands on its own vote: {:?}", network.queue);
    let granted = Body::Vote { pre: false, granted: true };
    network.hand_from(2, 1, 2, granted);
    assert_eq!(network.raft(1).role(), Role::Candidate, "one vote, and its own is not durable");
    network.sync(1);
    assert_eq!(network.raft(1).role(), Role::Leader);
}

/// Figure 2: a follower acknowledges what is durable.
#[test]
fn entries_are_acknowledged_only_when_they_are_on_disk() {
    let mut network = Network::new(3);
    network.elect(1);
    network.slow(2);
    network.propose(1, "x");
    network.deliver_to(2);
    let from_2 = |network: &Network| network.queue.iter().filter(|m| m.from == NodeId(2)).count();
    assert_eq!(from_2(&network), 0);
    network.sync(2);
    assert_eq!(from_2(&network), 1);
}

/// A crash between write and sync loses the entry; the leader was never told of it, and sends it again.
#[test]
fn an_entry_that_a_crash_has_lost_was_promised_to_nobody_and_comes_again() {
    let mut network = Network::new(3);
    network.elect(1);
    network.cut(1, 3);
    network.slow(2);
    network.propose(1, "x");
    let index = network.raft(1).log().last_index();
    network.deliver_all();
    assert_eq!(network.raft(2).log().last_index(), index, "written");
    network.crash(2);
    assert!(network.member(2).durable_entries().len() < index.0 as usize);
    assert!(network.raft(1).log().committed() < index);
    network.restart(2);
    assert!(network.raft(2).log().last_index() < index);
    network.sync(2);
    network.pass_ticks(3);
    assert_eq!(network.applied_words(2), ["x"]);
}

/// Dissertation §10.2.1: a leader sends while its own disk writes; its own acknowledgement counts when that is done.
#[test]
fn a_leader_sends_before_its_disk_is_done_and_counts_itself_only_after() {
    let mut network = Network::new(3);
    network.elect(1);
    network.cut(1, 3);
    network.slow(1);
    network.propose(1, "x");
    let index = network.raft(1).log().last_index();
    assert!(network.queue.iter().any(|message| message.to == NodeId(2)), "sent in parallel");
    network.deliver_all();
    assert!(network.raft(1).log().committed() < index, "2 has it; the leader's own disk has not");
    network.sync(1);
    assert_eq!(network.raft(1).log().committed(), index);
}

/// A majority without the leader commits; the leader applies only what it has itself on disk.
#[test]
fn an_entry_that_only_the_followers_have_on_disk_is_committed_and_not_applied_by_the_leader() {
    let mut network = Network::new(3);
    network.elect(1);
    network.slow(1);
    network.put(1, "x");
    let log = network.raft(1).log();
    assert_eq!(log.committed(), log.last_index());
    assert_eq!(network.applied_words(1), [] as [&str; 0]);
    network.sync(1);
    assert_eq!(network.applied_words(1), ["x"]);
}

/// The entries of a write under way may be replaced before it is done: the old write then says nothing about the new ones.
#[test]
fn a_write_that_ends_after_its_entries_were_replaced_does_not_make_the_new_ones_durable() {
    let mut network = Network::new(3);
    network.hand_from(1, 2, 2, Body::Heartbeat { commit: LogIndex(0), read_round: 0 });
    network.slow(2);
    network.hand_from(1, 2, 2, append(3, 1, &[(2, "a"), (2, "b")]));
    network.hand_from(3, 2, 3, append(3, 1, &[(3, "c"), (3, "d")]));
    assert_eq!(network.raft(2).log().stable(), LogIndex(3));
    network.sync_once(2);
    assert_eq!(network.raft(2).log().stable(), LogIndex(3), "what was written is of term 2");
    network.sync(2);
    assert_eq!(network.raft(2).log().stable(), LogIndex(5));
    assert_eq!(network.log_terms(2), [3, 3]);
}

/// The commit index on disk is a hint: it is never trusted beyond the entries that the disk has.
#[test]
fn a_commit_index_beyond_the_log_on_disk_is_cut_to_it() {
    let hard_state = HardState { term: Term(3), vote: None, commit: LogIndex(9) };
    let recovered = Recovered { hard_state, snapshot: None, entries: vec![word(1, 1, "a"), word(3, 2, "b")] };
    let raft = Raft::new(Settings::new(NodeId(1)), recovered, Time::ZERO, Random::new(1, 1));
    assert_eq!(raft.log().committed(), LogIndex(2));
    assert_eq!(raft.log().applied(), LogIndex(0));
}

/// After a crash of all, what was committed is committed again and applied in the same order.
#[test]
fn a_cluster_that_crashes_as_a_whole_keeps_what_was_committed() {
    let mut network = Network::new(3);
    network.elect(1);
    for word in ["a", "b", "c"] {
        network.put(1, word);
    }
    for id in 1..=3 {
        network.crash(id);
    }
    for id in 1..=3 {
        network.restart(id);
        assert_eq!(network.raft(id).role(), Role::Follower);
    }
    network.pass_ticks(40);
    assert!(network.leader().is_some());
    for id in 1..=3 {
        assert_eq!(network.applied_words(id), ["a", "b", "c"], "{id}");
    }
}
