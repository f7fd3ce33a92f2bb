//! `etcdctl` driven by hand: words in, answers made up, text compared with what the real tool prints.

mod cli;
mod elect;
mod endpoint;
mod kv;
mod lease;
mod lock;
mod txn;
mod watch;

use super::*;
use crate::etcd::api::{
    Code, Header, PutResponse, RangeResponse, Response, ResponseOp, RpcError, Timeout, TxnResponse, WatchResponse,
};
use crate::etcd::process::{Endpoints, Handle};
use crate::mvcc::{Bytes, Event, EventKind, KeyValue};
use crate::sim::Duration;

/// A program and all that it has written and asked for.
struct Run {
    program: Etcdctl,
    stdout: String,
    stderr: String,
    code: Option<i32>,
    /// What it wants besides text and its end, and has not been asked about.
    wants: Vec<Action>,
}

/// Starts it with these words, nothing in its environment and no standard input.
fn run(words: &[&str]) -> Run {
    run_with(words, &[], "")
}

/// The same with variables and standard input, which then ends.
fn run_with(words: &[&str], variables: &[(&str, &str)], stdin: &str) -> Run {
    start(words, variables, stdin, true)
}

fn start(words: &[&str], variables: &[(&str, &str)], stdin: &str, stdin_ended: bool) -> Run {
    let (program, actions) = Etcdctl::start(Start {
        arguments: words.iter().map(|word| (*word).to_string()).collect(),
        environment: variables.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())).collect(),
        stdin: stdin.to_string(),
        stdin_ended,
        default_endpoints: ["n1:2379".to_string()].into(),
    });
    let mut run = Run { program, stdout: String::new(), stderr: String::new(), code: None, wants: Vec::new() };
    run.take(actions);
    run
}

impl Run {
    fn take(&mut self, actions: Vec<Action>) {
        for action in actions {
            assert_eq!(self.code, None, "{action:?} follows the end");
            match action {
                Action::Stdout(text) => self.stdout += &text,
                Action::Stderr(text) => self.stderr += &text,
                Action::Exit(code) => self.code = Some(code),
                other => self.wants.push(other),
            }
        }
    }

    fn tell(&mut self, event: ProcessEvent) -> &mut Run {
        let actions = self.program.handle(event);
        self.take(actions);
        self
    }

    /// The call that it has just made; there must be one, and nothing else.
    fn call(&mut self) -> (Handle, Endpoints, Request, Timeout) {
        let wants = std::mem::take(&mut self.wants);
        let [Action::Call { handle, endpoints, request, timeout }] = &wants[..] else {
            panic!("one call, not {wants:?}")
        };
        (*handle, endpoints.clone(), request.clone(), *timeout)
    }

    fn request(&mut self) -> Request {
        self.call().2
    }

    /// Answers the only call.
    fn answer(&mut self, result: Result<Response, RpcError>) -> &mut Run {
        let (handle, ..) = self.call();
        self.reply(handle, result)
    }

    fn reply(&mut self, handle: Handle, result: Result<Response, RpcError>) -> &mut Run {
        self.tell(ProcessEvent::Reply { handle, result, took: Duration::micros(2_100) })
    }

    /// Standard output and the exit code, both outputs' text when there is an error.
    fn output(&self) -> (String, Option<i32>) {
        (format!("{}{}", self.stdout, self.stderr), self.code)
    }
}

/// Words that fail without a call: what they print, and their exit code.
fn failure(words: &[&str]) -> (String, i32) {
    let run = run(words);
    assert_eq!(run.wants, [], "{words:?} made a call");
    (run.stderr.clone(), run.code.unwrap_or_else(|| panic!("{words:?} goes on")))
}

fn error(text: &str) -> String {
    format!("Error: {text}\n")
}

fn header(revision: i64) -> Header {
    Header { cluster_id: 14_841_639_068_965_178_418, member_id: 10_276_657_743_932_975_437, revision, raft_term: 2 }
}

fn key_value(key: &str, value: &str, create_revision: i64, mod_revision: i64, version: i64) -> KeyValue {
    KeyValue { key: Bytes::from(key), value: Bytes::from(value), create_revision, mod_revision, version, lease: 0 }
}

fn range_response(kvs: Vec<KeyValue>) -> RangeResponse {
    let count = kvs.len() as i64;
    RangeResponse { header: header(4), kvs, more: false, count }
}

fn not_found() -> RpcError {
    RpcError::new(Code::NotFound, "etcdserver: requested lease not found")
}

/// The lease of a session.
const SESSION: i64 = 0xa;

impl Run {
    /// What it has asked for last, besides the calls before; there must be one.
    fn last_call(&mut self) -> (Handle, Request) {
        let wants = std::mem::take(&mut self.wants);
        match wants.last() {
            Some(Action::Call { handle, request, timeout: None, .. }) => (*handle, request.clone()),
            other => panic!("a call without a time limit, not {other:?}"),
        }
    }

    /// Answers the last call.
    fn answer_last(&mut self, response: Response) -> &mut Run {
        let (handle, _) = self.last_call();
        self.reply(handle, Ok(response))
    }

    /// Grants the lease of a session.
    fn open_session(&mut self) -> &mut Run {
        self.answer_last(Response::LeaseGrant { header: header(1), id: SESSION, ttl_s: 10 });
        assert!(matches!(self.wants[0], Action::KeepAlive { lease: SESSION, .. }), "{:?}", self.wants);
        self
    }

    /// Answers the transaction that puts the session's key: it is there since `revision`, and `oldest` is the oldest one.
    fn join(&mut self, revision: i64, oldest: KeyValue) -> &mut Run {
        let put = ResponseOp::Put(PutResponse { header: Header::default(), prev_kv: None });
        let responses = vec![put, ResponseOp::Range(range_response(vec![oldest]))];
        self.answer_last(Response::Txn(TxnResponse { header: header(revision), succeeded: true, responses }))
    }

    /// The only watch that it has just opened; its key and first revision.
    fn watched(&mut self) -> (Handle, String, i64) {
        let wants = std::mem::take(&mut self.wants);
        match &wants[..] {
            [.., Action::Watch { handle, request, .. }] => {
                (*handle, request.range.key.to_string_lossy().into_owned(), request.start_revision)
            }
            other => panic!("a watch, not {other:?}"),
        }
    }

    /// Tells of changes.
    fn changed(&mut self, handle: Handle, revision: i64, events: Vec<Event>) -> &mut Run {
        let (compact_revision, canceled, cancel_reason) = (0, false, String::new());
        let response = WatchResponse { header: header(revision), events, compact_revision, canceled, cancel_reason };
        self.tell(ProcessEvent::Watch { handle, response })
    }

    /// Says that the history before a watch is gone.
    fn compacted(&mut self, handle: Handle) -> &mut Run {
        let (events, cancel_reason) = (Vec::new(), String::new());
        let response = WatchResponse { header: header(9), events, compact_revision: 8, canceled: true, cancel_reason };
        self.tell(ProcessEvent::Watch { handle, response })
    }

    /// The session's lease is gone.
    fn lose_session(&mut self) -> &mut Run {
        self.tell(ProcessEvent::KeepAlive { handle: 0, response: None })
    }
}

fn put_event(kv: KeyValue) -> Event {
    Event { kind: EventKind::Put, kv, prev_kv: None }
}

fn delete_event(key: &str, revision: i64) -> Event {
    Event { kind: EventKind::Delete, kv: key_value(key, "", 0, revision, 0), prev_kv: None }
}
