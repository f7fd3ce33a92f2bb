//! Random schedules of everything at once: loss, doubling, reordering, crashes, slow disks, cuts, changes of the members,
//! transfers, snapshots. The network checks figure 3 after every delivery; then faults stop and all must agree.

use super::network::Network;
use crate::raft::{Change, Configuration, NodeId, Role, Rule, Settings, Transition};
use crate::sim::Random;

const MEMBERS: u16 = 5;
const STEPS: usize = 400;
const SEEDS: u64 = 300;

fn node(random: &mut Random) -> u16 {
    random.between(1, i64::from(MEMBERS)) as u16
}

/// Up to three changes of any members, by any way.
fn change(network: &mut Network, random: &mut Random, id: u16) {
    let transition = [Transition::Auto, Transition::Implicit, Transition::Explicit][random.between(0, 2) as usize];
    let mut changes = Vec::new();
    for _ in 0..random.between(0, 3) {
        let node = NodeId(node(random));
        changes.push(match random.between(0, 3) {
            0 | 1 => Change::AddVoter(node),
            2 => Change::AddLearner(node),
            _ => Change::Remove(node),
        });
    }
    let transition = if changes.is_empty() { Transition::Auto } else { transition };
    let _dropped = network.try_change(id, transition, &changes);
}

fn step(network: &mut Network, random: &mut Random) {
    let (id, other) = (node(random), node(random));
    let last = network.queue.len().saturating_sub(1) as i64;
    match random.between(0, 99) {
        0..=54 => network.deliver_one(),
        55..=69 => network.tick(),
        70..=74 => network.tamper(random.between(0, last.max(0)) as usize, random.between(0, 2)),
        75..=80 if network.is_up(id) => drop(network.try_propose(id, "x")),
        81 | 82 if network.is_up(id) => change(network, random, id),
        83 | 84 if network.is_up(id) => network.transfer(id, other),
        85 | 86 if network.is_up(id) => network.compact(id),
        87 | 88 if network.is_up(id) => network.report_snapshot(id, other, random.between(0, 1) == 0),
        89 if network.is_up(id) => network.report_unreachable(id, other),
        90 if network.is_up(id) => network.slow(id),
        91 | 92 if network.is_up(id) => network.sync(id),
        93 if network.is_up(id) => network.crash(id),
        94 | 95 if !network.is_up(id) => network.restart(id),
        96 => network.cut(id, other),
        97 => network.cut_one_way(id, other),
        98 | 99 => network.heal(),
        _ => {}
    }
}

fn run(seed: u64, settings: impl Fn(&mut Settings)) -> Network {
    let mut random = Random::new(seed, 1);
    let mut network = Network::with_settings(MEMBERS, settings);
    for _ in 0..STEPS {
        step(&mut network, &mut random);
    }
    network
}

/// Faults are over: everybody runs, and every disk syncs.
fn mend(network: &mut Network) {
    network.heal();
    for id in 1..=MEMBERS {
        if network.is_up(id) {
            network.sync(id);
        } else {
            network.restart(id);
            network.sync(id);
        }
    }
    for _ in 0..30 {
        network.pass_ticks(10);
        // As etcd's server, a leader that is no voter any more makes room.
        for id in 1..=MEMBERS {
            if network.raft(id).role() == Role::Leader && !configuration(network, id).is_voter(NodeId(id)) {
                network.crash(id);
                network.restart(id);
            }
        }
        // What a real transport would report of snapshots that were lost.
        for (id, other) in (1..=MEMBERS).flat_map(|id| (1..=MEMBERS).map(move |other| (id, other))) {
            network.report_snapshot(id, other, false);
        }
    }
}

fn configuration(network: &Network, id: u16) -> Configuration {
    Configuration::clone(network.raft(id).configuration())
}

#[test]
fn whatever_happens_all_members_agree_once_it_has_stopped() {
    for seed in 1..=SEEDS {
        let mut network = run(seed, |settings| {
            settings.inflight_max = 3;
            settings.message_bytes_max = 60;
        });
        mend(&mut network);
        let leader = network.leader().unwrap_or_else(|| panic!("seed {seed}: nobody leads"));
        let agreed = configuration(&network, leader);
        assert!(!agreed.is_joint() || !agreed.auto_leave, "seed {seed}: {agreed}");
        network.put(leader, "last");
        network.pass_ticks(5);
        for member in &agreed.members() {
            let (raft, of_leader) = (network.raft(member.0), network.raft(leader));
            assert_eq!(raft.log().committed(), of_leader.log().last_index(), "seed {seed}: {}", member.0);
            assert_eq!(configuration(&network, member.0), agreed, "seed {seed}: {}", member.0);
            assert_eq!(network.applied_words(member.0), network.applied_words(leader), "seed {seed}: {}", member.0);
        }
    }
}

#[test]
fn the_same_schedule_gives_the_same_run() {
    let told = |network: &Network| (1..=MEMBERS).map(|id| network.member(id).events.clone()).collect::<Vec<_>>();
    assert_eq!(told(&run(7, |_| {})), told(&run(7, |_| {})));
    assert_ne!(told(&run(7, |_| {})), told(&run(8, |_| {})));
}

/// What a node that breaks a rule comes into is wrong, and no reason to fall over: the violation is to be seen.
#[test]
fn a_node_that_breaks_a_rule_goes_on() {
    for rule in Rule::ALL {
        for seed in 1..=20 {
            let mut random = Random::new(seed, 1);
            let mut network = Network::with_settings(MEMBERS, |settings| settings.broken.insert(rule));
            network.tolerate();
            for _ in 0..STEPS {
                step(&mut network, &mut random);
            }
            let leads =
                (1..=MEMBERS).filter(|id| network.is_up(*id) && network.raft(*id).role() == Role::Leader).count();
            assert!(leads <= usize::from(MEMBERS), "{} seed {seed}", rule.name());
        }
    }
}
