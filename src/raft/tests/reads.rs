//! Reads without log entries: §8, D§6.4, etcd's ReadIndex.

use super::network::Network;
use crate::raft::{Body, LogIndex, MessageKind, NodeId, ReadState, Role, Term};

fn answers(network: &Network, id: u16) -> Vec<u64> {
    network.member(id).answers.iter().map(|answer| answer.request).collect()
}

/// §8: "Raft handles this by having each leader commit a blank no-op entry into the log at the start of its term."
#[test]
fn a_new_leader_commits_an_empty_entry_of_its_own_term() {
    let mut network = Network::new(3);
    network.elect(1);
    let log = network.raft(1).log();
    let last = log.entry(log.last_index()).expect("it has one");
    assert_eq!((last.term, &last.body), (Term(2), &crate::raft::EntryBody::Empty));
    assert_eq!(log.committed(), last.index);
}

/// §8: "a leader must have the latest information on which entries are committed" before it answers a read.
#[test]
fn a_read_waits_until_the_leader_has_committed_in_its_own_term() {
    let mut network = Network::new(3);
    network.elect_silently(1);
    network.read(1, 7);
    network.deliver(|message| !matches!(message.body, Body::Append { .. }));
    assert_eq!(answers(&network, 1), [] as [u64; 0]);
    network.deliver_all();
    let committed = network.raft(1).log().committed();
    assert_eq!(network.raft(1).log().term(committed), Some(Term(2)));
    assert_eq!(network.member(1).answers, [ReadState { request: 7, index: committed }]);
}

/// §8: "a leader must check whether it has been deposed before processing a read-only request".
#[test]
fn a_leader_that_has_lost_its_majority_answers_no_read() {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(1);
    network.elect(2);
    network.put(2, "newer");
    assert_eq!(network.raft(1).role(), Role::Leader, "it does not know yet");
    network.read(1, 7);
    network.deliver_all();
    network.pass_ticks(30);
    assert_eq!(answers(&network, 1), [] as [u64; 0]);
    network.heal();
    network.pass_ticks(30);
    assert_eq!(answers(&network, 1), [] as [u64; 0], "its asker asks again");
}

/// D§6.4: the answer is the commit index at the time of asking, and comes after a round of heartbeats.
#[test]
fn a_read_is_answered_after_a_majority_has_confirmed_the_leader_at_the_index_of_asking() {
    let mut network = Network::new(5);
    network.elect(1);
    let index = network.raft(1).log().committed();
    network.read(1, 7);
    network.deliver(|message| [1, 2].contains(&message.to.0) && [1, 2].contains(&message.from.0));
    assert_eq!(answers(&network, 1), [] as [u64; 0], "two of five");
    network.deliver(|message| [1, 3].contains(&message.to.0) && [1, 3].contains(&message.from.0));
    assert_eq!(network.member(1).answers, [ReadState { request: 7, index }]);
}

/// An answer to a heartbeat that was sent before the read was asked proves nothing about it.
#[test]
fn an_answer_to_an_older_round_does_not_confirm_a_newer_read() {
    let mut network = Network::new(3);
    network.elect(1);
    network.read(1, 1);
    let first_round = network.take_queue();
    network.read(1, 2);
    network.take_queue();
    for heartbeat in first_round {
        network.hand(heartbeat);
    }
    network.deliver_to(1);
    assert_eq!(answers(&network, 1), [1]);
}

/// Who confirms a later round has confirmed all before it.
#[test]
fn an_answer_to_a_newer_round_confirms_the_older_reads_too() {
    let mut network = Network::new(3);
    network.elect(1);
    network.read(1, 1);
    network.take_queue();
    network.read(1, 2);
    network.deliver_all();
    assert_eq!(answers(&network, 1), [1, 2]);
}

/// The same answer twice is one vote.
#[test]
fn an_answer_that_comes_twice_is_counted_once() {
    let mut network = Network::new(5);
    network.elect(1);
    network.read(1, 1);
    let round = 1;
    for _ in 0..3 {
        network.hand_from(2, 1, 2, Body::HeartbeatResponse { read_round: round });
    }
    assert_eq!(answers(&network, 1), [] as [u64; 0]);
    network.hand_from(3, 1, 2, Body::HeartbeatResponse { read_round: round });
    assert_eq!(answers(&network, 1), [1]);
}

/// A follower asks the leader; one that knows none asks nobody, and its asker asks again.
#[test]
fn a_follower_asks_the_leader_and_without_one_keeps_silent() {
    let mut network = Network::new(3);
    network.read(2, 5);
    assert!(network.queue.is_empty());
    network.elect(1);
    network.read(2, 6);
    assert_eq!(network.waiting_kinds(), [MessageKind::ReadIndex]);
    network.deliver_all();
    let index = network.raft(1).log().committed();
    assert_eq!(network.member(2).answers, [ReadState { request: 6, index }]);
    assert!(network.member(1).answers.is_empty());
}

/// A leader that steps down forgets the reads; a later term does not answer them by chance.
#[test]
fn reads_end_with_the_leadership_of_their_term() {
    let mut network = Network::new(3);
    network.elect(1);
    network.read(1, 1);
    network.take_queue();
    network.hand_from(2, 1, 3, Body::Heartbeat { commit: LogIndex(0), read_round: 0 });
    assert_eq!(network.raft(1).leader(), Some(NodeId(2)));
    network.take_queue();
    network.elect(1);
    network.pass_ticks(3);
    assert_eq!(answers(&network, 1), [] as [u64; 0]);
}

/// A cluster of one needs no round.
#[test]
fn a_single_node_answers_reads_at_once() {
    let mut network = Network::new(1);
    network.elect(1);
    network.read(1, 1);
    assert_eq!(answers(&network, 1), [1]);
}
