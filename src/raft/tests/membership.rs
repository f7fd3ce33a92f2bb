//! Changes of the members: §6 and the dissertation's chapter 4.

use super::network::Network;
use crate::raft::{
    Body, Change, ConfChangeError, Event, LogIndex, NodeId, ProgressState, ProposeError, Role, Term, Transition,
};
use Transition::{Auto, Explicit, Implicit};

fn configuration(network: &Network, id: u16) -> String {
    network.raft(id).configuration().to_string()
}

fn refusals(network: &Network, id: u16) -> usize {
    network.member(id).events.iter().filter(|event| matches!(event, Event::ConfChangeRefused { .. })).count()
}

fn add(node: u16) -> Change {
    Change::AddVoter(NodeId(node))
}

fn learn(node: u16) -> Change {
    Change::AddLearner(NodeId(node))
}

fn remove(node: u16) -> Change {
    Change::Remove(NodeId(node))
}

/// A cluster that 1 leads, and a process 4 that is no member yet.
fn three_and_a_stranger() -> Network {
    let mut network = Network::new(3);
    network.join(4);
    network.elect(1);
    network
}

/// D§4.1: a server is added by an entry of the log, and catches up like any other.
#[test]
fn a_voter_that_is_added_gets_the_whole_log_and_votes() {
    let mut network = three_and_a_stranger();
    network.put(1, "before");
    network.change(1, Auto, &[add(4)]);
    network.put(1, "after");
    network.pass_ticks(2);
    assert_eq!(network.applied_words(4), ["before", "after"]);
    assert!((1..=4).all(|id| configuration(&network, id) == "voters=(1 2 3 4)"));
    assert!(network.raft(4).is_promotable());
}

/// D§4.1: two of four are no majority.
#[test]
fn a_voter_that_is_added_counts_in_the_quorum_at_once() {
    let mut network = three_and_a_stranger();
    network.change(1, Auto, &[add(4)]);
    network.pass_ticks(2);
    network.crash(3);
    network.crash(4);
    let committed = network.raft(1).log().committed();
    network.put(1, "two of four");
    assert_eq!(network.raft(1).log().committed(), committed);
}

/// D§4.1: a voter that is removed is not asked any more.
#[test]
fn a_voter_that_is_removed_is_not_needed_for_a_majority() {
    let mut network = Network::new(3);
    network.elect(1);
    network.crash(3);
    network.change(1, Auto, &[remove(3)]);
    network.put(1, "x");
    assert_eq!(network.applied_words(2), ["x"]);
    network.crash(2);
    let committed = network.raft(1).log().committed();
    network.put(1, "one of two");
    assert_eq!(network.raft(1).log().committed(), committed);
}

/// etcd: a smaller quorum may have what the larger one had not.
#[test]
fn a_removal_may_itself_commit_what_was_waiting() {
    let mut network = Network::new(2);
    network.elect(1);
    network.cut_one_way(2, 1);
    network.put(1, "waits for 2");
    network.heal();
    network.pass_ticks(1);
    // The answer to the change is the last thing that 2 says.
    network.change(1, Auto, &[remove(2)]);
    network.isolate(2);
    network.put(1, "alone");
    assert_eq!(configuration(&network, 1), "voters=(1)");
    assert_eq!(network.applied_words(1), ["waits for 2", "alone"]);
}

/// D§4.1: "once the Cnew entry is committed" the next change may begin, and not before.
#[test]
fn a_change_while_another_is_under_way_becomes_an_empty_entry() {
    let mut network = three_and_a_stranger();
    network.join(5);
    network.isolate(1);
    network.change(1, Auto, &[add(4)]);
    network.change(1, Auto, &[add(5)]);
    assert_eq!(refusals(&network, 1), 1);
    network.heal();
    network.pass_ticks(3);
    assert_eq!(configuration(&network, 1), "voters=(1 2 3 4)");
    network.change(1, Auto, &[add(5)]);
    network.pass_ticks(2);
    assert_eq!(configuration(&network, 5), "voters=(1 2 3 4 5)");
}

/// etcd: what its log holds of changes a new leader does not know; it applies all of it before it lets a new one begin.
#[test]
fn a_new_leader_changes_nothing_until_it_has_applied_the_log_it_was_elected_with() {
    let mut network = Network::with_logs(&[&[2], &[2], &[2]]);
    network.elect_silently(1);
    assert!(network.raft(1).log().applied() < network.raft(1).log().last_index());
    network.change(1, Auto, &[remove(3)]);
    assert_eq!(refusals(&network, 1), 1);
    assert_eq!(configuration(&network, 1), "voters=(1 2 3)");
    network.change(1, Auto, &[remove(3)]);
    assert_eq!(configuration(&network, 1), "voters=(1 2)");
}

/// D§4.2.1: a learner gets the log and has no say.
#[test]
fn a_learner_gets_the_log_and_counts_in_no_quorum() {
    let mut network = three_and_a_stranger();
    network.change(1, Auto, &[learn(4)]);
    network.pass_ticks(2);
    network.put(1, "x");
    assert_eq!(network.applied_words(4), ["x"]);
    network.crash(2);
    network.crash(3);
    let committed = network.raft(1).log().committed();
    network.put(1, "a voter and a learner");
    assert_eq!(network.raft(1).log().committed(), committed);
    network.pass_ticks(25);
    assert_eq!(network.raft(1).role(), Role::Follower, "a learner is no company either");
}

/// D§4.2.1, etcd: a learner starts no election, not even when told to.
#[test]
fn a_learner_never_campaigns() {
    let mut network = three_and_a_stranger();
    network.change(1, Auto, &[learn(4)]);
    network.pass_ticks(2);
    assert_eq!(network.raft(4).deadline(), None);
    network.hand_from(1, 4, 2, Body::TimeoutNow);
    network.isolate(4);
    network.pass_ticks(100);
    assert_eq!((network.raft(4).role(), network.raft(4).term()), (Role::Follower, Term(2)));
}

/// etcd: a learner's configuration may be behind, so it votes when it is asked.
#[test]
fn a_learner_votes_when_asked() {
    let mut network = three_and_a_stranger();
    network.change(1, Auto, &[learn(4)]);
    network.pass_ticks(2);
    network.end_lease(4);
    network.take_queue();
    let body = Body::RequestVote { pre: false, last_index: LogIndex(99), last_term: Term(2), transfer: false };
    network.hand_from(2, 4, 3, body);
    assert_eq!(network.raft(4).vote(), Some(NodeId(2)));
}

/// D§4.2.1: when it has caught up it is made a voter.
#[test]
fn a_learner_is_promoted_by_adding_it_as_a_voter() {
    let mut network = three_and_a_stranger();
    network.change(1, Auto, &[learn(4)]);
    network.pass_ticks(2);
    let matched = network.raft(1).progress()[&NodeId(4)].matched;
    network.change(1, Auto, &[add(4)]);
    assert_eq!(configuration(&network, 4), "voters=(1 2 3 4)");
    assert!(network.raft(1).progress()[&NodeId(4)].matched > matched, "what the leader knew of it is kept");
    network.elect(4);
}

/// §6: "Elections and entry commitment require separate majorities from both the old and new configurations."
#[test]
fn a_joint_configuration_commits_only_with_both_majorities() {
    let mut network = three_and_a_stranger();
    network.join(5);
    network.change(1, Explicit, &[add(4), add(5), remove(2), remove(3)]);
    network.pass_ticks(2);
    assert_eq!(configuration(&network, 1), "voters=(1 4 5)&&(1 2 3)");
    for lacking in [[2, 3], [4, 5]] {
        lacking.iter().for_each(|id| network.isolate(*id));
        let committed = network.raft(1).log().committed();
        network.put(1, "one half");
        assert_eq!(network.raft(1).log().committed(), committed, "without {lacking:?}");
        network.heal();
        network.pass_ticks(3);
        assert!(network.raft(1).log().committed() > committed);
    }
}

/// §6, for elections.
#[test]
fn a_joint_configuration_elects_only_with_both_majorities() {
    let mut network = three_and_a_stranger();
    network.join(5);
    network.change(1, Explicit, &[add(4), add(5), remove(2), remove(3)]);
    network.pass_ticks(2);
    network.crash(4);
    network.crash(5);
    network.isolate(1);
    network.pass_ticks(100);
    assert_ne!(network.raft(2).role(), Role::Leader);
    assert_ne!(network.raft(3).role(), Role::Leader);
}

/// §6: then the cluster goes on with the new configuration; etcd's leader sees to it unless it is told not to.
#[test]
fn a_joint_configuration_is_left_by_itself_or_on_demand() {
    for (transition, by_itself) in [(Auto, true), (Implicit, true), (Explicit, false)] {
        let mut network = three_and_a_stranger();
        network.change(1, transition, &[add(4), remove(3)]);
        network.pass_ticks(3);
        if !by_itself {
            assert_eq!(configuration(&network, 2), "voters=(1 2 4)&&(1 2 3)");
            network.change(1, Auto, &[]);
            network.pass_ticks(1);
        }
        assert_eq!(configuration(&network, 2), "voters=(1 2 4)", "{transition:?}");
        assert_eq!(refusals(&network, 1), 0);
    }
}

/// etcd: a new leader leaves a joint configuration that the old one could not.
#[test]
fn a_new_leader_leaves_the_joint_configuration_of_the_old_one() {
    let mut network = three_and_a_stranger();
    network.change(1, Explicit, &[add(4), remove(3)]);
    network.pass_ticks(2);
    network.crash(1);
    network.pass_ticks(60);
    let leader = network.leader().expect("2 and one of the others in each half");
    network.change(leader, Auto, &[]);
    network.pass_ticks(2);
    assert_eq!(configuration(&network, leader), "voters=(1 2 4)");

    let mut network = three_and_a_stranger();
    network.elect(2);
    network.slow(1);
    network.change(2, Implicit, &[add(4), remove(3)]);
    network.pass_ticks(60);
    assert_eq!(configuration(&network, 2), "voters=(1 2 4)");
}

/// etcd: a new leader whose log has both the joint change and the leaving of it has nothing to propose.
#[test]
fn a_joint_configuration_is_left_once() {
    let mut network = three_and_a_stranger();
    network.change(1, Implicit, &[remove(3)]);
    network.put(1, "x");
    let before = network.raft(1).log().last_index();
    for id in 1..=3 {
        network.crash(id);
    }
    for id in 1..=3 {
        network.restart(id);
    }
    network.elect(2);
    assert_eq!(configuration(&network, 2), "voters=(1 2)");
    assert_eq!(network.raft(2).log().last_index(), before.next(), "only its empty entry has come");
    assert!(network.member(2).refused.is_empty());
}

/// etcd: a voter that is demoted votes in the old half until that is gone.
#[test]
fn a_voter_is_demoted_when_the_joint_configuration_is_left() {
    let mut network = three_and_a_stranger();
    network.change(1, Explicit, &[learn(3), add(4)]);
    network.pass_ticks(2);
    assert_eq!(configuration(&network, 1), "voters=(1 2 4)&&(1 2 3) learners_next=(3)");
    assert!(network.raft(3).is_promotable());
    network.change(1, Auto, &[]);
    network.pass_ticks(1);
    assert_eq!(configuration(&network, 3), "voters=(1 2 4) learners=(3)");
    assert!(!network.raft(3).is_promotable());
    network.put(1, "x");
    assert_eq!(network.applied_words(3), ["x"]);
}

/// etcd: entering twice, or leaving what was not entered, becomes an empty entry.
#[test]
fn a_change_that_does_not_fit_the_configuration_becomes_an_empty_entry() {
    let mut network = three_and_a_stranger();
    network.change(1, Auto, &[]);
    assert_eq!(refusals(&network, 1), 1);
    network.change(1, Explicit, &[add(4)]);
    network.change(1, Auto, &[remove(2)]);
    network.change(1, Explicit, &[remove(2)]);
    assert_eq!(refusals(&network, 1), 3);
    assert_eq!(configuration(&network, 1), "voters=(1 2 3 4)&&(1 2 3)");
}

/// A change that passes the leader and cannot be made leaves the configuration as it is, everywhere.
#[test]
fn a_change_that_cannot_be_made_changes_nothing() {
    let mut network = Network::new(2);
    network.elect(1);
    network.change(1, Implicit, &[remove(1), remove(2)]);
    for id in [1, 2] {
        assert_eq!(network.member(id).refused, [ConfChangeError::RemovedAllVoters]);
        assert_eq!(configuration(&network, id), "voters=(1 2)");
    }
}

/// D§4.2.2: "a server that is not part of its own latest configuration should still … manage a cluster"; etcd's takes no
/// proposals then, and waits to be stopped.
#[test]
fn a_leader_that_is_removed_leads_on_and_takes_no_proposals() {
    let mut network = Network::new(3);
    network.elect(1);
    network.change(1, Auto, &[remove(1)]);
    assert_eq!(network.raft(1).role(), Role::Leader);
    assert_eq!(configuration(&network, 2), "voters=(2 3)");
    assert_eq!(network.try_propose(1, "x"), Err(ProposeError::Dropped));
    network.pass_ticks(50);
    assert_eq!((network.leader(), network.raft(2).leader()), (Some(1), Some(NodeId(1))));
    network.crash(1);
    network.pass_ticks(40);
    assert!([Some(2), Some(3)].contains(&network.leader()));
}

/// D§4.2.3 and §6: "removed servers … can disrupt the cluster"; the trial and the leader's lease keep them out.
#[test]
fn a_removed_server_that_does_not_know_it_disturbs_nobody() {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(3);
    network.change(1, Auto, &[remove(3)]);
    network.heal();
    network.pass_ticks(200);
    assert_eq!((network.leader(), network.raft(1).term()), (Some(1), Term(2)));
    assert_eq!(configuration(&network, 3), "voters=(1 2 3)", "it was never told");
}

/// etcd: a node does not campaign while a change that it knows to be committed is not applied.
#[test]
fn a_node_that_has_not_applied_a_committed_change_does_not_campaign() {
    use crate::raft::{ConfChange, Entry, EntryBody, HardState, Raft, Recovered, Settings};
    let change = |index: u64, node: u16| Entry::<&'static str> {
        term: Term(1),
        index: LogIndex(index),
        body: EntryBody::ConfChange(std::rc::Rc::new(ConfChange::single(add(node)))),
    };
    let hard_state = HardState { term: Term(1), vote: None, commit: LogIndex(2) };
    let recovered = Recovered { hard_state, snapshot: None, entries: vec![change(1, 1), change(2, 2)] };
    let mut raft =
        Raft::new(Settings::new(NodeId(1)), recovered, crate::sim::Time::ZERO, crate::sim::Random::new(1, 1));
    let first: ConfChange<&'static str> = ConfChange::single(add(1));
    raft.apply_conf_change(&first).expect("a first voter");
    raft.advance_ticks(100);
    raft.handle_time(crate::sim::Time::ZERO);
    assert_eq!(raft.role(), Role::Follower);
}

/// etcd: a new member begins as Probe and counts as heard, so that a snapshot may go to it at once.
#[test]
fn a_new_member_is_probed_from_the_leaders_last_index() {
    let mut network = three_and_a_stranger();
    network.isolate(4);
    network.change(1, Auto, &[add(4)]);
    let progress = &network.raft(1).progress()[&NodeId(4)];
    assert_eq!((progress.state, progress.matched), (ProgressState::Probe, LogIndex(0)));
    assert!(progress.recent_active);
    assert_eq!(progress.next, network.raft(1).log().last_index());
}
