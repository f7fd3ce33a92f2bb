//! `watch`: prints what changes, until it is stopped; with `-i` several watches from the lines of the standard input.
//!
//! Invariants:
//! - What a watch is told is printed in the order in which it came, and a command runs for one event at a time: while
//!   one runs, what comes for a watch with a command waits.
//! - A watch by itself ends with its stream; `watch -i` ends with its input.
//!
//! With `watch -i` the commands of different watches take turns, where the real tool runs them side by side.

use super::golang::quote::{quote, quote_list};
use super::input::{Input, Next};
use super::print::{Shown, event_name};
use super::session::{Client, Stop, Wants, child_failure, exit};
use super::watch_arguments::{self, KeyVariables, WatchArguments};
use super::words;
use crate::etcd::api::{WatchRequest, WatchResponse};
use crate::etcd::process::{Action, Environment, Handle, ProcessEvent};
use crate::mvcc::KeyRange;
use std::collections::VecDeque;

/// How many answers may wait for a command to end; with one more the watch gives up.
const WAITING_MAX: usize = 10_000;

/// A running `watch`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Watch {
    client: Client,
    variables: KeyVariables,
    /// What each watch runs for an event; by handle.
    commands: Vec<Vec<String>>,
    /// The lines of `-i`.
    lines: Option<Input>,
    /// The watch whose command runs, and the environments of the runs to come.
    running: Option<(Handle, VecDeque<Environment>)>,
    /// Answers for watches with a command that came while one ran.
    waiting: VecDeque<(Handle, WatchResponse)>,
}

impl Watch {
    /// Whether it reads watches from the standard input.
    pub(crate) fn is_interactive(&self) -> bool {
        self.lines.is_some()
    }

    /// One watch.
    pub(crate) fn start(client: Client, arguments: &WatchArguments, wants: &mut Wants) -> Result<Watch, Stop> {
        let variables = KeyVariables::default();
        let mut watch = Watch::new(client, variables, None);
        watch.open(arguments, wants).map_err(Stop::bad_arguments)?;
        Ok(watch)
    }

    /// As many as the lines say.
    pub(crate) fn start_interactive(
        client: Client,
        variables: KeyVariables,
        lines: Input,
        wants: &mut Wants,
    ) -> Result<Watch, Stop> {
        let mut watch = Watch::new(client, variables, Some(lines));
        watch.read(wants)?;
        Ok(watch)
    }

    fn new(client: Client, variables: KeyVariables, lines: Option<Input>) -> Watch {
        Watch { client, variables, commands: Vec::new(), lines, running: None, waiting: VecDeque::new() }
    }

    pub(crate) fn handle(&mut self, event: ProcessEvent, wants: &mut Wants) {
        let done = match event {
            ProcessEvent::Watch { handle, response } => self.told(handle, response, wants),
            ProcessEvent::ChildExit(status) => self.command_ended(status, wants),
            ProcessEvent::Stdin(text) => {
                self.lines.as_mut().map_or(Ok(()), |lines| lines.push(&text)).and_then(|()| self.read(wants))
            }
            ProcessEvent::StdinEnd => {
                if let Some(lines) = &mut self.lines {
                    lines.end();
                }
                self.read(wants)
            }
            ProcessEvent::Interrupt => {
                wants.push(Action::Exit(exit::SIGINT));
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(stop) = done {
            wants.stop(stop);
        }
    }

    /// Opens a watch.
    ///
    /// # Errors
    /// Why there can be none.
    fn open(&mut self, arguments: &WatchArguments, wants: &mut Wants) -> Result<(), &'static str> {
        let prefix = arguments.flags.bool("prefix");
        let range = match &arguments.keys[..] {
            [] => return Err("bad number of arguments"),
            [_, _] if prefix => return Err("`range_end` and `--prefix` are mutually exclusive"),
            [key, end] => KeyRange::new(key.as_str(), end.as_str()),
            [key, ..] if prefix => KeyRange::prefix(key.as_str()),
            [key, ..] => KeyRange::single(key.as_str()),
        };
        let request = WatchRequest {
            range,
            start_revision: arguments.flags.int64("rev"),
            progress_notify: arguments.flags.bool("progress-notify"),
            prev_kv: arguments.flags.bool("prev-kv"),
            require_leader: true,
        };
        let handle = Handle::try_from(self.commands.len()).expect("there are fewer watches than handles");
        self.commands.push(arguments.command.clone());
        wants.push(Action::Watch { handle, endpoints: self.client.endpoints.clone(), request });
        Ok(())
    }

    /// Carries out the lines that are there.
    fn read(&mut self, wants: &mut Wants) -> Result<(), Stop> {
        loop {
            let Some(lines) = &mut self.lines else { return Ok(()) };
            match lines.next() {
                Next::Line(line) => self.carry_out(&line, wants)?,
                Next::Wait => return Ok(()),
                Next::End => {
                    return Err(Stop::error(exit::INVALID_INPUT, "error reading watch request line: EOF"));
                }
            }
        }
    }

    fn carry_out(&mut self, line: &str, wants: &mut Wants) -> Result<(), Stop> {
        let words = words::split(line)?;
        match words.first().map(String::as_str) {
            None => wants.stderr(format!("Invalid command: {line} (watch and progress supported)\n")),
            Some("progress") => wants.push(Action::RequestProgress),
            Some("watch") if words.len() < 2 && self.variables.is_empty() => {
                wants.stderr(format!("Invalid command {line} (command type or key is not provided)\n"));
            }
            Some("watch") => {
                let arguments = watch_arguments::from_line(&words[1..], &self.variables)?;
                if let Err(reason) = self.open(&arguments, wants) {
                    wants.stderr(format!("Invalid command {line} ({reason})\n"));
                }
            }
            Some(_) => wants.stderr(format!("Invalid command {line} (only support watch)\n")),
        }
        Ok(())
    }

    fn command(&self, handle: Handle) -> &[String] {
        &self.commands[handle as usize]
    }

    fn told(&mut self, handle: Handle, response: WatchResponse, wants: &mut Wants) -> Result<(), Stop> {
        if self.running.is_none() || self.command(handle).is_empty() {
            return self.show(handle, &response, wants);
        }
        if self.waiting.len() == WAITING_MAX {
            let text = format!("more than {WAITING_MAX} watch responses wait for the command to end");
            return Err(Stop::error(exit::ERROR, text));
        }
        self.waiting.push_back((handle, response));
        Ok(())
    }

    /// Prints an answer and begins to run the command for its events.
    fn show(&mut self, handle: Handle, response: &WatchResponse, wants: &mut Wants) -> Result<(), Stop> {
        if response.canceled {
            wants.stderr(format!("watch was canceled ({})\n", response.cancellation()));
        }
        if response.is_progress() {
            wants.stdout(format!("progress notify: {}\n", response.header.revision));
        }
        wants.text(self.client.printer.show(Shown::Watch(response))?);
        if response.canceled && self.lines.is_none() {
            return Err(Stop::error(exit::INTERRUPTED, "watch is canceled by the server"));
        }
        if !self.command(handle).is_empty() && !response.events.is_empty() {
            self.running = Some((handle, environments(response)));
            self.run_next(wants);
        }
        Ok(())
    }

    /// Runs the command for the next event of the answer, if there is one.
    fn run_next(&mut self, wants: &mut Wants) {
        let Some((handle, environments)) = &mut self.running else { return };
        match environments.pop_front() {
            Some(environment) => {
                let words = self.commands[*handle as usize].clone();
                wants.push(Action::Spawn { words, environment });
            }
            None => self.running = None,
        }
    }

    fn command_ended(&mut self, status: Option<i32>, wants: &mut Wants) -> Result<(), Stop> {
        let Some((handle, _)) = self.running else { return Ok(()) };
        if let Some((_, failure)) = child_failure(self.command(handle), status) {
            let text = format!("command {} error ({failure})\n", quote_list(self.command(handle)));
            return Err(Stop::raw(exit::ERROR, text));
        }
        self.run_next(wants);
        while self.running.is_none() {
            let Some((handle, response)) = self.waiting.pop_front() else { break };
            self.show(handle, &response, wants)?;
        }
        Ok(())
    }
}

/// What the command finds in its environment, event by event. The quotes are part of the values.
fn environments(response: &WatchResponse) -> VecDeque<Environment> {
    let environment = |event: &crate::mvcc::Event| {
        let variables = [
            ("ETCD_WATCH_REVISION".to_string(), response.header.revision.to_string()),
            ("ETCD_WATCH_EVENT_TYPE".to_string(), quote(event_name(event.kind).as_bytes())),
            ("ETCD_WATCH_KEY".to_string(), quote(event.kv.key.as_bytes())),
            ("ETCD_WATCH_VALUE".to_string(), quote(event.kv.value.as_bytes())),
        ];
        let mut environment = Environment::new();
        for (name, value) in variables {
            environment.insert(name, value);
        }
        environment
    };
    response.events.iter().map(environment).collect()
}
