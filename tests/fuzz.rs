//! Clusters under drawn schedules of operations and faults: whatever happens, no invariant breaks, and all is well soon after.
//!
//! Each seed is a cluster of three to seven members with clients that put, delete, read, make leases and watch, while links
//! lose and are cut, members crash and pause, clocks drift and disks stall; the checker looks after every event. `quorate
//! fuzz --seeds N..N` runs the same seed as here. Schedules that have failed once are in `tests/fuzz/`.

use quorate::fuzz::{Plan, Profile, Report, Rule, draw, run, script};
use quorate::sandbox::Duration;
use std::ops::RangeInclusive;
use std::path::PathBuf;

const LENGTH: Duration = Duration::seconds(8);

/// Runs the seeds; what it answers is how many operations were asked for, and how many were answered.
fn run_seeds(seeds: RangeInclusive<u64>, profile: Profile) -> (u64, u64) {
    let (mut calls, mut answered) = (0, 0);
    for seed in seeds {
        let report = run(&draw(seed, None, profile, LENGTH));
        if let Some(violation) = report.violation {
            let profile = profile.name();
            panic!(
                "{violation}\nreplay: quorate fuzz --seeds {seed}..{seed} --faults {profile} --seconds 8 --minimize"
            );
        }
        (calls, answered) = (calls + report.calls, answered + report.answered);
    }
    (calls, answered)
}

#[test]
fn no_invariant_breaks_under_all_faults_in_seeds_1_to_2000() {
    let (calls, answered) = run_seeds(1..=2_000, Profile::All);
    assert!(answered * 2 > calls, "the schedules are so hard that only {answered} of {calls} calls were answered");
}

#[test]
fn no_invariant_breaks_under_all_faults_in_seeds_2001_to_4000() {
    run_seeds(2_001..=4_000, Profile::All);
}

#[test]
fn no_invariant_breaks_on_a_bad_network() {
    run_seeds(1..=500, Profile::Network);
}

#[test]
fn no_invariant_breaks_when_processes_crash() {
    run_seeds(1..=500, Profile::Crash);
}

#[test]
fn no_invariant_breaks_when_clocks_are_off() {
    run_seeds(1..=500, Profile::Clock);
}

#[test]
fn no_invariant_breaks_when_disks_stall() {
    run_seeds(1..=500, Profile::Disk);
}

#[test]
fn without_faults_nothing_breaks_and_nearly_every_operation_is_answered() {
    let (calls, answered) = run_seeds(1..=100, Profile::None);
    assert!(answered * 10 > calls * 8, "{answered} of {calls}: only what asks for the impossible is refused");
}

#[test]
fn what_has_failed_once_does_not_fail_again() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let entries = std::fs::read_dir(folder).expect("the scripts are here");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("readable");
        let plan = script::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let violation = run(&plan).violation;
        assert!(violation.is_none(), "{}: {}", file.display(), violation.expect("just looked"));
    }
}

#[test]
fn a_plan_that_runs_twice_leaves_the_same_trace_and_another_seed_leaves_another() {
    let report = |seed| run(&draw(seed, None, Profile::All, LENGTH));
    let first: Vec<Report> = (1..=20).map(report).collect();
    let again: Vec<Report> = (1..=20).map(report).collect();
    assert_eq!(first, again);
    let mut hashes: Vec<&str> = first.iter().map(|report| &*report.trace_hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 20);
}

#[test]
fn a_plan_that_is_written_down_and_read_is_the_same_plan() {
    for seed in 1..=300 {
        let plan = draw(seed, None, Profile::All, LENGTH);
        assert_eq!(script::parse(&plan.to_string()).as_ref(), Ok(&plan), "seed {seed}");
    }
}

#[test]
fn every_kind_of_fault_and_operation_is_drawn() {
    let text: String = (1..=200).map(|seed| draw(seed, None, Profile::All, LENGTH).to_string()).collect();
    for word in [
        "put",
        "create",
        "pair",
        "move",
        "get",
        "delete",
        "compact",
        "grant",
        "renew",
        "keep-alive",
        "stop-keep-alive",
        "revoke",
        "watch",
        "cancel-watch",
        "cut",
        "cut-one-way",
        "heal",
        "isolate",
        "split",
        "heal-all",
        "crash",
        "restart",
        "restart-all",
        "power-cut",
        "pause",
        "resume",
        "resume-all",
        "links",
        "disk",
        "clock",
    ] {
        let is_drawn = text.lines().any(|line| line.split(' ').skip(1).take(2).any(|other| other == word));
        assert!(is_drawn, "{word} is never drawn");
    }
}

fn error(step: &str) -> String {
    let text = format!("seed 1\nnodes 3\nclients 2 # and a remark\nseconds 5\n{step}\n");
    script::parse(&text).expect_err(step)
}

#[test]
fn a_script_with_a_mistake_is_refused_in_one_sentence() {
    assert_eq!(error("1.0 c1 put k1"), "line 5: a value is missing at the end");
    assert_eq!(error("1.0 c1 put 1 v1"), "line 5: \"1\" is not a key: write k and a number, as in k1");
    assert_eq!(error("1.0 crash n4"), "\"crash n4\" names more than the 3 nodes and 2 clients");
    assert_eq!(error("1.0 c1 get k1 now"), "line 5: \"now\" is too much");
    assert_eq!(error("9 heal-all"), "\"heal-all\" is after the plan's end");
    assert_eq!(error("2 heal-all\n1 heal-all"), "the steps are not in the order of their times");
    assert_eq!(
        error("1.2345678 heal-all"),
        "line 5: \"1.2345678\" is no time: write seconds up to 3600, as in 1.250000"
    );
    assert_eq!(error("nodes 12"), "line 5: the nodes are 1 to 9, not 12");
    assert!(error("1.0 explode n1").starts_with("line 5: \"explode\" is no client and no trouble (cut, "));
    assert!(error("1.0 c1 explode").starts_with("line 5: \"explode\" is nothing that a client asks for (put, "));
    assert_eq!(
        script::parse("seed 1\n").expect_err("no nodes"),
        "the plan does not say its nodes: a line \"nodes NUMBER\" is required"
    );
}

#[test]
fn an_empty_plan_is_a_plan() {
    let plan: Plan = script::parse("seed 1\nnodes 1\nclients 1\nseconds 0\n").expect("it is complete");
    assert_eq!(run(&plan).violation, None);
}

/// Rules whose loss no schedule shows yet, with what it takes. Raft's own tests break them (`src/raft/tests/random.rs`).
const NOT_YET_BROKEN_HERE: [(Rule, &str); 4] = [
    (Rule::OneChangeAtATime, "changes of the membership"),
    (Rule::LearnersDoNotVote, "learners"),
    (Rule::JointConsensus, "changes of two members at once"),
    (Rule::CommitWithinLog, "a process that remembers its commit index over a crash"),
];

/// A rule whose absence nothing notices is a rule that is not tested.
#[test]
fn the_loss_of_each_rule_is_noticed_within_the_seeds_that_are_run_with_all_of_them() {
    let here = Rule::ALL.into_iter().filter(|rule| NOT_YET_BROKEN_HERE.iter().all(|(not_yet, _)| not_yet != rule));
    let unnoticed = here.filter(|rule| {
        let breaks = |seed| {
            let plan = Plan { broken: [*rule].into_iter().collect(), ..draw(seed, None, Profile::All, LENGTH) };
            run(&plan).violation.is_some()
        };
        !(1..=2_000).any(breaks)
    });
    let unnoticed: Vec<&str> = unnoticed.map(Rule::name).collect();
    assert!(unnoticed.is_empty(), "nothing notices the loss of {unnoticed:?}");
}
