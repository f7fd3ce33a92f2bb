//! Terms (§5.1), elections (§5.2) and who may win one (§5.4.1).

use super::network::Network;
use crate::raft::{Body, Event, LogIndex, MessageKind, NodeId, ProposeError, Role, Term};
use std::collections::BTreeSet;

fn vote_request(last_index: u64, last_term: u64) -> Body<&'static str> {
    Body::RequestVote { pre: false, last_index: LogIndex(last_index), last_term: Term(last_term), transfer: false }
}

fn votes_sent(network: &Network, from: u16) -> Vec<(NodeId, Term, bool)> {
    let vote = |message: &crate::raft::Message<&'static str>| match message.body {
        Body::Vote { pre: false, granted } if message.from.0 == from && message.to.0 != from => {
            Some((message.to, message.term, granted))
        }
        _ => None,
    };
    network.sent.iter().filter_map(vote).collect()
}

/// §5.1: "If a server receives a request with a stale term number, it rejects the request."
#[test]
fn entries_of_an_older_term_are_not_taken_and_their_sender_learns_the_newer_term() {
    let mut network = Network::new(3);
    network.elect(1);
    network.elect(2);
    assert_eq!(network.raft(3).term(), Term(3));
    let last = network.raft(3).log().last_index();
    let entries = vec![super::network::word(2, last.0 + 1, "stale")];
    let log_term = network.raft(3).log().last_term();
    network.hand_from(1, 3, 2, Body::Append { index: last, log_term, entries, commit: LogIndex(0) });
    assert_eq!(network.raft(3).log().last_index(), last);
    assert_eq!(network.raft(3).leader(), Some(NodeId(2)));
    let answers = network.take_queue();
    assert_eq!(answers.len(), 1);
    assert_eq!((answers[0].to, answers[0].term), (NodeId(1), Term(3)));
}

/// §5.1, for RequestVote.
#[test]
fn a_candidate_of_an_older_term_gets_no_vote() {
    let mut network = Network::new(3);
    network.elect(1);
    network.elect(2);
    network.hand_from(1, 3, 2, vote_request(100, 2));
    assert_eq!(network.raft(3).vote(), Some(NodeId(2)));
    assert!(network.queue.is_empty(), "{:?}", network.queue);
}

/// §5.1: "If a candidate or leader discovers that its term is out of date, it immediately reverts to follower state."
#[test]
fn a_newer_term_makes_a_leader_and_a_candidate_followers() {
    let mut network = Network::new(3);
    network.elect(1);
    network.hand_from(2, 1, 9, Body::AppendAccepted { index: LogIndex(0) });
    assert_eq!((network.raft(1).role(), network.raft(1).term()), (Role::Follower, Term(9)));

    let mut network = Network::with_settings(3, |settings| settings.pre_vote = false);
    network.time_out(1);
    assert_eq!(network.raft(1).role(), Role::Candidate);
    network.hand_from(2, 1, 9, Body::Heartbeat { commit: LogIndex(0), read_round: 0 });
    assert_eq!((network.raft(1).role(), network.raft(1).leader()), (Role::Follower, Some(NodeId(2))));
}

/// §5.2: "A candidate wins an election if it receives votes from a majority of the servers".
#[test]
fn a_majority_elects_a_leader_whom_all_follow() {
    for members in [1, 2, 3, 4, 5, 7] {
        let mut network = Network::new(members);
        for down in 0..(members - 1) / 2 {
            network.crash(members - down);
        }
        network.time_out(1);
        network.deliver_all();
        assert_eq!(network.raft(1).role(), Role::Leader, "{members} members");
        for id in 1..=members - (members - 1) / 2 {
            assert_eq!(network.raft(id).leader(), Some(NodeId(1)), "{id} of {members}");
        }
    }
}

/// §5.2: a minority elects nobody, however long it tries.
#[test]
fn a_minority_elects_nobody() {
    let mut network = Network::new(5);
    for id in [3, 4, 5] {
        network.crash(id);
    }
    network.pass_ticks(500);
    assert_eq!(network.leader(), None);
    assert_eq!(network.try_propose(1, "x"), Err(ProposeError::NoLeader));
}

/// §5.2: "Each server will vote for at most one candidate in a given term, on a first-come-first-served basis".
#[test]
fn a_node_votes_for_one_candidate_a_term_and_says_so_again_when_asked_again() {
    let mut network = Network::new(5);
    network.hand_from(1, 3, 2, vote_request(5, 1));
    network.hand_from(2, 3, 2, vote_request(5, 1));
    network.hand_from(1, 3, 2, vote_request(5, 1));
    let expected = [(NodeId(1), Term(2), true), (NodeId(2), Term(2), false), (NodeId(1), Term(2), true)];
    assert_eq!(votes_sent(&network, 3), expected);
}

/// §5.2: "each candidate will time out and start a new election by incrementing its term".
#[test]
fn a_split_vote_elects_nobody_and_a_later_timeout_ends_it() {
    let mut network = Network::with_settings(4, |settings| settings.pre_vote = false);
    network.time_out(1);
    network.time_out(2);
    // 3 hears 1 first, 4 hears 2 first.
    network.deliver(|message| (message.from.0, message.to.0) == (1, 3));
    network.deliver(|message| (message.from.0, message.to.0) == (2, 4));
    network.deliver_all();
    assert_eq!(network.leader(), None, "two votes each");
    assert_eq!(network.raft(1).term(), network.raft(2).term());
    network.pass_ticks(100);
    let leader = network.leader().expect("somebody times out first");
    assert!(network.raft(leader).term() > Term(2));
    assert!((1..=4).all(|id| network.raft(id).leader() == Some(NodeId(leader))));
}

/// §5.2: "election timeouts are chosen randomly from a fixed interval"; etcd's is 10 to 19 ticks.
#[test]
fn election_timeouts_are_ten_to_nineteen_ticks_and_all_of_these_occur() {
    let mut network = Network::new(3);
    let mut seen = BTreeSet::new();
    for term in 2..300 {
        network.hand_from(2, 1, term, Body::Heartbeat { commit: LogIndex(0), read_round: 0 });
        let (from, to) = network.raft(1).election_timer().expect("a follower has one");
        seen.insert((to - from).as_micros() / super::network::TICK.as_micros());
    }
    assert_eq!(seen, (10..=19).collect());
}

/// §5.2: "While waiting for votes, a candidate may receive an AppendEntries RPC from another server claiming to be leader".
#[test]
fn a_candidate_follows_the_leader_of_its_own_term() {
    let mut network = Network::with_settings(3, |settings| settings.pre_vote = false);
    network.time_out(1);
    network.time_out(2);
    network.deliver(|message| message.to.0 != 1 && message.from.0 != 1);
    assert_eq!(network.raft(2).role(), Role::Leader);
    network.deliver_all();
    assert_eq!((network.raft(1).role(), network.raft(1).leader()), (Role::Follower, Some(NodeId(2))));
    assert_eq!(network.raft(1).term(), network.raft(2).term());
}

/// §5.2: heartbeats "maintain their authority and prevent new elections".
#[test]
fn a_leader_that_is_heard_is_never_challenged() {
    let mut network = Network::new(5);
    network.pass_ticks(30);
    let leader = network.leader().expect("elected within two timeouts");
    let term = network.raft(leader).term();
    network.pass_ticks(1_000);
    assert_eq!(network.leader(), Some(leader));
    assert_eq!(network.raft(leader).term(), term);
    let timeouts = |id: u16| network.member(id).events.iter().filter(|e| **e == Event::ElectionTimeout).count();
    assert_eq!((1..=5).map(timeouts).sum::<usize>(), 1);
}

/// §5.4.1: "If the logs have last entries with different terms, then the log with the later term is more up-to-date."
#[test]
fn a_vote_is_refused_to_a_log_that_ends_in_an_older_term_however_long_it_is() {
    let mut network = Network::with_logs(&[&[2, 2, 2, 2, 2], &[2, 3], &[2, 3]]);
    network.hand_from(1, 2, 4, vote_request(8, 2));
    assert_eq!(votes_sent(&network, 2), [(NodeId(1), Term(4), false)]);
    assert_eq!(network.raft(2).vote(), None);
}

/// §5.4.1: "If the logs end with the same term, then whichever log is longer is more up-to-date."
#[test]
fn a_vote_is_refused_to_a_shorter_log_of_the_same_term_and_granted_to_an_equal_one() {
    let mut network = Network::with_logs(&[&[2, 2], &[2, 2, 2], &[2, 2, 2]]);
    network.hand_from(1, 2, 3, vote_request(5, 2));
    network.hand_from(3, 2, 3, vote_request(6, 2));
    assert_eq!(votes_sent(&network, 2), [(NodeId(1), Term(3), false), (NodeId(3), Term(3), true)]);
}

/// §5.4.1: a leader has all entries that are committed.
#[test]
fn a_node_that_lacks_a_committed_entry_is_not_elected() {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(3);
    network.put(1, "committed without 3");
    network.crash(1);
    network.heal();
    for _ in 0..10 {
        network.end_lease(2);
        network.time_out(3);
        network.deliver_all();
        assert_ne!(network.raft(3).role(), Role::Leader);
    }
    network.elect(2);
    assert_eq!(network.applied_words(3), ["committed without 3"]);
}

/// D§9.6: a majority must answer a trial with yes before the term moves.
#[test]
fn an_election_begins_with_a_trial_that_moves_no_term() {
    let mut network = Network::new(3);
    network.time_out(1);
    assert_eq!((network.raft(1).role(), network.raft(1).term()), (Role::PreCandidate, Term(1)));
    assert_eq!(network.waiting_kinds(), [MessageKind::RequestPreVote, MessageKind::RequestPreVote]);
    network.deliver_to(2);
    assert_eq!((network.raft(2).term(), network.raft(2).vote()), (Term(1), None), "a trial costs no vote");
    network.deliver_all();
    assert_eq!((network.raft(1).role(), network.raft(1).term()), (Role::Leader, Term(2)));
}
