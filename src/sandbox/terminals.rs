//! Terminals: each a client of its own with a shell in front.
//!
//! A line that is typed while a command runs goes to that command if it reads, else it waits its turn, as in a real
//! terminal. Lines that are printed are kept up to a bound; the oldest go first.

use super::jobs::{Launch, Owner};
use super::view::{CompletionView, LineKind, LineView, TerminalView};
use super::{ActorId, JobId, RecordedInput, Sandbox, Time};
use crate::etcd::Actor;
use crate::etcd::client::Client;
use crate::etcd::etcdctl;
use crate::etcd::process::Environment;
use crate::shell::{BUILTINS, parse_line};
use crate::sim::Place;
use std::collections::VecDeque;
use std::rc::Rc;

/// How many typed lines may wait; more are dropped.
const TYPED_AHEAD_MAX: usize = 1_000;
/// How many typed lines are remembered.
const HISTORY_MAX: usize = 1_000;

#[derive(Clone)]
pub(super) struct Terminal {
    client: ActorId,
    name: Rc<str>,
    endpoint: ActorId,
    running: Option<(JobId, Rc<str>, Time)>,
    typed_ahead: VecDeque<String>,
    history: Vec<Rc<str>>,
    variables: Environment,
    lines: VecDeque<LineView>,
    lines_dropped: u64,
    /// What was printed after the last line end, and whether to standard error.
    partial: (String, bool),
    /// The command line in `lines` that the running command belongs to, counted from the first line ever.
    command_line: u64,
}

impl Terminal {
    fn push(&mut self, kind: LineKind, text: &str, at: Time) {
        if self.lines.len() == TerminalView::LINES_MAX {
            self.lines.pop_front();
            self.lines_dropped += 1;
        }
        self.lines.push_back(LineView { kind, text: text.into(), at, note: None });
    }

    /// A carriage return begins the line anew, as progress bars want it.
    fn overwrite(&mut self) {
        if let Some(at) = self.partial.0.rfind('\r') {
            self.partial.0.drain(..=at);
        }
    }

    fn flush(&mut self, at: Time) {
        let (text, to_stderr) = std::mem::take(&mut self.partial);
        if !text.is_empty() {
            self.push(if to_stderr { LineKind::Error } else { LineKind::Output }, &text, at);
        }
    }
}

impl Sandbox {
    pub(super) fn add_terminal(&mut self, endpoint: ActorId) -> usize {
        let terminal = self.terminals.len();
        let name: Rc<str> = format!("c{}", terminal + 1).into();
        let address = format!("{}:2379", self.name_of(endpoint));
        let client = Client::new(&name, &self.cluster, [address].into());
        let client = self.world.add(Actor::Client(Box::new(client)), Place::Client);
        self.terminals.push(Terminal {
            client,
            name,
            endpoint,
            running: None,
            typed_ahead: VecDeque::new(),
            history: Vec::new(),
            variables: Environment::new(),
            lines: VecDeque::new(),
            lines_dropped: 0,
            partial: (String::new(), false),
            command_line: 0,
        });
        terminal
    }

    /// How many terminals there are.
    pub fn terminals(&self) -> usize {
        self.terminals.len()
    }

    /// The client behind a terminal.
    pub fn client_of(&self, terminal: usize) -> Option<ActorId> {
        self.terminals.get(terminal).map(|terminal| terminal.client)
    }

    /// Whether a command runs in a terminal.
    pub fn is_busy(&self, terminal: usize) -> bool {
        self.terminals.get(terminal).is_some_and(|terminal| terminal.running.is_some())
    }

    /// A person types a line.
    pub fn type_line(&mut self, terminal: usize, line: &str) {
        if self.terminals.get(terminal).is_none() {
            return;
        }
        self.record(RecordedInput::Line(terminal, line.to_string()));
        if self.reads_input(terminal) {
            let (job, ..) = self.terminals[terminal].running.clone().expect("what reads runs");
            let now = self.now();
            self.terminals[terminal].push(LineKind::Output, line, now);
            self.job_stdin(job, &format!("{line}\n"));
        } else if self.is_busy(terminal) {
            let waiting = &mut self.terminals[terminal].typed_ahead;
            if waiting.len() < TYPED_AHEAD_MAX {
                waiting.push_back(line.to_string());
            }
        } else {
            self.run_line(terminal, line);
        }
        self.settle();
    }

    fn run_line(&mut self, number: usize, line: &str) {
        let now = self.now();
        let terminal = &mut self.terminals[number];
        terminal.push(LineKind::Command, line, now);
        terminal.command_line = terminal.lines_dropped + terminal.lines.len() as u64 - 1;
        let command: Rc<str> = line.trim().into();
        if command.is_empty() {
            return;
        }
        if terminal.history.last() != Some(&command) {
            if terminal.history.len() == HISTORY_MAX {
                terminal.history.remove(0);
            }
            terminal.history.push(Rc::clone(&command));
        }
        let parsed = match parse_line(line, &terminal.variables) {
            Ok(parsed) => parsed,
            Err(sentence) => {
                terminal.push(LineKind::Error, &sentence, now);
                return;
            }
        };
        if parsed.words.is_empty() {
            terminal.variables.extend(parsed.assignments);
            return;
        }
        let mut variables = terminal.variables.clone();
        variables.extend(parsed.assignments);
        let client = terminal.client;
        // The job may end, and the next line start, before this call returns.
        terminal.running = Some((JobId(u32::MAX), command, now));
        let launch = Launch { words: parsed.words, variables, ..Launch::default() };
        let job = self.start_job(client, Owner::Terminal(number), launch);
        if let Some(running) = &mut self.terminals[number].running
            && running.0 == JobId(u32::MAX)
        {
            running.0 = job;
        }
    }

    pub(super) fn print_in_terminal(&mut self, number: usize, text: &str, to_stderr: bool) {
        let now = self.now();
        let terminal = &mut self.terminals[number];
        if terminal.partial.1 != to_stderr {
            terminal.flush(now);
            terminal.partial.1 = to_stderr;
        }
        let mut rest = text;
        while let Some(end) = rest.find('\n') {
            terminal.partial.0.push_str(&rest[..end]);
            terminal.overwrite();
            let line = std::mem::take(&mut terminal.partial.0);
            terminal.push(if to_stderr { LineKind::Error } else { LineKind::Output }, &line, now);
            rest = &rest[end + 1..];
        }
        terminal.partial.0.push_str(rest);
        terminal.overwrite();
    }

    pub(super) fn job_of_terminal_ended(&mut self, number: usize, status: i32) {
        let now = self.now();
        let terminal = &mut self.terminals[number];
        terminal.flush(now);
        terminal.variables.insert("?".to_string(), status.to_string());
        if let Some((_, _, since)) = terminal.running.take() {
            let took = now - since;
            let line = terminal.command_line.checked_sub(terminal.lines_dropped);
            if took.as_micros() > 0
                && let Some(line) = line.and_then(|at| terminal.lines.get_mut(at as usize))
            {
                line.note = Some(format!("took {}", short_duration(took.as_micros())).into());
            }
        }
        if let Some(line) = self.terminals[number].typed_ahead.pop_front() {
            self.run_line(number, &line);
        }
    }

    pub(super) fn set_variable(&mut self, terminal: usize, name: &str, value: &str) {
        self.terminals[terminal].variables.insert(name.to_string(), value.to_string());
    }

    /// Ctrl-C: what runs is interrupted, what waits is forgotten.
    pub fn interrupt(&mut self, terminal: usize) {
        if self.terminals.get(terminal).is_none() {
            return;
        }
        self.record(RecordedInput::Interrupt(terminal));
        self.terminals[terminal].typed_ahead.clear();
        if let Some((job, ..)) = self.terminals[terminal].running.clone() {
            let now = self.now();
            self.terminals[terminal].push(LineKind::Remark, "^C", now);
            self.job_interrupt(job);
        }
    }

    /// Ctrl-D: nothing more will be typed to what runs.
    pub fn end_input(&mut self, terminal: usize) {
        if self.terminals.get(terminal).is_none() {
            return;
        }
        self.record(RecordedInput::EndInput(terminal));
        if let Some((job, ..)) = self.terminals[terminal].running.clone() {
            self.job_stdin_end(job);
        }
    }

    /// Whether the running command is one that reads what is typed.
    fn reads_input(&self, terminal: usize) -> bool {
        let Some(client) = self.client_of(terminal) else { return false };
        let Some((job, ..)) = &self.terminals[terminal].running else { return false };
        match self.world.actor(client) {
            Some(Actor::Client(client)) => client.reads_input(crate::etcd::Pid(job.0)),
            _ => false,
        }
    }

    /// A terminal as it stands.
    pub fn terminal(&self, number: usize) -> TerminalView {
        let terminal = &self.terminals[number];
        let mut lines: Vec<LineView> = terminal.lines.iter().cloned().collect();
        if !terminal.partial.0.is_empty() {
            let kind = if terminal.partial.1 { LineKind::Error } else { LineKind::Output };
            lines.push(LineView { kind, text: terminal.partial.0.as_str().into(), at: self.now(), note: None });
        }
        TerminalView {
            terminal: number,
            name: Rc::clone(&terminal.name),
            endpoints: vec![self.name_of(terminal.endpoint).into()],
            lines: lines.into(),
            lines_dropped: terminal.lines_dropped,
            running: terminal.running.as_ref().map(|(_, command, since)| (Rc::clone(command), *since)),
            reads_input: self.reads_input(number),
            history: terminal.history.as_slice().into(),
        }
    }

    /// What the last word of a line could become: commands, flags, keys, names of members.
    pub fn complete(&self, number: usize, line: &str) -> CompletionView {
        let start = line.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let last = &line[start..];
        let before: Vec<&str> = line[..start].split_whitespace().collect();
        let mut candidates: Vec<(String, String)> = Vec::new();
        match before.first() {
            None => {
                candidates.push(("etcdctl".to_string(), "the cluster's own tool".to_string()));
                candidates.extend(BUILTINS.iter().map(|(name, _, what)| (name.to_string(), what.to_string())));
            }
            Some(&"etcdctl") => {
                let offered = etcdctl::complete(&before[1..], last);
                candidates.extend(offered.into_iter().map(|candidate| (candidate.text, candidate.hint)));
                candidates.extend(self.keys_for(number, &before));
            }
            Some(_) => {
                let member = |(_, server): (ActorId, &crate::etcd::server::Server)| {
                    (server.identity().name.to_string(), "member".to_string())
                };
                candidates.extend(self.servers().map(member));
                candidates.push(("leader".to_string(), "who leads now".to_string()));
            }
        }
        candidates.retain(|(text, _)| text.starts_with(last) && text != last);
        CompletionView { start, candidates }
    }

    /// The keys that a command about keys may mean, as the terminal's member has them.
    fn keys_for(&self, number: usize, before: &[&str]) -> Vec<(String, String)> {
        const KEYS_MAX: usize = 50;
        let about_keys = before.get(1).is_some_and(|command| ["get", "put", "del", "watch"].contains(command));
        let Some(server) = self.terminals.get(number).and_then(|terminal| self.server(terminal.endpoint)) else {
            return Vec::new();
        };
        if !about_keys {
            return Vec::new();
        }
        let options = crate::mvcc::RangeOptions { keys_only: true, ..Default::default() };
        let kvs = server.store().range(&crate::mvcc::KeyRange::all(), &options).map(|result| result.kvs);
        let name = |kv: crate::mvcc::KeyValue| (kv.key.to_string_lossy().into_owned(), "key".to_string());
        kvs.unwrap_or_default().into_iter().take(KEYS_MAX).map(name).collect()
    }
}

/// `39 ms`, `5.002 s`.
fn short_duration(micros: i64) -> String {
    if micros < 1_000_000 {
        format!("{} ms", (micros + 500) / 1_000)
    } else {
        format!("{}.{:03} s", micros / 1_000_000, micros / 1_000 % 1_000)
    }
}
