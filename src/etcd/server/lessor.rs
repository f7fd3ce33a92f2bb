//! Leases on one member: what there is on all of them, and on the leader when each runs out.
//!
//! Only the leader (the "primary lessor") has clocks. A new leader starts every clock anew with an election timeout on top,
//! for it cannot know when the old one renewed; without a leader nothing runs out. Renewals are in the leader's memory alone.

use crate::mvcc::{Bytes, EventKind, Finished};
use crate::sim::{Duration, Time};
use litemap::LiteMap;

/// One lease.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// What was granted, in seconds.
    pub ttl_s: i64,
    /// When it runs out, on the leader's clock; `None` where this member does not lead.
    pub expires_at: Option<Time>,
    /// The keys on it.
    pub keys: LiteMap<Bytes, ()>,
    /// When its revocation was proposed.
    revoking_since: Option<Time>,
}

/// The leases of one member.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lessor {
    leases: LiteMap<i64, Lease>,
    lease_of_key: LiteMap<Bytes, i64>,
    primary: bool,
}

/// After how long an unanswered revocation is proposed again.
const REVOKE_AGAIN: Duration = Duration::seconds(3);
/// The most leases that are revoked at a time.
const REVOKE_MAX: usize = 500;

fn lifetime(ttl_s: i64) -> Duration {
    Duration::seconds(1) * ttl_s
}

impl Lessor {
    /// Whether this member runs the clocks.
    pub fn is_primary(&self) -> bool {
        self.primary
    }

    /// The leases by id.
    pub fn leases(&self) -> impl Iterator<Item = (i64, &Lease)> {
        self.leases.iter().map(|(id, lease)| (*id, lease))
    }

    /// The lease of this id.
    pub fn get(&self, id: i64) -> Option<&Lease> {
        self.leases.get(&id)
    }

    pub(super) fn contains(&self, id: i64) -> bool {
        self.leases.contains_key(&id)
    }

    pub(super) fn grant(&mut self, id: i64, ttl_s: i64, now: Time) {
        let expires_at = self.primary.then(|| now + lifetime(ttl_s));
        self.leases.insert(id, Lease { ttl_s, expires_at, keys: LiteMap::new(), revoking_since: None });
    }

    /// Forgets a lease; its keys are the caller's to delete.
    pub(super) fn remove(&mut self, id: i64) -> Option<Lease> {
        let lease = self.leases.remove(&id)?;
        for key in lease.keys.keys() {
            self.lease_of_key.remove(key);
        }
        Some(lease)
    }

    /// Moves keys between leases after a change of the store.
    pub(super) fn attach_changed(&mut self, done: &Finished<'_>) {
        for record in done.records() {
            let lease = if record.kind == EventKind::Put { record.kv.lease } else { 0 };
            let key = &record.kv.key;
            let old = self.lease_of_key.get(key).copied().unwrap_or(0);
            if old == lease {
                continue;
            }
            if let Some(old) = self.leases.get_mut(&old) {
                old.keys.remove(key);
            }
            self.lease_of_key.remove(key);
            if let Some(new) = self.leases.get_mut(&lease) {
                new.keys.insert(key.clone(), ());
                self.lease_of_key.insert(key.clone(), lease);
            }
        }
    }

    /// This member leads: every clock starts anew. Answers how many there are.
    pub(super) fn promote(&mut self, now: Time, extend: Duration) -> usize {
        self.primary = true;
        for lease in self.leases.iter_mut().map(|(_, lease)| lease) {
            lease.expires_at = Some(now + extend + lifetime(lease.ttl_s));
            lease.revoking_since = None;
        }
        self.leases.len()
    }

    /// This member does not lead any more.
    pub(super) fn demote(&mut self) {
        self.primary = false;
        for lease in self.leases.iter_mut().map(|(_, lease)| lease) {
            lease.expires_at = None;
            lease.revoking_since = None;
        }
    }

    /// Whether a lease has run out on this leader's clock.
    pub(super) fn is_expired(&self, id: i64, now: Time) -> bool {
        self.leases.get(&id).and_then(|lease| lease.expires_at).is_some_and(|expires_at| expires_at <= now)
    }

    pub(super) fn renew(&mut self, id: i64, now: Time) -> Option<i64> {
        let lease = self.leases.get_mut(&id)?;
        lease.expires_at = Some(now + lifetime(lease.ttl_s));
        Some(lease.ttl_s)
    }

    /// The earliest time at which a lease may have to be revoked.
    pub(super) fn next_expiry(&self) -> Option<Time> {
        self.leases
            .values()
            .filter_map(|lease| match lease.revoking_since {
                Some(since) => Some(since + REVOKE_AGAIN),
                None => lease.expires_at,
            })
            .min()
    }

    /// The leases to revoke now.
    pub(super) fn take_expired(&mut self, now: Time) -> Vec<i64> {
        let due = |lease: &Lease| {
            lease.expires_at.is_some_and(|expires_at| expires_at <= now)
                && lease.revoking_since.is_none_or(|since| since + REVOKE_AGAIN <= now)
        };
        let expired: Vec<i64> =
            self.leases.iter().filter(|(_, lease)| due(lease)).map(|(id, _)| *id).take(REVOKE_MAX).collect();
        for id in &expired {
            self.leases.get_mut(id).expect("just found").revoking_since = Some(now);
        }
        expired
    }
}
