//! `elect`: stands in an election, shows its key and leads until Ctrl-C; with `-l` it tells of every leader instead.
//!
//! A leader whose session ends says so and ends. An observer has a session, too, and does not look at it, as the real tool.

use super::pflag::FlagSet;
use super::print::Shown;
use super::session::{Client, Stop, Wants, exit};
use crate::etcd::api::{RangeResponse, Response};
use crate::etcd::concurrency::{Election, ElectionNews, Observer, Session, SessionNews, TTL_S, canceled};
use crate::etcd::process::{Action, Handle, ProcessEvent};

/// A running `elect`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Elect {
    client: Client,
    session: Session,
    name: String,
    /// What it proposes; an observer proposes nothing.
    proposal: Option<String>,
    stage: Stage,
}

#[derive(Clone, PartialEq, Debug)]
enum Stage {
    Opening,
    Observing(Observer),
    /// It campaigns or resigns.
    Standing(Election),
    /// The key is read to be shown.
    Showing(Election, Handle),
    Leading(Election),
}

impl Elect {
    /// Opens a session.
    pub(crate) fn start(
        flags: &mut FlagSet,
        wants: &mut Wants,
        connect: impl Fn(&mut FlagSet, &mut Wants) -> Result<Client, Stop>,
    ) -> Result<Elect, Stop> {
        let (name, proposal) = match flags.arguments() {
            [name] => (name.clone(), None),
            [name, proposal] => (name.clone(), Some(proposal.clone())),
            _ => {
                let text = "elect takes one election name argument and an optional proposal argument";
                return Err(Stop::bad_arguments(text));
            }
        };
        let client = connect(flags, wants)?;
        match (&proposal, flags.bool("listen")) {
            (None, false) => return Err(Stop::bad_arguments("no proposal argument but -l not set")),
            (Some(_), true) => return Err(Stop::bad_arguments("proposal given but -l is set")),
            _ => {}
        }
        let session = Session::open(client.endpoints.clone(), TTL_S, wants.actions());
        Ok(Elect { client, session, name, proposal, stage: Stage::Opening })
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
                let (session, out) = (&mut self.session, wants.actions());
                self.stage = match &self.proposal {
                    None => Stage::Observing(Observer::observe(&self.name, session, out)),
                    Some(proposal) => Stage::Standing(Election::campaign(&self.name, proposal, session, out)),
                };
                Ok(())
            }
            SessionNews::Failed(reason) => Err(Stop::error(exit::ERROR, &*reason)),
            SessionNews::Done => self.check_session(),
        }
    }

    fn check_session(&self) -> Result<(), Stop> {
        match self.stage {
            Stage::Leading(_) if self.session.is_done() => Err(Stop::error(exit::ERROR, "elect: session expired")),
            _ => Ok(()),
        }
    }

    fn told(&mut self, event: ProcessEvent, wants: &mut Wants) -> Result<(), Stop> {
        match (&mut self.stage, event) {
            (_, ProcessEvent::Interrupt) => self.interrupted(wants),
            (Stage::Observing(observer), event) => {
                let told = observer.handle(&event, &mut self.session, wants.actions());
                let is_lost = observer.is_lost();
                told.iter().try_for_each(|response| self.show(response, wants))?;
                if is_lost { Err(Stop::error(exit::ERROR, "elect: observer lost")) } else { Ok(()) }
            }
            (Stage::Standing(election), event) => {
                let news = election.handle(&event, &mut self.session, wants.actions());
                news.map_or(Ok(()), |news| self.election_told(news, wants))
            }
            (Stage::Showing(election, call), ProcessEvent::Reply { handle, result, .. }) if *call == handle => {
                self.stage = Stage::Leading(election.clone());
                match result.map_err(|error| Stop::error(exit::ERROR, &*error.text))? {
                    Response::Range(response) => self.show(&response, wants)?,
                    answer => answer.cannot_answer("a read"),
                }
                self.check_session()
            }
            _ => Ok(()),
        }
    }

    fn election_told(&mut self, news: ElectionNews, wants: &mut Wants) -> Result<(), Stop> {
        match (news, &self.stage) {
            (ElectionNews::Failed(reason), _) => return Err(Stop::error(exit::ERROR, &*reason)),
            (ElectionNews::Elected, Stage::Standing(election)) => {
                let call = self.session.get(election.key(), wants.actions());
                self.stage = Stage::Showing(election.clone(), call);
            }
            (ElectionNews::Elected | ElectionNews::Resigned, _) => wants.exit(),
        }
        Ok(())
    }

    fn show(&self, response: &RangeResponse, wants: &mut Wants) -> Result<(), Stop> {
        wants.text(self.client.printer.show(Shown::Range { response, value_only: false })?);
        Ok(())
    }

    fn interrupted(&mut self, wants: &mut Wants) -> Result<(), Stop> {
        match &mut self.stage {
            Stage::Opening => wants.push(Action::Exit(exit::SIGINT)),
            Stage::Observing(_) => wants.exit(),
            Stage::Standing(election) => {
                if let Some(news) = election.cancel(&mut self.session, wants.actions()) {
                    return self.election_told(news, wants);
                }
            }
            Stage::Showing(..) => return Err(Stop::error(exit::ERROR, &*canceled())),
            Stage::Leading(election) => {
                election.resign(&mut self.session, wants.actions());
                self.stage = Stage::Standing(election.clone());
            }
        }
        Ok(())
    }
}
