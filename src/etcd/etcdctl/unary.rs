//! Commands that are one call and its answer: most of them.
//!
//! Invariant: one call is open, and its answer ends the command.

use super::print::{Printer, Shown};
use super::session::{Client, Stop, Wants, exit};
use crate::etcd::api::{Header, Response, RpcError};
use crate::etcd::process::{Action, Handle, ProcessEvent};

/// The one call.
pub(crate) const CALL: Handle = 0;

/// What was asked, as far as showing the answer depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    Get { count_only: bool, value_only: bool },
    Put,
    Del,
    Compaction { revision: i64 },
    LeaseGrant,
    LeaseRevoke { id: i64 },
    LeaseTimeToLive { with_keys: bool },
    LeaseList,
    LeaseKeepAliveOnce,
    MemberList,
    AlarmList,
}

/// A command that waits for its answer.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Unary {
    printer: Printer,
    asked: Asked,
}

impl Unary {
    /// Shows the answer as the client's settings say.
    pub(crate) fn new(client: &Client, asked: Asked) -> Unary {
        Unary { printer: client.printer, asked }
    }

    pub(crate) fn handle(&mut self, event: ProcessEvent, wants: &mut Wants) {
        match event {
            ProcessEvent::Reply { result, .. } => {
                match result.map_err(|error| self.failed(&error)).and_then(|answer| self.answered(&answer, wants)) {
                    Ok(()) => wants.exit(),
                    Err(stop) => wants.stop(stop),
                }
            }
            ProcessEvent::Interrupt => wants.push(Action::Exit(exit::SIGINT)),
            _ => {}
        }
    }

    fn failed(&self, error: &RpcError) -> Stop {
        match self.asked {
            Asked::LeaseGrant => Stop::error(exit::ERROR, format!("failed to grant lease ({error})")),
            Asked::LeaseRevoke { .. } => Stop::error(exit::ERROR, format!("failed to revoke lease ({error})")),
            Asked::LeaseTimeToLive { .. } | Asked::LeaseList | Asked::LeaseKeepAliveOnce => {
                Stop::error(exit::BAD_CONNECTION, &*error.text)
            }
            _ => Stop::error(exit::ERROR, &*error.text),
        }
    }

    fn answered(&self, answer: &Response, wants: &mut Wants) -> Result<(), Stop> {
        let shown = match (self.asked, answer) {
            (Asked::Get { count_only, value_only }, Response::Range(response)) => {
                self.check_projection(count_only, value_only)?;
                Shown::Range { response, value_only }
            }
            (Asked::Put, Response::Put(response)) => Shown::Put(response),
            (Asked::Del, Response::DeleteRange(response)) => Shown::DeleteRange(response),
            (Asked::Compaction { revision }, Response::Compact { .. }) => {
                wants.stdout(format!("compacted revision {revision}\n"));
                return Ok(());
            }
            (Asked::LeaseGrant, Response::LeaseGrant { header, id, ttl_s }) => {
                Shown::LeaseGrant { header, id: *id, ttl_s: *ttl_s }
            }
            (Asked::LeaseRevoke { id }, Response::LeaseRevoke { header }) => Shown::LeaseRevoke { header, id },
            (Asked::LeaseKeepAliveOnce, Response::LeaseKeepAlive { header, id, ttl_s }) => {
                kept_alive(header, *id, *ttl_s)?
            }
            (
                Asked::LeaseTimeToLive { with_keys },
                Response::LeaseTimeToLive { header, id, ttl_s, granted_ttl_s, keys },
            ) => {
                let keys = keys.as_deref().unwrap_or_default();
                let (id, ttl_s, granted_ttl_s) = (*id, *ttl_s, *granted_ttl_s);
                Shown::LeaseTimeToLive { header, id, ttl_s, granted_ttl_s, keys, with_keys }
            }
            (Asked::LeaseList, Response::LeaseLeases { header, leases }) => Shown::LeaseList { header, leases },
            (Asked::MemberList, Response::MemberList { header, members }) => Shown::MemberList { header, members },
            (Asked::AlarmList, Response::AlarmList { header, alarms }) => Shown::Alarms { header, alarms },
            (_, answer) => answer.cannot_answer("a call"),
        };
        wants.text(self.printer.show(shown)?);
        Ok(())
    }

    /// `etcdctl` finds out that its flags do not go together only when it has the answer.
    fn check_projection(&self, count_only: bool, value_only: bool) -> Result<(), Stop> {
        if count_only && self.printer != Printer::Fields {
            return Err(Stop::bad_arguments("--count-only is only for `--write-out=fields`"));
        }
        if value_only && !matches!(self.printer, Printer::Simple { .. }) {
            return Err(Stop::bad_arguments("print-value-only is only for `--write-out=simple`"));
        }
        Ok(())
    }
}

/// A renewal that succeeded. A lease that is not there is no error of the call, only a time to live of nothing.
fn kept_alive(header: &Header, id: i64, ttl_s: i64) -> Result<Shown<'_>, Stop> {
    if ttl_s <= 0 {
        return Err(Stop::error(exit::BAD_CONNECTION, "etcdserver: requested lease not found"));
    }
    Ok(Shown::LeaseKeepAlive { header, id, ttl_s })
}
