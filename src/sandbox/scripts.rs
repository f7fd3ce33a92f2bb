//! Scripts: the commands of `sh -c`, one after another.
//!
//! Invariants: one command of a script runs at a time; its output is the script's; the status of the last one is the
//! script's, unless `exit` names another.

use super::jobs::{Launch, Owner, State};
use super::{JobId, Sandbox};
use crate::shell::{parse_line, split_command};

impl Sandbox {
    /// Begins a script.
    pub(super) fn run_script(&mut self, id: JobId, script: String) {
        let Some(job) = self.jobs.jobs.get_mut(&id) else { return };
        job.script = script;
        self.run_on(id, 0);
    }

    /// Runs the rest of a script until a command does not end at once; `status` is that of the one before.
    fn run_on(&mut self, id: JobId, mut status: i32) {
        loop {
            let Some(job) = self.jobs.jobs.get_mut(&id) else { return };
            let script = std::mem::take(&mut job.script);
            if script.is_empty() {
                return self.end_job(id, status);
            }
            let (command, rest) = split_command(&script);
            job.script = rest.to_string();
            job.variables.insert("?".to_string(), status.to_string());
            let line = match parse_line(command, &job.variables) {
                Ok(line) => line,
                Err(sentence) => return self.fail(id, &sentence, 2),
            };
            match line.words.split_first() {
                None => job.variables.extend(line.assignments),
                Some((name, arguments)) if name == "exit" => return self.exit(id, arguments, status),
                Some(_) => {
                    let mut variables = job.variables.clone();
                    variables.extend(line.assignments);
                    job.state = State::Starting(None);
                    let client = job.client;
                    let launch = Launch { words: line.words, variables, stdin_ended: true, ..Launch::default() };
                    self.start_job(client, Owner::Script(id), launch);
                    let Some(job) = self.jobs.jobs.get_mut(&id) else { return };
                    let State::Starting(Some(ended)) = job.state else {
                        job.state = State::Command;
                        return;
                    };
                    status = ended;
                }
            }
        }
    }

    /// A command of the script has ended.
    pub(super) fn command_of_script_ended(&mut self, id: JobId, status: i32) {
        match self.jobs.jobs.get_mut(&id) {
            Some(job) if job.state == State::Command => self.run_on(id, status),
            Some(job) => job.state = State::Starting(Some(status)),
            None => {}
        }
    }

    /// `exit`, with a status or with that of the command before.
    fn exit(&mut self, id: JobId, arguments: &[String], before: i32) {
        match arguments.first().map(|argument| argument.parse::<u8>()) {
            None => self.end_job(id, before),
            Some(Ok(status)) => self.end_job(id, i32::from(status)),
            Some(Err(_)) => {
                let sentence = format!("sh: exit: \"{}\" is no status: 0 to 255", arguments[0]);
                self.fail(id, &sentence, 2);
            }
        }
    }
}
