//! Leadership transfer: the dissertation's §3.10, with etcd's rules about its end.

use super::network::Network;
use crate::raft::{Body, Change, Event, LogIndex, MessageKind, NodeId, ProposeError, Role, Term, Transition};

fn aborted(network: &Network, id: u16) -> bool {
    network.member(id).events.iter().any(|event| matches!(event, Event::TransferAborted { .. }))
}

/// D§3.10: "the prior leader sends a TimeoutNow request to the target server", which wins without waiting for a timeout.
#[test]
fn a_successor_that_is_up_to_date_leads_at_once() {
    let mut network = Network::new(3);
    network.elect(1);
    network.transfer(1, 3);
    assert_eq!(network.waiting_kinds(), [MessageKind::TimeoutNow]);
    network.deliver_all();
    assert_eq!((network.leader(), network.raft(3).term()), (Some(3), Term(3)));
    assert_eq!(network.raft(1).role(), Role::Follower);
    let trials = |network: &Network| {
        network.sent.iter().filter(|m| m.term == Term(3) && m.body.kind() == MessageKind::RequestPreVote).count()
    };
    assert_eq!(trials(&network), 0, "it needs no trial");
}

/// D§6.2 with §3.10: the others hear a leader, and vote all the same, for the leader wants it.
#[test]
fn the_leaders_lease_does_not_stand_against_its_successor() {
    let mut network = Network::new(3);
    network.elect(1);
    network.pass_ticks(1);
    network.transfer(1, 2);
    network.deliver_to(2);
    let asks = |m: &crate::raft::Message<&str>| matches!(m.body, Body::RequestVote { pre: false, transfer: true, .. });
    assert_eq!(network.queue.iter().filter(|message| asks(message)).count(), 2);
    network.deliver_to(3);
    assert_eq!(network.raft(3).vote(), Some(NodeId(2)));
}

/// D§3.10: "The prior leader fully updates the target server's log to match its own log".
#[test]
fn a_successor_that_is_behind_is_brought_up_to_date_first() {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(3);
    network.put(1, "x");
    network.report_unreachable(1, 3);
    network.heal();
    network.transfer(1, 3);
    assert!(!network.waiting_kinds().contains(&MessageKind::TimeoutNow));
    network.deliver_all();
    network.pass_ticks(1);
    assert_eq!(network.leader(), Some(3));
    assert_eq!(network.applied_words(3), ["x"]);
}

/// D§3.10: "The prior leader stops accepting new client requests."
#[test]
fn proposals_are_dropped_while_leadership_is_handed_over() {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(3);
    network.transfer(1, 3);
    assert_eq!(network.raft(1).transferee(), Some(NodeId(3)));
    assert_eq!(network.try_propose(1, "x"), Err(ProposeError::Dropped));
    let last = network.raft(1).log().last_index();
    network.put(2, "forwarded, then dropped");
    assert_eq!(network.raft(1).log().last_index(), last);
}

/// D§3.10: "If leadership transfer does not complete after about an election timeout, the prior leader aborts the transfer".
#[test]
fn a_transfer_is_given_up_after_an_election_timeout() {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(3);
    network.transfer(1, 3);
    network.pass_ticks(9);
    assert_eq!(network.raft(1).transferee(), Some(NodeId(3)));
    network.pass_ticks(1);
    assert_eq!((network.raft(1).transferee(), network.raft(1).role()), (None, Role::Leader));
    assert!(aborted(&network, 1));
    network.put(1, "x");
    assert_eq!(network.applied_words(2), ["x"]);
}

/// etcd: to ask again for the same does not give it more time.
#[test]
fn the_same_wish_again_does_not_prolong_a_transfer() {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(3);
    network.transfer(1, 3);
    network.pass_ticks(5);
    network.transfer(1, 3);
    network.pass_ticks(5);
    assert_eq!(network.raft(1).transferee(), None);
}

/// etcd: another wish takes the place of the first.
#[test]
fn a_transfer_to_another_takes_the_place_of_the_first() {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(3);
    network.transfer(1, 3);
    network.transfer(1, 2);
    network.deliver_all();
    assert_eq!(network.leader(), Some(2));
}

/// etcd: the leader itself as the target only ends what was begun.
#[test]
fn a_transfer_to_the_leader_itself_ends_the_one_under_way() {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(3);
    network.transfer(1, 3);
    network.transfer(1, 1);
    assert_eq!((network.raft(1).transferee(), network.raft(1).role()), (None, Role::Leader));
    network.put(1, "x");
    assert_eq!(network.applied_words(2), ["x"]);
}

/// etcd: nobody who could not win is chosen.
#[test]
fn strangers_and_learners_are_no_successors() {
    let mut network = Network::new(3);
    network.join(4);
    network.elect(1);
    network.change(1, Transition::Auto, &[Change::AddLearner(NodeId(4))]);
    network.pass_ticks(2);
    for target in [4, 9] {
        network.transfer(1, target);
        assert_eq!(network.raft(1).transferee(), None, "{target}");
    }
}

/// etcd: a follower passes the wish on.
#[test]
fn a_follower_passes_the_wish_on_to_the_leader() {
    let mut network = Network::new(3);
    network.elect(1);
    network.transfer(2, 3);
    assert_eq!(network.waiting_kinds(), [MessageKind::TransferLeader]);
    network.deliver_all();
    assert_eq!(network.leader(), Some(3));
}

/// etcd: a successor that is removed meanwhile is none.
#[test]
fn a_transfer_ends_when_its_target_is_removed() {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(3);
    network.cut(1, 2);
    network.change(1, Transition::Auto, &[Change::Remove(NodeId(3))]);
    network.transfer(1, 3);
    network.heal();
    network.isolate(3);
    network.pass_ticks(2);
    assert_eq!(network.raft(1).configuration().to_string(), "voters=(1 2)");
    assert_eq!(network.raft(1).transferee(), None);
}

/// D§3.10: a successor whose TimeoutNow comes in an older term than its own does not campaign.
#[test]
fn an_old_order_to_campaign_is_ignored() {
    let mut network = Network::new(3);
    network.elect(1);
    network.elect(2);
    network.hand_from(1, 3, 2, Body::TimeoutNow);
    assert_eq!((network.raft(3).role(), network.raft(3).term()), (Role::Follower, Term(3)));
    assert_eq!(network.raft(3).log().committed(), LogIndex(5));
}
