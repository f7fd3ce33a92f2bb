//! Leases: none ends before its time, and none for no reason.
//!
//! Two clocks are asked. The member that ends a lease must have seen its time run out on its own clock, since it began or
//! last renewed it as the leader. And while all clocks run true, a renewal that the newest leader has answered holds for the
//! whole time to live, whoever leads then.

use super::{Found, Invariant, KEPT_MAX, name};
use crate::raft::{NodeId, Role};
use crate::sim::{Duration, Time};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
struct Lease {
    ttl: Duration,
    granted_by_index: u64,
    /// Promised to live till then, in the world's time.
    alive_until: Time,
    /// A leader has found it run out.
    has_run_out: bool,
}

/// The leases that live.
#[derive(Clone, Debug, Default)]
pub(super) struct Leases {
    leases: BTreeMap<i64, Lease>,
    /// When a member has started the clock of a lease last, on its own clock.
    started: BTreeMap<(NodeId, i64), Time>,
    /// Whose end clients have asked for, be it before the grant: the two may overtake each other.
    revocations: BTreeSet<i64>,
    newest_index: u64,
    clocks_are_off: bool,
}

impl Leases {
    /// A clock does not run as the world's any more: promises are not measured by the world's time from now on.
    pub(super) fn clocks_are_off(&mut self) {
        self.clocks_are_off = true;
    }

    /// A client has asked for the lease's end.
    pub(super) fn revocation_asked(&mut self, id: i64) {
        self.revocations.insert(id);
        if self.revocations.len() > KEPT_MAX {
            self.revocations.pop_first();
        }
    }

    /// A member has applied a grant; the first that does makes the lease.
    pub(super) fn granted(&mut self, node: NodeId, index: u64, id: i64, ttl_s: i64, local: Time, now: Time) {
        let ttl = Duration::seconds(1) * ttl_s;
        if index > self.newest_index {
            self.newest_index = index;
            let lease = Lease { ttl, granted_by_index: index, alive_until: now + ttl, has_run_out: false };
            self.leases.entry(id).or_insert(lease);
        }
        if self.leases.get(&id).is_some_and(|lease| lease.granted_by_index == index) {
            self.started.insert((node, id), local);
        }
    }

    /// A member, as the leader, has renewed a lease; `newest` is when, if none leads a newer term.
    pub(super) fn renewed(&mut self, node: NodeId, id: i64, local: Time, newest: Option<Time>) {
        self.started.insert((node, id), local);
        if let (Some(lease), Some(now)) = (self.leases.get_mut(&id), newest) {
            lease.alive_until = lease.alive_until.max(now + lease.ttl);
        }
    }

    /// A new leader has started all clocks anew.
    pub(super) fn promoted(&mut self, node: NodeId, local: Time) {
        for id in self.leases.keys() {
            self.started.insert((node, *id), local);
        }
    }

    /// A member says that a lease has run out, and proposes its end. That a leader who is not followed any more does so is no
    /// harm: nothing comes of it.
    pub(super) fn expired(&mut self, node: NodeId, role: Role, id: i64, local: Time, found: &mut Found) {
        let who = name(node);
        if role != Role::Leader {
            found.push((Invariant::Lease, format!("{who} does not lead and has ended lease {id:016x}")));
        }
        let started = self.started.get(&(node, id)).copied();
        let Some(lease) = self.leases.get_mut(&id) else { return };
        lease.has_run_out = true;
        if let Some(lived) = started.map(|started| local - started).filter(|lived| *lived < lease.ttl) {
            let ttl = lease.ttl;
            let sentence = format!("{who} has ended lease {id:016x} after {lived} on its clock, and it lives {ttl}");
            found.push((Invariant::Lease, sentence));
        }
    }

    /// A member has applied a revocation; the first that does ends the lease.
    pub(super) fn revoked(&mut self, node: NodeId, index: u64, id: i64, now: Time, found: &mut Found) {
        if index <= self.newest_index {
            return;
        }
        self.newest_index = index;
        let Some(lease) = self.leases.remove(&id) else { return };
        self.started.retain(|(_, other), _| *other != id);
        if self.revocations.contains(&id) {
            return;
        }
        let who = name(node);
        if !lease.has_run_out {
            let sentence = format!("lease {id:016x} is gone on {who}; it has not run out, and nobody has revoked it");
            found.push((Invariant::Lease, sentence));
        } else if !self.clocks_are_off && now < lease.alive_until {
            let alive_until = lease.alive_until;
            let sentence =
                format!("lease {id:016x} is gone on {who} at {now}, and was promised to live till {alive_until}");
            found.push((Invariant::Lease, sentence));
        }
    }
}
