//! Plans as text: one thing a line, in the words that people use, so that a failure can be read, kept and changed by hand.
//!
//! ```text
//! # Anything after a hash is for people.
//! seed 17
//! nodes 3
//! clients 2
//! network lan
//! pre-vote on
//! seconds 1.500000
//! 0.250000 c1 put k1 v1
//! 0.300000 crash leader
//! ```
//!
//! A plan begins with its settings; `seed`, `nodes`, `clients` and `seconds` are required. Each step begins with its time in
//! seconds. Writing and reading give the same plan back.

use super::plan::{Action, Ask, Key, Keys, LeaseName, Links, Plan, Step, Target, Trouble, Value, WatchName};
use crate::raft::{Rule, RuleSet};
use crate::sim::{Duration, NetworkProfile, Time};
use std::fmt;
use std::str::FromStr;

/// The most members and the most clients.
const MEMBERS_MAX: u8 = 9;
const CLIENTS_MAX: u8 = 16;
/// The longest plan.
const SECONDS_MAX: i64 = 3_600;

struct Seconds(i64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        writeln!(f, "nodes {}", self.nodes)?;
        writeln!(f, "clients {}", self.clients)?;
        writeln!(f, "network {}", self.network.name())?;
        writeln!(f, "pre-vote {}", if self.pre_vote { "on" } else { "off" })?;
        if let Some(count) = self.snapshot_count {
            writeln!(f, "snapshot-count {count}")?;
        }
        for rule in self.broken.iter() {
            writeln!(f, "break {}", rule.name())?;
        }
        writeln!(f, "seconds {}", Seconds(self.length.as_micros()))?;
        for step in &self.steps {
            writeln!(f, "{} {}", Seconds(step.at.micros()), step.action)?;
        }
        Ok(())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Ask { client, ask } => write!(f, "c{client} {ask}"),
            Action::Trouble(trouble) => trouble.fmt(f),
        }
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Keys::One(key) => write!(f, "k{}", key.0),
            Keys::All => f.write_str("all"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Node(number) => write!(f, "n{number}"),
            Target::Client(number) => write!(f, "c{number}"),
            Target::Leader => f.write_str("leader"),
        }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ask::Put(key, value, None) => write!(f, "put k{} v{}", key.0, value.0),
            Ask::Put(key, value, Some(lease)) => write!(f, "put k{} v{} l{}", key.0, value.0, lease.0),
            Ask::Create(key, value) => write!(f, "create k{} v{}", key.0, value.0),
            Ask::Pair(first, second, value) => write!(f, "pair k{} k{} v{}", first.0, second.0, value.0),
            Ask::Move(from, to, value) => write!(f, "move k{} k{} v{}", from.0, to.0, value.0),
            Ask::Get { keys, serializable: false } => write!(f, "get {keys}"),
            Ask::Get { keys, serializable: true } => write!(f, "get {keys} serializable"),
            Ask::Delete(keys) => write!(f, "delete {keys}"),
            Ask::Compact { back } => write!(f, "compact {back}"),
            Ask::Grant(lease, ttl_s) => write!(f, "grant l{} {ttl_s}", lease.0),
            Ask::Renew(lease) => write!(f, "renew l{}", lease.0),
            Ask::KeepAlive(lease) => write!(f, "keep-alive l{}", lease.0),
            Ask::StopKeepAlive(lease) => write!(f, "stop-keep-alive l{}", lease.0),
            Ask::Revoke(lease) => write!(f, "revoke l{}", lease.0),
            Ask::Watch { watch, keys, from_start: false } => write!(f, "watch w{} {keys}", watch.0),
            Ask::Watch { watch, keys, from_start: true } => write!(f, "watch w{} {keys} from-start", watch.0),
            Ask::CancelWatch(watch) => write!(f, "cancel-watch w{}", watch.0),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Cut(a, b) => write!(f, "cut {a} {b}"),
            Trouble::CutOneWay(from, to) => write!(f, "cut-one-way {from} {to}"),
            Trouble::Heal(a, b) => write!(f, "heal {a} {b}"),
            Trouble::Isolate(target) => write!(f, "isolate {target}"),
            Trouble::Split(groups) => {
                let words = |group: &Vec<u8>| group.iter().map(|node| format!("n{node}")).collect::<Vec<_>>().join(" ");
                write!(f, "split {}", groups.iter().map(words).collect::<Vec<_>>().join(" | "))
            }
            Trouble::HealAll => f.write_str("heal-all"),
            Trouble::Crash(target) => write!(f, "crash {target}"),
            Trouble::Restart(node) => write!(f, "restart n{node}"),
            Trouble::RestartAll => f.write_str("restart-all"),
            Trouble::PowerCut(None) => f.write_str("power-cut"),
            Trouble::PowerCut(Some(node)) => write!(f, "power-cut n{node}"),
            Trouble::Pause(target) => write!(f, "pause {target}"),
            Trouble::Resume(node) => write!(f, "resume n{node}"),
            Trouble::ResumeAll => f.write_str("resume-all"),
            Trouble::Links(links) => write!(
                f,
                "links {} {} loss {} duplicate {} reorder {}",
                links.latency_us_min, links.latency_us_max, links.loss_ppm, links.duplicate_ppm, links.reorder_ppm
            ),
            Trouble::Disk { target, sync_us_min, sync_us_max } => {
                write!(f, "disk {target} {sync_us_min} {sync_us_max}")
            }
            Trouble::Clock { target, jump_us, drift_ppm } => {
                write!(f, "clock {target} jump {jump_us} drift {drift_ppm}")
            }
        }
    }
}

/// Reads a plan. The error is one sentence with the line.
pub fn parse(text: &str) -> Result<Plan, String> {
    let mut settings = Settings::default();
    let mut steps: Vec<Step> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = Words { words: line.split_whitespace().collect(), at: 0 };
        if words.words.is_empty() {
            continue;
        }
        let read = if words.words[0].starts_with(|letter: char| letter.is_ascii_digit()) {
            words.step().map(|step| steps.push(step))
        } else {
            settings.read(&mut words)
        };
        read.and_then(|()| words.end()).map_err(|error| format!("line {number}: {error}"))?;
    }
    settings.plan(steps)
}

#[derive(Default)]
struct Settings {
    seed: Option<u64>,
    nodes: Option<u8>,
    clients: Option<u8>,
    network: NetworkProfile,
    pre_vote_off: bool,
    snapshot_count: Option<u8>,
    broken: RuleSet,
    length: Option<Duration>,
}

impl Settings {
    fn read(&mut self, words: &mut Words<'_>) -> Result<(), String> {
        match words.next("a setting")? {
            "seed" => self.seed = Some(words.number("a seed")?),
            "nodes" => self.nodes = Some(words.between("the nodes", 1, MEMBERS_MAX)?),
            "clients" => self.clients = Some(words.between("the clients", 1, CLIENTS_MAX)?),
            "network" => {
                let name = words.next("a network")?;
                let unknown = || format!("\"{name}\" is no network: write lan, classroom or wan");
                self.network = NetworkProfile::named(name).ok_or_else(unknown)?;
            }
            "pre-vote" => {
                self.pre_vote_off = match words.next("on or off")? {
                    "on" => false,
                    "off" => true,
                    other => return Err(format!("pre-vote is on or off, not \"{other}\"")),
                };
            }
            "snapshot-count" => self.snapshot_count = Some(words.between("the snapshot count", 1, u8::MAX)?),
            "break" => {
                let name = words.next("a rule")?;
                let unknown = || format!("\"{name}\" is no rule: `quorate rules` lists them");
                self.broken.insert(Rule::by_name(name).ok_or_else(unknown)?);
            }
            "seconds" => self.length = Some(words.seconds()? - Time::ZERO),
            other => {
                return Err(format!(
                    "\"{other}\" is no setting (seed, nodes, clients, network, pre-vote, snapshot-count, break, seconds) and no time of a step"
                ));
            }
        }
        Ok(())
    }

    fn plan(self, steps: Vec<Step>) -> Result<Plan, String> {
        let missing = |name: &str| format!("the plan does not say its {name}: a line \"{name} NUMBER\" is required");
        let plan = Plan {
            seed: self.seed.ok_or_else(|| missing("seed"))?,
            nodes: self.nodes.ok_or_else(|| missing("nodes"))?,
            clients: self.clients.ok_or_else(|| missing("clients"))?,
            network: self.network,
            pre_vote: !self.pre_vote_off,
            snapshot_count: self.snapshot_count,
            broken: self.broken,
            length: self.length.ok_or_else(|| missing("seconds"))?,
            steps,
        };
        for step in &plan.steps {
            if !step.action.fits(plan.nodes, plan.clients) {
                let (nodes, clients) = (plan.nodes, plan.clients);
                return Err(format!("\"{}\" names more than the {nodes} nodes and {clients} clients", step.action));
            }
            if step.at > Time::ZERO + plan.length {
                return Err(format!("\"{}\" is after the plan's end", step.action));
            }
        }
        if !plan.steps.is_sorted_by_key(|step| step.at) {
            return Err("the steps are not in the order of their times".to_string());
        }
        Ok(plan)
    }
}

/// The words of a line, read one after the other.
struct Words<'a> {
    words: Vec<&'a str>,
    at: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    fn next(&mut self, what: &str) -> Result<&'a str, String> {
        let word = self.peek().ok_or_else(|| format!("{what} is missing at the end"))?;
        self.at += 1;
        Ok(word)
    }

    fn end(&self) -> Result<(), String> {
        self.peek().map_or(Ok(()), |word| Err(format!("\"{word}\" is too much")))
    }

    /// Takes the next word if it is this one.
    fn take(&mut self, word: &str) -> bool {
        let is_it = self.peek() == Some(word);
        self.at += usize::from(is_it);
        is_it
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        let word = self.next(&format!("\"{wanted}\""))?;
        if word == wanted { Ok(()) } else { Err(format!("\"{word}\" stands where \"{wanted}\" is expected")) }
    }

    fn number<N: FromStr>(&mut self, what: &str) -> Result<N, String> {
        let word = self.next(what)?;
        word.parse().map_err(|_| format!("\"{word}\" is not {what}: a whole number is expected"))
    }

    fn between(&mut self, what: &str, low: u8, high: u8) -> Result<u8, String> {
        let number = self.number(what)?;
        if (low..=high).contains(&number) {
            Ok(number)
        } else {
            Err(format!("{what} are {low} to {high}, not {number}"))
        }
    }

    /// A letter and a number: `k3`.
    fn name<N: FromStr>(&mut self, letter: char, what: &str) -> Result<N, String> {
        let word = self.next(what)?;
        let number = word.strip_prefix(letter).and_then(|number| number.parse().ok());
        number.ok_or_else(|| format!("\"{word}\" is not {what}: write {letter} and a number, as in {letter}1"))
    }

    fn seconds(&mut self) -> Result<Time, String> {
        let word = self.next("a time")?;
        let (whole, part) = word.split_once('.').unwrap_or((word, ""));
        let digits = |text: &str| text.chars().all(|letter| letter.is_ascii_digit());
        let seconds = whole.parse::<i64>().ok().filter(|seconds| *seconds <= SECONDS_MAX);
        let micros = (digits(whole) && digits(part) && part.len() <= 6).then(|| format!("{part:0<6}"));
        match (seconds, micros.and_then(|micros| micros.parse::<i64>().ok())) {
            (Some(seconds), Some(micros)) => Ok(Time(seconds * 1_000_000 + micros)),
            _ => Err(format!("\"{word}\" is no time: write seconds up to {SECONDS_MAX}, as in 1.250000")),
        }
    }

    fn step(&mut self) -> Result<Step, String> {
        let at = self.seconds()?;
        let word = self.peek().ok_or_else(|| "what happens then is missing".to_string())?;
        let client = word.strip_prefix('c').and_then(|number| number.parse().ok());
        let action = match client {
            Some(client) => {
                self.at += 1;
                Action::Ask { client, ask: self.ask()? }
            }
            None => Action::Trouble(self.trouble()?),
        };
        Ok(Step { at, action })
    }

    fn key(&mut self) -> Result<Key, String> {
        self.name('k', "a key").map(Key)
    }

    fn keys(&mut self) -> Result<Keys, String> {
        if self.take("all") { Ok(Keys::All) } else { self.key().map(Keys::One) }
    }

    fn value(&mut self) -> Result<Value, String> {
        self.name('v', "a value").map(Value)
    }

    fn lease(&mut self) -> Result<LeaseName, String> {
        self.name('l', "a lease").map(LeaseName)
    }

    fn watch(&mut self) -> Result<WatchName, String> {
        self.name('w', "a watch").map(WatchName)
    }

    fn ask(&mut self) -> Result<Ask, String> {
        Ok(match self.next("what the client asks for")? {
            "put" => {
                let (key, value) = (self.key()?, self.value()?);
                Ask::Put(key, value, if self.peek().is_some() { Some(self.lease()?) } else { None })
            }
            "create" => Ask::Create(self.key()?, self.value()?),
            "pair" => Ask::Pair(self.key()?, self.key()?, self.value()?),
            "move" => Ask::Move(self.key()?, self.key()?, self.value()?),
            "get" => Ask::Get { keys: self.keys()?, serializable: self.take("serializable") },
            "delete" => Ask::Delete(self.keys()?),
            "compact" => Ask::Compact { back: self.number("a number of revisions")? },
            "grant" => Ask::Grant(self.lease()?, self.number("a time to live in seconds")?),
            "renew" => Ask::Renew(self.lease()?),
            "keep-alive" => Ask::KeepAlive(self.lease()?),
            "stop-keep-alive" => Ask::StopKeepAlive(self.lease()?),
            "revoke" => Ask::Revoke(self.lease()?),
            "watch" => Ask::Watch { watch: self.watch()?, keys: self.keys()?, from_start: self.take("from-start") },
            "cancel-watch" => Ask::CancelWatch(self.watch()?),
            other => {
                return Err(format!(
                    "\"{other}\" is nothing that a client asks for (put, create, pair, move, get, delete, compact, grant, \
                     renew, keep-alive, stop-keep-alive, revoke, watch, cancel-watch)"
                ));
            }
        })
    }

    fn node(&mut self) -> Result<u8, String> {
        self.name('n', "a node")
    }

    fn target(&mut self) -> Result<Target, String> {
        if self.take("leader") {
            return Ok(Target::Leader);
        }
        match self.peek() {
            Some(word) if word.starts_with('c') => self.name('c', "a client").map(Target::Client),
            _ => self.name('n', "a node, a client, or leader").map(Target::Node),
        }
    }

    fn groups(&mut self) -> Result<Vec<Vec<u8>>, String> {
        let mut groups = vec![Vec::new()];
        while self.peek().is_some() {
            if self.take("|") {
                groups.push(Vec::new());
            } else {
                let node = self.node()?;
                groups.last_mut().expect("there is one at least").push(node);
            }
        }
        if groups.iter().any(Vec::is_empty) { Err("a group is empty".to_string()) } else { Ok(groups) }
    }

    fn links(&mut self) -> Result<Links, String> {
        let (latency_us_min, latency_us_max) =
            (self.number("a latency in microseconds")?, self.number("a latency in microseconds")?);
        let mut ppm = |word: &str| self.expect(word).and_then(|()| self.number("a number in a million"));
        let (loss_ppm, duplicate_ppm, reorder_ppm) = (ppm("loss")?, ppm("duplicate")?, ppm("reorder")?);
        Ok(Links { latency_us_min, latency_us_max, loss_ppm, duplicate_ppm, reorder_ppm })
    }

    fn trouble(&mut self) -> Result<Trouble, String> {
        Ok(match self.next("what happens")? {
            "cut" => Trouble::Cut(self.target()?, self.target()?),
            "cut-one-way" => Trouble::CutOneWay(self.target()?, self.target()?),
            "heal" => Trouble::Heal(self.target()?, self.target()?),
            "isolate" => Trouble::Isolate(self.target()?),
            "split" => Trouble::Split(self.groups()?),
            "heal-all" => Trouble::HealAll,
            "crash" => Trouble::Crash(self.target()?),
            "restart" => Trouble::Restart(self.node()?),
            "restart-all" => Trouble::RestartAll,
            "power-cut" => Trouble::PowerCut(if self.peek().is_some() { Some(self.node()?) } else { None }),
            "pause" => Trouble::Pause(self.target()?),
            "resume" => Trouble::Resume(self.node()?),
            "resume-all" => Trouble::ResumeAll,
            "links" => Trouble::Links(self.links()?),
            "disk" => {
                let (target, sync_us_min) = (self.target()?, self.number("the quickest sync in microseconds")?);
                Trouble::Disk { target, sync_us_min, sync_us_max: self.number("the slowest sync in microseconds")? }
            }
            "clock" => {
                let target = self.target()?;
                self.expect("jump")?;
                let jump_us = self.number("a jump in microseconds")?;
                self.expect("drift")?;
                Trouble::Clock { target, jump_us, drift_ppm: self.number("a drift in a million")? }
            }
            other => {
                return Err(format!(
                    "\"{other}\" is no client and no trouble (cut, cut-one-way, heal, isolate, split, heal-all, crash, \
                     restart, restart-all, power-cut, pause, resume, resume-all, links, disk, clock)"
                ));
            }
        })
    }
}
