//! Replaying transcripts of a real system against a fresh simulated cluster.
//!
//! Each directive is carried out as the recorder did it (`tests/transcripts/FORMAT.md`), in virtual time; what it prints is
//! masked and compared with what was recorded. Nothing here knows what any transcript expects.

use super::jobs::Launch;
use super::{ActorId, Duration, Fault, JobId, NetworkProfile, Sandbox, ServerSettings, Settings};
use crate::etcd::client::Client;
use crate::etcd::process::Environment;
use crate::etcd::server::Operation;
use crate::etcd::{Actor, VERSION};
use crate::lesson::mask::{Ids, mask, mask_deadline_race};
pub use crate::lesson::transcript::{Block, Part, parse, print};
use crate::raft::{EntryBody, LogIndex};
use crate::sim::Place;
use std::collections::BTreeMap;

/// What the recorder needed from one directive to the next: starting a process takes a real machine some tens of ms.
const PACE: Duration = Duration::millis(50);
/// How long a command in the foreground may take.
const FOREGROUND_MAX: Duration = Duration::seconds(300);
/// How long `output` waits for the first byte, and after the last.
const FIRST_BYTE: Duration = Duration::millis(2_500);
const QUIET: Duration = Duration::millis(700);
/// How long waiting for a leader may take.
const LEADER_MAX: Duration = Duration::seconds(60);
/// Seeds that are tried until n1 leads at the start, as it does in every recorded cluster.
const SEEDS_MAX: u64 = 1_000;

/// A run of one transcript.
struct Run {
    sandbox: Sandbox,
    client: ActorId,
    ids: Ids,
    background: BTreeMap<String, JobId>,
    names: BTreeMap<String, String>,
}

/// Replays a transcript: the same parts with what was printed this time. An error is a directive that cannot be carried out,
/// with its line.
pub fn replay(parts: &[Part]) -> Result<Vec<Part>, String> {
    let mut run: Option<Run> = None;
    let mut replayed = Vec::with_capacity(parts.len());
    for part in parts {
        let Part::Block(block) = part else {
            replayed.push(part.clone());
            continue;
        };
        let at_line = |error: String| format!("line {}: {}: {error}", block.line, block.directive);
        let output = match &mut run {
            None => {
                run = Some(Run::start(&block.directive).map_err(at_line)?);
                String::new()
            }
            Some(run) => {
                run.sandbox.run_for(PACE);
                run.carry_out(block).map_err(at_line)?
            }
        };
        replayed.push(Part::Block(Block { output, ..block.clone() }));
    }
    Ok(replayed)
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("\"{text}\" is no duration");
    if let Some(number) = text.strip_suffix("ms") {
        return number.parse().map(Duration::millis).map_err(|_| wrong());
    }
    let number = text.strip_suffix('s').ok_or_else(wrong)?;
    number.parse().map(Duration::seconds).map_err(|_| wrong())
}

/// `$REPEAT{c,N}` stands for N times the character c.
fn repeat(text: &str) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("$REPEAT{") {
        expanded.push_str(&rest[..at]);
        let inner = &rest[at + "$REPEAT{".len()..];
        let Some(end) = inner.find('}') else { break };
        if let Some((character, count)) = inner[..end].split_once(',') {
            expanded.push_str(&character.repeat(count.parse().unwrap_or(0)));
        }
        rest = &inner[end + 1..];
    }
    expanded + rest
}

impl Run {
    fn start(directive: &str) -> Result<Run, String> {
        let mut words = directive.split_whitespace();
        if words.next() != Some("cluster") {
            return Err("a transcript begins with the directive cluster".to_string());
        }
        let mut nodes = 3;
        let mut server = ServerSettings::default();
        for word in words {
            match word.split_once('=') {
                Some(("system", "etcd")) => {}
                Some(("size", size)) => nodes = size.parse().map_err(|_| format!("\"{size}\" is no size"))?,
                Some(("experimental-watch-progress-notify-interval", length)) => {
                    server.watch_progress_notify_interval = duration(length)?;
                }
                Some(("snapshot-count", count)) => {
                    server.snapshot_count = count.parse().map_err(|_| format!("\"{count}\" is no count"))?;
                }
                Some(("experimental-snapshot-catchup-entries", count)) => {
                    server.snapshot_catchup_entries = count.parse().map_err(|_| format!("\"{count}\" is no count"))?;
                }
                _ => return Err(format!("the option \"{word}\" is not modelled")),
            }
        }
        if !(1..=9).contains(&nodes) {
            return Err(format!("a cluster of {nodes} is not possible: 1 to 9"));
        }
        let sandbox = (1..=SEEDS_MAX).find_map(|seed| {
            let settings = Settings { nodes, seed, network: NetworkProfile::Lan, server: server.clone() };
            let mut sandbox = Sandbox::without_terminals(settings);
            let limit = sandbox.now() + LEADER_MAX;
            (sandbox.run_until(limit, Sandbox::leader_is_followed) && sandbox.leader() == Some(ActorId(0)))
                .then_some(sandbox)
        });
        let mut sandbox = sandbox.ok_or("n1 is not elected first with any seed")?;
        let client = Client::new("c1", &sandbox.cluster, ["n1:2379".to_string()].into());
        let client = sandbox.world.add(Actor::Client(Box::new(client)), Place::Client);
        let members = sandbox.cluster.members.iter().map(|member| member.id).collect();
        let ids = Ids::new(sandbox.cluster.id, members);
        Ok(Run { sandbox, client, ids, background: BTreeMap::new(), names: BTreeMap::new() })
    }

    fn carry_out(&mut self, block: &Block) -> Result<String, String> {
        let (verb, rest) = block.directive.split_once(' ').unwrap_or((&block.directive, ""));
        let names = || rest.split_whitespace();
        match verb {
            "etcdctl" => self.foreground("n1", &block.directive, &block.stdin),
            _ if verb.starts_with('@') => {
                let node = verb[1..].to_string();
                self.foreground(&node, rest, &block.stdin)
            }
            _ if verb.contains('=') => self.foreground("n1", &block.directive, &block.stdin),
            "start" => self.start_background(rest, &block.stdin),
            "input" => self.input(rest, &block.stdin),
            "output" => self.output(rest),
            "stop" => self.stop(rest, Sandbox::job_interrupt),
            "kill" => self.stop(rest, Sandbox::job_kill),
            "wait" => {
                self.sandbox.run_for(duration(rest)?);
                Ok(String::new())
            }
            "wait-leader" => self.wait_leader(),
            "leader" => self.wait_leader().and_then(|_| {
                let leader = self.sandbox.leader().ok_or("nobody leads")?;
                Ok(format!("{}\n", self.sandbox.name_of(leader)))
            }),
            "let" => {
                let (name, node) = rest.split_once(" = ").ok_or("write: let NAME = NODE")?;
                let node = self.node(node)?;
                self.names.insert(name.to_string(), self.sandbox.name_of(node));
                Ok(String::new())
            }
            "heal" => self.fault(Fault::HealAll),
            "partition" => {
                let groups = rest.split('|').map(|group| self.nodes(group)).collect::<Result<Vec<_>, String>>()?;
                self.fault(Fault::Split(groups))
            }
            "crash" => self.each(names(), Fault::Crash),
            "pause" => self.each(names(), Fault::Pause),
            "resume" => self.each(names(), Fault::Resume),
            "restart" => self.each(names(), Fault::Restart).map(|_| {
                let limit = self.sandbox.now() + LEADER_MAX;
                let majority = self.sandbox.members_total() / 2 + 1;
                let up = |sandbox: &Sandbox| {
                    let is_up = |id: &ActorId| sandbox.world.state(*id) == super::ActorState::Up;
                    sandbox.servers().filter(|(id, _)| is_up(id)).count()
                };
                if up(&self.sandbox) >= majority {
                    self.sandbox.run_until(limit, Sandbox::leader_is_followed);
                }
                String::new()
            }),
            _ => Err(format!("the directive \"{verb}\" is not known")),
        }
    }

    fn node(&mut self, name: &str) -> Result<ActorId, String> {
        let name = self.names.get(name).cloned().unwrap_or_else(|| name.to_string());
        if name == "leader" || name.starts_with("follower") {
            self.wait_leader()?;
        }
        self.sandbox.resolve_node(&name)
    }

    fn nodes(&mut self, names: &str) -> Result<Vec<ActorId>, String> {
        names.split_whitespace().map(|name| self.node(name)).collect()
    }

    fn fault(&mut self, fault: Fault) -> Result<String, String> {
        self.sandbox.fault(fault).map(|()| String::new())
    }

    fn each<'a>(
        &mut self,
        names: impl Iterator<Item = &'a str>,
        fault: impl Fn(ActorId) -> Fault,
    ) -> Result<String, String> {
        let nodes = names.map(|name| self.node(name)).collect::<Result<Vec<ActorId>, String>>()?;
        for node in nodes {
            self.fault(fault(node))?;
        }
        Ok(String::new())
    }

    fn wait_leader(&mut self) -> Result<String, String> {
        let limit = self.sandbox.now() + LEADER_MAX;
        if self.sandbox.run_until(limit, Sandbox::leader_is_followed) {
            Ok(String::new())
        } else {
            Err("no leader within a minute".to_string())
        }
    }

    fn launch(&mut self, node: &str, command: &str, stdin: &str, stdin_ended: bool) -> Result<JobId, String> {
        let node = self.node(node)?;
        let command = repeat(&self.ids.unmask(command));
        let stdin = repeat(&self.ids.unmask(stdin));
        let mut words = shlex::split(&command).ok_or("a quote is open")?;
        let mut variables = Environment::new();
        while let Some((name, value)) = words.first().and_then(|word| word.split_once('=')) {
            if words.len() == 1 || name.starts_with('-') {
                break;
            }
            variables.insert(name.to_string(), value.to_string());
            words.remove(0);
        }
        let endpoints = vec![format!("{}:2379", self.sandbox.name_of(node))];
        Ok(self.sandbox.launch(self.client, Launch { words, variables, stdin, stdin_ended, endpoints }))
    }

    fn foreground(&mut self, node: &str, command: &str, stdin: &str) -> Result<String, String> {
        let job = self.launch(node, command, stdin, true)?;
        let limit = self.sandbox.now() + FOREGROUND_MAX;
        if !self.sandbox.run_until(limit, |sandbox| sandbox.job_has_ended(job)) {
            return Err(format!("the command has not ended after {FOREGROUND_MAX}"));
        }
        let output = self.printed(job, command, |status| status != 0);
        let is_txn = command.split_whitespace().any(|word| word == "txn");
        Ok(if is_txn { output } else { mask_deadline_race(&output) })
    }

    fn start_background(&mut self, rest: &str, stdin: &str) -> Result<String, String> {
        let (name, command) = rest.split_once(' ').ok_or("write: start NAME COMMAND")?;
        let (node, command) = match command.strip_prefix('@').and_then(|command| command.split_once(' ')) {
            Some((node, command)) => (node, command),
            None => ("n1", command),
        };
        let job = self.launch(node, command, stdin, false)?;
        self.background.insert(name.to_string(), job);
        self.sandbox.run_for(Duration::seconds(1));
        Ok(String::new())
    }

    fn job(&self, name: &str) -> Result<JobId, String> {
        self.background.get(name).copied().ok_or_else(|| format!("\"{name}\" was never started"))
    }

    fn input(&mut self, name: &str, stdin: &str) -> Result<String, String> {
        let job = self.job(name)?;
        let stdin = self.ids.unmask(stdin);
        self.sandbox.job_stdin(job, &stdin);
        Ok(String::new())
    }

    fn output(&mut self, name: &str) -> Result<String, String> {
        let job = self.job(name)?;
        let limit = self.sandbox.now() + FIRST_BYTE;
        self.sandbox.run_until(limit, |sandbox| sandbox.job_has_news(job));
        let mut seen = self.sandbox.events_total();
        loop {
            let size = self.sandbox.job_output_bytes(job);
            let limit = self.sandbox.now() + QUIET;
            if !self.sandbox.run_until(limit, |sandbox| sandbox.job_output_bytes(job) != size) {
                break;
            }
            assert!(self.sandbox.events_total() > seen, "something printed without an event");
            seen = self.sandbox.events_total();
        }
        Ok(self.printed(job, name, |_| true))
    }

    fn stop(&mut self, name: &str, end: impl Fn(&mut Sandbox, JobId)) -> Result<String, String> {
        let job = self.job(name)?;
        if self.sandbox.job_has_ended(job) {
            return Ok(String::new()); // What it had left to say was for an `output`.
        }
        end(&mut self.sandbox, job);
        let limit = self.sandbox.now() + FOREGROUND_MAX;
        self.sandbox.run_until(limit, |sandbox| sandbox.job_has_ended(job));
        // 130 and 137 are what a shell says of a process that a signal has ended.
        Ok(self.printed(job, name, |status| !matches!(status, 0 | 130 | 137)))
    }

    /// What a job has printed, masked: standard output, standard error, status.
    fn printed(&mut self, job: JobId, directive: &str, tells_status: impl Fn(i32) -> bool) -> String {
        let Some(output) = self.sandbox.job_output(job) else { return String::new() };
        let mut text = String::new();
        for stream in [&output.stdout, &output.stderr] {
            text.push_str(stream);
            if !stream.is_empty() && !stream.ends_with('\n') {
                text.push('\n');
            }
        }
        if let Some(status) = output.status.filter(|status| tells_status(*status)) {
            text.push_str(&format!("exit status {status}\n"));
        }
        self.learn_leases();
        mask(directive, &text, VERSION, &mut self.ids)
    }

    /// Every lease that any log has granted.
    fn learn_leases(&mut self) {
        for (_, server) in self.sandbox.servers() {
            let log = server.raft().log();
            for entry in log.range(LogIndex(1), log.last_index()) {
                if let EntryBody::Normal(proposal) = &entry.body
                    && let Operation::LeaseGrant { id, .. } = proposal.0.operation
                    && !self.ids.leases.contains(&id)
                {
                    self.ids.leases.push(id);
                }
            }
        }
    }
}
