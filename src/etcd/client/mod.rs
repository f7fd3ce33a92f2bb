//! A client: the programs of one terminal, and under them the client library (clientv3) with its connections.
//!
//! Each program has connections of its own, as each real process has. The library picks an endpoint that is connected,
//! waits for one if none is, retries what may be retried, ends calls at their deadlines, resumes watches after a
//! disconnection, and keeps leases alive.
//!
//! Invariants: a call is reported once; a write that may have reached a member is not sent again; a watch is handed every
//! event from its revision on, in order, once, or is ended; a program that has ended leaves nothing behind.

mod calls;
mod connections;
mod describe;
mod keep_alive;
mod watches;

pub use calls::{Operation, Outcome};
pub use describe::describe;
pub(crate) use describe::describe_range;

use super::etcdctl::Etcdctl;
use super::identity::Cluster;
use super::model::{CallId, Command, Etcd, Message, Note, Output, Pid, Timer};
use super::process::{Action, Endpoints, Handle, ProcessEvent, Start};
use crate::sim::{ActorId, Context as SimContext, Input, Time};
use calls::Call;
use connections::Connection;
use keep_alive::KeepAlive;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use watches::Watch;

type Context<'a> = SimContext<'a, Etcd>;

/// How many operations a client remembers for the history.
const OPERATIONS_MAX: usize = 10_000;

/// What a client says it did, for the trace.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ClientNote {
    /// It called.
    Called {
        /// The call.
        call: CallId,
        /// What, in words.
        operation: Rc<str>,
    },
    /// A call has ended.
    Returned {
        /// The call.
        call: CallId,
        /// What, in words.
        operation: Rc<str>,
        /// How.
        outcome: Outcome,
        /// The result in words.
        result: Rc<str>,
    },
    /// A connection is gone; the watches on it are resumed on another.
    ConnectionLost {
        /// To whom.
        server: ActorId,
    },
    /// A watch goes on from this revision.
    WatchResumed {
        /// The watch.
        watch: CallId,
        /// From here.
        revision: i64,
    },
}

/// A client of the cluster.
#[derive(Clone, Debug)]
pub struct Client {
    name: Rc<str>,
    cluster: Cluster,
    default_endpoints: Endpoints,
    programs: BTreeMap<Pid, Etcdctl>,
    connections: BTreeMap<(Pid, ActorId), Connection>,
    calls: BTreeMap<CallId, Call>,
    watches: BTreeMap<CallId, Watch>,
    keep_alives: BTreeMap<(Pid, Handle), KeepAlive>,
    timers: Vec<(Time, Pid, Handle)>,
    next_number: u64,
    operations: VecDeque<Operation>,
}

impl Client {
    /// A client of this name whose programs speak to these endpoints unless they say otherwise.
    pub fn new(name: &str, cluster: &Cluster, default_endpoints: Endpoints) -> Client {
        Client {
            name: name.into(),
            cluster: cluster.clone(),
            default_endpoints,
            programs: BTreeMap::new(),
            connections: BTreeMap::new(),
            calls: BTreeMap::new(),
            watches: BTreeMap::new(),
            keep_alives: BTreeMap::new(),
            timers: Vec::new(),
            next_number: 0,
            operations: VecDeque::new(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &Rc<str> {
        &self.name
    }

    /// The endpoints of programs that name none.
    pub fn default_endpoints(&self) -> &Endpoints {
        &self.default_endpoints
    }

    /// The newest calls, oldest first, those that are not answered included.
    pub fn operations(&self) -> impl DoubleEndedIterator<Item = &Operation> {
        self.operations.iter()
    }

    /// Whether the program reads what is typed.
    pub fn reads_input(&self, pid: Pid) -> bool {
        self.programs.get(&pid).is_some_and(Etcdctl::reads_input)
    }

    /// Whether it has a watch open.
    pub fn is_watching(&self) -> bool {
        !self.watches.is_empty()
    }

    /// Whether it keeps a lease alive.
    pub fn is_keeping_alive(&self) -> bool {
        !self.keep_alives.is_empty()
    }

    pub(super) fn boot(&mut self) {
        *self = Client::new(&self.name, &self.cluster, Rc::clone(&self.default_endpoints));
    }

    pub(super) fn handle(&mut self, input: Input<Etcd>, context: &mut Context<'_>) {
        match input {
            Input::Message { from, message } => self.handle_message(from, message, context),
            Input::Timer(Timer::Client) => self.handle_time(context),
            Input::Timer(timer) => unreachable!("a client has no timer {timer:?}"),
            Input::DiskSynced(token) => unreachable!("a client has no disk, and no write {token:?}"),
            Input::Disconnected { peer } => self.handle_disconnected(peer, context),
            Input::Command(command) => self.handle_command(command, context),
        }
        self.set_timer(context);
    }

    fn handle_command(&mut self, command: Command, context: &mut Context<'_>) {
        match command {
            Command::Start(pid, start) => {
                let start = Start { default_endpoints: self.endpoints_of(&start), ..*start };
                let (program, actions) = Etcdctl::start(start);
                self.programs.insert(pid, program);
                self.carry_out(pid, actions, context);
            }
            Command::Stdin(pid, text) => self.tell(pid, ProcessEvent::Stdin(text), context),
            Command::StdinEnd(pid) => self.tell(pid, ProcessEvent::StdinEnd, context),
            Command::Interrupt(pid) => self.tell(pid, ProcessEvent::Interrupt, context),
            Command::ChildExit(pid, status) => self.tell(pid, ProcessEvent::ChildExit(status), context),
            Command::Kill(pid) => {
                self.end(pid, context);
                context.output(Output::Exit(pid, 137));
            }
        }
    }

    fn endpoints_of(&self, start: &Start) -> Endpoints {
        if start.default_endpoints.is_empty() {
            Rc::clone(&self.default_endpoints)
        } else {
            Rc::clone(&start.default_endpoints)
        }
    }

    fn handle_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Accept { connection } => self.handle_accept(from, connection, context),
            Message::Reply { call, result } => self.handle_reply(call, result, context),
            Message::Watch { watch, sequence, update } => {
                self.handle_watch(from, watch, sequence, update, context);
            }
            other => unreachable!("a client does not get {other:?}"),
        }
    }

    /// Tells a program something and carries out what it wants.
    fn tell(&mut self, pid: Pid, event: ProcessEvent, context: &mut Context<'_>) {
        let Some(program) = self.programs.get_mut(&pid) else { return };
        let actions = program.handle(event);
        self.carry_out(pid, actions, context);
    }

    fn carry_out(&mut self, pid: Pid, actions: Vec<Action>, context: &mut Context<'_>) {
        for action in actions {
            match action {
                Action::Call { handle, endpoints, request, timeout } => {
                    self.start_call(pid, handle, &endpoints, request, timeout, context);
                }
                Action::Watch { handle, endpoints, request } => {
                    self.open_watch(pid, handle, &endpoints, request, context);
                }
                Action::CancelWatch(handle) => self.cancel_watch(pid, handle, context),
                Action::RequestProgress => self.request_progress(pid, context),
                Action::KeepAlive { handle, endpoints, lease } => {
                    self.keep_alive(pid, handle, &endpoints, lease, context);
                }
                Action::StopKeepAlive(handle) => drop(self.keep_alives.remove(&(pid, handle))),
                Action::Timer(handle, length) => self.timers.push((context.now() + length, pid, handle)),
                Action::Spawn { words, environment } => context.output(Output::Spawn { pid, words, environment }),
                Action::Stdout(text) => context.output(Output::Stdout(pid, text)),
                Action::Stderr(text) => context.output(Output::Stderr(pid, text)),
                Action::Exit(status) => {
                    self.end(pid, context);
                    context.output(Output::Exit(pid, status));
                    return;
                }
            }
        }
    }

    /// The program is gone: its connections close, and the members forget its watches.
    fn end(&mut self, pid: Pid, context: &mut Context<'_>) {
        self.programs.remove(&pid);
        self.abandon_calls(pid, context);
        let watches: Vec<CallId> =
            self.watches.iter().filter(|(_, watch)| watch.pid == pid).map(|(id, _)| *id).collect();
        for id in watches {
            self.close_watch(id, context);
        }
        self.keep_alives.retain(|(owner, _), _| *owner != pid);
        self.timers.retain(|(_, owner, _)| *owner != pid);
        self.connections.retain(|(owner, _), _| *owner != pid);
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn resolve(&self, endpoints: &[String]) -> Vec<ActorId> {
        endpoints.iter().filter_map(|endpoint| self.cluster.by_endpoint(endpoint)).map(|m| m.actor).collect()
    }

    fn set_timer(&mut self, context: &mut Context<'_>) {
        let next = [
            self.next_call_at(),
            self.next_connection_at(),
            self.next_keep_alive_at(),
            self.timers.iter().map(|(at, _, _)| *at).min(),
        ];
        match next.into_iter().flatten().min() {
            Some(at) => context.set_timer(Timer::Client, at),
            None => context.cancel_timer(Timer::Client),
        }
    }

    fn handle_time(&mut self, context: &mut Context<'_>) {
        let now = context.now();
        self.time_calls_out(context);
        self.dial_again(context);
        self.send_keep_alives(context);
        let due: Vec<(Time, Pid, Handle)> = self.timers.extract_if(.., |(at, _, _)| *at <= now).collect();
        for (_, pid, handle) in due {
            self.tell(pid, ProcessEvent::Timer(handle), context);
        }
    }
}

fn note(note: ClientNote, context: &mut Context<'_>) {
    context.note(Note::Client(note));
}
