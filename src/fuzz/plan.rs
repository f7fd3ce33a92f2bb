//! A plan: what clients ask and what breaks, and when. Plain data, made by [`super::draw()`] or read from a script.

use crate::raft::RuleSet;
use crate::sim::{Duration, NetworkProfile, Time};

/// Everything that fixes one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Fixes what the world draws: latencies, losses, syncs, election timeouts.
    pub seed: u64,
    /// How many members.
    pub nodes: u8,
    /// How many clients. Each knows all members, and the first prefers the first, the second the second…
    pub clients: u8,
    /// The latencies.
    pub network: NetworkProfile,
    /// The members' `--pre-vote`.
    pub pre_vote: bool,
    /// The members' `--snapshot-count`, half of which they keep for catching up; none: etcd's own, which no run reaches.
    pub snapshot_count: Option<u8>,
    /// Rules of Raft that no member keeps.
    pub broken: RuleSet,
    /// When faults and operations end and everything is mended.
    pub length: Duration,
    /// What happens, in the order of time.
    pub steps: Vec<Step>,
}

/// One thing that happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// When.
    pub at: Time,
    /// What.
    pub action: Action,
}

/// What can happen. Changes of the membership and transfers of leadership will be a kind of their own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// A client (from 1) asks for something.
    Ask {
        /// Which client.
        client: u8,
        /// What it asks for.
        ask: Ask,
    },
    /// Something breaks or is mended. What means nothing at the time (a crash of what is down) does nothing.
    Trouble(Trouble),
}

/// The key `k` and this number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key(pub u8);

/// One key, or all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keys {
    /// One.
    One(Key),
    /// All.
    All,
}

/// The value `v` and this number; drawn plans use each once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Value(pub u32);

/// The lease `l` and this number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LeaseName(pub u16);

/// The watch `w` and this number; one client's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct WatchName(pub u16);

/// What a client asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// Writes a key, on a lease if one is named.
    Put(Key, Value, Option<LeaseName>),
    /// Writes a key if it is absent, else reads it.
    Create(Key, Value),
    /// Writes two keys in one transaction.
    Pair(Key, Key, Value),
    /// If the first key exists, deletes it and writes the second; else reads both.
    Move(Key, Key, Value),
    /// Reads; `serializable`: from the member's own state.
    Get {
        /// What.
        keys: Keys,
        /// However old.
        serializable: bool,
    },
    /// Deletes.
    Delete(Keys),
    /// Compacts what is so many revisions older than the newest that the client was told of.
    Compact {
        /// How many stay readable.
        back: u32,
    },
    /// Makes a lease of so many seconds.
    Grant(LeaseName, u8),
    /// Renews a lease once.
    Renew(LeaseName),
    /// Keeps a lease alive until told otherwise, or the plan's end.
    KeepAlive(LeaseName),
    /// Stops doing so.
    StopKeepAlive(LeaseName),
    /// Ends a lease.
    Revoke(LeaseName),
    /// Opens a watch; from the first revision on if `from_start`, else from now.
    Watch {
        /// Its name.
        watch: WatchName,
        /// What.
        keys: Keys,
        /// From revision 1.
        from_start: bool,
    },
    /// Closes it.
    CancelWatch(WatchName),
}

/// Who is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// The member of this number, from 1.
    Node(u8),
    /// The client of this number, from 1.
    Client(u8),
    /// The running leader of the newest term; nobody, if there is none.
    Leader,
}

/// How the links between members behave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Links {
    /// The shortest flight.
    pub latency_us_min: u32,
    /// The longest flight.
    pub latency_us_max: u32,
    /// How many messages in a million are lost.
    pub loss_ppm: u32,
    /// How many arrive twice.
    pub duplicate_ppm: u32,
    /// How many may overtake others.
    pub reorder_ppm: u32,
}

/// What breaks or is mended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Both directions of a link.
    Cut(Target, Target),
    /// One direction.
    CutOneWay(Target, Target),
    /// Both directions again.
    Heal(Target, Target),
    /// A member from all others.
    Isolate(Target),
    /// Groups of members that cannot reach each other.
    Split(Vec<Vec<u8>>),
    /// Every link again.
    HealAll,
    /// The process ends; what was not synced is lost.
    Crash(Target),
    /// It starts again.
    Restart(u8),
    /// All that are down start again.
    RestartAll,
    /// All crash at once, and all but this one start again at once.
    PowerCut(Option<u8>),
    /// The process stands still.
    Pause(Target),
    /// It goes on.
    Resume(u8),
    /// All that stand still go on.
    ResumeAll,
    /// All links between members behave so.
    Links(Links),
    /// A disk takes this long for a sync.
    Disk {
        /// Whose.
        target: Target,
        /// The quickest sync.
        sync_us_min: u32,
        /// The slowest.
        sync_us_max: u32,
    },
    /// A clock jumps, and runs at another speed.
    Clock {
        /// Whose.
        target: Target,
        /// How far it jumps.
        jump_us: i32,
        /// How much faster it runs than the world's.
        drift_ppm: i32,
    },
}

impl Plan {
    /// How many of the steps ask for something.
    pub fn asks_total(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.action, Action::Ask { .. })).count()
    }

    /// The plan for fewer members and clients: what concerns one that is left out concerns another.
    pub fn folded(mut self, nodes: u8, clients: u8) -> Plan {
        (self.nodes, self.clients) = (nodes, clients);
        for step in &mut self.steps {
            step.action.fold(nodes, clients);
        }
        self
    }
}

/// A number from 1 to `max` for any number.
fn fold(number: &mut u8, max: u8) {
    *number = (*number - 1) % max + 1;
}

impl Action {
    /// Whether all that it names exists.
    pub fn fits(&self, nodes: u8, clients: u8) -> bool {
        let node = |number: &u8| (1..=nodes).contains(number);
        let target = |target: &Target| match target {
            Target::Node(number) => node(number),
            Target::Client(number) => (1..=clients).contains(number),
            Target::Leader => true,
        };
        match self {
            Action::Ask { client, .. } => (1..=clients).contains(client),
            Action::Trouble(trouble) => match trouble {
                Trouble::Cut(a, b) | Trouble::CutOneWay(a, b) | Trouble::Heal(a, b) => target(a) && target(b),
                Trouble::Isolate(a) | Trouble::Crash(a) | Trouble::Pause(a) => target(a),
                Trouble::Disk { target: a, .. } | Trouble::Clock { target: a, .. } => target(a),
                Trouble::Split(groups) => groups.iter().flatten().all(node),
                Trouble::Restart(number) | Trouble::Resume(number) | Trouble::PowerCut(Some(number)) => node(number),
                Trouble::HealAll
                | Trouble::RestartAll
                | Trouble::ResumeAll
                | Trouble::PowerCut(None)
                | Trouble::Links(_) => true,
            },
        }
    }

    fn fold(&mut self, nodes: u8, clients: u8) {
        let target = |target: &mut Target| match target {
            Target::Node(number) => fold(number, nodes),
            Target::Client(number) => fold(number, clients),
            Target::Leader => {}
        };
        match self {
            Action::Ask { client, .. } => fold(client, clients),
            Action::Trouble(trouble) => match trouble {
                Trouble::Cut(a, b) | Trouble::CutOneWay(a, b) | Trouble::Heal(a, b) => {
                    [a, b].into_iter().for_each(target)
                }
                Trouble::Isolate(a) | Trouble::Crash(a) | Trouble::Pause(a) => target(a),
                Trouble::Disk { target: a, .. } | Trouble::Clock { target: a, .. } => target(a),
                Trouble::Split(groups) => {
                    groups.iter_mut().for_each(|group| group.retain(|number| *number <= nodes));
                    groups.retain(|group| !group.is_empty());
                }
                Trouble::Restart(number) | Trouble::Resume(number) | Trouble::PowerCut(Some(number)) => {
                    fold(number, nodes);
                }
                Trouble::HealAll
                | Trouble::RestartAll
                | Trouble::ResumeAll
                | Trouble::PowerCut(None)
                | Trouble::Links(_) => {}
            },
        }
    }
}
