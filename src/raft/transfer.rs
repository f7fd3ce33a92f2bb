//! Leadership transfer: the dissertation's §3.10.
//!
//! The leader takes no proposals, brings its successor's log up to date, and tells it to campaign at once. A successor that
//! does not win within an election timeout is given up.

use super::event::Event;
use super::message::Body;
use super::node::Raft;
use super::types::{NodeId, Payload, Role};
use crate::sim::Time;

impl<P: Payload> Raft<P> {
    /// Asks the leader, be it this node or another, to hand over to `target`. Nothing tells how it ends but who leads
    /// afterwards; nothing is asked while nobody is known to lead.
    pub fn transfer_leadership(&mut self, now: Time, target: NodeId) {
        self.now = now;
        self.handle_transfer(target);
    }

    /// To whom this leader is handing over.
    pub fn transferee(&self) -> Option<NodeId> {
        self.transferee
    }

    /// Somebody wants `target` to lead. The same target again changes nothing, another one takes its place, and the leader
    /// itself ends what was begun.
    pub(super) fn handle_transfer(&mut self, target: NodeId) {
        match (self.role, self.leader) {
            (Role::Leader, _) => {}
            (Role::Follower, Some(leader)) => return self.send(leader, Body::TransferLeader { target }),
            _ => return,
        }
        let Some(progress) = self.progress.get(&target) else { return };
        if self.configuration.is_learner(target) || self.transferee == Some(target) {
            return;
        }
        let is_caught_up = progress.matched == self.log.last_index();
        self.abort_transfer();
        if target == self.settings.id {
            return;
        }
        // It has an election timeout from now.
        self.restart_election_timer();
        self.transferee = Some(target);
        self.events.push(Event::TransferStarted { target });
        if is_caught_up {
            self.send(target, Body::TimeoutNow);
        } else {
            self.owe_commit_index(target);
        }
    }

    pub(super) fn abort_transfer(&mut self) {
        if let Some(target) = self.transferee.take() {
            self.events.push(Event::TransferAborted { target });
        }
    }

    /// A node has acknowledged all that there is; if it is the one that waits to lead, it may.
    pub(super) fn continue_transfer(&mut self, node: NodeId) {
        let is_caught_up =
            |raft: &Self| raft.progress.get(&node).is_some_and(|progress| progress.matched == raft.log.last_index());
        if self.transferee == Some(node) && is_caught_up(self) {
            self.send(node, Body::TimeoutNow);
        }
    }

    /// The leader says: now. A successor skips the trial, for it knows that it is wanted.
    pub(super) fn handle_timeout_now(&mut self, leader: NodeId) {
        if self.role == Role::Follower {
            self.events.push(Event::ToldToCampaign { leader });
            self.campaign(true);
        }
    }
}
