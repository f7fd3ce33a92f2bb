//! Changes of the configuration in a running cluster: §6 and the dissertation's chapter 4, as etcd does them.
//!
//! A change is proposed like anything else and comes into force when it is applied. The leader lets only one be under way;
//! a proposal that must not be made now becomes an empty entry, so that its proposer is not left waiting.

use super::conf_change::{ConfChange, ConfChangeError};
use super::configuration::Configuration;
use super::event::Event;
use super::node::Raft;
use super::progress::Progress;
use super::rule::Rule;
use super::types::{EntryBody, LogIndex, Payload, Role};
use std::rc::Rc;

impl<P: Payload> Raft<P> {
    /// Who votes and who learns, as far as this node has applied.
    pub fn configuration(&self) -> &Rc<Configuration> {
        &self.configuration
    }

    /// Applies a change of the configuration that was handed out as committed, in the order of the log. The owner may apply
    /// another change in its place, if all nodes do (etcd's members void what they find wrong with a
    /// [`super::Change::Update`]). Answers the new configuration; with an error the old one stays.
    pub fn apply_conf_change(&mut self, change: &ConfChange<P>) -> Result<Rc<Configuration>, ConfChangeError> {
        self.changes_out = self.changes_out.saturating_sub(1);
        let after = if self.settings.obeys(Rule::JointConsensus) || self.configuration.is_joint() {
            self.configuration.after(change)
        } else {
            Configuration::clone(&self.configuration).changed(&change.changes)
        };
        let after = after.map(Rc::new);
        if let Ok(after) = &after {
            self.switch_configuration(Rc::clone(after));
        }
        self.maybe_leave_joint();
        after
    }

    pub(super) fn switch_configuration(&mut self, configuration: Rc<Configuration>) {
        self.configuration = Rc::clone(&configuration);
        self.events.push(Event::ConfigurationChanged { configuration: Rc::clone(&configuration) });
        if self.role != Role::Leader {
            return;
        }
        self.progress.retain(|node, _| configuration.contains(*node));
        let next = self.log.last_index().max(LogIndex(1));
        for node in &configuration.members() {
            if !self.progress.contains_key(node) {
                let mut progress = Progress::new(next);
                // It counts as heard, or it would not get the snapshot that it may need.
                progress.recent_active = true;
                self.progress.insert(*node, progress);
            }
        }
        if !configuration.is_voter(self.settings.id) {
            // A leader that is no longer a voter leads on until somebody else does (§6).
            return;
        }
        // A smaller quorum may have what a larger one had not.
        if !self.commit_by_counting() {
            self.owe_entries_to_all();
        }
        if self.transferee.is_some_and(|target| !configuration.is_voter(target)) {
            self.abort_transfer();
        }
    }

    /// Whether a change of the configuration that it knows of is not applied.
    fn has_pending_change(&self) -> bool {
        self.changes_out > 0 || self.pending_conf_index > self.log.applied()
    }

    /// The leader leaves a joint configuration by itself, if that was wished, as soon as nothing stands against it.
    pub(super) fn maybe_leave_joint(&mut self) {
        if self.configuration.auto_leave && self.role == Role::Leader && !self.has_pending_change() {
            // Not taken while leadership is handed over; it is tried again with the next Ready.
            let _not_now = self.append_proposals([EntryBody::ConfChange(Rc::new(ConfChange::leave_joint()))]);
        }
    }

    /// Whether a change may be proposed at this leader now.
    pub(super) fn may_change(&self, change: &ConfChange<P>) -> bool {
        let is_pending = self.has_pending_change() && self.settings.obeys(Rule::OneChangeAtATime);
        !is_pending && change.changes.is_empty() == self.configuration.is_joint()
    }
}
