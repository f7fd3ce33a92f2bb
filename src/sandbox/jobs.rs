//! Jobs: commands that run, in a terminal, for a transcript, or for another program (`watch … -- command`).
//!
//! A job is one simple command, or a script, whose commands are jobs of their own. What it prints is kept, standard output apart from standard error, until whoever owns it
//! takes it. A job ends with a status; a command of the sandbox itself usually ends at once, `wait` when its time has come.

use super::{ActorId, Duration, Fault, RecordedInput, Sandbox};
use crate::etcd::process::{Endpoints, Environment, Start};
use crate::etcd::{Command, Output, Pid, etcdctl};
use crate::shell::{self, Builtin, parse_builtin};
use litemap::LiteMap;

/// Names a job; never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct JobId(pub u32);

/// What a job has printed since it was last asked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JobOutput {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Its status, once it has ended.
    pub status: Option<i32>,
}

/// Who is told of a job's output and end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    Terminal(usize),
    /// A program that has spawned it; the job to which that program belongs gets the output.
    Program(ActorId, Pid, JobId),
    /// The script whose command it is.
    Script(JobId),
    /// Whoever holds the [`JobId`].
    Holder,
}

/// What a job waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Program(Pid),
    /// A command of its script.
    Command,
    /// Nothing: that command is being started; its status if it ended at once.
    Starting(Option<i32>),
    Alarm(u64),
    Leader,
    Ended(i32),
}

#[derive(Clone, Debug)]
pub(super) struct Job {
    owner: Owner,
    pub(super) client: ActorId,
    pub(super) state: State,
    output: JobOutput,
    pub(super) variables: Environment,
    /// What is left of its script.
    pub(super) script: String,
}

/// The jobs of a sandbox.
#[derive(Clone, Debug, Default)]
pub(super) struct Jobs {
    pub(super) jobs: LiteMap<JobId, Job>,
    next: u32,
    /// Those that wait for a leader: looked at after every step, so the others must not cost anything there.
    wait_for_leader: Vec<JobId>,
}

/// How many terminals there may be.
const TERMINALS_MAX: usize = 100;
/// How deep programs may spawn programs.
const SPAWN_DEPTH_MAX: usize = 8;

/// What a command is started with.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// Its words.
    pub words: Vec<String>,
    /// Its environment.
    pub variables: Environment,
    /// Standard input that is there already.
    pub stdin: String,
    /// Whether that is all there will be.
    pub stdin_ended: bool,
    /// The endpoints of a client program that names none; none for those of the client.
    pub endpoints: Vec<String>,
}

fn is_etcdctl(words: &[String]) -> bool {
    words.first().is_some_and(|word| word == "etcdctl")
}

/// Whether there is a program or a command of the sandbox of this name.
fn is_command(words: &[String]) -> bool {
    is_etcdctl(words) || parse_builtin(words).is_some()
}

impl Sandbox {
    /// Runs a command as a program of `client` and answers the job. See [`Sandbox::job_output`].
    pub fn launch(&mut self, client: ActorId, launch: Launch) -> JobId {
        let id = self.start_job(client, Owner::Holder, launch);
        self.settle();
        id
    }

    pub(super) fn start_job(&mut self, client: ActorId, owner: Owner, launch: Launch) -> JobId {
        let id = JobId(self.jobs.next);
        self.jobs.next += 1;
        let Launch { words, variables, stdin, stdin_ended, endpoints } = launch;
        let output = JobOutput::default();
        let state = State::Program(Pid(id.0));
        let job = Job { owner, client, state, output, variables: variables.clone(), script: String::new() };
        self.jobs.jobs.insert(id, job);
        if is_etcdctl(&words) {
            let start = Start {
                arguments: words[1..].to_vec(),
                environment: variables,
                stdin,
                stdin_ended,
                default_endpoints: Endpoints::from(endpoints),
            };
            self.world.command(client, Command::Start(Pid(id.0), etcdctl::launch, Box::new(start)));
            return id;
        }
        match parse_builtin(&words) {
            Some(Ok(builtin)) => self.run_builtin(id, builtin),
            Some(Err(sentence)) => self.fail(id, &sentence, 2),
            None => {
                let name = words.first().map_or("", String::as_str);
                self.fail(id, &format!("sh: {name}: command not found (type help for what there is)"), 127);
            }
        }
        id
    }

    /// What a job has printed since it was last asked; `None` once it has ended and that was told.
    pub fn job_output(&mut self, id: JobId) -> Option<JobOutput> {
        let job = self.jobs.jobs.get_mut(&id)?;
        let status = job.output.status;
        let output = std::mem::take(&mut job.output);
        if status.is_some() {
            self.jobs.jobs.remove(&id);
        }
        Some(JobOutput { status, ..output })
    }

    /// Whether a job has anything to tell.
    pub fn job_has_news(&self, id: JobId) -> bool {
        self.jobs.jobs.get(&id).is_some_and(|job| job.output != JobOutput::default())
    }

    /// How much a job has printed since it was last asked, in bytes.
    pub fn job_output_bytes(&self, id: JobId) -> usize {
        self.jobs.jobs.get(&id).map_or(0, |job| job.output.stdout.len() + job.output.stderr.len())
    }

    /// Whether a job has ended.
    pub fn job_has_ended(&self, id: JobId) -> bool {
        self.jobs.jobs.get(&id).is_none_or(|job| matches!(job.state, State::Ended(_)))
    }

    fn program_of(&self, id: JobId) -> Option<(ActorId, Pid)> {
        let job = self.jobs.jobs.get(&id)?;
        match job.state {
            State::Program(pid) => Some((job.client, pid)),
            _ => None,
        }
    }

    /// Types to a job.
    pub fn job_stdin(&mut self, id: JobId, text: &str) {
        if let Some((client, pid)) = self.program_of(id) {
            self.world.command(client, Command::Stdin(pid, text.to_string()));
            self.settle();
        }
    }

    /// Has nothing more to type.
    pub fn job_stdin_end(&mut self, id: JobId) {
        if let Some((client, pid)) = self.program_of(id) {
            self.world.command(client, Command::StdinEnd(pid));
            self.settle();
        }
    }

    /// Ctrl-C.
    pub fn job_interrupt(&mut self, id: JobId) {
        self.signal(id, Command::Interrupt, 130);
        self.settle();
    }

    /// kill -9.
    pub fn job_kill(&mut self, id: JobId) {
        self.signal(id, Command::Kill, 137);
        self.settle();
    }

    /// As from a terminal, a signal goes to all that runs: a program and the command that it has spawned, a script and its
    /// command. What is no program ends with this status.
    fn signal(&mut self, id: JobId, command: fn(Pid) -> Command, status: i32) {
        let Some(job) = self.jobs.jobs.get_mut(&id) else { return };
        match job.state {
            State::Program(pid) => {
                self.world.command(job.client, command(pid));
            }
            State::Command => job.script.clear(),
            _ => return self.end_job(id, status),
        }
        if let Some(child) = self.child(id) {
            self.signal(child, command, status);
        }
    }

    fn child(&self, id: JobId) -> Option<JobId> {
        let is_child =
            |job: &Job| matches!(job.owner, Owner::Program(_, _, parent) | Owner::Script(parent) if parent == id);
        self.jobs.jobs.iter().find(|(_, job)| is_child(job)).map(|(id, _)| *id)
    }

    /// Takes what programs have put out, and lets what follows from it happen, until nothing follows.
    pub(super) fn settle(&mut self) {
        self.take_outputs();
        self.observe();
    }

    pub(super) fn take_outputs(&mut self) {
        loop {
            let outputs = self.world.take_outputs();
            if outputs.is_empty() {
                return;
            }
            for (client, output) in outputs {
                match output {
                    Output::Stdout(pid, text) => self.print(JobId(pid.0), &text, false),
                    Output::Stderr(pid, text) => self.print(JobId(pid.0), &text, true),
                    Output::Exit(pid, status) => self.end_job(JobId(pid.0), status),
                    Output::Told(pid, _) => unreachable!("all programs of a sandbox are etcdctl, {pid:?} too"),
                    Output::Spawn { pid, words, environment } => self.spawn(client, pid, words, environment),
                }
            }
        }
    }

    fn spawn(&mut self, client: ActorId, pid: Pid, words: Vec<String>, environment: Environment) {
        let parent = JobId(pid.0);
        let mut variables = self.jobs.jobs.get(&parent).map(|job| job.variables.clone()).unwrap_or_default();
        variables.extend(environment);
        let owner = Owner::Program(client, pid, parent);
        if self.depth(parent) >= SPAWN_DEPTH_MAX {
            self.print(parent, "sh: programs that run programs that run programs: too deep\n", true);
            self.world.command(client, Command::ChildExit(pid, Some(126)));
            return;
        }
        if !is_command(&words) {
            self.world.command(client, Command::ChildExit(pid, None));
            return;
        }
        self.start_job(client, owner, Launch { words, variables, stdin_ended: true, ..Launch::default() });
    }

    fn depth(&self, id: JobId) -> usize {
        match self.jobs.jobs.get(&id).map(|job| job.owner) {
            Some(Owner::Program(_, _, parent) | Owner::Script(parent)) => 1 + self.depth(parent),
            _ => 0,
        }
    }

    pub(super) fn print(&mut self, id: JobId, text: &str, to_stderr: bool) {
        let Some(job) = self.jobs.jobs.get_mut(&id) else { return };
        match job.owner {
            Owner::Program(_, _, parent) | Owner::Script(parent) => self.print(parent, text, to_stderr),
            Owner::Terminal(terminal) => self.print_in_terminal(terminal, text, to_stderr),
            Owner::Holder if to_stderr => job.output.stderr.push_str(text),
            Owner::Holder => job.output.stdout.push_str(text),
        }
    }

    pub(super) fn fail(&mut self, id: JobId, sentence: &str, status: i32) {
        self.print(id, &format!("{sentence}\n"), true);
        self.end_job(id, status);
    }

    pub(super) fn end_job(&mut self, id: JobId, status: i32) {
        let Some(job) = self.jobs.jobs.get_mut(&id) else { return };
        job.state = State::Ended(status);
        match job.owner {
            Owner::Holder => job.output.status = Some(status),
            Owner::Terminal(terminal) => {
                self.jobs.jobs.remove(&id);
                self.job_of_terminal_ended(terminal, status);
            }
            Owner::Program(client, pid, _) => {
                self.jobs.jobs.remove(&id);
                self.world.command(client, Command::ChildExit(pid, Some(status)));
            }
            Owner::Script(parent) => {
                self.jobs.jobs.remove(&id);
                self.command_of_script_ended(parent, status);
            }
        }
    }

    fn run_builtin(&mut self, id: JobId, builtin: Builtin) {
        let result = match builtin {
            Builtin::Wait(length) => return self.wait(id, length),
            Builtin::WaitLeader => {
                self.set_state(id, State::Leader);
                self.jobs.wait_for_leader.push(id);
                return self.look_at_waiting_jobs();
            }
            Builtin::Shell(script) => return self.run_script(id, script),
            Builtin::Status(status) => return self.end_job(id, status),
            Builtin::Help => Ok(shell::help()),
            Builtin::Echo(words) => Ok(format!("{}\n", words.join(" "))),
            Builtin::Export(assignments) => self.export(id, &assignments),
            Builtin::Leader => match self.leader() {
                Some(leader) => Ok(format!("{}\n", self.name_of(leader))),
                None => Err("nobody leads".to_string()),
            },
            Builtin::Heal => self.apply_fault(Fault::HealAll).map(|()| String::new()),
            Builtin::Partition(groups) => self.partition(&groups),
            Builtin::Isolate(node) => self.at_nodes(&[node], Fault::Isolate),
            Builtin::Crash(nodes) => self.at_nodes(&nodes, Fault::Crash),
            Builtin::Restart(nodes) => self.at_nodes(&nodes, Fault::Restart),
            Builtin::Pause(nodes) => self.at_nodes(&nodes, Fault::Pause),
            Builtin::Resume(nodes) => self.at_nodes(&nodes, Fault::Resume),
            Builtin::Cut { from, to, one_way } => self.cut(&from, &to, one_way),
        };
        match result {
            Ok(text) => {
                self.print(id, &text, false);
                self.end_job(id, 0);
            }
            Err(sentence) => self.fail(id, &sentence, 1),
        }
    }

    fn set_state(&mut self, id: JobId, state: State) {
        if let Some(job) = self.jobs.jobs.get_mut(&id) {
            job.state = state;
        }
    }

    fn wait(&mut self, id: JobId, length: Duration) {
        self.set_state(id, State::Alarm(u64::from(id.0)));
        self.world.set_alarm(self.now() + length, u64::from(id.0));
    }

    pub(super) fn alarm(&mut self, number: u64) {
        let waiting = self.jobs.jobs.iter().find(|(_, job)| job.state == State::Alarm(number)).map(|(id, _)| *id);
        if let Some(id) = waiting {
            self.end_job(id, 0);
        }
    }

    pub(super) fn has_waiting_jobs(&self) -> bool {
        !self.jobs.wait_for_leader.is_empty()
    }

    pub(super) fn look_at_waiting_jobs(&mut self) {
        if self.jobs.wait_for_leader.is_empty() || !self.leader_is_followed() {
            return;
        }
        for id in std::mem::take(&mut self.jobs.wait_for_leader) {
            // It may have been interrupted meanwhile.
            if self.jobs.jobs.get(&id).is_some_and(|job| job.state == State::Leader) {
                self.end_job(id, 0);
            }
        }
    }

    fn export(&mut self, id: JobId, assignments: &[String]) -> Result<String, String> {
        let Some(owner) = self.jobs.jobs.get(&id).map(|job| job.owner) else { return Ok(String::new()) };
        for assignment in assignments {
            let Some((name, value)) = assignment.split_once('=') else {
                return Err(format!("export: \"{assignment}\" sets nothing: write NAME=value"));
            };
            match owner {
                Owner::Terminal(terminal) => self.set_variable(terminal, name, value),
                Owner::Script(script) => {
                    if let Some(job) = self.jobs.jobs.get_mut(&script) {
                        job.variables.insert(name.to_string(), value.to_string());
                    }
                }
                Owner::Program(..) | Owner::Holder => {}
            }
        }
        Ok(String::new())
    }

    /// The member that a person names.
    pub fn resolve_node(&self, name: &str) -> Result<ActorId, String> {
        let wanted =
            |(id, server): (ActorId, &crate::etcd::server::Server)| (*server.identity().name == *name).then_some(id);
        if let Some(id) = self.servers().find_map(wanted) {
            return Ok(id);
        }
        if name == "leader" {
            return self.leader().ok_or_else(|| "nobody leads".to_string());
        }
        if let Some(number) = name.strip_prefix("follower").and_then(|number| number.parse::<usize>().ok()) {
            let leader = self.leader();
            let running = |id: &ActorId| self.world.state(*id) != super::ActorState::Down && Some(*id) != leader;
            let follower = self.servers().map(|(id, _)| id).filter(running).nth(number.wrapping_sub(1));
            return follower.ok_or_else(|| format!("there are not so many running followers as \"{name}\" says"));
        }
        let last = self.members_total();
        Err(format!("there is no member \"{name}\": name n1 to n{last}, leader, or follower1…"))
    }

    fn at_nodes(&mut self, names: &[String], fault: impl Fn(ActorId) -> Fault) -> Result<String, String> {
        let nodes = names.iter().map(|name| self.resolve_node(name)).collect::<Result<Vec<ActorId>, String>>()?;
        for node in nodes {
            self.apply_fault(fault(node))?;
        }
        Ok(String::new())
    }

    fn partition(&mut self, groups: &[Vec<String>]) -> Result<String, String> {
        let mut split = Vec::new();
        for group in groups {
            split.push(group.iter().map(|name| self.resolve_node(name)).collect::<Result<Vec<ActorId>, String>>()?);
        }
        self.apply_fault(Fault::Split(split)).map(|()| String::new())
    }

    fn cut(&mut self, from: &str, to: &str, one_way: bool) -> Result<String, String> {
        let (from, to) = (self.resolve_node(from)?, self.resolve_node(to)?);
        if from == to {
            return Err("cut: name two different members".to_string());
        }
        let fault = if one_way { Fault::CutOneWay { from, to } } else { Fault::Cut(from, to) };
        self.apply_fault(fault).map(|()| String::new())
    }

    /// Opens a terminal at a member; answers its number.
    pub fn open_terminal(&mut self, endpoint: ActorId) -> Result<usize, String> {
        if self.server(endpoint).is_none() {
            return Err(format!("there is no member number {}", endpoint.0));
        }
        if self.terminals.len() >= TERMINALS_MAX {
            return Err(format!("there are {TERMINALS_MAX} terminals, and no more are possible"));
        }
        self.record(RecordedInput::OpenTerminal(endpoint));
        Ok(self.add_terminal(endpoint))
    }
}
