//! A disk that is real enough to hurt: an append-only file of records that become durable only when their sync is done.
//!
//! Invariants: `records[..durable]` survive a crash; nothing else does, save that the first record after them may have been
//! torn, which the restart notices (as a checksum would) and cuts off. Syncs finish in the order in which they were asked
//! for. Absent: disk-full, bit rot, and more than one file.

use super::random::Random;
use super::time::{Duration, Time};
use super::trace::EventId;
use serde::{Deserialize, Serialize};

/// How long a sync takes: uniform between the two bounds, in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct DiskSettings {
    /// The quickest sync.
    pub sync_us_min: i64,
    /// The slowest sync.
    pub sync_us_max: i64,
}

impl Default for DiskSettings {
    /// A good solid-state disk: 1 to 3 ms.
    fn default() -> Self {
        DiskSettings { sync_us_min: 1_000, sync_us_max: 3_000 }
    }
}

/// Names one synced write of one actor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WriteToken(pub u64);

/// One actor's disk.
#[derive(Clone, Debug)]
pub struct Disk<R> {
    records: Vec<R>,
    durable: usize,
    settings: DiskSettings,
    /// Writes being synced: how many records will be durable when each is done, and what had them written.
    syncing: Vec<(WriteToken, usize, Option<EventId>)>,
    last_sync_done: Time,
    torn: bool,
    rewrites: u64,
}

impl<R> Disk<R> {
    pub(super) fn new(settings: DiskSettings) -> Self {
        Disk {
            records: Vec::new(),
            durable: 0,
            settings,
            syncing: Vec::new(),
            last_sync_done: Time::ZERO,
            torn: false,
            rewrites: 0,
        }
    }

    /// What a process that starts finds.
    pub fn records(&self) -> &[R] {
        &self.records
    }

    /// How many of the records would survive a crash now.
    pub fn durable(&self) -> usize {
        self.durable
    }

    /// How often the durable records were replaced by others.
    pub fn rewrites(&self) -> u64 {
        self.rewrites
    }

    /// Whether the last crash tore a record, which the restart has cut off.
    pub fn was_torn(&self) -> bool {
        self.torn
    }

    /// Whether a sync is on its way.
    pub fn is_syncing(&self) -> bool {
        !self.syncing.is_empty()
    }

    pub(super) fn set(&mut self, settings: DiskSettings) {
        self.settings = settings;
    }

    pub(super) fn append(&mut self, records: impl IntoIterator<Item = R>) {
        self.records.extend(records);
    }

    /// Begins a sync of everything appended so far; answers when it will be done.
    pub(super) fn sync(&mut self, now: Time, token: WriteToken, cause: Option<EventId>, random: &mut Random) -> Time {
        let length = Duration(
            random.between(self.settings.sync_us_min, self.settings.sync_us_max.max(self.settings.sync_us_min)),
        );
        let done = (now + length).max(self.last_sync_done);
        self.last_sync_done = done;
        self.syncing.push((token, self.records.len(), cause));
        done
    }

    /// A sync is done; answers what had it begun.
    pub(super) fn synced(&mut self, token: WriteToken) -> Option<EventId> {
        let at = self.syncing.iter().position(|(t, _, _)| *t == token);
        let at = at.unwrap_or_else(|| panic!("sync {token:?} was never begun, or a crash had ended it"));
        let (_, len, cause) = self.syncing[at];
        self.syncing.drain(..=at);
        assert!(len >= self.durable && len <= self.records.len(), "sync to {len}, durable {}", self.durable);
        self.durable = len;
        cause
    }

    /// Puts others in the place of the durable records.
    pub(super) fn rewrite(&mut self, rewrite: fn(&[R]) -> Vec<R>) {
        let mut records = rewrite(&self.records[..self.durable]);
        let (before, after) = (self.durable, records.len());
        records.extend(self.records.drain(before..));
        for (_, len, _) in &mut self.syncing {
            *len = *len - before + after;
        }
        (self.records, self.durable) = (records, after);
        self.rewrites += 1;
    }

    /// The power is gone. Returns how many records were lost.
    pub(super) fn crash(&mut self, random: &mut Random) -> usize {
        let lost = self.records.len() - self.durable;
        self.torn = lost > 0 && random.chance(500_000);
        self.records.truncate(self.durable);
        self.syncing.clear();
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_synced_survives_a_crash() {
        let mut random = Random::new(1, 1);
        let mut disk = Disk::new(DiskSettings::default());
        disk.append(vec!['a', 'b']);
        disk.sync(Time::ZERO, WriteToken(0), None, &mut random);
        disk.append(vec!['c']);
        disk.synced(WriteToken(0));
        assert_eq!(disk.crash(&mut random), 1);
        assert_eq!(disk.records(), ['a', 'b']);
    }

    #[test]
    fn a_sync_covers_all_that_was_written_before_it() {
        let mut random = Random::new(1, 1);
        let mut disk = Disk::new(DiskSettings::default());
        disk.append(vec!['a']);
        disk.append(vec!['b']);
        disk.sync(Time::ZERO, WriteToken(7), None, &mut random);
        disk.synced(WriteToken(7));
        assert_eq!(disk.crash(&mut random), 0);
        assert_eq!(disk.records(), ['a', 'b']);
    }

    #[test]
    fn a_rewrite_replaces_what_is_durable_and_leaves_what_is_not() {
        let mut random = Random::new(1, 1);
        let mut disk = Disk::new(DiskSettings::default());
        disk.append(vec!['a', 'b']);
        disk.sync(Time::ZERO, WriteToken(0), None, &mut random);
        disk.synced(WriteToken(0));
        disk.append(vec!['c']);
        disk.sync(Time::ZERO, WriteToken(1), None, &mut random);
        disk.append(vec!['d']);
        disk.rewrite(|durable| durable[1..].to_vec());
        assert_eq!((disk.records(), disk.durable()), (&['b', 'c', 'd'][..], 1));
        disk.synced(WriteToken(1));
        assert_eq!(disk.crash(&mut random), 1);
        assert_eq!(disk.records(), ['b', 'c']);
    }

    #[test]
    fn syncs_finish_in_the_order_in_which_they_began() {
        let mut random = Random::new(3, 1);
        let mut disk = Disk::<char>::new(DiskSettings { sync_us_min: 0, sync_us_max: 10_000 });
        let done: Vec<Time> = (0..50).map(|n| disk.sync(Time(n), WriteToken(n as u64), None, &mut random)).collect();
        assert!(done.is_sorted(), "{done:?}");
    }
}
