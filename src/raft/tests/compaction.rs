//! Log compaction and InstallSnapshot: §7 and the dissertation's chapter 5.

use super::network::Network;
use crate::raft::{Body, Configuration, Event, LogIndex, MessageKind, NodeId, ProgressState, Role, Snapshot, Term};
use std::rc::Rc;

/// A cluster in which 3 has missed three proposals that 1, which leads, has compacted away.
fn with_a_follower_behind() -> Network {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(3);
    for word in ["a", "b", "c"] {
        network.put(1, word);
    }
    network.compact(1);
    network.put(1, "d");
    network
}

fn snapshots_sent(network: &Network) -> usize {
    network.sent.iter().filter(|message| message.body.kind() == MessageKind::Snapshot).count()
}

fn state_of_3(network: &Network) -> ProgressState {
    network.raft(1).progress()[&NodeId(3)].state
}

fn snapshot_at(index: u64, term: u64, voters: &[u16]) -> Body<&'static str> {
    let configuration = Rc::new(Configuration::of_voters(voters.iter().copied().map(NodeId)));
    let snapshot =
        Snapshot { index: LogIndex(index), term: Term(term), configuration, size_bytes: 0, data: Vec::new() };
    Body::Snapshot { snapshot: Rc::new(snapshot) }
}

/// §7: "the leader must occasionally send snapshots to followers that lag behind".
#[test]
fn a_follower_that_lacks_compacted_entries_gets_a_snapshot_and_then_the_rest() {
    let mut network = with_a_follower_behind();
    network.heal();
    network.pass_ticks(3);
    assert_eq!(snapshots_sent(&network), 1);
    assert_eq!(network.applied_words(3), ["a", "b", "c", "d"]);
    assert_eq!(state_of_3(&network), ProgressState::Replicate);
    assert_eq!(network.raft(3).configuration().to_string(), "voters=(1 2 3)");
}

/// §7: who has the entries that follow the compacted ones gets entries.
#[test]
fn a_follower_that_is_up_to_date_gets_no_snapshot() {
    let mut network = Network::new(3);
    network.elect(1);
    network.put(1, "a");
    network.compact(1);
    network.put(1, "b");
    network.pass_ticks(3);
    assert_eq!(snapshots_sent(&network), 0);
    assert_eq!(network.applied_words(3), ["a", "b"]);
}

/// §7: a snapshot stands for the entries in every respect: term, configuration, and the log matching of what follows.
#[test]
fn a_compacted_node_restarts_from_its_snapshot() {
    let mut network = with_a_follower_behind();
    network.crash(1);
    network.restart(1);
    let log = network.raft(1).log();
    assert_eq!((log.first_index(), log.term(log.compacted())), (LogIndex(8), Some(Term(2))));
    assert_eq!(network.raft(1).configuration().to_string(), "voters=(1 2 3)");
    network.heal();
    network.pass_ticks(60);
    for id in 1..=3 {
        assert_eq!(network.applied_words(id), ["a", "b", "c", "d"], "{id}");
    }
}

/// Figure 13, 7: "If existing log entry has same index and term as snapshot's last included entry, retain log entries".
#[test]
fn a_snapshot_of_what_the_log_has_only_tells_what_is_committed() {
    let mut network = Network::with_logs(&[&[2, 2, 2], &[2, 2, 2], &[2]]);
    network.hand_from(1, 2, 3, snapshot_at(5, 2, &[1, 2, 3]));
    assert_eq!(network.log_terms(2), [2, 2, 2], "the log stays");
    assert_eq!(network.raft(2).log().committed(), LogIndex(5));
    assert!(network.member(2).events.contains(&Event::SnapshotIgnored { index: LogIndex(5) }));
}

/// Figure 13, 7: otherwise "discard the entire log".
#[test]
fn a_snapshot_of_what_the_log_lacks_takes_its_place() {
    let mut network = Network::with_logs(&[&[2, 3], &[2, 2], &[2]]);
    let all = network.raft(1).log().range(LogIndex(1), LogIndex(5)).cloned().collect();
    let Body::Snapshot { snapshot } = snapshot_at(5, 3, &[1, 2, 3]) else { panic!("it is one") };
    let configuration = Rc::clone(&snapshot.configuration);
    let snapshot = Rc::new(Snapshot { index: LogIndex(5), term: Term(3), configuration, size_bytes: 0, data: all });
    network.hand_from(1, 2, 3, Body::Snapshot { snapshot });
    let log = network.raft(2).log();
    assert_eq!((log.first_index(), log.last_index(), log.last_term()), (LogIndex(6), LogIndex(5), Term(3)));
    assert_eq!((log.committed(), log.applied(), log.stable()), (LogIndex(5), LogIndex(5), LogIndex(5)));
    assert_eq!(network.applied_words(2), ["old", "old"]);
    let answers = network.take_queue();
    assert_eq!(answers[0].body, Body::AppendAccepted { index: LogIndex(5) });
}

/// An old snapshot brings nothing; the answer says how far the log is sure to match.
#[test]
fn a_snapshot_that_comes_late_is_ignored() {
    let mut network = Network::new(3);
    network.elect(1);
    network.put(1, "x");
    let committed = network.raft(2).log().committed();
    network.hand_from(1, 2, 2, snapshot_at(3, 1, &[1, 2, 3]));
    assert_eq!(network.raft(2).log().first_index(), LogIndex(1));
    assert_eq!(network.take_queue()[0].body, Body::AppendAccepted { index: committed });
}

/// etcd: a snapshot of a configuration without this node is not for it.
#[test]
fn a_snapshot_that_does_not_list_the_node_is_refused() {
    let mut network = Network::new(3);
    network.hand_from(1, 2, 2, snapshot_at(50, 2, &[1, 3]));
    assert_eq!(network.raft(2).log().last_index(), LogIndex(3));
}

/// §5.1 holds for snapshots: a leader of an older term is not obeyed.
#[test]
fn a_snapshot_of_an_older_term_is_ignored() {
    let mut network = Network::new(3);
    network.elect(1);
    network.elect(2);
    network.hand_from(1, 3, 2, snapshot_at(50, 2, &[1, 2, 3]));
    assert_eq!(network.raft(3).log().first_index(), LogIndex(1));
}

/// Figure 2's "before responding" holds for snapshots: a crash before the sync loses it, and nobody had been told.
#[test]
fn a_snapshot_is_acknowledged_only_when_it_is_on_disk() {
    let mut network = with_a_follower_behind();
    network.heal();
    network.slow(3);
    network.pass_ticks(2);
    assert!(network.sent.iter().any(|message| message.body.kind() == MessageKind::Snapshot));
    assert_eq!(state_of_3(&network), ProgressState::Snapshot);
    assert_eq!(network.raft(3).log().compacted(), LogIndex(7));
    assert!(!network.raft(3).is_promotable(), "it does not campaign with a log that it may lose");
    network.crash(3);
    network.restart(3);
    assert_eq!(network.raft(3).log().compacted(), LogIndex(0));
    network.sync(3);
    network.report_snapshot(1, 3, false);
    network.pass_ticks(3);
    assert_eq!(network.applied_words(3), ["a", "b", "c", "d"]);
}

/// etcd: nothing more is sent to a node while a snapshot is on its way.
#[test]
fn nothing_is_sent_to_a_node_while_a_snapshot_is_on_its_way() {
    let mut network = with_a_follower_behind();
    network.heal();
    network.deliver(|message| message.body.kind() != MessageKind::Snapshot);
    network.beat(1);
    network.deliver(|message| message.body.kind() != MessageKind::Snapshot);
    assert_eq!(state_of_3(&network), ProgressState::Snapshot);
    network.propose(1, "e");
    let to_3 = |network: &Network| network.queue.iter().filter(|message| message.to == NodeId(3)).count();
    assert_eq!(to_3(&network), 1, "only the snapshot: {:?}", network.queue);
    network.deliver_all();
    network.pass_ticks(2);
    assert_eq!(network.applied_words(3).last(), Some(&"e"));
}

/// etcd: the transport reports what became of a snapshot; the next try waits until the node is heard.
#[test]
fn a_snapshot_that_was_lost_is_sent_again_when_its_loss_is_reported() {
    let mut network = with_a_follower_behind();
    network.heal();
    network.beat(1);
    network.deliver(|message| message.body.kind() != MessageKind::Snapshot);
    network.take_queue();
    network.pass_ticks(5);
    assert_eq!(snapshots_sent(&network), 1, "without a report nothing more is tried");
    network.report_snapshot(1, 3, false);
    assert_eq!(state_of_3(&network), ProgressState::Probe);
    assert_eq!(network.raft(1).progress()[&NodeId(3)].next, LogIndex(5), "from what it is known to have");
    network.pass_ticks(2);
    assert_eq!(snapshots_sent(&network), 2);
    assert_eq!(network.applied_words(3), ["a", "b", "c", "d"]);
}

/// etcd: after a success the leader probes from the index after the snapshot.
#[test]
fn a_snapshot_that_is_reported_as_arrived_is_followed_by_what_comes_after_it() {
    let mut network = with_a_follower_behind();
    network.heal();
    network.beat(1);
    network.deliver(|message| message.body.kind() != MessageKind::Snapshot);
    let pending = network.raft(1).progress()[&NodeId(3)].pending_snapshot;
    network.report_snapshot(1, 3, true);
    let progress = &network.raft(1).progress()[&NodeId(3)];
    assert_eq!((progress.state, progress.next, progress.is_paused()), (ProgressState::Probe, pending.next(), true));
}

/// etcd: a node that has not been heard gets no snapshot, for that would be much for nothing.
#[test]
fn a_node_that_is_not_heard_gets_no_snapshot() {
    let mut network = with_a_follower_behind();
    network.report_unreachable(1, 3);
    network.pass_ticks(50);
    assert_eq!(state_of_3(&network), ProgressState::Probe);
    assert!(snapshots_sent(&network) <= 1);
}

/// Each node compacts its own log: a leader that has all entries needs no snapshot.
#[test]
fn a_leader_with_its_whole_log_sends_entries_where_another_would_send_a_snapshot() {
    let mut network = with_a_follower_behind();
    network.heal();
    network.elect(2);
    network.pass_ticks(3);
    assert_eq!((network.raft(2).role(), snapshots_sent(&network)), (Role::Leader, 0));
    assert_eq!(network.applied_words(3), ["a", "b", "c", "d"]);
}

/// §7 with §6: a new member of a compacted cluster learns of the configuration from a snapshot that is made for it, for the
/// one that there is does not list it.
#[test]
fn a_new_member_of_a_compacted_cluster_begins_with_a_snapshot() {
    use crate::raft::{Change, Transition};
    let mut network = Network::new(3);
    network.join(4);
    network.elect(1);
    network.put(1, "a");
    network.compact(1);
    network.change(1, Transition::Auto, &[Change::AddLearner(NodeId(4))]);
    network.pass_ticks(3);
    assert_eq!(network.applied_words(4), ["a"]);
    assert_eq!(network.member(1).snapshots_wanted, 1);
    assert_eq!(network.raft(4).configuration().to_string(), "voters=(1 2 3) learners=(4)");
}
