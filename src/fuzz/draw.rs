//! Drawing a plan from a seed.
//!
//! Operations come about fifteen a second on a few keys, so that they meet; faults come in bursts, so that there is time for
//! things to go on between them and for two to fall together.

use super::plan::{Action, Ask, Key, Keys, LeaseName, Links, Plan, Step, Target, Trouble, Value, WatchName};
use crate::raft::RuleSet;
use crate::sim::{Duration, NetworkProfile, Random, Time};

/// Which faults a plan may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// None at all.
    None,
    /// Loss, delay, duplication, reordering, one-way and two-way cuts, splits.
    Network,
    /// Crashes that lose and tear what was not synced, power cuts, pauses.
    Crash,
    /// Clocks that jump and run too fast or too slow.
    Clock,
    /// Disks that stall, with crashes while they do.
    Disk,
    /// All of these.
    All,
}

impl Profile {
    /// All of them, with what each has in one line.
    pub const NAMES: [(&'static str, Profile, &'static str); 6] = [
        ("none", Profile::None, "no faults"),
        ("network", Profile::Network, "loss, delay, duplication, reordering, one-way and two-way cuts, splits"),
        ("crash", Profile::Crash, "crashes that lose and tear what was not synced, power cuts, pauses"),
        ("clock", Profile::Clock, "clocks that jump and run too fast or too slow"),
        ("disk", Profile::Disk, "disks that stall, and crashes while they do"),
        ("all", Profile::All, "all of these"),
    ];

    /// The profile of this name.
    pub fn named(name: &str) -> Option<Profile> {
        Self::NAMES.iter().find(|(other, ..)| *other == name).map(|(_, profile, _)| *profile)
    }

    /// The name that [`Profile::named`] knows.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, other, _)| *other == self).map_or("", |(name, ..)| name)
    }
}

/// The stream of random numbers that plans are drawn from; the world has its own.
const PURPOSE: u64 = 0xF022;
const PURPOSE_SNAPSHOTS: u64 = 0xF023;
const KEYS: i64 = 6;
/// The longest pause between two operations.
const PAUSE_US_MAX: i64 = 130_000;

/// The plan of a seed; without a number of nodes the seed decides between 3, 5 and 7.
pub fn draw(seed: u64, nodes: Option<u8>, profile: Profile, length: Duration) -> Plan {
    let mut random = Random::new(seed, PURPOSE);
    let drawn = [3, 3, 3, 5, 5, 7][random.between(0, 5) as usize];
    let network = [NetworkProfile::Lan, NetworkProfile::Lan, NetworkProfile::Classroom, NetworkProfile::Wan];
    let network = network[random.between(0, 3) as usize];
    let (clients, pre_vote) = (random.between(2, 4) as u8, !random.chance(200_000));
    let mut drawing = Drawing {
        random,
        profile,
        nodes: nodes.unwrap_or(drawn),
        clients,
        next_value: 0,
        leases: 0,
        watches: 0,
        steps: Vec::new(),
    };
    drawing.asks(length);
    if profile != Profile::None {
        drawing.troubles(length);
    }
    let mut steps = drawing.steps;
    // A burst may run over the end.
    steps.retain(|step| step.at < Time::ZERO + length);
    steps.sort_by_key(|step| step.at);
    // From a stream of its own, so that a seed's operations stay what they were.
    let mut random = Random::new(seed, PURPOSE_SNAPSHOTS);
    let snapshot_count = random.chance(500_000).then(|| random.between(1, 30) as u8);
    Plan {
        seed,
        nodes: drawing.nodes,
        clients,
        network,
        pre_vote,
        snapshot_count,
        broken: RuleSet::default(),
        length,
        steps,
    }
}

struct Drawing {
    random: Random,
    profile: Profile,
    nodes: u8,
    clients: u8,
    next_value: u32,
    leases: u16,
    watches: u16,
    steps: Vec<Step>,
}

impl Drawing {
    fn below(&mut self, end: i64) -> i64 {
        self.random.between(0, end - 1)
    }

    fn step(&mut self, at: Time, action: Action) {
        self.steps.push(Step { at, action });
    }

    fn asks(&mut self, length: Duration) {
        let mut at = Time(self.random.between(0, 1_000_000));
        while at.micros() < length.as_micros() {
            let client = 1 + self.below(i64::from(self.clients)) as u8;
            let ask = self.ask();
            self.step(at, Action::Ask { client, ask });
            at += Duration(self.random.between(0, PAUSE_US_MAX));
        }
    }

    fn key(&mut self) -> Key {
        Key(self.below(KEYS) as u8)
    }

    fn keys(&mut self) -> Keys {
        if self.random.chance(250_000) { Keys::All } else { Keys::One(self.key()) }
    }

    fn value(&mut self) -> Value {
        self.next_value += 1;
        Value(self.next_value)
    }

    /// One of the leases made lately.
    fn lease(&mut self) -> LeaseName {
        let back = self.below(3) as u16;
        LeaseName(self.leases.saturating_sub(back).max(1))
    }

    fn ask(&mut self) -> Ask {
        match self.below(100) {
            0..30 => Ask::Put(self.key(), self.value(), None),
            30..36 => Ask::Put(self.key(), self.value(), Some(self.lease())),
            36..42 => Ask::Create(self.key(), self.value()),
            42..47 => Ask::Pair(self.key(), self.other_key(), self.value()),
            47..52 => Ask::Move(self.key(), self.other_key(), self.value()),
            52..66 => Ask::Get { keys: self.keys(), serializable: false },
            66..70 => Ask::Get { keys: self.keys(), serializable: true },
            70..76 => Ask::Delete(Keys::One(self.key())),
            76..77 => Ask::Delete(Keys::All),
            77..78 => Ask::Compact { back: self.below(20) as u32 },
            78..83 => {
                self.leases += 1;
                Ask::Grant(LeaseName(self.leases), 2 + self.below(3) as u8)
            }
            83..86 => Ask::Renew(self.lease()),
            86..89 => Ask::KeepAlive(self.lease()),
            89..91 => Ask::StopKeepAlive(self.lease()),
            91..93 => Ask::Revoke(self.lease()),
            93..98 => {
                self.watches += 1;
                let (keys, from_start) = (self.keys(), self.random.chance(300_000));
                Ask::Watch { watch: WatchName(self.watches), keys, from_start }
            }
            _ => Ask::CancelWatch(WatchName(1 + self.below(i64::from(self.watches).max(1)) as u16)),
        }
    }

    /// A key that only transactions with two keys write, for none may write a key twice.
    fn other_key(&mut self) -> Key {
        Key(KEYS as u8 + self.below(2) as u8)
    }

    fn troubles(&mut self, length: Duration) {
        if self.has(Profile::Network) && self.random.chance(400_000) {
            let at = Time(self.random.between(0, 2_000_000));
            let links = self.links();
            self.step(at, Action::Trouble(Trouble::Links(links)));
        }
        let pause_us_max = self.random.between(300_000, 2_000_000);
        let mut at = Time(self.random.between(0, 2_000_000));
        while at.micros() < length.as_micros() {
            // A burst: what falls together is what hurts.
            for _ in 0..self.random.between(1, 3) {
                let trouble = self.trouble();
                self.step(at, Action::Trouble(trouble));
                at += Duration(self.random.between(0, 30_000));
            }
            at += Duration(self.random.between(20_000, pause_us_max));
        }
    }

    fn has(&self, profile: Profile) -> bool {
        self.profile == profile || self.profile == Profile::All
    }

    fn node(&mut self) -> u8 {
        1 + self.below(i64::from(self.nodes)) as u8
    }

    fn target(&mut self) -> Target {
        if self.random.chance(400_000) { Target::Leader } else { Target::Node(self.node()) }
    }

    fn trouble(&mut self) -> Trouble {
        loop {
            match self.below(4) {
                0 if self.has(Profile::Network) => return self.network_trouble(),
                1 if self.has(Profile::Crash) => return self.crash_trouble(),
                2 if self.has(Profile::Clock) => return self.clock_trouble(),
                3 if self.has(Profile::Disk) => return self.disk_trouble(),
                _ => {}
            }
        }
    }

    fn network_trouble(&mut self) -> Trouble {
        match self.below(16) {
            0..2 => Trouble::Isolate(self.target()),
            2..4 => self.split(),
            4..6 => Trouble::CutOneWay(self.target(), Target::Node(self.node())),
            6 => Trouble::Cut(self.target(), Target::Node(self.node())),
            7 => Trouble::Cut(Target::Client(1 + self.below(i64::from(self.clients)) as u8), self.target()),
            8 => Trouble::Heal(self.target(), Target::Node(self.node())),
            9..11 => Trouble::Links(self.links()),
            _ => Trouble::HealAll,
        }
    }

    fn split(&mut self) -> Trouble {
        let mut groups = vec![Vec::new(), Vec::new()];
        for node in 1..=self.nodes {
            groups[self.below(2) as usize].push(node);
        }
        groups.retain(|group| !group.is_empty());
        Trouble::Split(groups)
    }

    /// Sometimes good links again.
    fn links(&mut self) -> Links {
        let mut ppm = |max: i64| if self.random.chance(500_000) { self.random.between(0, max) as u32 } else { 0 };
        let (loss_ppm, duplicate_ppm, reorder_ppm) = (ppm(300_000), ppm(300_000), ppm(500_000));
        let latency_us_min = self.random.between(100, 20_000) as u32;
        let spread = if self.random.chance(200_000) { 300_000 } else { 10_000 };
        let latency_us_max = latency_us_min + self.random.between(0, spread) as u32;
        Links { latency_us_min, latency_us_max, loss_ppm, duplicate_ppm, reorder_ppm }
    }

    fn crash_trouble(&mut self) -> Trouble {
        match self.below(16) {
            0..3 => Trouble::Crash(self.target()),
            3..5 => Trouble::Restart(self.node()),
            5..9 => Trouble::RestartAll,
            9..11 => {
                let stays_down = self.random.chance(500_000).then(|| self.node());
                Trouble::PowerCut(stays_down)
            }
            11..13 => Trouble::Pause(self.target()),
            13 => Trouble::Resume(self.node()),
            _ => Trouble::ResumeAll,
        }
    }

    fn clock_trouble(&mut self) -> Trouble {
        let jump_us = if self.random.chance(300_000) { self.random.between(-500_000, 2_000_000) as i32 } else { 0 };
        let drift_ppm = if self.random.chance(700_000) { self.random.between(-200_000, 200_000) as i32 } else { 0 };
        Trouble::Clock { target: self.target(), jump_us, drift_ppm }
    }

    fn disk_trouble(&mut self) -> Trouble {
        match self.below(6) {
            0 => Trouble::Crash(self.target()),
            1 => Trouble::RestartAll,
            _ => {
                let max = if self.random.chance(300_000) { 1_500_000 } else { 100_000 };
                let sync_us_min = self.random.between(0, 3_000) as u32;
                let sync_us_max = sync_us_min + self.random.between(0, max) as u32;
                Trouble::Disk { target: self.target(), sync_us_min, sync_us_max }
            }
        }
    }
}
