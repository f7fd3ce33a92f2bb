//! PreVote (D§9.6) and CheckQuorum (D§6.2): nodes that were away do not disturb, and leaders that lost touch give way.

use super::network::Network;
use crate::raft::{Body, Event, LogIndex, NodeId, Role, Term};

/// D§9.6: a node that was cut off cannot win a trial, so its term does not grow, and its return disturbs nobody.
#[test]
fn a_node_that_returns_from_a_partition_does_not_raise_the_term() {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(3);
    network.pass_ticks(200);
    assert_eq!(network.raft(3).term(), Term(2));
    network.heal();
    network.pass_ticks(20);
    assert_eq!((network.leader(), network.raft(1).term()), (Some(1), Term(2)));
    assert_eq!(network.raft(3).leader(), Some(NodeId(1)));
}

/// The contrast to the last: without trials a node that was cut off comes back with a high term, and the leader falls.
#[test]
fn without_the_trial_a_node_that_returns_raises_the_term() {
    let mut network = Network::with_settings(3, |settings| settings.pre_vote = false);
    network.elect(1);
    network.isolate(3);
    network.pass_ticks(200);
    let term = network.raft(3).term();
    assert!(term > Term(5), "{term}");
    network.heal();
    network.pass_ticks(40);
    assert!(network.leader().is_some());
    assert!((1..=3).all(|id| network.raft(id).term() >= term));
}

/// D§9.6: a trial is refused by who has a newer log, and a majority of refusals ends it.
#[test]
fn a_trial_with_an_old_log_is_refused() {
    let mut network = Network::with_logs(&[&[], &[2], &[2]]);
    network.time_out(1);
    network.deliver_all();
    assert_eq!((network.raft(1).role(), network.raft(1).term()), (Role::Follower, Term(2)));
    assert!((2..=3).all(|id| network.raft(id).vote().is_none()));
    network.time_out(1);
    network.deliver_all();
    assert_eq!((network.raft(1).role(), network.raft(1).term()), (Role::Follower, Term(2)));
    assert!(network.member(1).events.contains(&Event::LostElection { term: Term(2), pre: true }));
}

/// D§6.2: "If a server receives a RequestVote request within the minimum election timeout of hearing from a current leader,
/// it does not update its term or grant its vote." It keeps silent, to trials as well.
#[test]
fn who_hears_a_leader_answers_no_candidate() {
    for pre in [true, false] {
        let mut network = Network::new(3);
        network.elect(1);
        let body = Body::RequestVote { pre, last_index: LogIndex(99), last_term: Term(9), transfer: false };
        network.hand_from(3, 2, 9, body);
        assert!(network.queue.is_empty(), "{:?}", network.queue);
        assert_eq!(network.raft(2).term(), Term(2));
        let ignored = Event::IgnoredVoteRequest { candidate: NodeId(3), term: Term(9) };
        assert!(network.member(2).events.contains(&ignored));
    }
}

/// D§6.2: a leader that has not heard from a majority for an election timeout steps down, in the same term.
#[test]
fn a_leader_without_its_majority_steps_down_within_two_election_timeouts() {
    let mut network = Network::new(5);
    network.elect(1);
    network.pass_ticks(25);
    for id in [3, 4, 5] {
        network.cut(1, id);
    }
    network.cut(2, 3);
    network.cut(2, 4);
    network.cut(2, 5);
    network.pass_ticks(20);
    assert_eq!((network.raft(1).role(), network.raft(1).leader()), (Role::Follower, None));
    assert_eq!(network.raft(1).term(), Term(2));
    assert!(network.member(1).events.contains(&Event::LostQuorum { term: Term(2) }));
}

/// D§6.2: a leader that still hears a majority stays, even if the others are gone for good.
#[test]
fn a_leader_with_its_majority_stays() {
    let mut network = Network::new(5);
    network.elect(1);
    network.crash(4);
    network.crash(5);
    network.pass_ticks(200);
    assert_eq!((network.leader(), network.raft(1).term()), (Some(1), Term(2)));
}

/// etcd: a node whose term has run ahead is stuck behind its voters' silence; the leader learns of the term from the answer
/// to its own messages, and an election frees the node.
#[test]
fn a_node_that_is_stuck_at_a_higher_term_is_freed_by_the_leader_stepping_down() {
    let mut network = Network::new(3);
    network.elect(1);
    network.cut(3, 1);
    network.cut(3, 2);
    network.raise_term(3, 7);
    assert_eq!(network.raft(3).term(), Term(7));
    network.heal();
    network.pass_ticks(60);
    let leader = network.leader().expect("elected again");
    assert!(network.raft(leader).term() > Term(7));
    assert!((1..=3).all(|id| network.raft(id).leader() == Some(NodeId(leader))));
}

/// One direction of a link is enough for a leader to be obeyed, but not to be kept: it does not hear its followers.
#[test]
fn a_leader_that_hears_nobody_steps_down_and_a_new_one_is_elected() {
    let mut network = Network::new(3);
    network.elect(1);
    network.cut_one_way(2, 1);
    network.cut_one_way(3, 1);
    network.pass_ticks(20);
    assert_eq!(network.raft(1).role(), Role::Follower);
    network.pass_ticks(40);
    let leader = network.leader().expect("2 and 3 are a majority");
    assert_ne!(leader, 1);
}
