//! What every command shares: how it ends badly, how it gets its settings, and the call with one answer.

use super::cobra;
use super::commands::CommandSpec;
use super::golang::quote::quote;
use super::pflag::{FlagSet, by_name};
use super::print::{Printer, Text};
use crate::etcd::api::{Request, Timeout};
use crate::etcd::process::{Action, Endpoints, Environment, Handle, Start};
use crate::sim::Duration;

/// `etcdctl`'s exit codes.
pub(crate) mod exit {
    pub(crate) const ERROR: i32 = 1;
    pub(crate) const BAD_CONNECTION: i32 = 2;
    /// A Go program that panicked.
    pub(crate) const PANIC: i32 = 2;
    pub(crate) const INVALID_INPUT: i32 = 3;
    pub(crate) const BAD_FEATURE: i32 = 4;
    pub(crate) const INTERRUPTED: i32 = 5;
    pub(crate) const BAD_ARGUMENTS: i32 = 128;
    /// Ended by SIGINT, as a shell tells it.
    pub(crate) const SIGINT: i32 = 130;
}

/// The most standard input that is read: well above what one request may hold.
pub(crate) const STDIN_BYTES_MAX: usize = 16 << 20;

/// A bad end: text on standard error, then the exit code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stop {
    code: i32,
    stderr: String,
}

impl Stop {
    /// Ends with `Error: <text>`.
    pub(crate) fn error(code: i32, text: impl AsRef<str>) -> Stop {
        Stop::raw(code, format!("Error: {}\n", text.as_ref()))
    }

    /// Ends with arguments that make no sense.
    pub(crate) fn bad_arguments(text: impl AsRef<str>) -> Stop {
        Stop::error(exit::BAD_ARGUMENTS, text)
    }

    /// Ends with this text as it is; may be empty.
    pub(crate) fn raw(code: i32, stderr: String) -> Stop {
        Stop { code, stderr }
    }
}

/// What a command wants, gathered while one event is handled.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    actions: Vec<Action>,
}

impl Wants {
    /// Adds one.
    pub(crate) fn push(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Writes to standard output, if there is something to write.
    pub(crate) fn stdout(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.push(Action::Stdout(text));
        }
    }

    /// Writes to standard error, if there is something to write.
    pub(crate) fn stderr(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.push(Action::Stderr(text));
        }
    }

    /// Writes what a printer made.
    pub(crate) fn text(&mut self, text: Text) {
        self.stdout(text.stdout);
        self.stderr(text.stderr);
    }

    /// Ends badly.
    pub(crate) fn stop(&mut self, stop: Stop) {
        self.stderr(stop.stderr);
        self.push(Action::Exit(stop.code));
    }

    /// Ends well.
    pub(crate) fn exit(&mut self) {
        self.push(Action::Exit(0));
    }

    /// What is gathered, for parts that add to it themselves.
    pub(crate) fn actions(&mut self) -> &mut Vec<Action> {
        &mut self.actions
    }

    /// Whether the end is among the wants.
    pub(crate) fn ends(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, Action::Exit(_)))
    }

    /// All of them, in order.
    pub(crate) fn into_actions(self) -> Vec<Action> {
        self.actions
    }
}

/// How a command that was spawned has failed, if it has: the status that its parent takes over, and Go's words for it.
pub(crate) fn child_failure(words: &[String], status: Option<i32>) -> Option<(i32, String)> {
    match status {
        Some(0) => None,
        Some(status) => Some((status, format!("exit status {status}"))),
        None => {
            let name = quote(words.first().map_or("", String::as_str).as_bytes());
            Some((exit::ERROR, format!("exec: {name}: executable file not found in $PATH")))
        }
    }
}

/// The surroundings of a program: where it was started, but for its words.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Surroundings {
    pub(crate) environment: Environment,
    pub(crate) default_endpoints: Endpoints,
}

impl Surroundings {
    /// Those of a start.
    pub(crate) fn of(start: &Start) -> Surroundings {
        Surroundings { environment: start.environment.clone(), default_endpoints: start.default_endpoints.clone() }
    }

    /// An environment variable; empty if it is not set.
    pub(crate) fn variable(&self, name: &str) -> &str {
        self.environment.get(name).map_or("", String::as_str)
    }
}

/// The settings of a command that talks to members.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Client {
    /// Where to.
    pub(crate) endpoints: Endpoints,
    /// How long a call may take.
    pub(crate) command_timeout: Duration,
    /// How answers are shown.
    pub(crate) printer: Printer,
}

impl Client {
    /// Takes the settings from flags, then environment, then defaults, and checks them.
    ///
    /// # Errors
    /// `etcdctl`'s own: a variable against a flag, an unknown form of output, no endpoints; and a sentence of ours for
    /// what the sandbox does not have (TLS, discovery).
    pub(crate) fn connect(
        path: &[&'static CommandSpec],
        flags: &mut FlagSet,
        surroundings: &Surroundings,
        wants: &mut Wants,
    ) -> Result<Client, Stop> {
        apply_environment(path, flags, surroundings)?;
        if !flags.is_changed("endpoints") {
            flags.set_from_environment("endpoints", &surroundings.default_endpoints.join(","));
        }
        if flags.bool("debug") {
            wants.stderr(settings(path, flags));
        }
        check_connection_flags(flags)?;
        let printer = Printer::new(flags.string("write-out"), flags.bool("hex"))
            .ok_or_else(|| Stop::error(exit::BAD_FEATURE, "unsupported output format"))?;
        let endpoints: Endpoints =
            flags.strings("endpoints").iter().map(|endpoint| endpoint.trim().to_string()).collect();
        if endpoints.is_empty() {
            return Err(Stop::error(exit::BAD_CONNECTION, "etcdclient: no available endpoints"));
        }
        let micros = flags.duration_nanos("command-timeout").saturating_add(999).div_euclid(1_000);
        Ok(Client { endpoints, command_timeout: Duration::micros(micros), printer })
    }

    /// A call within `--command-timeout`.
    pub(crate) fn call(&self, handle: Handle, request: Request) -> Action {
        self.call_within(handle, request, Some(self.command_timeout))
    }

    /// A call that waits as long as it takes: `etcdctl` gives `txn`, `lease list`, `lease timetolive` and `lease
    /// keep-alive` no time limit.
    pub(crate) fn call_without_limit(&self, handle: Handle, request: Request) -> Action {
        self.call_within(handle, request, None)
    }

    /// A call within a time of its own.
    pub(crate) fn call_within(&self, handle: Handle, request: Request, timeout: Timeout) -> Action {
        Action::Call { handle, endpoints: self.endpoints.clone(), request, timeout }
    }
}

/// The environment variable that stands for a flag.
fn variable_name(flag: &str) -> String {
    format!("ETCDCTL_{}", flag.to_ascii_uppercase().replace('-', "_"))
}

/// Gives the inherited flags that no word has set the values of their variables.
fn apply_environment(
    path: &[&'static CommandSpec],
    flags: &mut FlagSet,
    surroundings: &Surroundings,
) -> Result<(), Stop> {
    for spec in cobra::inherited_flags(path) {
        let variable = variable_name(spec.name);
        match surroundings.environment.get(&variable) {
            Some(_) if flags.is_changed(spec.name) => return Err(shadowed(&variable)),
            Some(text) if !text.is_empty() => flags.set_from_environment(spec.name, text),
            _ => {}
        }
    }
    Ok(())
}

/// Since 3.4 a variable next to the flag it stands for is fatal. The real line has a time stamp, too.
fn shadowed(variable: &str) -> Stop {
    let message = "conflicting environment variable is shadowed by corresponding command-line flag \
                   (either unset environment variable or disable flag))";
    let line = format!("{{\"level\":\"fatal\",\"msg\":\"{message}\",\"environment-variable\":\"{variable}\"}}\n");
    Stop::raw(exit::ERROR, line)
}

/// What `--debug` tells.
fn settings(path: &[&'static CommandSpec], flags: &FlagSet) -> String {
    let specs = by_name(cobra::inherited_flags(path));
    specs.iter().map(|spec| format!("{}={}\n", variable_name(spec.name), flags.display(spec.name))).collect()
}

/// The members of the sandbox speak plainly with anybody: whoever asks for more must hear that it is not there.
fn check_connection_flags(flags: &FlagSet) -> Result<(), Stop> {
    for name in ["cert", "key", "cacert"] {
        if flags.is_changed(name) && flags.string(name).is_empty() {
            return Err(Stop::bad_arguments(format!("empty string is passed to --{name} option")));
        }
    }
    let asks_for_tls = |name: &&&str| !flags.string(name).is_empty();
    if let Some(name) = ["cert", "key", "cacert", "discovery-srv"].iter().find(asks_for_tls) {
        let text = format!("--{name} cannot be used: the members of this sandbox have neither TLS nor DNS names");
        return Err(Stop::bad_arguments(text));
    }
    if !flags.bool("insecure-transport") {
        let text = "--insecure-transport=false cannot be used: the members of this sandbox have no TLS";
        return Err(Stop::bad_arguments(text));
    }
    if !flags.string("user").is_empty() && flags.string("password").is_empty() && !flags.string("user").contains(':') {
        let text = "--user needs a password here, as name:password or in --password: nobody is asked for one";
        return Err(Stop::error(exit::ERROR, text));
    }
    Ok(())
}
