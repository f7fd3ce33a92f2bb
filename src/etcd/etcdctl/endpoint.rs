//! `endpoint health`, `status` and `hashkv`: each endpoint is asked by itself, so that one that is down is told apart.
//!
//! With `--cluster` the endpoints are the client addresses of all members, from a member list that is asked for first.
//! `status` and `hashkv` ask one endpoint after the other; `health` asks all at once for a key through the quorum, and
//! whoever answers for the alarms, too. The real `health` prints in the order in which answers come; here it is the order
//! of the endpoints.

use super::pflag::FlagSet;
use super::print::{HashKv, Health, Shown};
use super::session::{Client, Stop, Wants, exit};
use crate::etcd::api::{RangeRequest, Request, Response, RpcError, StatusResponse};
use crate::etcd::process::{Action, Handle, ProcessEvent};
use crate::mvcc::{KeyRange, RangeOptions};
use crate::sim::Duration;

/// The key that `health` reads; it need not exist.
const HEALTH_KEY: &str = "health";

/// What is wanted of each endpoint.
#[derive(Clone, PartialEq, Debug)]
enum Survey {
    /// By endpoint, and how many calls are open.
    Health {
        list: Vec<Health>,
        open: usize,
    },
    Status(Vec<(String, StatusResponse)>),
    HashKv {
        revision: i64,
        list: Vec<HashKv>,
    },
}

/// A running `endpoint` command.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Endpoint {
    client: Client,
    survey: Survey,
    /// Whom to ask; `None` until the member list has come.
    endpoints: Option<Vec<String>>,
    /// The endpoint that is asked now, where one follows the other.
    current: usize,
    /// What went wrong last.
    last_error: Option<RpcError>,
}

impl Endpoint {
    pub(crate) fn health(client: Client, flags: &FlagSet, wants: &mut Wants) -> Result<Endpoint, Stop> {
        Endpoint::start(client, flags, Survey::Health { list: Vec::new(), open: 0 }, wants)
    }

    pub(crate) fn status(client: Client, flags: &FlagSet, wants: &mut Wants) -> Result<Endpoint, Stop> {
        Endpoint::start(client, flags, Survey::Status(Vec::new()), wants)
    }

    pub(crate) fn hash_kv(client: Client, flags: &FlagSet, wants: &mut Wants) -> Result<Endpoint, Stop> {
        let survey = Survey::HashKv { revision: flags.int64("rev"), list: Vec::new() };
        Endpoint::start(client, flags, survey, wants)
    }

    fn start(client: Client, flags: &FlagSet, survey: Survey, wants: &mut Wants) -> Result<Endpoint, Stop> {
        let mut command = Endpoint { client, survey, endpoints: None, current: 0, last_error: None };
        if flags.bool("cluster") {
            wants.push(command.client.call(0, Request::MemberList { linearizable: true }));
        } else {
            command.ask(command.client.endpoints.to_vec(), wants)?;
        }
        Ok(command)
    }

    pub(crate) fn handle(&mut self, event: ProcessEvent, wants: &mut Wants) {
        let done = match event {
            ProcessEvent::Reply { handle, result, took } => self.answered(handle, result, took, wants),
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

    fn answered(
        &mut self,
        handle: Handle,
        result: Result<Response, RpcError>,
        took: Duration,
        wants: &mut Wants,
    ) -> Result<(), Stop> {
        if self.endpoints.is_none() {
            return self.ask(client_urls(result)?, wants);
        }
        match self.survey {
            Survey::Health { .. } => self.health_answered(handle, result, took, wants),
            _ => self.one_answered(result, wants),
        }
    }

    /// Begins to ask these endpoints. Health's calls are numbered by endpoint; then come the calls for alarms.
    fn ask(&mut self, endpoints: Vec<String>, wants: &mut Wants) -> Result<(), Stop> {
        let Survey::Health { list, open } = &mut self.survey else {
            self.endpoints = Some(endpoints);
            return self.ask_next(wants);
        };
        *open = endpoints.len();
        let health =
            |endpoint: &String| Health { endpoint: endpoint.clone(), took: Duration::ZERO, error: String::new() };
        *list = endpoints.iter().map(health).collect();
        self.endpoints = Some(endpoints);
        for index in 0..self.endpoint_count() {
            wants.push(self.call(index, index, health_request(), self.client.command_timeout));
        }
        self.finish_health(wants)
    }

    fn call(&self, handle: usize, index: usize, request: Request, timeout: Duration) -> Action {
        let endpoints = [self.endpoint(index).to_string()].into();
        let handle = Handle::try_from(handle).expect("there are fewer endpoints than handles");
        Action::Call { handle, endpoints, request, timeout: Some(timeout) }
    }

    fn endpoint(&self, index: usize) -> &str {
        &self.endpoints.as_deref().unwrap_or_default()[index]
    }

    fn endpoint_count(&self) -> usize {
        self.endpoints.as_ref().map_or(0, Vec::len)
    }

    /// Asks the endpoint whose turn it is, or shows what all have said.
    fn ask_next(&mut self, wants: &mut Wants) -> Result<(), Stop> {
        if self.current == self.endpoint_count() {
            return self.finish(wants);
        }
        let request = match self.survey {
            Survey::HashKv { revision, .. } => Request::HashKv { revision },
            _ => Request::Status,
        };
        wants.push(self.call(self.current, self.current, request, self.client.command_timeout));
        Ok(())
    }

    fn one_answered(&mut self, result: Result<Response, RpcError>, wants: &mut Wants) -> Result<(), Stop> {
        let endpoint = self.endpoint(self.current).to_string();
        match (&mut self.survey, result) {
            (Survey::Status(list), Ok(Response::Status(status))) => list.push((endpoint, status)),
            (Survey::HashKv { list, .. }, Ok(Response::HashKv { header, hash, compact_revision })) => {
                list.push(HashKv { endpoint, header, hash, compact_revision });
            }
            (survey, Err(error)) => {
                let what = if matches!(survey, Survey::Status(_)) { "status" } else { "hash" };
                wants.stderr(format!("Failed to get the {what} of endpoint {endpoint} ({error})\n"));
                self.last_error = Some(error);
            }
            (_, Ok(answer)) => answer.cannot_answer("a question to an endpoint"),
        }
        self.current += 1;
        self.ask_next(wants)
    }

    fn finish(&mut self, wants: &mut Wants) -> Result<(), Stop> {
        let shown = match &self.survey {
            Survey::Status(list) => Shown::Status(list),
            Survey::HashKv { list, .. } => Shown::HashKv(list),
            Survey::Health { .. } => unreachable!("health has an end of its own"),
        };
        wants.text(self.client.printer.show(shown)?);
        match (&self.survey, &self.last_error) {
            (_, None) => {
                wants.exit();
                Ok(())
            }
            (Survey::Status(_), Some(_)) => Err(Stop::raw(exit::ERROR, String::new())),
            (_, Some(error)) => Err(Stop::error(exit::ERROR, &*error.text)),
        }
    }

    fn health_answered(
        &mut self,
        handle: Handle,
        result: Result<Response, RpcError>,
        took: Duration,
        wants: &mut Wants,
    ) -> Result<(), Stop> {
        let count = self.endpoint_count();
        let index = handle as usize % count;
        let Survey::Health { list, open } = &mut self.survey else { unreachable!("only health asks all at once") };
        *open -= 1;
        let health = &mut list[index];
        if handle as usize >= count {
            health.error = alarm_error(result);
            return self.finish_health(wants);
        }
        health.took = took;
        match result {
            Err(error) => health.error = error.to_string(),
            Ok(_) => {
                *open += 1;
                // The answer about alarms must come within what is left of the same time limit.
                let left = Duration((self.client.command_timeout.as_micros() - took.as_micros()).max(0));
                wants.push(self.call(count + index, index, Request::AlarmList, left));
            }
        }
        self.finish_health(wants)
    }

    /// Shows everything once everything is there.
    fn finish_health(&mut self, wants: &mut Wants) -> Result<(), Stop> {
        let Survey::Health { list, open: 0 } = &self.survey else { return Ok(()) };
        wants.text(self.client.printer.show(Shown::Health(list))?);
        if list.iter().any(|health| !health.error.is_empty()) {
            return Err(Stop::error(exit::ERROR, "unhealthy cluster"));
        }
        wants.exit();
        Ok(())
    }
}

/// The client addresses in a member list.
fn client_urls(result: Result<Response, RpcError>) -> Result<Vec<String>, Stop> {
    match result {
        Ok(Response::MemberList { members, .. }) => {
            Ok(members.into_iter().flat_map(|member| member.client_urls).collect())
        }
        Ok(other) => other.cannot_answer("a member list"),
        Err(error) => {
            let text = format!("failed to fetch endpoints from etcd cluster member list: {error}");
            Err(Stop::error(exit::ERROR, text))
        }
    }
}

fn health_request() -> Request {
    let (range, options) = (KeyRange::single(HEALTH_KEY), RangeOptions::default());
    Request::Range(RangeRequest { range, options, serializable: false })
}

/// Why an endpoint that reaches the quorum is not healthy all the same; empty if it is.
fn alarm_error(result: Result<Response, RpcError>) -> String {
    match result {
        Ok(Response::AlarmList { alarms, .. }) if alarms.is_empty() => String::new(),
        Ok(Response::AlarmList { alarms, .. }) => {
            let names: String = alarms.iter().map(|(_, alarm)| format!("{alarm} ")).collect();
            format!("Active Alarm(s): {names}")
        }
        Ok(other) => other.cannot_answer("an alarm list"),
        Err(_) => "Unable to fetch the alarm list".to_string(),
    }
}
