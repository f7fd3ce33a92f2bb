//! `etcdctl` driven by hand: words in, answers made up, text compared with what the real tool prints.

mod cli;
mod endpoint;
mod kv;
mod lease;
mod txn;
mod watch;

use super::*;
use crate::etcd::api::{Code, Header, RangeResponse, Response, RpcError, Timeout};
use crate::etcd::process::{Endpoints, Handle};
use crate::mvcc::{Bytes, KeyValue};
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
