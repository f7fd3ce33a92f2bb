//! Watches on one member (`mvcc/watchable_store.go`): each streams the changes of its range from its revision on.
//!
//! Invariants: a watch is synced when it has been sent everything up to the current revision; a synced watch is sent the
//! events of a revision in the same step that makes the revision readable, so that nobody can read a revision and then miss
//! it; all events of one revision are in one message; nothing is sent twice or left out. A watch that is behind reads history
//! every 100 ms, at most 1,000 revisions at a time, and is ended if what it wants is compacted.

use super::super::api::WatchRequest;
use super::super::model::{CallId, Message, Note, Timer, WatchUpdate};
use super::{Context, Server, ServerNote};
use crate::mvcc::{Event, EventOptions, KeyRange, MvccError};
use crate::sim::{ActorId, Duration, Time};
use litemap::LiteMap;

const SYNC: Duration = Duration::millis(100);
/// The most watches that are behind and are read on in one pass.
const SYNC_WATCHERS_MAX: usize = 512;
/// The most revisions that one of them is sent in one pass.
const SYNC_REVISIONS_MAX: usize = 1_000;

/// One watch.
#[derive(Clone, Debug)]
pub struct Watcher {
    /// Who watches.
    pub client: ActorId,
    /// The client's number for it.
    pub watch: CallId,
    /// What it wants.
    pub request: WatchRequest,
    /// The next revision that it will be sent, if it changes the range.
    pub next_revision: i64,
    /// It has been sent everything there is.
    pub synced: bool,
    /// How many events it has been sent.
    pub sent: u64,
    sequence: u64,
    last_sent_at: Time,
}

/// The watches of one member, in the order of client and number.
#[derive(Clone, Debug, Default)]
pub(super) struct Watches {
    watchers: LiteMap<(ActorId, CallId), Watcher>,
}

impl Watches {
    pub(super) fn all(&self) -> impl Iterator<Item = &Watcher> {
        self.watchers.values()
    }

    pub(super) fn cancel(&mut self, client: ActorId, watch: CallId) {
        self.watchers.remove(&(client, watch));
    }

    /// For each watch of a client the number of its next message; none, if there is no such watch.
    pub(super) fn next_sequences(&self, client: ActorId, watches: Vec<CallId>) -> Vec<(CallId, Option<u64>)> {
        let next = |watch: CallId| self.watchers.get(&(client, watch)).map(|watcher| watcher.sequence);
        watches.into_iter().map(|watch| (watch, next(watch))).collect()
    }

    pub(super) fn client_gone(&mut self, client: ActorId) {
        self.watchers.retain(|(owner, _), _| *owner != client);
    }

    pub(super) fn any_requires_leader(&self) -> bool {
        self.watchers.values().any(|watcher| watcher.request.require_leader)
    }
}

impl Watcher {
    fn send(&mut self, update: WatchUpdate, context: &mut Context<'_>) {
        let sequence = self.sequence;
        self.sequence += 1;
        self.last_sent_at = context.now();
        context.send(self.client, Message::Watch { watch: self.watch, sequence, update });
    }
}

impl Server {
    pub(super) fn create_watch(
        &mut self,
        client: ActorId,
        watch: CallId,
        mut request: WatchRequest,
        context: &mut Context<'_>,
    ) {
        if request.range.key.is_empty() {
            // To the server an empty key is the first key there can be.
            request.range = KeyRange::new(b"\0".as_slice(), request.range.range_end.clone());
        }
        let current = self.store.revision();
        let start = request.start_revision;
        let synced = start <= 0 || start > current;
        let next_revision = if synced { start.max(current + 1) } else { start };
        let mut watcher = Watcher {
            client,
            watch,
            next_revision,
            synced,
            sent: 0,
            sequence: 0,
            last_sent_at: context.now(),
            request,
        };
        let refusal = if start < 0 {
            Some("etcdserver: mvcc: required revision has been compacted")
        } else if watcher.request.range.is_empty_set() {
            Some("mvcc: watcher range is empty")
        } else if watcher.request.require_leader && self.raft.leader().is_none() {
            Some("etcdserver: no leader")
        } else {
            None
        };
        if let Some(reason) = refusal {
            let header = self.header();
            return watcher.send(WatchUpdate::Canceled { header, compact_revision: 0, reason }, context);
        }
        watcher.send(WatchUpdate::Created(self.header()), context);
        context.note(Note::Server(ServerNote::WatchCreated { client, watch, behind: !synced }));
        if !synced {
            context.set_timer_after(Timer::WatchSync, SYNC);
        }
        if watcher.request.progress_notify {
            context.set_timer_after(Timer::WatchProgress, self.settings.watch_progress_notify_interval);
        }
        self.watches.watchers.insert((client, watch), watcher);
    }

    /// A revision has just been made: synced watches of its keys are sent its events.
    pub(super) fn notify_watches(&mut self, context: &mut Context<'_>) {
        if self.watches.watchers.is_empty() {
            return;
        }
        let revision = self.store.revision();
        let header = self.header();
        let options = EventOptions { from_revision: revision, revisions_max: 1, prev_kv: true };
        let events =
            self.store.events(&KeyRange::all(), &options).expect("the newest revision is not compacted").events;
        for watcher in self.watches.watchers.iter_mut().map(|(_, watcher)| watcher).filter(|watcher| watcher.synced) {
            if revision < watcher.next_revision {
                continue;
            }
            let wanted = |event: &&Event| watcher.request.range.contains(event.kv.key.as_bytes());
            let mut matching: Vec<Event> = events.iter().filter(wanted).cloned().collect();
            watcher.next_revision = revision + 1;
            if matching.is_empty() {
                continue;
            }
            if !watcher.request.prev_kv {
                matching.iter_mut().for_each(|event| event.prev_kv = None);
            }
            watcher.sent += matching.len() as u64;
            watcher.send(WatchUpdate::Events(header, matching), context);
        }
    }

    /// Reads on for the watches that are behind.
    pub(super) fn sync_watches(&mut self, context: &mut Context<'_>) {
        let header = self.header();
        let current = self.store.revision();
        let behind: Vec<(ActorId, CallId)> = self
            .watches
            .watchers
            .iter()
            .filter(|(_, watcher)| !watcher.synced)
            .map(|(key, _)| *key)
            .take(SYNC_WATCHERS_MAX)
            .collect();
        for key in behind {
            let watcher = self.watches.watchers.get_mut(&key).expect("just found");
            let options = EventOptions {
                from_revision: watcher.next_revision,
                revisions_max: SYNC_REVISIONS_MAX,
                prev_kv: watcher.request.prev_kv,
            };
            match self.store.events(&watcher.request.range, &options) {
                Ok(batch) => {
                    watcher.next_revision = batch.next_revision;
                    watcher.synced = batch.next_revision > current;
                    if !batch.events.is_empty() {
                        watcher.sent += batch.events.len() as u64;
                        watcher.send(WatchUpdate::Events(header, batch.events), context);
                    }
                }
                Err(MvccError::Compacted) => {
                    let mut watcher = self.watches.watchers.remove(&key).expect("just found");
                    let compact_revision = self.store.compact_revision();
                    let reason = "";
                    // etcd leaves the revision out of this header.
                    let header = super::Header { revision: 0, ..header };
                    watcher.send(WatchUpdate::Canceled { header, compact_revision, reason }, context);
                    let (client, watch) = key;
                    let reason = "compacted";
                    context.note(Note::Server(ServerNote::WatchCanceled { client, watch, reason }));
                }
                Err(MvccError::FutureRevision) => unreachable!("a watch of the future is synced"),
            }
        }
        if self.watches.watchers.values().any(|watcher| !watcher.synced) {
            context.set_timer_after(Timer::WatchSync, SYNC);
        }
    }

    /// Tells the revision to the watches that want to hear now and then, and have not heard anything for the interval.
    pub(super) fn notify_progress(&mut self, context: &mut Context<'_>) {
        let header = self.header();
        let interval = self.settings.watch_progress_notify_interval;
        let now = context.now();
        let mut next = None;
        for watcher in self
            .watches
            .watchers
            .iter_mut()
            .map(|(_, watcher)| watcher)
            .filter(|watcher| watcher.request.progress_notify)
        {
            let started = watcher.request.start_revision <= header.revision;
            if watcher.synced && started && watcher.last_sent_at + interval <= now {
                watcher.send(WatchUpdate::Progress(header), context);
            }
            let due = (watcher.last_sent_at + interval).max(now + Duration::millis(1));
            next = Some(next.map_or(due, |next: Time| next.min(due)));
        }
        if let Some(next) = next {
            context.set_timer(Timer::WatchProgress, next);
        }
    }

    /// A client asks for the revision on a stream: it is told if all watches of the stream are synced, else nothing.
    pub(super) fn tell_progress(&mut self, client: ActorId, watches: &[CallId], context: &mut Context<'_>) {
        let header = self.header();
        let synced = |watch: &CallId| self.watches.watchers.get(&(client, *watch)).is_none_or(|watcher| watcher.synced);
        if !watches.iter().all(synced) {
            return;
        }
        for watch in watches {
            if let Some(watcher) = self.watches.watchers.get_mut(&(client, *watch)) {
                watcher.send(WatchUpdate::Progress(header), context);
            }
        }
    }

    /// The store is another one: every watch reads on from where it stands in the history.
    pub(super) fn restart_watches(&mut self, context: &mut Context<'_>) {
        let current = self.store.revision();
        for (_, watcher) in self.watches.watchers.iter_mut() {
            watcher.synced = watcher.next_revision > current;
        }
        context.set_timer_after(Timer::WatchSync, SYNC);
    }

    /// Three election timeouts have passed without a leader.
    pub(super) fn cancel_leaderless_watches(&mut self, context: &mut Context<'_>) {
        if self.raft.leader().is_some() {
            return;
        }
        let header = self.header();
        let reason = "etcdserver: no leader";
        for (_, watcher) in self.watches.watchers.iter_mut().filter(|(_, watcher)| watcher.request.require_leader) {
            watcher.send(WatchUpdate::Canceled { header, compact_revision: 0, reason }, context);
            let (client, watch) = (watcher.client, watcher.watch);
            context.note(Note::Server(ServerNote::WatchCanceled { client, watch, reason: "no leader" }));
        }
        self.watches.watchers.retain(|_, watcher| !watcher.request.require_leader);
    }
}
