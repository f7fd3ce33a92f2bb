//! What is committed, and when (§5.3, §5.4.2).

use super::network::Network;
use crate::raft::{Body, LogIndex, Role, Term};

/// §5.3: "A log entry is committed once the leader that created the entry has replicated it on a majority of the servers".
#[test]
fn an_entry_is_committed_when_a_majority_has_it_and_not_before() {
    let mut network = Network::new(5);
    network.elect(1);
    for id in [4, 5] {
        network.isolate(id);
    }
    network.propose(1, "x");
    network.deliver_to(2);
    let index = network.raft(1).log().last_index();
    network.deliver(|message| message.from.0 == 2 && message.to.0 == 1);
    assert!(network.raft(1).log().committed() < index, "two of five have it");
    network.deliver_all();
    assert_eq!(network.raft(1).log().committed(), index, "three of five have it");
    assert_eq!(network.applied_words(1), ["x"]);
}

/// §5.3: a minority does not commit, and its entries are not applied anywhere.
#[test]
fn a_leader_without_a_majority_commits_nothing() {
    let mut network = Network::new(3);
    network.elect(1);
    network.isolate(1);
    let committed = network.raft(1).log().committed();
    network.put(1, "never");
    assert_eq!(network.raft(1).log().committed(), committed);
    network.elect(2);
    network.put(2, "kept");
    network.heal();
    network.pass_ticks(3);
    for id in 1..=3 {
        assert_eq!(network.applied_words(id), ["kept"], "{id}");
    }
}

/// §5.4.2, figure 8 (c): an entry of an older term is not committed by counting, though a majority has it.
#[test]
fn an_entry_of_an_older_term_is_not_committed_by_counting_replicas() {
    let mut network = figure_8_c();
    let old = LogIndex(6);
    let has_it = (1..=5).filter(|id| network.raft(*id).log().term(old) == Some(Term(2))).count();
    assert_eq!(has_it, 3, "a majority has the entry of term 2");
    assert_eq!(network.raft(1).role(), Role::Leader);
    assert!(network.raft(1).log().committed() < old, "{}", network.raft(1).log().committed());
    // Figure 8 (e): the leader's own entry on a majority commits the older one with it.
    network.deliver_all();
    assert_eq!(network.log_terms(1), [2, 4]);
    assert_eq!(network.raft(1).log().committed(), LogIndex(7));
}

/// §5.4.2, figure 8 (d): what was on a majority, but not committed, may be overwritten by a later leader.
#[test]
fn an_entry_of_an_older_term_on_a_majority_may_still_be_overwritten() {
    let mut network = figure_8_c();
    network.take_queue();
    network.crash(1);
    network.heal();
    network.elect_silently(5);
    network.deliver_all();
    for id in 2..=5 {
        assert_eq!(network.log_terms(id), [3, 5], "{id}");
    }
    network.restart(1);
    network.pass_ticks(3);
    assert_eq!(network.log_terms(1), [3, 5]);
}

/// Figure 8 (c) after the bootstrap (entries 1 to 5): 1 and 2 have an entry of term 2, 5 has one of term 3; 1 leads term 4
/// and has just brought the entry of term 2 to 3. Its own entry of term 4 has reached 2 only.
fn figure_8_c() -> Network {
    let one_entry_a_message = |settings: &mut crate::raft::Settings| settings.message_bytes_max = 1;
    let mut network = Network::build(&[&[2], &[2], &[], &[], &[3]], one_entry_a_message);
    network.raise_term(1, 3);
    network.elect_silently(1);
    assert_eq!(network.raft(1).term(), Term(4));
    network.isolate(5);
    let between = |a: u16, b: u16| move |message: &crate::raft::Message<&str>| (message.from.0, message.to.0) == (a, b);
    network.deliver(between(1, 2));
    network.deliver(between(2, 1));
    // 3 refuses the entry of term 4, then takes that of term 2.
    for _ in 0..2 {
        network.deliver(between(1, 3));
        network.deliver(between(3, 1));
    }
    network
}

/// §5.3: a follower learns from the leader what is committed, and never believes more than it is sure to share.
#[test]
fn a_follower_commits_no_further_than_what_the_message_has_shown_to_match() {
    let mut network = Network::with_logs(&[&[2, 2], &[2, 2, 2, 2], &[2, 2]]);
    let append = Body::Append { index: LogIndex(4), log_term: Term(2), entries: vec![], commit: LogIndex(7) };
    network.hand_from(1, 2, 3, append);
    assert_eq!(network.raft(2).log().committed(), LogIndex(4));
}
