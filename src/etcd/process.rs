//! The contract between a program that a person runs (`etcdctl put a 1`) and the client actor that carries it.
//!
//! A program is a state machine without I/O. It is started with its words, environment and standard input, is told what
//! happens ([`ProcessEvent`]), and answers with what it wants ([`Action`]). It never sees the bus: calls go through the
//! client library in the actor, which knows endpoints, deadlines, retries and reconnection. It is `Clone`, as all that
//! lives in the world is.
//!
//! Invariants: a program that has asked for [`Action::Exit`] is not told anything any more; a call has exactly one
//! [`ProcessEvent::Reply`]; a watch ends with a response whose `canceled` is set or not at all; a keep-alive ends with `None`.

use super::api::{Request, Response, RpcError, Timeout, WatchRequest, WatchResponse};
use crate::sim::Duration;
use litemap::LiteMap;
use std::fmt;
use std::rc::Rc;

/// Names one call, watch, keep-alive or timer of a program; chosen by the program, never used twice for one kind.
pub type Handle = u32;

/// The endpoints that a client was made with, as typed: `n1:2379`, `http://n2:2379`.
pub type Endpoints = Rc<[String]>;

/// A program's environment variables. Sorted; a vector beneath, for there are few and a tree is code.
pub type Environment = LiteMap<String, String>;

/// What a program wants, in order.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Call one of the endpoints (the library picks, retries and gives up as clientv3 does).
    Call {
        /// Its name.
        handle: Handle,
        /// Where to.
        endpoints: Endpoints,
        /// What.
        request: Request,
        /// How long.
        timeout: Timeout,
    },
    /// Open a watch; the library resumes it after a disconnection.
    Watch {
        /// Its name.
        handle: Handle,
        /// Where to.
        endpoints: Endpoints,
        /// What.
        request: WatchRequest,
    },
    /// Close a watch.
    CancelWatch(Handle),
    /// Ask for the revision on all watches of this program (one stream).
    RequestProgress,
    /// Keep a lease alive at a third of its time to live.
    KeepAlive {
        /// Its name.
        handle: Handle,
        /// Where to.
        endpoints: Endpoints,
        /// Which lease.
        lease: i64,
    },
    /// Stop keeping it alive.
    StopKeepAlive(Handle),
    /// Wake me after a while.
    Timer(Handle, Duration),
    /// Run a command in the shell of the terminal, with these variables added, and tell me its exit status.
    Spawn {
        /// Its words.
        words: Vec<String>,
        /// Added to its environment.
        environment: Environment,
    },
    /// Write to standard output.
    Stdout(String),
    /// Write to standard error.
    Stderr(String),
    /// End with this status.
    Exit(i32),
}

/// What a program is told.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ProcessEvent {
    /// A call has ended.
    Reply {
        /// Which.
        handle: Handle,
        /// How.
        result: Result<Response, RpcError>,
        /// How long it took, for those who print it.
        took: Duration,
    },
    /// A watch has something.
    Watch {
        /// Which.
        handle: Handle,
        /// What.
        response: WatchResponse,
    },
    /// A keep-alive was answered ([`Response::LeaseKeepAlive`]); `None`: it has ended, the lease is gone.
    KeepAlive {
        /// Which.
        handle: Handle,
        /// The answer.
        response: Option<Response>,
    },
    /// A timer has run down.
    Timer(Handle),
    /// A spawned command has ended with this status; `None`: there is no such command.
    ChildExit(Option<i32>),
    /// More standard input: whole lines, each with its "\n" (the last may lack it).
    Stdin(String),
    /// No more standard input.
    StdinEnd,
    /// Ctrl-C.
    Interrupt,
}

/// A program that runs in a client.
pub trait Program: fmt::Debug {
    /// Tells it what has happened, and says what it wants next. Once it has ended it wants nothing any more.
    fn handle(&mut self, event: ProcessEvent) -> Vec<Action>;

    /// Whether it takes what a person types now.
    fn reads_input(&self) -> bool;

    /// A copy, for a checkpoint of the world.
    fn boxed_clone(&self) -> Box<dyn Program>;
}

impl Clone for Box<dyn Program> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// Starts a program, and says what it wants first.
pub type Launch = fn(Start) -> (Box<dyn Program>, Vec<Action>);

/// What a program is started with.
#[derive(Clone, PartialEq, Debug)]
pub struct Start {
    /// Its words after its name.
    pub arguments: Vec<String>,
    /// Its environment.
    pub environment: Environment,
    /// Standard input that is there already.
    pub stdin: String,
    /// Whether `stdin` is all there will be.
    pub stdin_ended: bool,
    /// The endpoints used where neither flag nor environment names any.
    pub default_endpoints: Endpoints,
}
