//! Settings and rules: what is accepted, and what is said of what is not.

use crate::raft::{NodeId, ReadOnly, Rule, RuleSet, Settings};
use crate::sim::Duration;
use std::collections::BTreeSet;

#[test]
fn the_defaults_are_accepted() {
    assert_eq!(Settings::new(NodeId(1)).check(), Ok(()));
}

#[test]
fn a_setting_with_which_no_node_can_run_is_named_in_a_sentence() {
    let error = |change: fn(&mut Settings)| {
        let mut settings = Settings::new(NodeId(1));
        change(&mut settings);
        settings.check().expect_err("not accepted")
    };
    assert!(error(|settings| settings.tick = Duration::micros(0)).contains("tick of 0.000 s"));
    assert!(error(|settings| settings.heartbeat_ticks = 0).contains("every 0 ticks"));
    assert!(error(|settings| settings.election_ticks = 1).contains("election timeout of 1 ticks"));
    assert!(error(|settings| settings.inflight_max = 0).contains("in flight"));
    let lease_without_check = error(|settings| {
        settings.read_only = ReadOnly::LeaseBased;
        settings.check_quorum = false;
    });
    assert!(lease_without_check.contains("quorum check"));
}

#[test]
fn every_rule_has_a_name_of_its_own_and_a_sentence() {
    let names: BTreeSet<&str> = Rule::ALL.into_iter().map(Rule::name).collect();
    assert_eq!(names.len(), Rule::ALL.len());
    for rule in Rule::ALL {
        assert_eq!(Rule::by_name(rule.name()), Some(rule));
        assert!(rule.name().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule.name());
        assert!(rule.sentence().ends_with('.') && !rule.source().is_empty(), "{}", rule.name());
    }
    assert_eq!(Rule::by_name("no-such-rule"), None);
}

#[test]
fn a_rule_is_kept_until_it_is_switched_off() {
    let mut settings = Settings::new(NodeId(1));
    assert!(Rule::ALL.into_iter().all(|rule| settings.obeys(rule)));
    for rule in Rule::ALL {
        settings.broken = RuleSet::from_iter([rule]);
        assert!(Rule::ALL.into_iter().all(|other| settings.obeys(other) == (other != rule)));
        settings.broken.remove(rule);
        assert!(settings.broken.is_empty());
    }
    settings.broken = Rule::ALL.into_iter().collect();
    assert_eq!(settings.broken.iter().count(), Rule::ALL.len());
}
