//! An election: a lock whose holder says something.
//!
//! What the leader writes and that it steps down, both happen only if its key is still the one that it was elected with.

use super::turn::{Turn, TurnNews};
use super::{Failure, Session, canceled, failure};
use crate::etcd::api::{DeleteRangeRequest, PutRequest, Request, RequestOp, Response, TxnRequest};
use crate::etcd::process::{Action, Handle, ProcessEvent};
use crate::mvcc::{Bytes, KeyRange};

/// A candidate, later perhaps the leader.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Election {
    turn: Turn,
    lease: i64,
    proposal: String,
    stage: Stage,
}

#[derive(Clone, PartialEq, Debug)]
enum Stage {
    Joining,
    /// The session's key was there with another value: the proposal is being written.
    Proclaiming(Handle),
    Waiting,
    Leading,
    /// The key is being deleted; with the reason if nobody was elected.
    Resigning(Handle, Option<Failure>),
    Over,
}

/// What becomes of a candidate.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum ElectionNews {
    /// It leads.
    Elected,
    /// It no longer does, for it wanted to stop.
    Resigned,
    /// It was not elected, or could not resign.
    Failed(Failure),
}

impl Election {
    /// Proposes itself.
    pub(crate) fn campaign(name: &str, proposal: &str, session: &mut Session, out: &mut Vec<Action>) -> Election {
        let turn = Turn::join(name, proposal, session, out);
        Election { turn, lease: session.lease(), proposal: proposal.to_string(), stage: Stage::Joining }
    }

    /// The candidate's key.
    pub(crate) fn key(&self) -> &str {
        self.turn.key()
    }

    /// Steps down.
    pub(crate) fn resign(&mut self, session: &mut Session, out: &mut Vec<Action>) {
        self.step_down(None, session, out);
    }

    /// Stops campaigning. What has been asked for and not been answered is left to the lease.
    pub(crate) fn cancel(&mut self, session: &mut Session, out: &mut Vec<Action>) -> Option<ElectionNews> {
        match self.stage {
            Stage::Joining | Stage::Proclaiming(_) => Some(self.failed(canceled())),
            Stage::Waiting => {
                self.step_down(Some(canceled()), session, out);
                None
            }
            Stage::Leading | Stage::Resigning(..) | Stage::Over => None,
        }
    }

    pub(crate) fn handle(
        &mut self,
        event: &ProcessEvent,
        session: &mut Session,
        out: &mut Vec<Action>,
    ) -> Option<ElectionNews> {
        match (&self.stage, event) {
            (Stage::Joining | Stage::Waiting, _) => match self.turn.handle(event, session, out)? {
                TurnNews::Joined { existing: Some(kv), .. } if kv.value.as_bytes() != self.proposal.as_bytes() => {
                    self.proclaim(session, out);
                    None
                }
                TurnNews::Joined { .. } => {
                    self.wait(session, out);
                    None
                }
                TurnNews::Come => {
                    self.stage = Stage::Leading;
                    Some(ElectionNews::Elected)
                }
                TurnNews::Failed(reason) => Some(self.failed(reason)),
            },
            (Stage::Proclaiming(call), ProcessEvent::Reply { handle, result, .. }) if call == handle => {
                match result {
                    Ok(Response::Txn(response)) if response.succeeded => self.wait(session, out),
                    Ok(Response::Txn(_)) => return Some(self.failed("election: not leader".into())),
                    Ok(answer) => answer.cannot_answer("a transaction"),
                    Err(error) => self.step_down(Some(failure(error.clone())), session, out),
                }
                None
            }
            (Stage::Resigning(call, reason), ProcessEvent::Reply { handle, result, .. }) if call == handle => {
                let reason = reason.clone().or_else(|| result.clone().err().map(failure));
                self.stage = Stage::Over;
                Some(reason.map_or(ElectionNews::Resigned, ElectionNews::Failed))
            }
            _ => None,
        }
    }

    fn wait(&mut self, session: &mut Session, out: &mut Vec<Action>) {
        self.stage = Stage::Waiting;
        self.turn.wait(session, out);
    }

    fn failed(&mut self, reason: Failure) -> ElectionNews {
        self.stage = Stage::Over;
        ElectionNews::Failed(reason)
    }

    fn proclaim(&mut self, session: &mut Session, out: &mut Vec<Action>) {
        let put = PutRequest {
            key: Bytes::from(self.turn.key()),
            value: Bytes::from(self.proposal.as_str()),
            lease: self.lease,
            prev_kv: false,
            ignore_value: false,
            ignore_lease: false,
        };
        self.stage = Stage::Proclaiming(self.if_still_ours(RequestOp::Put(put), session, out));
    }

    fn step_down(&mut self, reason: Option<Failure>, session: &mut Session, out: &mut Vec<Action>) {
        let delete = DeleteRangeRequest { range: KeyRange::single(self.turn.key()), prev_kv: false };
        self.stage = Stage::Resigning(self.if_still_ours(RequestOp::DeleteRange(delete), session, out), reason);
    }

    fn if_still_ours(&self, operation: RequestOp, session: &mut Session, out: &mut Vec<Action>) -> Handle {
        let txn = TxnRequest { compare: vec![self.turn.is_ours()], success: vec![operation], failure: Vec::new() };
        session.call(Request::Txn(txn), out)
    }
}
