//! Logs: how they grow, how they are compared, and how they are mended (§5.3).

use super::network::{Network, word};
use crate::raft::{Body, Event, LogIndex, MessageKind, NodeId, ProgressState, ProposeError, Role, Term};

/// §5.3: "The leader … issues AppendEntries RPCs in parallel to each of the other servers".
#[test]
fn proposals_are_applied_by_all_in_the_order_of_the_leader() {
    let mut network = Network::new(5);
    network.elect(1);
    for word in ["a", "b", "c"] {
        network.propose(1, word);
    }
    network.deliver_all();
    for id in 1..=5 {
        assert_eq!(network.applied_words(id), ["a", "b", "c"], "{id}");
    }
}

/// §5.1: "if a client contacts a follower, the follower redirects it to the leader"; etcd's forwards.
#[test]
fn a_follower_passes_proposals_on_and_one_that_knows_no_leader_refuses_them() {
    let mut network = Network::new(3);
    assert_eq!(network.try_propose(2, "early"), Err(ProposeError::NoLeader));
    network.elect(1);
    network.put(2, "through 2");
    assert_eq!(network.applied_words(3), ["through 2"]);
    network.time_out(2);
    assert_eq!(network.raft(2).role(), Role::PreCandidate);
    assert_eq!(network.try_propose(2, "campaigning"), Err(ProposeError::NoLeader));
}

/// §5.3: "If the follower does not find an entry in its log with the same index and term, then it refuses the new entries."
#[test]
fn entries_after_a_gap_or_after_another_term_are_refused() {
    let mut network = Network::with_logs(&[&[2, 2], &[2, 2], &[2, 2]]);
    let append = |index, log_term| Body::Append {
        index: LogIndex(index),
        log_term: Term(log_term),
        entries: vec![word(3, index + 1, "x")],
        commit: LogIndex(0),
    };
    network.hand_from(1, 2, 3, append(9, 2));
    network.hand_from(1, 2, 3, append(5, 3));
    assert_eq!(network.log_terms(2), [2, 2]);
    let rejected =
        |index, hint| Body::AppendRejected { index: LogIndex(index), hint: LogIndex(hint), log_term: Term(2) };
    let answers: Vec<_> = network.take_queue().into_iter().map(|message| message.body).collect();
    assert_eq!(answers, [rejected(9, 5), rejected(5, 5)]);
}

/// §5.3: "If an existing entry conflicts with a new one (same index but different terms), delete the existing entry and all
/// that follow it" (figure 2), and only then: an old message must not undo a newer one.
#[test]
fn a_log_is_cut_only_from_the_first_entry_that_conflicts() {
    let mut network = Network::with_logs(&[&[2, 2, 2], &[2, 2, 2], &[2, 2, 2]]);
    let append = |entries| Body::Append { index: LogIndex(3), log_term: Term(1), entries, commit: LogIndex(0) };
    // It overlaps with what is there and is shorter: nothing is cut.
    network.hand_from(1, 2, 3, append(vec![word(2, 4, "old")]));
    assert_eq!(network.log_terms(2), [2, 2, 2]);
    network.hand_from(1, 2, 3, append(vec![word(2, 4, "old"), word(3, 5, "new")]));
    assert_eq!(network.log_terms(2), [2, 3]);
    let cuts: Vec<_> = network.member(2).events.iter().filter(|e| matches!(e, Event::Truncated { .. })).collect();
    assert_eq!(cuts, [&Event::Truncated { first: LogIndex(5) }]);
}

/// A message that comes twice, late, or out of order leaves the log as it is.
#[test]
fn messages_that_come_twice_or_in_the_wrong_order_do_no_harm() {
    let mut network = Network::new(3);
    network.elect(1);
    for word in ["a", "b", "c", "d"] {
        network.propose(1, word);
    }
    let mut messages = network.take_queue();
    messages.reverse();
    for message in messages.iter().chain(&messages).cloned() {
        network.hand(message);
    }
    network.deliver_all();
    network.pass_ticks(2);
    for message in messages {
        network.hand(message);
    }
    network.deliver_all();
    for id in 1..=3 {
        assert_eq!(network.applied_words(id), ["a", "b", "c", "d"], "{id}");
    }
}

/// §5.3, figure 7: whatever state the followers are in, the leader's log becomes theirs.
#[test]
fn all_logs_of_figure_7_become_the_leaders() {
    let figure_7: [&[u64]; 7] = [
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6],
        &[1, 1, 1, 4],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
        &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
        &[1, 1, 1, 4, 4, 4, 4],
        &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ];
    let mut network = Network::with_logs(&figure_7);
    network.elect_silently(1);
    network.deliver_all();
    let expected = [figure_7[0], &[8]].concat();
    for id in 1..=7 {
        assert_eq!(network.log_terms(id), expected, "{id}");
        assert_eq!(network.raft(id).log().committed(), network.raft(1).log().last_index(), "{id}");
    }
}

/// §5.3: "the protocol can be optimized to reduce the number of rejected AppendEntries RPCs": a whole term is passed over
/// with each refusal, by either side.
#[test]
fn a_long_conflict_is_found_in_a_refusal_a_term_and_not_an_entry() {
    let follower: Vec<u64> = [vec![2; 50], vec![3; 50]].concat();
    let leader: Vec<u64> = [vec![2; 10], vec![4; 5]].concat();
    let mut network = Network::with_logs(&[&leader, &follower, &leader]);
    network.elect_silently(1);
    network.deliver_all();
    assert_eq!(network.log_terms(2), network.log_terms(1));
    let refusals = network.sent.iter().filter(|m| m.body.kind() == MessageKind::AppendRejected).count();
    assert!((1..=3).contains(&refusals), "{refusals} refusals for 90 entries in conflict");
}

/// A follower that was away is brought up to date, at most a full message at a time.
#[test]
fn a_follower_that_was_away_gets_all_it_has_missed_in_messages_of_limited_size() {
    let mut network = Network::with_settings(3, |settings| settings.message_bytes_max = 100);
    network.elect(1);
    network.isolate(3);
    for _ in 0..40 {
        network.put(1, "ten bytes!");
    }
    network.heal();
    let before = network.sent.len();
    network.pass_ticks(2);
    assert_eq!(network.applied_words(3).len(), 40);
    for message in &network.sent[before..] {
        if let Body::Append { entries, .. } = &message.body {
            assert!(entries.len() <= 3, "{} entries of 26 bytes in a message", entries.len());
        }
    }
}

/// An entry larger than the limit goes all the same, alone.
#[test]
fn one_entry_always_goes_however_large() {
    let mut network = Network::with_settings(3, |settings| settings.message_bytes_max = 1);
    network.elect(1);
    network.put(1, "much longer than a byte");
    assert_eq!(network.applied_words(2), ["much longer than a byte"]);
}

/// etcd's window: no more than so many messages with entries are on their way to one node.
#[test]
fn a_full_window_stops_the_stream_until_an_answer_opens_it() {
    let mut network = Network::with_settings(3, |settings| settings.inflight_max = 4);
    network.elect(1);
    for _ in 0..10 {
        network.propose(1, "x");
    }
    assert_eq!(network.raft(1).progress()[&NodeId(2)].inflight(), 4);
    let to_2 = network.queue.iter().filter(|message| message.to == NodeId(2)).count();
    assert_eq!(to_2, 4);
    network.deliver_all();
    assert_eq!(network.applied_words(2).len(), 10);
    // With all four lost, an answer to a heartbeat opens the window.
    for _ in 0..10 {
        network.propose(1, "y");
    }
    network.take_queue();
    network.pass_ticks(10);
    assert_eq!(network.applied_words(2).len(), 20);
}

/// etcd's Probe and Replicate: after a refusal the leader sends one message at a time until the logs agree.
#[test]
fn a_node_that_cannot_be_reached_is_probed_and_then_streamed_to_again() {
    let mut network = Network::new(3);
    network.elect(1);
    let state = |network: &Network| network.raft(1).progress()[&NodeId(3)].state;
    assert_eq!(state(&network), ProgressState::Replicate);
    network.isolate(3);
    network.put(1, "a");
    network.report_unreachable(1, 3);
    assert_eq!(state(&network), ProgressState::Probe);
    network.put(1, "b");
    network.heal();
    network.pass_ticks(2);
    assert_eq!(state(&network), ProgressState::Replicate);
    assert_eq!(network.applied_words(3), ["a", "b"]);
}

/// etcd's heartbeat: the commit index in it is what the follower is known to have, at most.
#[test]
fn a_heartbeat_never_tells_of_more_than_the_follower_is_known_to_have() {
    let mut network = Network::new(3);
    network.elect(1);
    let before = network.raft(1).log().committed();
    network.isolate(3);
    network.put(1, "x");
    network.heal();
    network.take_queue();
    network.beat(1);
    let commit = |to: u16| {
        let heartbeat = network.queue.iter().find(|message| message.to.0 == to).expect("a heartbeat to each");
        let Body::Heartbeat { commit, .. } = heartbeat.body else { panic!("{heartbeat:?}") };
        commit
    };
    assert_eq!(commit(2), before.next());
    assert_eq!(commit(3), before);
}

/// What comes while the leader's disk is busy travels together when it is done, and the commit index of what came before
/// rides on it: an entry then costs each follower one message and one answer.
#[test]
fn what_comes_while_the_disk_is_busy_travels_in_one_message_with_the_commit_index() {
    let mut network = Network::new(3);
    network.elect(1);
    network.slow(1);
    network.propose(1, "first");
    network.deliver_all();
    let first = network.raft(1).log().last_index();
    network.propose(1, "second");
    network.propose(1, "third");
    assert!(network.queue.is_empty(), "the leader still writes: {:?}", network.queue);
    network.sync_once(1);
    let appends: Vec<_> = network.take_queue().into_iter().map(|message| (message.to, message.body)).collect();
    let entries = vec![word(2, first.0 + 1, "second"), word(2, first.0 + 2, "third")];
    let append = Body::Append { index: first, log_term: Term(2), entries, commit: first };
    assert_eq!(appends, [(NodeId(2), append.clone()), (NodeId(3), append)]);
}

/// When nothing follows an entry, a message of its own tells that it is committed, as etcd's leaders do.
#[test]
fn a_commit_that_nothing_follows_is_told_at_once() {
    let mut network = Network::new(3);
    network.elect(1);
    network.propose(1, "only");
    let index = network.raft(1).log().last_index();
    network.deliver(|message| message.body.kind() == MessageKind::Append);
    network.deliver(|message| message.body.kind() == MessageKind::AppendAccepted);
    let told = Body::Append { index, log_term: Term(2), entries: Vec::new(), commit: index };
    let bodies: Vec<_> = network.take_queue().into_iter().map(|message| message.body).collect();
    assert_eq!(bodies, [told.clone(), told]);
}
