//! `etcdctl`: what a person types, as a state machine.
//!
//! [`Etcdctl`] is the command line client of etcd 3.5.30, byte for byte where it shows: flags, errors, exit codes and the
//! forms of output. It talks to nobody itself. It is started with words, environment and standard input, and from then
//! on turns each [`ProcessEvent`] into [`Action`]s: calls for the client library, text for the terminal, in the end an
//! exit code.
//!
//! # The parts
//! - `commands` is the table of all commands and flags; `cobra` finds the command that words mean, `pflag` reads its
//!   flags, `help` and [`complete()`] read the same table.
//! - `session` holds what commands share: settings from flags and environment, and how a command ends badly.
//! - `unary` is every command that is one call; `txn`, `watch`, `lease`, `endpoint`, `lock`, `elect` and `check_perf` are
//!   those that are more.
//! - `print` turns answers into text. `golang` has the habits of Go's library that show in it.
//!
//! # Invariants
//! - Nothing follows an [`Action::Exit`], neither in the same list nor later.
//! - What was printed depends on the start and the events alone.
//! - Checks come in the order of the real tool, because only the first that fails is printed. Some come after the call:
//!   `get --count-only` without `--write-out=fields` has asked before it complains.
//! - `txn`, `lock`, `elect`, `lease list`, `lease timetolive` and `lease keep-alive` have no time limit of their own; all
//!   other calls have `--command-timeout`.
//!
//! # Deliberately absent
//! - Commands of users, membership changes and maintenance: typing one says so.
//! - TLS, discovery by DNS, prompts for passwords, raw protocol buffers as output.
//! - The log lines that the real client writes to standard error next to its output.
//! - Checks that are the server's (an empty key, a duplicate key): they come back as errors of the call.

mod check_perf;
mod cobra;
mod commands;
mod complete;
mod elect;
mod endpoint;
mod golang;
mod help;
mod input;
mod kv;
mod lease;
mod lock;
mod pflag;
mod print;
mod session;
mod txn;
mod txn_grammar;
mod unary;
mod watch;
mod watch_arguments;
mod words;

#[cfg(test)]
mod tests;

pub use complete::{Candidate, complete};

use super::VERSION;
use super::api::Request;
use super::process::{Action, ProcessEvent, Program, Start};
use check_perf::CheckPerf;
use cobra::{Path, Resolution};
use commands::Kind;
use elect::Elect;
use endpoint::Endpoint;
use input::Input;
use lease::KeepAlive;
use lock::Lock;
use pflag::FlagSet;
use session::{Client, STDIN_BYTES_MAX, Stop, Surroundings, Wants, exit};
use txn::Txn;
use unary::{Asked, CALL, Unary};
use watch::Watch;
use watch_arguments::KeyVariables;

/// The version of etcd's API that goes with [`VERSION`].
const API_VERSION: &str = "3.5";

/// A running `etcdctl`.
#[derive(Clone, Debug)]
pub struct Etcdctl {
    state: State,
}

/// Where the command is.
#[derive(Clone, Debug)]
enum State {
    /// It has ended.
    Ended,
    /// A put reads its value from the standard input.
    PutValue(Box<PutValue>),
    Unary(Unary),
    Txn(Box<Txn>),
    Watch(Box<Watch>),
    KeepAlive(KeepAlive),
    Endpoint(Box<Endpoint>),
    CheckPerf(Box<CheckPerf>),
    Lock(Box<Lock>),
    Elect(Box<Elect>),
}

/// A put whose value is still coming.
#[derive(Clone, Debug)]
struct PutValue {
    path: Path,
    flags: FlagSet,
    surroundings: Surroundings,
    value: String,
}

/// Starts `etcdctl` in a client.
pub fn launch(start: Start) -> (Box<dyn Program>, Vec<Action>) {
    let (etcdctl, actions) = Etcdctl::start(start);
    (Box::new(etcdctl), actions)
}

impl Program for Etcdctl {
    fn handle(&mut self, event: ProcessEvent) -> Vec<Action> {
        Etcdctl::handle(self, event)
    }

    fn reads_input(&self) -> bool {
        Etcdctl::reads_input(self)
    }

    fn boxed_clone(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

impl Etcdctl {
    /// Starts it, and says what it wants first.
    pub fn start(start: Start) -> (Etcdctl, Vec<Action>) {
        let mut wants = Wants::default();
        let state = match cobra::resolve(&start.arguments) {
            Resolution::Run { path, flags } => {
                run(path, flags, start, &mut wants).unwrap_or_else(|stop| end(stop, &mut wants))
            }
            Resolution::Help(path) => {
                wants.stdout(help::page(&path));
                wants.exit();
                State::Ended
            }
            Resolution::BadFlags { path, text } => {
                wants.stdout(help::page(&path));
                // Once from cobra, which then prints an empty usage, and once from `etcdctl`.
                end(Stop::raw(exit::ERROR, format!("Error: {text}\n\nError: {text}\n")), &mut wants)
            }
            Resolution::UnknownCommand(text) => {
                let hint = "Run 'etcdctl --help' for usage.";
                end(Stop::raw(exit::ERROR, format!("Error: {text}\n{hint}\nError: {text}\n")), &mut wants)
            }
        };
        Etcdctl { state }.settled(wants)
    }

    /// Whether it takes what a person types now.
    pub fn reads_input(&self) -> bool {
        match &self.state {
            State::PutValue(_) => true,
            State::Txn(txn) => txn.is_reading(),
            State::Watch(watch) => watch.is_interactive(),
            _ => false,
        }
    }

    /// Tells it what has happened, and says what it wants next. Once it has ended it wants nothing any more.
    pub fn handle(&mut self, event: ProcessEvent) -> Vec<Action> {
        let mut wants = Wants::default();
        match &mut self.state {
            State::Ended => {}
            State::PutValue(put) => {
                if let Some(next) = put.handle(event, &mut wants) {
                    self.state = next;
                }
            }
            State::Unary(command) => command.handle(event, &mut wants),
            State::Txn(command) => command.handle(event, &mut wants),
            State::Watch(command) => command.handle(event, &mut wants),
            State::KeepAlive(command) => command.handle(event, &mut wants),
            State::Endpoint(command) => command.handle(event, &mut wants),
            State::CheckPerf(command) => command.handle(event, &mut wants),
            State::Lock(command) => command.handle(event, &mut wants),
            State::Elect(command) => command.handle(event, &mut wants),
        }
        if wants.ends() {
            self.state = State::Ended;
        }
        wants.into_actions()
    }

    fn settled(self, wants: Wants) -> (Etcdctl, Vec<Action>) {
        let ended = wants.ends();
        let program = if ended { Etcdctl { state: State::Ended } } else { self };
        (program, wants.into_actions())
    }
}

fn end(stop: Stop, wants: &mut Wants) -> State {
    wants.stop(stop);
    State::Ended
}

/// Begins the command that the words mean.
fn run(path: Path, mut flags: FlagSet, start: Start, wants: &mut Wants) -> Result<State, Stop> {
    let surroundings = Surroundings::of(&start);
    let kind = cobra::last(&path).kind;
    let connect = |flags: &mut FlagSet, wants: &mut Wants| Client::connect(&path, flags, &surroundings, wants);
    Ok(match kind {
        Kind::Absent => return Err(not_here(&path)),
        Kind::Group => unreachable!("a group shows its help"),
        Kind::Help => return help_command(flags.arguments(), wants),
        Kind::Version => {
            wants.stdout(format!("etcdctl version: {VERSION}\nAPI version: {API_VERSION}\n"));
            wants.exit();
            State::Ended
        }
        Kind::Put if kv::put_reads_stdin(&flags) => {
            let mut put = PutValue { path, flags, surroundings, value: start.stdin };
            match start.stdin_ended {
                true => put.send(wants)?,
                false => State::PutValue(Box::new(put)),
            }
        }
        Kind::LeaseKeepAlive if !flags.bool("once") => {
            let id = lease::single_argument(&flags, "lease keep-alive command needs lease ID as argument")?;
            let id = lease::lease_id(id)?;
            let client = connect(&mut flags, wants)?;
            State::KeepAlive(KeepAlive::start(&client, id, wants))
        }
        Kind::Txn => {
            if !flags.arguments().is_empty() {
                return Err(Stop::bad_arguments("txn command does not accept argument"));
            }
            let client = connect(&mut flags, wants)?;
            let input = Input::new(start.stdin, start.stdin_ended);
            State::Txn(Box::new(Txn::start(client, &flags, input, wants)?))
        }
        Kind::Watch => {
            let variables = KeyVariables::of(&surroundings)?;
            if flags.bool("interactive") {
                let client = connect(&mut flags, wants)?;
                let input = Input::new(start.stdin, start.stdin_ended);
                State::Watch(Box::new(Watch::start_interactive(client, variables, input, wants)?))
            } else {
                let arguments = watch_arguments::from_command_line(&start.arguments, flags.clone(), &variables)?;
                let client = connect(&mut flags, wants)?;
                State::Watch(Box::new(Watch::start(client, &arguments, wants)?))
            }
        }
        Kind::EndpointHealth | Kind::EndpointStatus | Kind::EndpointHashKv => {
            let client = connect(&mut flags, wants)?;
            let endpoint = match kind {
                Kind::EndpointHealth => Endpoint::health(client, &flags, wants)?,
                Kind::EndpointStatus => Endpoint::status(client, &flags, wants)?,
                _ => Endpoint::hash_kv(client, &flags, wants)?,
            };
            State::Endpoint(Box::new(endpoint))
        }
        Kind::Lock => State::Lock(Box::new(Lock::start(&mut flags, wants, connect)?)),
        Kind::Elect => State::Elect(Box::new(Elect::start(&mut flags, wants, connect)?)),
        Kind::CheckPerf => State::CheckPerf(Box::new(CheckPerf::start(&mut flags, wants, connect)?)),
        _ => State::Unary(unary_call(kind, &mut flags, wants, connect)?),
    })
}

/// A command that is one call: checks its arguments, connects, calls. Most check first and connect then; where
/// `etcdctl` does it the other way round, so does this.
fn unary_call(
    kind: Kind,
    flags: &mut FlagSet,
    wants: &mut Wants,
    connect: impl Fn(&mut FlagSet, &mut Wants) -> Result<Client, Stop>,
) -> Result<Unary, Stop> {
    let (request, asked) = match kind {
        Kind::Get => {
            let (count_only, value_only) = (flags.bool("count-only"), flags.bool("print-value-only"));
            (Request::Range(kv::get_request(flags)?), Asked::Get { count_only, value_only })
        }
        Kind::Put => (Request::Put(kv::put_request(flags, "")?), Asked::Put),
        Kind::Del => {
            let (request, warning) = kv::del_request(flags)?;
            wants.stderr(warning);
            (Request::DeleteRange(request), Asked::Del)
        }
        Kind::Compaction => {
            let revision = kv::compaction_revision(flags)?;
            (Request::Compact { revision, physical: flags.bool("physical") }, Asked::Compaction { revision })
        }
        Kind::AlarmList => {
            if !flags.arguments().is_empty() {
                return Err(Stop::bad_arguments("alarm list command accepts no arguments"));
            }
            (Request::AlarmList, Asked::AlarmList)
        }
        Kind::LeaseGrant => (Request::LeaseGrant { ttl_s: lease::grant_ttl_s(flags)?, id: 0 }, Asked::LeaseGrant),
        Kind::LeaseRevoke => {
            let id = lease::lease_id(lease::single_argument(flags, "lease revoke command needs 1 argument")?)?;
            (Request::LeaseRevoke { id }, Asked::LeaseRevoke { id })
        }
        Kind::MemberList => (Request::MemberList { linearizable: true }, Asked::MemberList),
        _ => return unlimited_call(kind, flags, wants, connect),
    };
    let client = connect(flags, wants)?;
    wants.push(client.call(CALL, request));
    Ok(Unary::new(&client, asked))
}

/// A command whose one call has no time limit.
fn unlimited_call(
    kind: Kind,
    flags: &mut FlagSet,
    wants: &mut Wants,
    connect: impl Fn(&mut FlagSet, &mut Wants) -> Result<Client, Stop>,
) -> Result<Unary, Stop> {
    let (client, request, asked) = match kind {
        Kind::LeaseTimeToLive => {
            lease::single_argument(flags, "lease timetolive command needs lease ID as argument")?;
            let client = connect(flags, wants)?;
            let (id, keys) = (lease::lease_id(&flags.arguments()[0])?, flags.bool("keys"));
            (client, Request::LeaseTimeToLive { id, keys }, Asked::LeaseTimeToLive { with_keys: keys })
        }
        Kind::LeaseList => (connect(flags, wants)?, Request::LeaseLeases, Asked::LeaseList),
        Kind::LeaseKeepAlive => {
            let id = lease::single_argument(flags, "lease keep-alive command needs lease ID as argument")?;
            let id = lease::lease_id(id)?;
            (connect(flags, wants)?, Request::LeaseKeepAlive { id }, Asked::LeaseKeepAliveOnce)
        }
        kind => unreachable!("{kind:?} is not one call"),
    };
    wants.push(client.call_without_limit(CALL, request));
    Ok(Unary::new(&client, asked))
}

/// A command of the real tool that the sandbox cannot carry out.
fn not_here(path: &Path) -> Stop {
    Stop::error(exit::ERROR, format!("{} is not part of this sandbox yet", cobra::path_text(path)))
}

/// `etcdctl help [command]`.
fn help_command(topic: &[String], wants: &mut Wants) -> Result<State, Stop> {
    match cobra::find(&commands::ROOT, topic) {
        Ok((path, _)) if cobra::last(&path).kind == Kind::Absent => return Err(not_here(&path)),
        Ok((path, _)) => wants.stdout(help::page(&path)),
        Err(_) => {
            let topic: Vec<String> = topic.iter().map(|word| format!("`{word}`")).collect();
            wants.stderr(format!("Unknown help topic [{}]\n", topic.join(" ")));
            wants.stdout(help::page(&[&commands::ROOT]));
        }
    }
    wants.exit();
    Ok(State::Ended)
}

impl PutValue {
    fn handle(&mut self, event: ProcessEvent, wants: &mut Wants) -> Option<State> {
        match event {
            ProcessEvent::Stdin(text) => {
                self.value.push_str(&text);
                if self.value.len() > STDIN_BYTES_MAX {
                    let text = format!("the value is too long: at most {STDIN_BYTES_MAX} bytes are read from stdin");
                    wants.stop(Stop::bad_arguments(text));
                }
                None
            }
            ProcessEvent::StdinEnd => Some(self.send(wants).unwrap_or_else(|stop| end(stop, wants))),
            ProcessEvent::Interrupt => {
                wants.push(Action::Exit(exit::SIGINT));
                None
            }
            _ => None,
        }
    }

    fn send(&mut self, wants: &mut Wants) -> Result<State, Stop> {
        let request = kv::put_request(&self.flags, &self.value)?;
        let client = Client::connect(&self.path, &mut self.flags, &self.surroundings, wants)?;
        wants.push(client.call(CALL, Request::Put(request)));
        Ok(State::Unary(Unary::new(&client, Asked::Put)))
    }
}
