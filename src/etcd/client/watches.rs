//! Watches of a client (clientv3's `watchGrpcStream`): resumed after a disconnection at the revision after the last one
//! that was handed out.
//!
//! Members number their messages on a watch. A gap means that the connection has lost something, which a real one would
//! have repeated or broken over: the watch is opened anew where it stood. A gap that nothing follows shows in the signs of
//! life (`pings`).

use super::{Client, ClientNote, Context, note};
use crate::etcd::api::{WatchRequest, WatchResponse};
use crate::etcd::model::{CallId, Message, Pid, WatchUpdate};
use crate::etcd::process::{Endpoints, Handle, ProcessEvent};
use crate::sim::ActorId;
use std::rc::Rc;

#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) pid: Pid,
    handle: Handle,
    servers: Rc<[ActorId]>,
    request: WatchRequest,
    /// Where it would be resumed; 0 until it is known.
    next_revision: i64,
    server: Option<ActorId>,
    expected_sequence: u64,
    resumed: bool,
}

impl Client {
    pub(super) fn open_watch(
        &mut self,
        pid: Pid,
        handle: Handle,
        endpoints: &Endpoints,
        request: WatchRequest,
        context: &mut Context<'_>,
    ) {
        let id = CallId(self.number());
        let servers = self.resolve(pid, endpoints);
        let next_revision = request.start_revision;
        let watch =
            Watch { pid, handle, servers, request, next_revision, server: None, expected_sequence: 0, resumed: false };
        self.watches.insert(id, watch);
        self.send_watch(id, context);
    }

    fn send_watch(&mut self, id: CallId, context: &mut Context<'_>) {
        let watch = self.watches.get(&id).expect("only watches that exist are opened");
        let (pid, servers) = (watch.pid, Rc::clone(&watch.servers));
        let Some(server) = self.ready_server(pid, &servers, 0, context) else { return };
        let watch = self.watches.get_mut(&id).expect("dialling ends no watch");
        watch.server = Some(server);
        watch.expected_sequence = 0;
        let request = WatchRequest { start_revision: watch.next_revision, ..watch.request.clone() };
        if watch.resumed {
            note(ClientNote::WatchResumed { watch: id, revision: watch.next_revision }, context);
        }
        context.send(server, Message::WatchCreate { watch: id, request });
        self.begin_pings(pid, server, context.now());
    }

    pub(super) fn send_waiting_watches(&mut self, pid: Pid, context: &mut Context<'_>) {
        let waiting: Vec<CallId> = self
            .watches
            .iter()
            .filter(|(_, watch)| watch.pid == pid && watch.server.is_none())
            .map(|(id, _)| *id)
            .collect();
        for id in waiting {
            self.send_watch(id, context);
        }
    }

    /// Gives a watch a new number, so that what is still on its way for the old one is not taken for news.
    fn renumber(&mut self, id: CallId) -> CallId {
        let mut watch = self.watches.remove(&id).expect("only watches that exist are renumbered");
        watch.server = None;
        watch.resumed = true;
        let id = CallId(self.number());
        self.watches.insert(id, watch);
        id
    }

    /// The connection has lost something of a watch: it is opened anew where it stood.
    fn open_anew(&mut self, id: CallId, context: &mut Context<'_>) {
        self.close_on_server(id, context);
        let id = self.renumber(id);
        self.send_watch(id, context);
    }

    fn close_on_server(&self, id: CallId, context: &mut Context<'_>) {
        if let Some(server) = self.watches.get(&id).and_then(|watch| watch.server) {
            context.send(server, Message::WatchCancel { watch: id });
        }
    }

    /// The watches of a program that a member serves, as far as the client knows.
    pub(super) fn watches_on(&self, pid: Pid, server: ActorId) -> Vec<CallId> {
        let is_there = |watch: &Watch| watch.pid == pid && watch.server == Some(server);
        self.watches.iter().filter(|(_, watch)| is_there(watch)).map(|(id, _)| *id).collect()
    }

    /// A member tells what its next message on each watch will be: what came before it has arrived or never will.
    pub(super) fn handle_pong(
        &mut self,
        from: ActorId,
        watches: Vec<(CallId, Option<u64>)>,
        context: &mut Context<'_>,
    ) {
        for (id, next) in watches {
            let Some(watch) = self.watches.get(&id).filter(|watch| watch.server == Some(from)) else { continue };
            if next.is_none_or(|next| next > watch.expected_sequence) {
                self.open_anew(id, context);
            }
        }
    }

    /// A member is gone: its watches go on elsewhere.
    pub(super) fn unplug_watches(&mut self, server: ActorId, context: &mut Context<'_>) {
        let unplugged: Vec<CallId> =
            self.watches.iter().filter(|(_, watch)| watch.server == Some(server)).map(|(id, _)| *id).collect();
        self.unplug_watches_of(unplugged, context);
    }

    pub(super) fn unplug_watches_of(&mut self, unplugged: Vec<CallId>, context: &mut Context<'_>) {
        for id in unplugged {
            let id = self.renumber(id);
            self.send_watch(id, context);
        }
    }

    pub(super) fn handle_watch(
        &mut self,
        from: ActorId,
        id: CallId,
        sequence: u64,
        update: WatchUpdate,
        context: &mut Context<'_>,
    ) {
        let Some(watch) = self.watches.get_mut(&id).filter(|watch| watch.server == Some(from)) else { return };
        if sequence > watch.expected_sequence {
            return self.open_anew(id, context);
        }
        if sequence < watch.expected_sequence {
            return; // A message that came twice.
        }
        watch.expected_sequence += 1;
        let response = match update {
            WatchUpdate::Created(header) => {
                // A watch from "now" that is resumed before its first event starts where it was created.
                if watch.next_revision == 0 {
                    watch.next_revision = header.revision;
                }
                return;
            }
            WatchUpdate::Events(header, events) => {
                let last = events.last().expect("a message about changes has some").kv.mod_revision;
                watch.next_revision = last + 1;
                WatchResponse { header, events, compact_revision: 0, canceled: false, cancel_reason: String::new() }
            }
            WatchUpdate::Progress(header) => {
                watch.next_revision = watch.next_revision.max(header.revision + 1);
                let events = Vec::new();
                WatchResponse { header, events, compact_revision: 0, canceled: false, cancel_reason: String::new() }
            }
            WatchUpdate::Canceled { header, compact_revision, reason } => {
                let (events, cancel_reason) = (Vec::new(), reason.to_string());
                WatchResponse { header, events, compact_revision, canceled: true, cancel_reason }
            }
        };
        let (pid, handle) = (watch.pid, watch.handle);
        if response.canceled {
            self.watches.remove(&id);
        }
        self.tell(pid, ProcessEvent::Watch { handle, response }, context);
    }

    pub(super) fn cancel_watch(&mut self, pid: Pid, handle: Handle, context: &mut Context<'_>) {
        let found = self.watches.iter().find(|(_, watch)| watch.pid == pid && watch.handle == handle);
        if let Some(id) = found.map(|(id, _)| *id) {
            self.close_watch(id, context);
        }
    }

    pub(super) fn close_watch(&mut self, id: CallId, context: &mut Context<'_>) {
        self.close_on_server(id, context);
        self.watches.remove(&id);
    }

    /// Asks each member for the revision on the watches of this program that it serves.
    pub(super) fn request_progress(&mut self, pid: Pid, context: &mut Context<'_>) {
        let mut servers: Vec<ActorId> =
            self.watches.values().filter(|watch| watch.pid == pid).filter_map(|watch| watch.server).collect();
        servers.dedup();
        for server in servers {
            context.send(server, Message::WatchProgress { watches: self.watches_on(pid, server) });
        }
    }
}
