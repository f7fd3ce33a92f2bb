//! `lock`: waits for a lock, shows its key and holds it until Ctrl-C, or for as long as a command runs.
//!
//! Invariants:
//! - The command runs only while the lock was got and not given back; whether its lease still lives is not looked at again
//!   (the command can: that its key has the create revision which it had is a condition for its own writes).
//! - Giving the lock back deletes the key. The lease is left to run out, as 3.5 does.

use super::pflag::FlagSet;
use super::print::Shown;
use super::session::{Client, Stop, Wants, child_failure, exit};
use crate::etcd::api::{Response, RpcError};
use crate::etcd::concurrency::{Mutex, MutexNews, Session, SessionNews, canceled};
use crate::etcd::process::{Action, Handle, ProcessEvent};
use litemap::LiteMap;

/// A running `lock`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Lock {
    client: Client,
    session: Session,
    name: String,
    /// What is run under the lock; may be empty.
    command: Vec<String>,
    stage: Stage,
}

#[derive(Clone, PartialEq, Debug)]
enum Stage {
    Opening,
    Locking(Mutex),
    /// The command runs.
    Running(Mutex),
    /// The key is read to be shown.
    Showing(Mutex, Handle),
    Holding(Mutex),
    /// It is being given back; with what the command's failure makes of the end.
    Unlocking(Mutex, Option<Stop>),
}

impl Lock {
    /// Opens a session.
    pub(crate) fn start(
        flags: &mut FlagSet,
        wants: &mut Wants,
        connect: impl Fn(&mut FlagSet, &mut Wants) -> Result<Client, Stop>,
    ) -> Result<Lock, Stop> {
        let [name, command @ ..] = flags.arguments() else {
            let text = "lock takes a lock name argument and an optional command to execute";
            return Err(Stop::bad_arguments(text));
        };
        let (name, command) = (name.clone(), command.to_vec());
        let client = connect(flags, wants)?;
        let session = Session::open(client.endpoints.clone(), flags.int64("ttl"), wants.actions());
        Ok(Lock { client, session, name, command, stage: Stage::Opening })
    }

    pub(crate) fn handle(&mut self, event: ProcessEvent, wants: &mut Wants) {
        let done = match self.session.handle(&event, wants.actions()) {
            Some(news) => self.session_told(news, wants),
            None => self.told(event, wants),
        };
        if let Err(stop) = done {
            wants.stop(stop);
        }
    }

    fn session_told(&mut self, news: SessionNews, wants: &mut Wants) -> Result<(), Stop> {
        match news {
            SessionNews::Opened => {
                let mutex = Mutex::lock(&self.name, &mut self.session, wants.actions());
                self.stage = Stage::Locking(mutex);
                Ok(())
            }
            SessionNews::Failed(reason) => Err(Stop::error(exit::ERROR, &*reason)),
            SessionNews::Done => self.check_session(),
        }
    }

    /// Only who holds the lock and does nothing else looks whether the session has ended.
    fn check_session(&self) -> Result<(), Stop> {
        match self.stage {
            Stage::Holding(_) if self.session.is_done() => Err(Stop::error(exit::ERROR, "session expired")),
            _ => Ok(()),
        }
    }

    fn told(&mut self, event: ProcessEvent, wants: &mut Wants) -> Result<(), Stop> {
        match (&mut self.stage, event) {
            (_, ProcessEvent::Interrupt) => self.interrupted(wants),
            (Stage::Locking(mutex) | Stage::Unlocking(mutex, _), event) => {
                let news = mutex.handle(&event, &mut self.session, wants.actions());
                news.map_or(Ok(()), |news| self.mutex_told(news, wants))
            }
            (Stage::Running(mutex), ProcessEvent::ChildExit(status)) => {
                let stop = child_failure(&self.command, status).map(|(code, text)| Stop::error(code, text));
                mutex.unlock(&mut self.session, wants.actions());
                self.stage = Stage::Unlocking(mutex.clone(), stop);
                Ok(())
            }
            (Stage::Showing(mutex, call), ProcessEvent::Reply { handle, result, .. }) if *call == handle => {
                self.stage = Stage::Holding(mutex.clone());
                self.show(result, wants)
            }
            _ => Ok(()),
        }
    }

    fn mutex_told(&mut self, news: MutexNews, wants: &mut Wants) -> Result<(), Stop> {
        match (news, &self.stage) {
            (_, Stage::Unlocking(_, Some(stop))) => Err(stop.clone()),
            (MutexNews::Failed(reason), _) => Err(Stop::error(exit::ERROR, &*reason)),
            (MutexNews::Locked { revision }, Stage::Locking(mutex)) => {
                self.stage = if self.command.is_empty() {
                    let call = self.session.get(mutex.key(), wants.actions());
                    Stage::Showing(mutex.clone(), call)
                } else {
                    let mut environment = LiteMap::new();
                    environment.insert("ETCD_LOCK_KEY".to_string(), mutex.key().to_string());
                    environment.insert("ETCD_LOCK_REV".to_string(), revision.to_string());
                    wants.push(Action::Spawn { words: self.command.clone(), environment });
                    Stage::Running(mutex.clone())
                };
                Ok(())
            }
            (MutexNews::Locked { .. } | MutexNews::Unlocked, _) => {
                wants.exit();
                Ok(())
            }
        }
    }

    fn show(&mut self, result: Result<Response, RpcError>, wants: &mut Wants) -> Result<(), Stop> {
        let response = match result.map_err(|error| Stop::error(exit::ERROR, &*error.text))? {
            Response::Range(response) if response.kvs.is_empty() => {
                return Err(Stop::error(exit::ERROR, "lock lost on init"));
            }
            Response::Range(response) => response,
            answer => answer.cannot_answer("a read"),
        };
        wants.text(self.client.printer.show(Shown::Range { response: &response, value_only: false })?);
        self.check_session()
    }

    fn interrupted(&mut self, wants: &mut Wants) -> Result<(), Stop> {
        match &mut self.stage {
            Stage::Opening => wants.push(Action::Exit(exit::SIGINT)),
            Stage::Locking(mutex) => {
                if let Some(news) = mutex.cancel(&mut self.session, wants.actions()) {
                    return self.mutex_told(news, wants);
                }
            }
            Stage::Showing(..) => return Err(Stop::error(exit::ERROR, &*canceled())),
            Stage::Holding(mutex) => {
                mutex.unlock(&mut self.session, wants.actions());
                self.stage = Stage::Unlocking(mutex.clone(), None);
            }
            Stage::Running(_) | Stage::Unlocking(..) => {}
        }
        Ok(())
    }
}
