//! `lease …`: the ids and times in their arguments, and the renewal that goes on until it is stopped.

use super::golang::number::parse_int;
use super::pflag::FlagSet;
use super::print::{Printer, Shown, lease_text};
use super::session::{Client, Stop, Wants, exit};
use crate::etcd::api::Response;
use crate::etcd::process::{Action, Handle, ProcessEvent};

/// The one renewal.
const RENEWAL: Handle = 0;

/// The time to live that `lease grant` names, in seconds.
pub(crate) fn grant_ttl_s(flags: &FlagSet) -> Result<i64, Stop> {
    let ttl = single_argument(flags, "lease grant command needs TTL argument")?;
    parse_int(ttl, 10).map_err(|reason| Stop::bad_arguments(format!("bad TTL ({reason})")))
}

/// The only argument; `complaint` is what is said if there is not exactly one.
pub(crate) fn single_argument<'f>(flags: &'f FlagSet, complaint: &str) -> Result<&'f str, Stop> {
    match flags.arguments() {
        [argument] => Ok(argument),
        _ => Err(Stop::bad_arguments(complaint)),
    }
}

/// A lease's id as people write it, in hexadecimal.
pub(crate) fn lease_id(text: &str) -> Result<i64, Stop> {
    parse_int(text, 16)
        .map_err(|reason| Stop::bad_arguments(format!("bad lease ID arg ({reason}), expecting ID in Hex")))
}

/// `lease keep-alive` without `--once`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct KeepAlive {
    printer: Printer,
    lease: i64,
}

impl KeepAlive {
    /// Begins to renew the lease.
    pub(crate) fn start(client: &Client, lease: i64, wants: &mut Wants) -> KeepAlive {
        wants.push(Action::KeepAlive { handle: RENEWAL, endpoints: client.endpoints.clone(), lease });
        KeepAlive { printer: client.printer, lease }
    }

    pub(crate) fn handle(&mut self, event: ProcessEvent, wants: &mut Wants) {
        match event {
            ProcessEvent::KeepAlive { response: Some(response), .. } => {
                let Response::LeaseKeepAlive { header, id, ttl_s } = response else {
                    response.cannot_answer("a renewal");
                };
                match self.printer.show(Shown::LeaseKeepAlive { header: &header, id, ttl_s }) {
                    Ok(text) => wants.text(text),
                    Err(stop) => wants.stop(stop),
                }
            }
            ProcessEvent::KeepAlive { response: None, .. } => {
                if matches!(self.printer, Printer::Simple { .. }) {
                    wants.stdout(format!("lease {} expired or revoked.\n", lease_text(self.lease)));
                }
                wants.exit();
            }
            ProcessEvent::Interrupt => {
                wants.push(Action::StopKeepAlive(RENEWAL));
                wants.push(Action::Exit(exit::SIGINT));
            }
            _ => {}
        }
    }
}
