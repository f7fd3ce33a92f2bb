//! The story that the sandbox is for, from outside: a cluster elects a leader, is written to, is cut in two, refuses on one
//! side and goes on with the other, is healed, and everybody agrees.
//!
//! Everything here goes through `quorate::sandbox`, with lines typed into terminals as a person would.

use quorate::sandbox::view::LineKind;
use quorate::sandbox::{
    ActorId, ClockSettings, Duration, Fault, LinkSettings, NetworkProfile, RecordedInput, Recording, Sandbox,
    ServerSettings, Settings, Time,
};
use std::collections::BTreeSet;

/// A cluster that has just booted.
fn booted(nodes: usize, seed: u64) -> Sandbox {
    Sandbox::new(Settings { nodes, seed, ..Settings::default() })
}

/// A cluster with a leader, and its leader.
fn with_leader(nodes: usize, seed: u64) -> (Sandbox, ActorId) {
    let mut sandbox = booted(nodes, seed);
    let elected = sandbox.run_until(Time(3_000_000), Sandbox::leader_is_followed);
    assert!(elected, "no leader after 3 s with {nodes} nodes and seed {seed}");
    let leader = sandbox.leader().expect("just elected");
    (sandbox, leader)
}

/// What a terminal has printed so far, standard output and error.
fn printed(sandbox: &Sandbox, terminal: usize) -> Vec<String> {
    let view = sandbox.terminal(terminal);
    let is_printed = |kind: LineKind| matches!(kind, LineKind::Output | LineKind::Error);
    view.lines.iter().filter(|line| is_printed(line.kind)).map(|line| line.text.to_string()).collect()
}

/// Types a line and waits for the command's end, a minute at most; what it has printed.
fn run(sandbox: &mut Sandbox, terminal: usize, line: &str) -> Vec<String> {
    let before = printed(sandbox, terminal).len();
    sandbox.type_line(terminal, line);
    let limit = sandbox.now() + Duration::seconds(100);
    assert!(sandbox.run_until(limit, |sandbox| !sandbox.is_busy(terminal)), "\"{line}\" does not end");
    printed(sandbox, terminal).split_off(before)
}

/// A terminal at a member.
fn terminal_at(sandbox: &mut Sandbox, node: ActorId) -> usize {
    sandbox.open_terminal(node).expect("a member")
}

fn others(sandbox: &Sandbox, node: ActorId) -> Vec<ActorId> {
    (0..sandbox.members_total()).map(|at| ActorId(at as u16)).filter(|id| *id != node).collect()
}

/// The name of a member's own cut: this one against all others.
fn split_off(sandbox: &mut Sandbox, node: ActorId) {
    let rest = others(sandbox, node);
    sandbox.fault(Fault::Split(vec![vec![node], rest])).expect("possible");
}

/// Everything that the members have: logs and stores, each once.
fn assert_all_equal(sandbox: &mut Sandbox) {
    let last = sandbox.log_last_index();
    let log_of = |node: &ActorId| sandbox.log(*node, 1, last).entries;
    let mut nodes = (0..sandbox.members_total()).map(|at| ActorId(at as u16));
    let first = nodes.next().expect("at least one");
    let rest: Vec<ActorId> = nodes.collect();
    let log = log_of(&first);
    assert_eq!(log.len() as u64, last);
    let all_committed = |entry: &quorate::sandbox::view::EntryView| entry.committed;
    assert!(log.iter().all(all_committed), "{log:?}");
    for node in &rest {
        let terms = |log: &[quorate::sandbox::view::EntryView]| -> Vec<(u64, u64, String)> {
            log.iter().map(|entry| (entry.index, entry.term, entry.command.to_string())).collect()
        };
        assert_eq!(terms(&log_of(node)), terms(&log), "the logs of {node:?} and the first member");
    }
    let stores: Vec<_> = others(sandbox, ActorId(u16::MAX)).iter().map(|node| sandbox.store(*node, None)).collect();
    for store in &stores {
        assert_eq!((store.revision, &store.keys), (stores[0].revision, &stores[0].keys), "{}", store.node);
    }
    let terminal = terminal_at(sandbox, first);
    let hashes = run(sandbox, terminal, "etcdctl endpoint hashkv --cluster");
    assert_eq!(hashes.len(), sandbox.members_total(), "{hashes:?}");
    let distinct: BTreeSet<&str> =
        hashes.iter().map(|line| line.rsplit(", ").next().expect("rsplit gives one")).collect();
    assert_eq!(distinct.len(), 1, "{hashes:?}");
}

#[test]
fn a_leader_is_elected_within_three_seconds_of_virtual_time() {
    for nodes in [3, 5, 7] {
        for seed in 1..=50 {
            with_leader(nodes, seed);
        }
    }
}

#[test]
fn a_single_node_leads_itself_and_serves() {
    let (mut sandbox, leader) = with_leader(1, 1);
    assert_eq!(leader, ActorId(0));
    assert_eq!(run(&mut sandbox, 0, "etcdctl put k v"), ["OK"]);
    assert_eq!(run(&mut sandbox, 0, "etcdctl get k"), ["k", "v"]);
}

#[test]
fn the_commands_of_the_readme_print_what_etcdctl_prints() {
    let (mut sandbox, _) = with_leader(3, 1);
    let is = |sandbox: &mut Sandbox, line: &str, expected: &[&str]| {
        assert_eq!(run(sandbox, 0, line), expected, "{line}");
    };
    is(&mut sandbox, r#"etcdctl put /config/database/url "postgres://prod:5432""#, &["OK"]);
    is(&mut sandbox, r#"etcdctl put /config/database/pool_size "20""#, &["OK"]);
    is(&mut sandbox, r#"etcdctl put /config/cache/ttl "300""#, &["OK"]);
    is(&mut sandbox, "etcdctl get /config/database/url", &["/config/database/url", "postgres://prod:5432"]);
    let database = ["/config/database/pool_size", "20", "/config/database/url", "postgres://prod:5432"];
    is(&mut sandbox, "etcdctl get /config/database/ --prefix", &database);
    is(&mut sandbox, r#"etcdctl get "" --prefix"#, &[&["/config/cache/ttl", "300"], &database[..]].concat());
    // Two watches: one streams, one replays first.
    sandbox.type_line(1, "etcdctl watch /config/database/url");
    let third = terminal_at(&mut sandbox, ActorId(2));
    sandbox.type_line(third, "etcdctl watch /config/ --prefix --rev=2");
    sandbox.run_for(Duration::seconds(1));
    is(&mut sandbox, "etcdctl put /config/database/url postgres://prod:5433", &["OK"]);
    sandbox.run_for(Duration::seconds(1));
    assert_eq!(printed(&sandbox, 1), ["PUT", "/config/database/url", "postgres://prod:5433"]);
    let history = [
        ["PUT", "/config/database/url", "postgres://prod:5432"],
        ["PUT", "/config/database/pool_size", "20"],
        ["PUT", "/config/cache/ttl", "300"],
        ["PUT", "/config/database/url", "postgres://prod:5433"],
    ];
    assert_eq!(printed(&sandbox, third), history.concat());
}

/// Grants a lease and puts keys on it; the lease's id as it was printed.
fn leased(sandbox: &mut Sandbox, ttl_s: u64, keys: &[&str]) -> String {
    let granted = run(sandbox, 0, &format!("etcdctl lease grant {ttl_s}"));
    let id = granted[0].split(' ').nth(1).expect("lease ID granted").to_string();
    assert_eq!(granted, [format!("lease {id} granted with TTL({ttl_s}s)")]);
    for key in keys {
        assert_eq!(run(sandbox, 0, &format!("etcdctl put {key} \"10.0.1.5:8080\" --lease={id}")), ["OK"]);
    }
    id
}

#[test]
fn a_lease_lives_while_it_is_kept_alive_and_its_key_goes_when_nobody_does() {
    let (mut sandbox, _) = with_leader(3, 1);
    let id = leased(&mut sandbox, 30, &["/services/api/server-1"]);
    sandbox.type_line(1, &format!("etcdctl lease keep-alive {id}"));
    sandbox.run_for(Duration::seconds(100));
    let kept = printed(&sandbox, 1);
    assert!((10..=12).contains(&kept.len()), "a renewal every 10 s: {kept:?}");
    assert!(kept.iter().all(|line| *line == format!("lease {id} keepalived with TTL(30)")), "{kept:?}");
    let key = ["/services/api/server-1", "10.0.1.5:8080"];
    assert_eq!(run(&mut sandbox, 0, "etcdctl get /services/api/server-1"), key);
    sandbox.interrupt(1);
    sandbox.run_for(Duration::seconds(19));
    assert_eq!(run(&mut sandbox, 0, "etcdctl get /services/api/server-1"), key, "30 s after the last renewal at most");
    sandbox.run_for(Duration::seconds(13));
    assert_eq!(run(&mut sandbox, 0, "etcdctl get /services/api/server-1"), [] as [&str; 0]);
    let gone = run(&mut sandbox, 0, &format!("etcdctl lease timetolive {id}"));
    assert_eq!(gone, [format!("lease {id} already expired")]);
    assert_all_equal(&mut sandbox);
}

#[test]
fn the_keys_of_a_lease_go_in_one_revision() {
    let (mut sandbox, _) = with_leader(3, 2);
    leased(&mut sandbox, 5, &["a", "b", "c"]);
    sandbox.type_line(1, "etcdctl watch \"\" --prefix -w json");
    sandbox.run_for(Duration::seconds(20));
    let deleted = printed(&sandbox, 1);
    assert_eq!(deleted.len(), 1, "one message: {deleted:?}");
    assert_eq!(deleted[0].matches("\"mod_revision\":5").count(), 3, "{deleted:?}");
    assert_eq!(sandbox.store(ActorId(0), None).revision, 5);
}

#[test]
fn a_lease_does_not_run_out_while_nobody_leads_and_outlives_a_change_of_leaders() {
    let (mut sandbox, leader) = with_leader(3, 3);
    leased(&mut sandbox, 10, &["k"]);
    sandbox.run_for(Duration::seconds(8));
    sandbox.fault(Fault::Crash(leader)).expect("up");
    sandbox.run_for(Duration::seconds(8));
    let other = others(&sandbox, leader)[0];
    assert_eq!(sandbox.store(other, None).keys.len(), 1, "the new leader gives it its whole time again");
    sandbox.run_for(Duration::seconds(10));
    assert_eq!(sandbox.store(other, None).keys.len(), 0);
}

#[test]
fn a_write_on_the_minority_ends_in_the_deadline_after_five_seconds_and_the_majority_goes_on() {
    for seed in 1..=10 {
        let (mut sandbox, leader) = with_leader(3, seed);
        let minority = terminal_at(&mut sandbox, leader);
        let other = others(&sandbox, leader)[0];
        let majority = terminal_at(&mut sandbox, other);
        assert_eq!(run(&mut sandbox, minority, "etcdctl put k before"), ["OK"]);
        split_off(&mut sandbox, leader);
        let typed_at = sandbox.now();
        let refused = run(&mut sandbox, minority, "etcdctl put k minority");
        assert_eq!(refused.last().map(String::as_str), Some("Error: context deadline exceeded"), "{refused:?}");
        let took = sandbox.now() - typed_at;
        assert_eq!(took, Duration::seconds(5), "seed {seed}");
        let new_leader = sandbox.leader().expect("the majority has elected one within 5 s");
        assert_ne!(new_leader, leader, "seed {seed}");
        assert_eq!(run(&mut sandbox, majority, "etcdctl put k majority"), ["OK"]);
        assert_eq!(run(&mut sandbox, majority, "etcdctl get k"), ["k", "majority"]);
        // A linearizable read of the old leader would be stale: it is not answered. A serializable one is, and is stale.
        let read = run(&mut sandbox, minority, "etcdctl get k");
        assert_eq!(read.last().map(String::as_str), Some("Error: context deadline exceeded"), "{read:?}");
        assert_eq!(run(&mut sandbox, minority, "etcdctl get k --consistency=s"), ["k", "before"]);
        sandbox.fault(Fault::HealAll).expect("possible");
        sandbox.run_for(Duration::seconds(5));
        assert_eq!(run(&mut sandbox, minority, "etcdctl get k"), ["k", "majority"]);
        assert_all_equal(&mut sandbox);
    }
}

#[test]
fn a_watch_misses_nothing_and_doubles_nothing_across_a_partition_and_a_crash_of_its_member() {
    for seed in 1..=10 {
        let (mut sandbox, leader) = with_leader(3, seed);
        let watched = others(&sandbox, leader)[0];
        let writer_at = others(&sandbox, leader)[1];
        let watcher = terminal_at(&mut sandbox, watched);
        let writer = terminal_at(&mut sandbox, writer_at);
        sandbox.type_line(watcher, "etcdctl watch /n/ --prefix");
        sandbox.run_for(Duration::seconds(1));
        let mut expected: Vec<String> = Vec::new();
        let mut put = |sandbox: &mut Sandbox, number: usize| {
            assert_eq!(run(sandbox, writer, &format!("etcdctl put /n/{number} v{number}")), ["OK"], "seed {seed}");
            expected.extend(["PUT".to_string(), format!("/n/{number}"), format!("v{number}")]);
        };
        (0..5).for_each(|number| put(&mut sandbox, number));
        split_off(&mut sandbox, watched);
        (5..10).for_each(|number| put(&mut sandbox, number));
        sandbox.fault(Fault::HealAll).expect("possible");
        // Its member cannot reach it for a while: what was sent meanwhile is lost, and the next message shows the gap.
        let client = sandbox.client_of(watcher).expect("a terminal has one");
        sandbox.fault(Fault::CutOneWay { from: watched, to: client }).expect("possible");
        (10..12).for_each(|number| put(&mut sandbox, number));
        sandbox.fault(Fault::HealAll).expect("possible");
        (12..15).for_each(|number| put(&mut sandbox, number));
        sandbox.fault(Fault::Crash(watched)).expect("up");
        (15..20).for_each(|number| put(&mut sandbox, number));
        sandbox.fault(Fault::Restart(watched)).expect("down");
        (20..25).for_each(|number| put(&mut sandbox, number));
        sandbox.run_for(Duration::seconds(20));
        assert_eq!(printed(&sandbox, watcher), expected, "seed {seed}");
        assert!(sandbox.is_busy(watcher), "the watch goes on");
    }
}

#[test]
fn what_an_old_leader_had_and_nobody_else_gives_way_when_the_network_heals() {
    let (mut sandbox, leader) = with_leader(5, 4);
    let minority = terminal_at(&mut sandbox, leader);
    split_off(&mut sandbox, leader);
    sandbox.type_line(minority, "etcdctl put lost 1");
    sandbox.run_for(Duration::millis(500));
    let in_log = |sandbox: &Sandbox, node: ActorId| {
        let log = sandbox.log(node, 1, sandbox.log_last_index());
        log.entries.iter().filter(|entry| entry.command.contains("lost")).count()
    };
    assert_eq!(in_log(&sandbox, leader), 1, "it leads on for a while and takes the entry");
    sandbox.run_for(Duration::seconds(10));
    sandbox.fault(Fault::HealAll).expect("possible");
    sandbox.run_for(Duration::seconds(5));
    assert_eq!(in_log(&sandbox, leader), 0);
    assert_all_equal(&mut sandbox);
}

#[test]
fn a_cluster_survives_the_crash_of_all_its_members() {
    let (mut sandbox, _) = with_leader(3, 5);
    for number in 0..5 {
        assert_eq!(run(&mut sandbox, 0, &format!("etcdctl put k{number} v")), ["OK"]);
    }
    assert_eq!(run(&mut sandbox, 0, "crash n1 n2 n3"), [] as [&str; 0]);
    sandbox.run_for(Duration::seconds(3));
    assert_eq!(run(&mut sandbox, 0, "restart n1 n2 n3"), [] as [&str; 0]);
    sandbox.run_for(Duration::seconds(5));
    assert_eq!(run(&mut sandbox, 0, "etcdctl get k --prefix --keys-only").join("").trim(), "k0k1k2k3k4");
    assert_all_equal(&mut sandbox);
}

#[test]
fn an_entry_from_before_a_crash_does_not_answer_a_call_from_after_it() {
    let (mut sandbox, node) = with_leader(1, 1);
    assert_eq!(run(&mut sandbox, 0, "etcdctl put before v"), ["OK"]);
    assert_eq!(run(&mut sandbox, 0, "etcdctl put crash v"), ["OK"]);
    sandbox.fault(Fault::Crash(node)).expect("up");
    sandbox.fault(Fault::Restart(node)).expect("down");
    let answer = run(&mut sandbox, 0, "etcdctl put after v -w json").join("");
    assert!(answer.contains("\"revision\":4"), "the answer is that of an older put: {answer}");
}

#[test]
fn ctrl_c_stops_a_watch_and_the_terminal_takes_the_next_line() {
    let (mut sandbox, _) = with_leader(3, 1);
    sandbox.type_line(0, "etcdctl watch k");
    sandbox.run_for(Duration::seconds(1));
    assert!(sandbox.is_busy(0));
    assert_eq!(sandbox.watches().len(), 1);
    sandbox.interrupt(0);
    sandbox.run_for(Duration::seconds(1));
    assert!(!sandbox.is_busy(0));
    assert_eq!(sandbox.watches().len(), 0, "the member has forgotten it, too");
    assert_eq!(run(&mut sandbox, 0, "etcdctl put k v"), ["OK"]);
    assert_eq!(printed(&sandbox, 0), ["OK"], "nothing is printed by the watch any more");
}

#[test]
fn faults_can_be_typed_and_wrong_ones_are_answered_with_a_sentence() {
    let (mut sandbox, leader) = with_leader(3, 1);
    let name = sandbox.name_of(leader);
    assert_eq!(run(&mut sandbox, 0, "leader").join("|"), name);
    assert_eq!(run(&mut sandbox, 0, "crash leader"), [] as [&str; 0]);
    assert_eq!(run(&mut sandbox, 0, &format!("crash {name}")), [format!("{name} is down")]);
    assert_eq!(run(&mut sandbox, 0, "wait-leader"), [] as [&str; 0]);
    assert_ne!(sandbox.leader(), Some(leader));
    assert_eq!(run(&mut sandbox, 0, &format!("restart {name}")), [] as [&str; 0]);
    assert_eq!(run(&mut sandbox, 0, "restart n9"), ["there is no member \"n9\": name n1 to n3, leader, or follower1…"]);
    assert_eq!(run(&mut sandbox, 0, "partition n1 | n1 n2"), ["n1 is named in two groups"]);
    let before = sandbox.now();
    assert_eq!(run(&mut sandbox, 0, "wait 3s"), [] as [&str; 0]);
    assert_eq!(sandbox.now() - before, Duration::seconds(3));
    assert_eq!(run(&mut sandbox, 0, "frobnicate"), ["sh: frobnicate: command not found (type help for what there is)"]);
}

/// A run with everything that can be recorded, at odd times.
fn eventful(seed: u64) -> Sandbox {
    let mut sandbox = booted(3, seed);
    sandbox.run_for(Duration::micros(2_345_678));
    let leader = sandbox.leader().unwrap_or(ActorId(0));
    let third = terminal_at(&mut sandbox, leader);
    sandbox.type_line(1, "etcdctl watch \"\" --prefix");
    for number in 0..10 {
        sandbox.type_line(0, &format!("etcdctl put k{number} v"));
        sandbox.run_for(Duration::micros(73_331));
        sandbox.type_line(third, "etcdctl get k --prefix");
        sandbox.run_for(Duration::micros(99_999));
    }
    let slow = LinkSettings { loss_ppm: 200_000, ..LinkSettings::reliable(1_000, 90_000) };
    sandbox.fault(Fault::SetLink { from: ActorId(0), to: ActorId(1), settings: slow }).expect("possible");
    sandbox
        .fault(Fault::SetClock(ActorId(2), ClockSettings { skew_us: 5_000_000, drift_ppm: 90_000 }))
        .expect("possible");
    sandbox.fault(Fault::Isolate(leader)).expect("possible");
    sandbox.run_for(Duration::micros(4_000_001));
    assert!(sandbox.fault(Fault::Restart(leader)).is_err(), "it is up; the replay must refuse it, too");
    sandbox.fault(Fault::Crash(leader)).expect("up");
    sandbox.type_line(third, "etcdctl txn -i");
    sandbox.run_for(Duration::micros(777));
    sandbox.type_line(third, "value(\"k1\") = \"v\"");
    sandbox.end_input(third);
    sandbox.fault(Fault::HealAll).expect("possible");
    sandbox.fault(Fault::Restart(leader)).expect("down");
    for _ in 0..5 {
        sandbox.step();
    }
    let flying = sandbox.messages().first().map(|message| message.number);
    if let Some(number) = flying {
        sandbox.fault(Fault::DuplicateMessage(number)).expect("in flight");
        sandbox.fault(Fault::DelayMessage(number, 12_345)).expect("in flight");
    }
    sandbox.run_for(Duration::micros(1_000_003));
    sandbox.interrupt(1);
    sandbox.type_line(0, "pause n2");
    sandbox.type_line(0, "wait 1s");
    sandbox.type_line(0, "resume n2");
    sandbox.run_for(Duration::micros(9_876_543));
    sandbox
}

#[test]
fn a_recording_replays_to_the_same_trace_with_all_faults_and_typed_lines() {
    for seed in 1..=20 {
        let original = eventful(seed);
        let text = original.recording().to_text();
        let recording = Recording::from_text(&text).expect("its own");
        assert_eq!(recording, *original.recording());
        let replayed = recording.replay(original.now()).expect("it can be replayed");
        assert_eq!(replayed.events_total(), original.events_total(), "seed {seed}");
        assert_eq!(replayed.trace_hash(), original.trace_hash(), "seed {seed}");
        assert_eq!(replayed.recording(), original.recording(), "seed {seed}");
        for terminal in 0..original.terminals() {
            assert_eq!(replayed.terminal(terminal), original.terminal(terminal), "seed {seed}");
        }
    }
}

#[test]
fn another_seed_gives_another_trace() {
    assert_ne!(eventful(1).trace_hash(), eventful(2).trace_hash());
}

#[test]
fn a_bad_recording_is_refused_with_one_sentence() {
    let good = eventful(1).recording().clone();
    let with = |change: fn(&mut Recording)| {
        let mut recording = good.clone();
        change(&mut recording);
        recording.to_text()
    };
    let zero = ServerSettings { heartbeat_interval: Duration::ZERO, ..ServerSettings::default() };
    assert!(zero.check().is_err());
    let (text, foreign) = (good.to_text(), "this is not a recording of Quorate");
    let damaged = "this recording is damaged: some of its text is missing or changed";
    let bad = [
        (String::new(), foreign),
        ("{}".to_string(), foreign),
        ("quorate".to_string(), foreign),
        ("quorateA.AA".to_string(), foreign),
        (text.replace("quorate1.", "quorate2."), "this recording has version 2, and only 1 is known here"),
        ("quorate1.".to_string(), damaged),
        ("quorate1.!".to_string(), damaged),
        (text[..text.len() - 4].to_string(), damaged),
        (text.replacen("quorate1.", "quorate1.AAAA", 1), damaged),
        (with(|recording| recording.settings.nodes = 0), "this recording has 0 nodes; 1 to 9 are possible"),
        (with(|recording| recording.settings.nodes = 10), "this recording has 10 nodes; 1 to 9 are possible"),
        (
            with(|recording| recording.settings.server.heartbeat_interval = Duration::ZERO),
            "this recording cannot be played: a heartbeat interval of 0.000 s",
        ),
        (
            with(|recording| recording.settings.server.election_timeout = Duration::millis(100)),
            "this recording cannot be played: the election timeout of 0.100 s is less than five",
        ),
    ];
    for (text, sentence) in bad {
        let error = Recording::from_text(&text).expect_err("bad");
        assert!(error.starts_with(sentence), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let mut late = good.clone();
    late.inputs.last_mut().expect("it has some").step = u64::MAX;
    let error = late.replay(Time::ZERO).err().expect("too many steps");
    assert!(error.starts_with("this recording has an input after"), "{error}");
}

#[test]
fn inputs_of_a_recording_that_mean_nothing_change_nothing() {
    let mut sandbox = booted(3, 1);
    sandbox.run_for(Duration::seconds(1));
    let before = sandbox.trace_hash();
    for input in [
        RecordedInput::OpenTerminal(ActorId(77)),
        RecordedInput::Line(77, "etcdctl put a b".to_string()),
        RecordedInput::Interrupt(77),
        RecordedInput::EndInput(77),
        RecordedInput::Interrupt(0),
        RecordedInput::Fault(Fault::Crash(ActorId(77))),
        RecordedInput::Fault(Fault::DropMessage(u64::MAX)),
    ] {
        sandbox.input(input);
    }
    assert_eq!(sandbox.trace_hash(), before);
    for _ in 0..200 {
        let _too_many = sandbox.open_terminal(ActorId(0));
    }
    assert_eq!(sandbox.open_terminal(ActorId(0)), Err("there are 100 terminals, and no more are possible".to_string()));
}

#[test]
fn every_network_elects_and_serves() {
    for network in [NetworkProfile::Lan, NetworkProfile::Classroom, NetworkProfile::Wan] {
        let mut sandbox = Sandbox::new(Settings { network, ..Settings::default() });
        assert!(sandbox.run_until(Time(5_000_000), Sandbox::leader_is_followed), "{}", network.name());
        assert_eq!(run(&mut sandbox, 0, "etcdctl put k v"), ["OK"], "{}", network.name());
    }
}

#[test]
fn check_perf_puts_for_a_minute_gives_its_verdict_and_leaves_nothing_behind() {
    let (mut sandbox, _) = with_leader(3, 1);
    let began = sandbox.now();
    let lines = run(&mut sandbox, 0, "etcdctl check perf");
    assert!(sandbox.now() >= began + Duration::seconds(60), "{lines:?}");
    assert!(lines[0].starts_with(" 60 / 60 Boo") && lines[0].ends_with("! 100.00% 1m0s"), "{lines:?}");
    assert!(lines[1].starts_with("PASS: Throughput is 1"), "{lines:?}");
    assert_eq!(lines.last().map(String::as_str), Some("PASS"), "{lines:?}");
    assert_eq!(run(&mut sandbox, 0, "etcdctl get / --prefix --keys-only"), [] as [&str; 0]);
    run(&mut sandbox, 0, "etcdctl put /etcdctl-check-perf/mine 1");
    let refused = run(&mut sandbox, 0, "etcdctl check perf");
    let prefix = "/etcdctl-check-perf/";
    let sentence = format!("Error: prefix \"{prefix}\" has keys. Delete with 'etcdctl del --prefix {prefix}' first");
    assert_eq!(refused, [sentence]);
}

#[test]
fn a_command_under_a_lock_knows_its_key_and_its_status_is_the_locks() {
    let (mut sandbox, _) = with_leader(3, 1);
    let script = "sh -c 'etcdctl get $ETCD_LOCK_KEY --keys-only; echo at $ETCD_LOCK_REV; exit 3; echo never'";
    let lines = run(&mut sandbox, 0, &format!("etcdctl lock l -- {script}"));
    assert!(lines[0].starts_with("l/"), "{lines:?}");
    assert_eq!(lines[1..], ["", "at 2", "Error: exit status 3"]);
    assert_eq!(run(&mut sandbox, 0, "echo $?"), ["3"]);
    assert_eq!(run(&mut sandbox, 0, "etcdctl get l --prefix"), [] as [&str; 0]);
}

#[test]
fn an_interrupt_stops_the_command_under_a_lock_and_the_next_one_gets_the_lock() {
    let (mut sandbox, _) = with_leader(3, 1);
    let next = terminal_at(&mut sandbox, ActorId(1));
    sandbox.type_line(0, "etcdctl lock l -- sh -c 'wait 100s; echo never'");
    sandbox.run_for(Duration::seconds(1));
    sandbox.type_line(next, "etcdctl lock l");
    sandbox.run_for(Duration::seconds(20));
    assert_eq!(printed(&sandbox, next), [] as [&str; 0], "the lease outlives its time to live: it is renewed");
    sandbox.interrupt(0);
    sandbox.run_for(Duration::seconds(1));
    assert_eq!(printed(&sandbox, 0), ["Error: exit status 130"]);
    let shown = printed(&sandbox, next);
    assert!(shown[0].starts_with("l/"), "{shown:?}");
    sandbox.interrupt(next);
    sandbox.run_for(Duration::seconds(1));
    assert!(!sandbox.is_busy(next) && !sandbox.is_busy(0));
    assert_eq!(run(&mut sandbox, 0, "etcdctl get l --prefix"), [] as [&str; 0]);
}

#[test]
fn a_script_sees_what_its_commands_have_set_and_stops_at_an_interrupt() {
    let (mut sandbox, _) = with_leader(1, 1);
    assert_eq!(run(&mut sandbox, 0, "sh -c 'export A=1; false; echo $A $?; B=2; echo $B' "), ["1 1", "2"]);
    assert_eq!(run(&mut sandbox, 0, "echo $A."), ["."]);
    sandbox.type_line(0, "sh -c 'etcdctl watch k; echo never'");
    sandbox.run_for(Duration::seconds(1));
    assert!(sandbox.is_busy(0));
    sandbox.interrupt(0);
    sandbox.run_for(Duration::seconds(1));
    assert!(!sandbox.is_busy(0));
    assert!(!printed(&sandbox, 0).contains(&"never".to_string()));
}
