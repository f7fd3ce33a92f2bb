//! A lock.

use super::turn::{Turn, TurnNews};
use super::{Failure, Session, canceled, failure};
use crate::etcd::api::{DeleteRangeRequest, Request, Response};
use crate::etcd::process::{Action, Handle, ProcessEvent};
use crate::mvcc::KeyRange;

/// A lock that is wanted, held or given back.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Mutex {
    turn: Turn,
    stage: Stage,
}

#[derive(Clone, PartialEq, Debug)]
enum Stage {
    Joining,
    Waiting,
    /// Its turn has come; whether the key is still there is asked.
    Checking(Handle),
    Held,
    /// The key is being deleted; with the reason if the lock was never held.
    Releasing(Handle, Option<Failure>),
    Over,
}

/// What becomes of a lock.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum MutexNews {
    /// It is held.
    Locked {
        /// The revision of the answer that said so.
        revision: i64,
    },
    /// It has been given back.
    Unlocked,
    /// It was not got, or could not be given back.
    Failed(Failure),
}

impl Mutex {
    /// Asks for the lock.
    pub(crate) fn lock(name: &str, session: &mut Session, out: &mut Vec<Action>) -> Mutex {
        Mutex { turn: Turn::join(name, "", session, out), stage: Stage::Joining }
    }

    /// The key that stands for the lock.
    pub(crate) fn key(&self) -> &str {
        self.turn.key()
    }

    /// Gives it back.
    pub(crate) fn unlock(&mut self, session: &mut Session, out: &mut Vec<Action>) {
        self.release(None, session, out);
    }

    /// Stops asking for it. A key that may have been put while nobody has said so is left to its lease.
    pub(crate) fn cancel(&mut self, session: &mut Session, out: &mut Vec<Action>) -> Option<MutexNews> {
        match self.stage {
            Stage::Joining => {
                self.stage = Stage::Over;
                Some(MutexNews::Failed(canceled()))
            }
            Stage::Waiting | Stage::Checking(_) => {
                self.release(Some(canceled()), session, out);
                None
            }
            Stage::Held | Stage::Releasing(..) | Stage::Over => None,
        }
    }

    pub(crate) fn handle(
        &mut self,
        event: &ProcessEvent,
        session: &mut Session,
        out: &mut Vec<Action>,
    ) -> Option<MutexNews> {
        match (&self.stage, event) {
            (Stage::Joining | Stage::Waiting, _) => {
                let news = self.turn.handle(event, session, out)?;
                self.turn_told(news, session, out)
            }
            (Stage::Checking(call), ProcessEvent::Reply { handle, result, .. }) if call == handle => match result {
                Ok(Response::Range(response)) if response.kvs.is_empty() => {
                    self.stage = Stage::Over;
                    Some(MutexNews::Failed("mutex: session is expired".into()))
                }
                Ok(Response::Range(response)) => {
                    self.stage = Stage::Held;
                    Some(MutexNews::Locked { revision: response.header.revision })
                }
                Ok(answer) => answer.cannot_answer("a read"),
                Err(error) => {
                    self.release(Some(failure(error.clone())), session, out);
                    None
                }
            },
            (Stage::Releasing(call, reason), ProcessEvent::Reply { handle, result, .. }) if call == handle => {
                let reason = reason.clone().or_else(|| result.clone().err().map(failure));
                self.stage = Stage::Over;
                Some(reason.map_or(MutexNews::Unlocked, MutexNews::Failed))
            }
            _ => None,
        }
    }

    fn turn_told(&mut self, news: TurnNews, session: &mut Session, out: &mut Vec<Action>) -> Option<MutexNews> {
        match news {
            TurnNews::Joined { revision, oldest, .. } => {
                if oldest.is_none_or(|oldest| oldest.create_revision == self.turn.revision()) {
                    self.stage = Stage::Held;
                    return Some(MutexNews::Locked { revision });
                }
                self.stage = Stage::Waiting;
                self.turn.wait(session, out);
                None
            }
            TurnNews::Come => {
                self.stage = Stage::Checking(session.get(self.turn.key(), out));
                None
            }
            TurnNews::Failed(reason) if self.stage == Stage::Joining => {
                self.stage = Stage::Over;
                Some(MutexNews::Failed(reason))
            }
            TurnNews::Failed(reason) => {
                self.release(Some(reason), session, out);
                None
            }
        }
    }

    fn release(&mut self, reason: Option<Failure>, session: &mut Session, out: &mut Vec<Action>) {
        let range = KeyRange::single(self.turn.key());
        let request = Request::DeleteRange(DeleteRangeRequest { range, prev_kv: false });
        self.stage = Stage::Releasing(session.call(request, out), reason);
    }
}
