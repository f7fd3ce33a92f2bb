//! A client: the programs of one terminal, and under them the client library (clientv3) with its connections.
//!
//! Each program has connections of its own, as each real process has. The library picks an endpoint that is connected,
//! waits for one if none is, retries what may be retried, ends calls at their deadlines, resumes watches after a
//! disconnection, and keeps leases alive.
//!
//! Invariants: a call is reported once; a write that may have reached a member is not sent again; a watch is handed every
//! event from its revision on, in order, once, or is ended; a program that has ended leaves nothing behind.

mod alarms;
mod calls;
mod connections;
mod describe;
mod keep_alive;
mod pings;
mod watches;

pub use calls::{Operation, Outcome};
pub use describe::{Gist, describe, describe_range};

use super::api::Request;
use super::identity::Cluster;
use super::model::{CallId, Command, Etcd, Message, Note, Output, Pid, Timer};
use super::process::{Action, Endpoints, Handle, ProcessEvent, Program, Start};
use crate::sim::{ActorId, Context as SimContext, Input, Time};
use alarms::{Alarm, Alarms};
use calls::Call;
use connections::Connection;
use keep_alive::KeepAlive;
use litemap::LiteMap;
use pings::Pings;
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
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
        /// What.
        request: Asked,
        /// Whether it is the first call of its program.
        first: bool,
    },
    /// A call has ended.
    Returned {
        /// The call.
        call: CallId,
        /// What it was.
        request: Asked,
        /// How.
        outcome: Outcome,
        /// The result.
        result: Gist,
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

/// A request as the trace keeps it: shared with the call, and put into words only when somebody reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked(pub Rc<Request>);

impl Hash for Asked {
    /// The kind is enough: the rest follows from what was typed, and shows in what is written and printed.
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(&*self.0).hash(state);
    }
}

/// A program that runs.
#[derive(Clone, Debug)]
struct Running {
    /// None: it is driven from outside ([`Command::Act`]), where what it is told goes.
    program: Option<Box<dyn Program>>,
    has_called: bool,
    /// The endpoints that it named last, and who they are.
    servers: Option<(Endpoints, Rc<[ActorId]>)>,
}

impl Running {
    fn new(program: Option<Box<dyn Program>>) -> Running {
        Running { program, has_called: false, servers: None }
    }
}

/// A client of the cluster.
#[derive(Clone, Debug)]
pub struct Client {
    name: Rc<str>,
    cluster: Cluster,
    default_endpoints: Endpoints,
    programs: LiteMap<Pid, Running>,
    connections: LiteMap<(Pid, ActorId), Connection>,
    calls: LiteMap<CallId, Call>,
    watches: LiteMap<CallId, Watch>,
    keep_alives: LiteMap<(Pid, Handle), KeepAlive>,
    pings: LiteMap<(Pid, ActorId), Pings>,
    alarms: Alarms,
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
            programs: LiteMap::new(),
            connections: LiteMap::new(),
            calls: LiteMap::new(),
            watches: LiteMap::new(),
            keep_alives: LiteMap::new(),
            pings: LiteMap::new(),
            alarms: Alarms::default(),
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
        self.programs
            .get(&pid)
            .and_then(|running| running.program.as_ref())
            .is_some_and(|program| program.reads_input())
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
            Input::Timer(Timer::Client) => self.handle_alarms(context),
            Input::Timer(_) => unreachable!("a client has one timer"),
            Input::DiskSynced(_) => unreachable!("a client has no disk"),
            Input::Disconnected { peer } => self.handle_disconnected(peer, context),
            Input::Command(command) => self.handle_command(command, context),
        }
        self.alarms.set_timer(context);
    }

    fn handle_command(&mut self, command: Command, context: &mut Context<'_>) {
        match command {
            Command::Start(pid, launch, start) => {
                let start = Start { default_endpoints: self.endpoints_of(&start), ..*start };
                let (program, actions) = launch(start);
                self.programs.insert(pid, Running::new(Some(program)));
                self.carry_out(pid, actions, context);
            }
            Command::Act(pid, action) => {
                self.programs.entry(pid).or_insert_with(|| Running::new(None));
                self.carry_out(pid, vec![*action], context);
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
            Message::Reply { call, result } => self.handle_reply(call, *result, context),
            Message::Watch { watch, sequence, update } => {
                self.hear(from, context.now());
                self.handle_watch(from, watch, sequence, update, context);
            }
            Message::WatchPong { watches } => {
                self.hear(from, context.now());
                self.handle_pong(from, watches, context);
            }
            _ => unreachable!("a client does not get what is for members"),
        }
    }

    /// Tells a program something and carries out what it wants.
    fn tell(&mut self, pid: Pid, event: ProcessEvent, context: &mut Context<'_>) {
        let Some(running) = self.programs.get_mut(&pid) else { return };
        match &mut running.program {
            Some(program) => {
                let actions = program.handle(event);
                self.carry_out(pid, actions, context);
            }
            None => context.output(Output::Told(pid, Box::new(event))),
        }
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
                Action::StopKeepAlive(handle) => self.drop_keep_alive(pid, handle),
                Action::Timer(handle, length) => self.alarms.add(context.now() + length, Alarm::Program(pid, handle)),
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
        self.connections.retain(|(owner, _), _| *owner != pid);
        self.pings.retain(|(owner, _), _| *owner != pid);
        self.alarms.forget(pid);
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Who the endpoints of a program's call are.
    fn resolve(&mut self, pid: Pid, endpoints: &Endpoints) -> Rc<[ActorId]> {
        let known = self.programs.get(&pid).and_then(|program| program.servers.as_ref());
        if let Some((_, servers)) = known.filter(|(named, _)| Rc::ptr_eq(named, endpoints)) {
            return Rc::clone(servers);
        }
        let servers: Rc<[ActorId]> =
            endpoints.iter().filter_map(|endpoint| self.cluster.by_endpoint(endpoint)).map(|m| m.actor).collect();
        if let Some(program) = self.programs.get_mut(&pid) {
            program.servers = Some((Rc::clone(endpoints), Rc::clone(&servers)));
        }
        servers
    }

    /// Does what is due, one thing after another: each may end another's alarm.
    fn handle_alarms(&mut self, context: &mut Context<'_>) {
        self.alarms.rang();
        while let Some(alarm) = self.alarms.take_due(context.now()) {
            match alarm {
                Alarm::Call(id) => self.time_call(id, context),
                Alarm::Connection(pid, server) => self.dial(pid, server, context),
                Alarm::KeepAlive(pid, handle) => self.time_keep_alive(pid, handle, context),
                Alarm::Ping(pid, server) => self.time_ping(pid, server, context),
                Alarm::Program(pid, handle) => self.tell(pid, ProcessEvent::Timer(handle), context),
            }
        }
    }
}

fn note(note: ClientNote, context: &mut Context<'_>) {
    context.note(Note::Client(note));
}
