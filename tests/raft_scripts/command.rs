//! The commands of the scripts.

use crate::cluster::{Cluster, Word};
use crate::text::{progress_words, state_words};
use quorate::raft::{
    Change, ConfChange, Configuration, HardState, LogIndex, Message, NodeId, ReadOnly, Rule, Settings, Term, Transition,
};
use std::rc::Rc;

/// The most messages that one command hands over.
const HANDED_MAX: usize = 10_000;

/// Carries a command out and answers what followed from it, a line each.
pub(crate) fn run(cluster: &mut Cluster, command: &str) -> Result<String, String> {
    let mut words: Vec<&str> = command.split_whitespace().collect();
    let quietly = words.first() == Some(&"quietly");
    if quietly {
        words.remove(0);
    }
    let (name, arguments) = words.split_first().ok_or("a command is missing")?;
    match *name {
        "cluster" => start_cluster(cluster, arguments)?,
        "join" => {
            let id = one(arguments)?;
            let like = cluster.nodes.values().next().ok_or("there is no cluster to join")?;
            let settings = Settings { id: NodeId(id), ..like.settings.clone() };
            cluster.start(settings, cluster.first.clone(), &[], HardState::default());
        }
        "log" => start_with_log(cluster, arguments)?,
        "state" | "progress" => show(cluster, name, arguments)?,
        "tick" | "run" | "deliver" | "settle" | "drop" | "copy" => messages(cluster, name, arguments)?,
        "cut" | "isolate" | "heal" => links(cluster, name, arguments)?,
        "crash" => cluster.crash(one(arguments)?)?,
        "restart" => cluster.restart(one(arguments)?)?,
        "slow" => cluster.set_slow(one(arguments)?, true)?,
        "sync" => cluster.set_slow(one(arguments)?, false)?,
        "snapshot" => cluster.snapshot(one(arguments)?)?,
        "elect" => elect(cluster, one(arguments)?)?,
        "lapse" => numbers(arguments)?.into_iter().try_for_each(|id| lapse(cluster, id))?,
        _ => input(cluster, name, arguments)?,
    }
    let output = cluster.take_output();
    Ok(if quietly { String::new() } else { output })
}

fn number<N: std::str::FromStr>(word: &str) -> Result<N, String> {
    word.parse().map_err(|_| format!("`{word}` is no number"))
}

fn numbers<N: std::str::FromStr>(words: &[&str]) -> Result<Vec<N>, String> {
    words.iter().map(|word| number(word)).collect()
}

fn one(words: &[&str]) -> Result<u16, String> {
    if let [word] = words { number(word) } else { Err(format!("one node is wanted, not {}", words.len())) }
}

fn two(words: &[&str]) -> Result<(u16, u16), String> {
    let [a, b] = words else { return Err(format!("two nodes are wanted, not {}", words.len())) };
    Ok((number(a)?, number(b)?))
}

fn start_cluster(cluster: &mut Cluster, words: &[&str]) -> Result<(), String> {
    let (nodes, pairs): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| !word.contains('='));
    let mut halves = nodes.split(|word| *word == "learners");
    let nodes_of = |half: Option<&[&str]>| numbers::<u16>(half.unwrap_or_default());
    let (voters, learners) = (nodes_of(halves.next())?, nodes_of(halves.next())?);
    let configuration = Configuration {
        voters: voters.iter().copied().map(NodeId).collect(),
        learners: learners.iter().copied().map(NodeId).collect(),
        ..Configuration::default()
    };
    *cluster = Cluster::default();
    cluster.first = configuration.clone();
    for id in voters.iter().chain(&learners) {
        let mut settings = Settings::new(NodeId(*id));
        for pair in &pairs {
            let (name, value) = pair.split_once('=').expect("it has one");
            set(&mut settings, name, value)?;
        }
        settings.check()?;
        cluster.start(settings, configuration.clone(), &[], HardState::default());
    }
    Ok(())
}

fn set(settings: &mut Settings, name: &str, value: &str) -> Result<(), String> {
    match name {
        "pre_vote" => settings.pre_vote = value == "on",
        "check_quorum" => settings.check_quorum = value == "on",
        "read_only" if value == "lease" => settings.read_only = ReadOnly::LeaseBased,
        "message_bytes_max" => settings.message_bytes_max = number(value)?,
        "inflight_max" => settings.inflight_max = number(value)?,
        "uncommitted_bytes_max" => settings.uncommitted_bytes_max = number(value)?,
        "break" => settings.broken.insert(Rule::by_name(value).ok_or_else(|| format!("`{value}` is no rule"))?),
        _ => return Err(format!("`{name}` is no setting")),
    }
    Ok(())
}

/// `1: 1 1 2 term 3 vote 2 commit 2`.
fn start_with_log(cluster: &mut Cluster, words: &[&str]) -> Result<(), String> {
    let (id, rest) = words.split_first().ok_or("a node is missing")?;
    let id: u16 = number(id.trim_end_matches(':'))?;
    let is_name = |word: &&str| ["term", "vote", "commit"].contains(word);
    let terms_end = rest.iter().position(is_name).unwrap_or(rest.len());
    let terms: Vec<u64> = numbers(&rest[..terms_end])?;
    let mut hard_state = HardState { term: Term(terms.last().copied().unwrap_or(0)), vote: None, commit: LogIndex(0) };
    for pair in rest[terms_end..].chunks(2) {
        match *pair {
            ["term", term] => hard_state.term = Term(number(term)?),
            ["vote", node] => hard_state.vote = Some(NodeId(number(node)?)),
            ["commit", index] => hard_state.commit = LogIndex(number(index)?),
            _ => return Err(format!("`{}` is no part of a log", pair.join(" "))),
        }
    }
    let node = cluster.node(id)?;
    let (settings, configuration) = (node.settings.clone(), Configuration::clone(node.raft.configuration()));
    cluster.start(settings, configuration, &terms, hard_state);
    Ok(())
}

fn show(cluster: &mut Cluster, name: &str, words: &[&str]) -> Result<(), String> {
    let mut ids: Vec<u16> = numbers(words)?;
    if ids.is_empty() {
        ids = cluster.nodes.keys().copied().collect();
    }
    for id in ids {
        let first = cluster.first.clone();
        let node = cluster.node(id)?;
        let lines = match (node.up, name) {
            (false, _) => vec!["down".to_string()],
            (true, "state") => vec![state_words(&node.raft, &first)],
            (true, _) => progress_words(&node.raft),
        };
        for line in lines {
            cluster.say(&format!("{id}: {line}"));
        }
    }
    Ok(())
}

/// Which messages are meant.
#[derive(Default)]
struct Filter {
    /// Only the first that is wanted.
    first: bool,
    links: Vec<(Option<u16>, Option<u16>)>,
    kinds: Vec<String>,
}

impl Filter {
    fn parse(words: &[&str]) -> Result<Filter, String> {
        let mut filter = Filter::default();
        let end = |word: &str| if word.is_empty() { Ok(None) } else { number(word).map(Some) };
        for word in words {
            if *word == "first" {
                filter.first = true;
            } else if let Some((from, to)) = word.split_once("->") {
                filter.links.push((end(from)?, end(to)?));
            } else if KINDS.contains(word) {
                filter.kinds.push((*word).to_string());
            } else {
                return Err(format!("`{word}` is no kind of message"));
            }
        }
        Ok(filter)
    }

    fn wants(&self, message: &Message<Word>) -> bool {
        let is_end = |end: Option<u16>, node: NodeId| end.is_none_or(|end| end == node.0);
        let mut links = self.links.iter();
        let kind = format!("{:?}", message.body.kind());
        (self.links.is_empty() || links.any(|(from, to)| is_end(*from, message.from) && is_end(*to, message.to)))
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
    }
}

const KINDS: [&str; 17] = [
    "Append",
    "AppendAccepted",
    "AppendRejected",
    "Heartbeat",
    "HeartbeatResponse",
    "RequestVote",
    "RequestPreVote",
    "VoteGranted",
    "VoteRefused",
    "PreVoteGranted",
    "PreVoteRefused",
    "Propose",
    "ReadIndex",
    "ReadIndexResponse",
    "Snapshot",
    "TransferLeader",
    "TimeoutNow",
];

fn messages(cluster: &mut Cluster, name: &str, words: &[&str]) -> Result<(), String> {
    match name {
        "tick" => (0..u64::from(one(words)?)).for_each(|_| cluster.tick()),
        "run" => {
            for _ in 0..one(words)? {
                cluster.tick();
                settle(cluster, &Filter::default())?;
            }
        }
        "settle" => settle(cluster, &Filter::parse(words)?)?,
        _ => {
            let filter = Filter::parse(words)?;
            let mut is_open = true;
            let mut wants = |message: &Message<Word>| {
                let wanted = is_open && filter.wants(message);
                is_open &= !(wanted && filter.first);
                wanted
            };
            let (wanted, others): (Vec<_>, Vec<_>) = cluster.waiting.drain(..).partition(&mut wants);
            cluster.waiting.extend(others);
            match name {
                "deliver" => wanted.into_iter().for_each(|message| cluster.hand(message)),
                "copy" => cluster.waiting.extend(wanted.into_iter().flat_map(|message| [message.clone(), message])),
                _ => drop(wanted),
            }
        }
    }
    Ok(())
}

fn settle(cluster: &mut Cluster, filter: &Filter) -> Result<(), String> {
    for _ in 0..HANDED_MAX {
        let Some(at) = cluster.waiting.iter().position(|message| filter.wants(message)) else { return Ok(()) };
        let message = cluster.waiting.remove(at).expect("just found");
        cluster.hand(message);
    }
    Err("the nodes never stop talking".to_string())
}

fn links(cluster: &mut Cluster, name: &str, words: &[&str]) -> Result<(), String> {
    match (name, words) {
        ("heal", []) => cluster.cut.clear(),
        ("isolate", [node]) => {
            let node: u16 = number(node)?;
            let others: Vec<u16> = cluster.nodes.keys().copied().filter(|other| *other != node).collect();
            cluster.cut.extend(others.iter().flat_map(|other| [(node, *other), (*other, node)]));
        }
        ("cut", [link]) => {
            let (from, to) = link.split_once("->").ok_or_else(|| format!("`{link}` is no link"))?;
            cluster.cut.insert((number(from)?, number(to)?));
        }
        ("cut", [..]) => {
            let (a, b) = two(words)?;
            cluster.cut.extend([(a, b), (b, a)]);
        }
        _ => return Err(format!("`{name}` does not go with `{}`", words.join(" "))),
    }
    let cut = cluster.cut.clone();
    cluster.waiting.retain(|message| !cut.contains(&(message.from.0, message.to.0)));
    Ok(())
}

fn lapse(cluster: &mut Cluster, id: u16) -> Result<(), String> {
    let node = cluster.up(id)?;
    let ticks = node.settings.election_ticks;
    node.raft.advance_ticks(ticks);
    Ok(())
}

fn campaign(cluster: &mut Cluster, id: u16) -> Result<(), String> {
    let now = cluster.now;
    lapse(cluster, id)?;
    lapse(cluster, id)?;
    cluster.up(id)?.raft.handle_time(now);
    cluster.pump(id);
    Ok(())
}

fn elect(cluster: &mut Cluster, id: u16) -> Result<(), String> {
    let others: Vec<u16> = cluster.nodes.iter().filter(|(_, node)| node.up).map(|(other, _)| *other).collect();
    others.into_iter().filter(|other| *other != id).try_for_each(|other| lapse(cluster, other))?;
    campaign(cluster, id)?;
    settle(cluster, &Filter::default())?;
    let leads = cluster.up(id)?.raft.role() == quorate::raft::Role::Leader;
    if leads { Ok(()) } else { Err(format!("{id} is not elected")) }
}

/// What somebody wants of one node: a proposal, a read, a report.
fn input(cluster: &mut Cluster, name: &str, words: &[&str]) -> Result<(), String> {
    let known = ["campaign", "propose", "change", "read", "transfer", "unreachable", "arrived", "failed", "compact"];
    if !known.contains(&name) {
        return Err(format!("`{name}` is no command"));
    }
    let (id, rest) = words.split_first().ok_or("a node is missing")?;
    let (id, now) = (number(id)?, cluster.now);
    if name == "campaign" {
        return campaign(cluster, id);
    }
    let raft = &mut cluster.up(id)?.raft;
    let mut taken = Ok(());
    match name {
        "propose" => taken = raft.propose(now, rest.iter().map(|word| Word((*word).into())).collect()),
        "change" => taken = raft.propose_conf_change(now, Rc::new(parse_change(rest)?)),
        "read" => raft.read_index(now, number(rest.first().ok_or("a number is missing")?)?),
        "transfer" => raft.transfer_leadership(now, NodeId(one(rest)?)),
        "unreachable" => raft.report_unreachable(NodeId(one(rest)?)),
        "compact" => raft.compact(LogIndex(u64::from(one(rest)?))),
        _ => raft.report_snapshot(NodeId(one(rest)?), name == "arrived"),
    }
    if let Err(error) = taken {
        cluster.say(&format!("{id} does not take it: {error:?}"));
    }
    cluster.pump(id);
    Ok(())
}

fn parse_change(words: &[&str]) -> Result<ConfChange<Word>, String> {
    let mut change = ConfChange::leave_joint();
    for word in words {
        let node = || number(&word[1..]).map(NodeId);
        match *word {
            "leave" => {}
            "implicit" => change.transition = Transition::Implicit,
            "explicit" => change.transition = Transition::Explicit,
            _ if word.starts_with('+') => change.changes.push(Change::AddVoter(node()?)),
            _ if word.starts_with('~') => change.changes.push(Change::AddLearner(node()?)),
            _ if word.starts_with('-') => change.changes.push(Change::Remove(node()?)),
            _ => return Err(format!("`{word}` is no change")),
        }
    }
    Ok(change)
}
