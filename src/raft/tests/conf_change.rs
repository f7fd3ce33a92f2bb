//! Changes of the configuration as functions: §6 and the dissertation's chapter 4, with etcd's words for what is refused.

use crate::raft::{Change, ConfChange, ConfChangeError, Configuration, NodeId, Transition};

/// `+1` adds a voter, `~1` a learner, `-1` removes, `=1` updates.
fn changes(text: &str) -> Vec<Change> {
    let change = |word: &str| {
        let node = NodeId(word[1..].parse().expect("a number"));
        match &word[..1] {
            "+" => Change::AddVoter(node),
            "~" => Change::AddLearner(node),
            "-" => Change::Remove(node),
            "=" => Change::Update(node),
            sign => panic!("{sign} is no change"),
        }
    };
    text.split_whitespace().map(change).collect()
}

fn voters(nodes: &[u16]) -> Configuration {
    Configuration::of_voters(nodes.iter().copied().map(NodeId))
}

fn text(result: Result<Configuration, ConfChangeError>) -> String {
    result.map_or_else(|error| format!("error: {error}"), |configuration| configuration.to_string())
}

#[test]
fn a_simple_change_adds_or_removes_one_voter() {
    assert_eq!(text(voters(&[1]).simple(&changes("+2"))), "voters=(1 2)");
    assert_eq!(text(voters(&[1, 2, 3]).simple(&changes("-1"))), "voters=(2 3)");
    assert_eq!(text(voters(&[1, 2, 3]).simple(&changes("~3"))), "voters=(1 2) learners=(3)");
}

#[test]
fn a_simple_change_of_two_voters_is_refused() {
    let error = "error: more than one voter changed without entering joint config";
    for two in ["+4 +5", "-2 -3", "-3 +4", "~3 +4"] {
        assert_eq!(text(voters(&[1, 2, 3]).simple(&changes(two))), error, "{two}");
    }
}

#[test]
fn any_number_of_learners_may_change_at_once() {
    assert_eq!(text(voters(&[1]).simple(&changes("~2 ~3 ~4"))), "voters=(1) learners=(2 3 4)");
    let learners = voters(&[1]).simple(&changes("~2 ~3 ~4")).expect("allowed");
    assert_eq!(text(learners.simple(&changes("-2 -4 +3"))), "voters=(1 3)");
}

#[test]
fn the_last_voter_cannot_be_removed_or_demoted() {
    for (before, change) in [(&[1][..], "-1"), (&[1], "~1"), (&[1, 2], "-1 -2")] {
        assert_eq!(text(voters(before).simple(&changes(change))), "error: removed all voters", "{change}");
        assert_eq!(text(voters(before).enter_joint(true, &changes(change))), "error: removed all voters", "{change}");
    }
}

#[test]
fn a_joint_configuration_has_the_old_voters_as_its_outgoing_half() {
    let joint = voters(&[1, 2, 3]).enter_joint(false, &changes("+4 +5 -2 -3")).expect("allowed");
    assert_eq!(joint.to_string(), "voters=(1 4 5)&&(1 2 3)");
    assert_eq!(text(joint.leave_joint()), "voters=(1 4 5)");
    let joint = voters(&[1, 2, 3]).enter_joint(true, &changes("-2 -3")).expect("allowed");
    assert_eq!(joint.to_string(), "voters=(1)&&(1 2 3) autoleave");
    assert_eq!(text(joint.leave_joint()), "voters=(1)");
}

#[test]
fn a_demoted_voter_votes_in_the_outgoing_half_until_that_is_left() {
    let joint = voters(&[1, 2, 3]).enter_joint(true, &changes("~3 ~4")).expect("allowed");
    assert_eq!(joint.to_string(), "voters=(1 2)&&(1 2 3) learners=(4) learners_next=(3) autoleave");
    assert!(joint.is_voter(NodeId(3)) && !joint.is_learner(NodeId(3)));
    assert_eq!(text(joint.leave_joint()), "voters=(1 2) learners=(3 4)");
}

#[test]
fn a_change_of_mind_within_one_change_counts_as_its_last_word() {
    assert_eq!(text(voters(&[1, 2, 3]).enter_joint(true, &changes("~3 +3"))), "voters=(1 2 3)&&(1 2 3) autoleave");
    assert_eq!(text(voters(&[1, 2, 3]).enter_joint(true, &changes("~3 -3"))), "voters=(1 2)&&(1 2 3) autoleave");
    assert_eq!(text(voters(&[1]).simple(&changes("~2 +2"))), "voters=(1 2)");
}

#[test]
fn what_changes_nothing_is_no_error() {
    let before = voters(&[1, 2]).simple(&changes("~3")).expect("allowed");
    for nothing in ["+1", "~3", "-9", "=1", "=9", ""] {
        assert_eq!(before.simple(&changes(nothing)), Ok(before.clone()), "{nothing}");
    }
}

#[test]
fn joint_configurations_are_entered_and_left_in_turn() {
    let joint = voters(&[1]).enter_joint(false, &changes("+2 +3")).expect("allowed");
    assert_eq!(text(joint.enter_joint(false, &changes("+4"))), "error: config is already joint");
    assert_eq!(text(joint.simple(&changes("+4"))), "error: can't apply simple config change in joint config");
    assert_eq!(text(voters(&[1]).leave_joint()), "error: can't leave a non-joint config");
    assert_eq!(
        text(Configuration::default().enter_joint(false, &changes("+1"))),
        "error: can't make a zero-voter config joint"
    );
}

#[test]
fn the_transition_decides_which_way_a_change_goes() {
    let after = |transition, text_of_changes: &str| {
        let change = ConfChange::<()> { transition, changes: changes(text_of_changes), context: None };
        text(voters(&[1, 2]).after(&change))
    };
    assert_eq!(after(Transition::Auto, "+3"), "voters=(1 2 3)");
    assert_eq!(after(Transition::Auto, "+3 +4"), "voters=(1 2 3 4)&&(1 2) autoleave");
    assert_eq!(after(Transition::Implicit, "+3"), "voters=(1 2 3)&&(1 2) autoleave");
    assert_eq!(after(Transition::Explicit, "+3"), "voters=(1 2 3)&&(1 2)");
    assert_eq!(after(Transition::Explicit, ""), "voters=(1 2)&&(1 2)");
    assert_eq!(after(Transition::Auto, ""), "error: can't leave a non-joint config");
}

/// Over all changes of up to three steps of three nodes: the invariants of a configuration hold, and the incoming half of
/// the joint way is what the changes alone would have made.
#[test]
fn every_small_change_keeps_the_invariants() {
    let steps: Vec<Change> =
        (1..=3).map(NodeId).flat_map(|n| [Change::AddVoter(n), Change::AddLearner(n), Change::Remove(n)]).collect();
    let start = voters(&[1, 2]).simple(&changes("~3")).expect("allowed");
    for a in &steps {
        for b in &steps {
            for c in &steps {
                let changes = [*a, *b, *c];
                let plain = start.clone().changed(&changes);
                let joint = start.enter_joint(true, &changes);
                assert_eq!(plain.is_ok(), joint.is_ok(), "{changes:?}");
                let (Ok(plain), Ok(joint)) = (plain, joint) else { continue };
                let left = joint.leave_joint().expect("it is joint");
                assert_eq!(left, plain, "{changes:?}");
                for configuration in [&plain, &joint, &left] {
                    for node in &configuration.members() {
                        let votes = configuration.is_voter(*node);
                        assert_ne!(votes, configuration.is_learner(*node), "{configuration}");
                        assert!(!configuration.learners_next.contains(node) || configuration.outgoing.contains(node));
                        assert!(!(configuration.learners_next.contains(node) && configuration.voters.contains(node)));
                    }
                    assert!(configuration.is_joint() || configuration.learners_next.is_empty());
                }
            }
        }
    }
}
