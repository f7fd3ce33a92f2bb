//! Two hundred clusters, each with faults of its own: whatever happens, what was acknowledged is kept and all agree.
//!
//! A schedule is drawn from the seed: two clients put unique keys while links are cut and healed, disks get slow, and
//! members crash, alone or all at once, start again, pause and go on. Then everything is mended and the cluster gets time to
//! settle. A seed that fails is a test case: put it in place of the range in [`SEEDS`].

use quorate::etcd::Actor;
use quorate::etcd::server::Server;
use quorate::sandbox::view::LineKind;
use quorate::sandbox::{ActorId, ActorState, DiskSettings, Duration, Fault, NetworkProfile, Sandbox, Settings, Time};
use quorate::sim::Random;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

const SEEDS: RangeInclusive<u64> = 1..=200;
const TROUBLE: Time = Time(20_000_000);
const SETTLING: Duration = Duration::seconds(15);

struct Run {
    seed: u64,
    sandbox: Sandbox,
    random: Random,
    keys: u64,
    /// The keys whose puts were answered with OK.
    acknowledged: BTreeSet<String>,
}

impl Run {
    fn new(seed: u64) -> Run {
        let mut random = Random::new(seed, 4_711);
        let nodes = if random.chance(500_000) { 3 } else { 5 };
        let settings = Settings { nodes, seed, network: NetworkProfile::Lan, ..Settings::default() };
        Run { seed, sandbox: Sandbox::new(settings), random, keys: 0, acknowledged: BTreeSet::new() }
    }

    fn any_node(&mut self) -> ActorId {
        ActorId(self.random.between(0, self.sandbox.members_total() as i64 - 1) as u16)
    }

    /// One thing goes wrong or right. Those that mean nothing now are refused, and that is all right.
    fn trouble(&mut self) {
        let node = self.any_node();
        let fault = match self.random.between(0, 14) {
            0 => Fault::Isolate(node),
            1 => self.split(),
            2 => Fault::CutOneWay { from: node, to: self.any_node() },
            3 => Fault::Cut(node, self.any_node()),
            4 | 5 => Fault::HealAll,
            6 => Fault::Crash(node),
            7 => Fault::Crash(self.sandbox.leader().unwrap_or(node)),
            8 | 9 => return self.start_all(),
            10 => Fault::Pause(node),
            11 => Fault::Resume(node),
            12 => return self.power_cut(),
            _ => self.slow_disk(node),
        };
        let _refused = self.sandbox.fault(fault);
    }

    fn split(&mut self) -> Fault {
        let mut groups = vec![Vec::new(), Vec::new()];
        for node in 0..self.sandbox.members_total() {
            groups[self.random.between(0, 1) as usize].push(ActorId(node as u16));
        }
        Fault::Split(groups)
    }

    fn slow_disk(&mut self, node: ActorId) -> Fault {
        Fault::SetDisk(node, DiskSettings { sync_us_min: 0, sync_us_max: self.random.between(1_000, 200_000) })
    }

    /// All die at once; all but one start again.
    fn power_cut(&mut self) {
        let stays_down = self.any_node();
        for node in (0..self.sandbox.members_total()).map(|node| ActorId(node as u16)) {
            let _was_down = self.sandbox.fault(Fault::Crash(node));
            if node != stays_down {
                self.sandbox.fault(Fault::Restart(node)).expect("it has just died");
            }
        }
    }

    fn start_all(&mut self) {
        for node in 0..self.sandbox.members_total() {
            let _was_up = self.sandbox.fault(Fault::Restart(ActorId(node as u16)));
        }
    }

    /// Each client that has nothing to do puts another key.
    fn put(&mut self) {
        for terminal in 0..2 {
            if !self.sandbox.is_busy(terminal) {
                self.keys += 1;
                self.sandbox.type_line(terminal, &format!("etcdctl put k{} v", self.keys));
            }
        }
    }

    /// Looks for the puts that were answered with OK, in the terminals as a person would.
    fn note_acknowledged(&mut self) {
        for terminal in 0..2 {
            let view = self.sandbox.terminal(terminal);
            assert_eq!(view.lines_dropped, 0);
            for pair in view.lines.windows(2) {
                if let ([command, answer], true) = (pair, pair[0].kind == LineKind::Command)
                    && (answer.kind, &*answer.text) == (LineKind::Output, "OK")
                {
                    let key = command.text.split(' ').nth(2).expect("etcdctl put KEY v");
                    self.acknowledged.insert(key.to_string());
                }
            }
        }
    }

    fn mend(&mut self) {
        for node in 0..self.sandbox.members_total() {
            let _was_not_paused = self.sandbox.fault(Fault::Resume(ActorId(node as u16)));
        }
        self.start_all();
        self.sandbox.fault(Fault::HealAll).expect("always possible");
        self.sandbox.run_for(SETTLING);
    }

    fn servers(&self) -> Vec<&Server> {
        let world = self.sandbox.world();
        let server = |at: usize| match world.actor(ActorId(at as u16)) {
            Some(Actor::Server(server)) => server.as_ref(),
            other => panic!("actor {at} is {other:?}"),
        };
        (0..self.sandbox.members_total()).map(server).collect()
    }

    fn check(&self) {
        let seed = self.seed;
        for node in 0..self.sandbox.members_total() {
            assert_eq!(self.sandbox.world().state(ActorId(node as u16)), ActorState::Up, "seed {seed}");
        }
        assert!(self.sandbox.leader_is_followed(), "seed {seed}: nobody leads");
        let servers = self.servers();
        let state = |server: &Server| {
            let hash = server.store().hash(0).expect("the newest revision is there");
            (server.applied_index(), server.store().revision(), hash.hash)
        };
        for server in &servers {
            assert_eq!(state(server), state(servers[0]), "seed {seed}: {}", server.identity().name);
        }
        let store = self.sandbox.store(ActorId(0), None);
        let present: BTreeSet<&str> = store.keys.iter().map(|key| &*key.key).collect();
        for key in &self.acknowledged {
            assert!(present.contains(key.as_str()), "seed {seed}: {key} was acknowledged and is gone");
        }
    }
}

#[test]
fn what_was_acknowledged_is_kept_and_all_members_agree_after_any_faults() {
    let (mut acknowledged, mut put) = (0, 0);
    for seed in SEEDS {
        let mut run = Run::new(seed);
        while run.sandbox.now() < TROUBLE {
            run.put();
            if run.random.chance(150_000) {
                run.trouble();
            }
            let pause_us = run.random.between(10_000, 200_000);
            run.sandbox.run_for(Duration::micros(pause_us));
        }
        run.mend();
        run.note_acknowledged();
        run.check();
        acknowledged += run.acknowledged.len() as u64;
        put += run.keys;
    }
    assert!(acknowledged * 2 > put, "the schedules are so hard that only {acknowledged} of {put} puts were answered");
}
