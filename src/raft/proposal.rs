//! Proposals: who takes them, who passes them on, and when they are dropped.

use super::conf_change::ConfChange;
use super::event::Event;
use super::message::Body;
use super::node::Raft;
use super::types::{Entry, EntryBody, Payload, ProposeError, Role, Term};
use crate::sim::Time;
use std::rc::Rc;

impl<P: Payload> Raft<P> {
    /// Proposes payloads: appended by the leader, passed on by a follower that knows one.
    pub fn propose(&mut self, now: Time, payloads: Vec<P>) -> Result<(), ProposeError> {
        self.now = now;
        match (self.role, self.leader) {
            (Role::Leader, _) => self.append_proposals(payloads.into_iter().map(EntryBody::Normal)),
            (Role::Follower, Some(leader)) => {
                self.send_term(leader, Term(0), Body::Propose { payloads });
                Ok(())
            }
            _ => Err(ProposeError::NoLeader),
        }
    }

    /// Proposes a change of the configuration. One that may not be made now becomes an empty entry.
    pub fn propose_conf_change(&mut self, now: Time, change: Rc<ConfChange<P>>) -> Result<(), ProposeError> {
        self.now = now;
        match (self.role, self.leader) {
            (Role::Leader, _) => self.append_proposals([EntryBody::ConfChange(change)]),
            (Role::Follower, Some(leader)) => {
                self.send_term(leader, Term(0), Body::ProposeConfChange { change });
                Ok(())
            }
            _ => Err(ProposeError::NoLeader),
        }
    }

    /// The leader's part. A leader that is no longer a member, or hands its leadership over, takes nothing.
    pub(super) fn append_proposals(
        &mut self,
        bodies: impl IntoIterator<Item = EntryBody<P>> + Clone,
    ) -> Result<(), ProposeError> {
        if !self.progress.contains_key(&self.settings.id) || self.transferee.is_some() {
            return Err(ProposeError::Dropped);
        }
        if self.settings.uncommitted_bytes_max != usize::MAX {
            self.count_uncommitted(bodies.clone())?;
        }
        let before = self.log.last_index();
        for body in bodies {
            let body = self.checked(body);
            self.log.append(Entry { term: self.term, index: self.next_index(), body });
        }
        self.appended_as_leader(before);
        self.broadcast_append();
        Ok(())
    }

    /// Counts what is proposed against the limit of what waits to be applied. The first always goes, as does what is empty.
    fn count_uncommitted(&mut self, bodies: impl IntoIterator<Item = EntryBody<P>>) -> Result<(), ProposeError> {
        let bytes: usize = bodies.into_iter().map(|body| body.size_bytes()).sum();
        let waiting = self.uncommitted_bytes;
        if waiting > 0 && bytes > 0 && waiting.saturating_add(bytes) > self.settings.uncommitted_bytes_max {
            return Err(ProposeError::Dropped);
        }
        self.uncommitted_bytes += bytes;
        Ok(())
    }

    /// Entries of this leader have been handed out for applying.
    pub(super) fn count_applied(&mut self, entries: &[Entry<P>]) {
        if self.uncommitted_bytes > 0 {
            let bytes: usize = entries.iter().map(|entry| entry.body.size_bytes()).sum();
            self.uncommitted_bytes = self.uncommitted_bytes.saturating_sub(bytes);
        }
    }

    /// A change of the configuration that may not be made now gives way to an empty entry.
    fn checked(&mut self, body: EntryBody<P>) -> EntryBody<P> {
        let EntryBody::ConfChange(change) = &body else { return body };
        let index = self.next_index();
        if self.may_change(change) {
            self.pending_conf_index = index;
            body
        } else {
            self.events.push(Event::ConfChangeRefused { index });
            EntryBody::Empty
        }
    }
}
