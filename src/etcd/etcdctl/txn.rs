//! `txn`: reads three lists from the standard input, sends them as one transaction, shows the answer.
//!
//! Invariant: lines are read as they come and complained about at once, as a person at the keyboard expects; the call
//! goes out when the third list has ended, and has no time limit.

use super::input::{Input, Next};
use super::pflag::FlagSet;
use super::print::Shown;
use super::session::{Client, Stop, Wants, exit};
use super::txn_grammar;
use super::unary::CALL;
use crate::etcd::api::{Request, Response, TxnRequest};
use crate::etcd::process::{Action, ProcessEvent};

/// What is read in which order, as `--interactive` announces it.
const PROMPTS: [&str; 3] =
    ["compares:\n", "success requests (get, put, del):\n", "failure requests (get, put, del):\n"];

/// A running `txn`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Txn {
    client: Client,
    interactive: bool,
    input: Input,
    /// How many lists are complete.
    lists: usize,
    request: TxnRequest,
}

impl Txn {
    /// Whether a list is still to come.
    pub(crate) fn is_reading(&self) -> bool {
        self.lists < PROMPTS.len()
    }

    /// Reads what is there already.
    pub(crate) fn start(client: Client, flags: &FlagSet, input: Input, wants: &mut Wants) -> Result<Txn, Stop> {
        let interactive = flags.bool("interactive");
        let mut txn = Txn { client, interactive, input, lists: 0, request: TxnRequest::default() };
        txn.prompt(wants);
        txn.read(wants)?;
        Ok(txn)
    }

    pub(crate) fn handle(&mut self, event: ProcessEvent, wants: &mut Wants) {
        let done = match event {
            ProcessEvent::Stdin(text) => self.input.push(&text).and_then(|()| self.read(wants)),
            ProcessEvent::StdinEnd => {
                self.input.end();
                self.read(wants)
            }
            ProcessEvent::Reply { result: Ok(Response::Txn(response)), .. } => {
                self.client.printer.show(Shown::Txn(&response)).map(|text| {
                    wants.text(text);
                    wants.exit();
                })
            }
            ProcessEvent::Reply { result: Ok(other), .. } => other.cannot_answer("a txn"),
            ProcessEvent::Reply { result: Err(error), .. } => Err(Stop::error(exit::ERROR, &*error.text)),
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

    fn prompt(&self, wants: &mut Wants) {
        if self.interactive && self.lists < PROMPTS.len() {
            wants.stdout(PROMPTS[self.lists]);
        }
    }

    /// Reads lines as long as there are some; sends the transaction behind the last.
    fn read(&mut self, wants: &mut Wants) -> Result<(), Stop> {
        while self.lists < PROMPTS.len() {
            let line = match self.input.next() {
                Next::Line(line) => line,
                Next::Wait => return Ok(()),
                Next::End => return Err(Stop::error(exit::INVALID_INPUT, "EOF")),
            };
            let line = line.trim();
            if !line.is_empty() {
                self.take(line, wants)?;
                continue;
            }
            self.lists += 1;
            self.prompt(wants);
            if self.lists == PROMPTS.len() {
                let request = Request::Txn(std::mem::take(&mut self.request));
                wants.push(self.client.call_without_limit(CALL, request));
            }
        }
        Ok(())
    }

    fn take(&mut self, line: &str, wants: &mut Wants) -> Result<(), Stop> {
        match self.lists {
            0 => self.request.compare.push(txn_grammar::compare(line)?),
            1 => self.request.success.push(txn_grammar::request(line, wants)?),
            _ => self.request.failure.push(txn_grammar::request(line, wants)?),
        }
        Ok(())
    }
}
