//! Signs of life (gRPC's keep-alive, `--keepalive-time` and `--keepalive-timeout` with etcdctl's defaults): on a connection
//! that carries watches and has been silent for 2 s the client asks for one, and waits 6 s for it.
//!
//! A call has a deadline; a watch has none, and without this one whose messages are lost would be silent for ever. The sign
//! tells what the member has sent: as a link keeps its order, what came before and has not arrived is lost, which a TCP
//! connection would have repeated. No sign means that the connection is dead: its watches go on elsewhere. A connection
//! without watches is not asked.

use super::{Alarm, Client, Context};
use crate::etcd::model::{CallId, Message, Pid};
use crate::sim::{ActorId, Duration, Time};

const SILENCE_MAX: Duration = Duration::seconds(2);
const WAIT_MAX: Duration = Duration::seconds(6);

/// What is known of a connection with watches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pings {
    heard_at: Time,
    /// Since when a sign of life is waited for.
    asked_at: Option<Time>,
}

impl Pings {
    fn alarm_at(&self) -> Time {
        self.asked_at.map_or(self.heard_at + SILENCE_MAX, |asked_at| asked_at + WAIT_MAX)
    }
}

impl Client {
    /// A watch is opened on a connection.
    pub(super) fn begin_pings(&mut self, pid: Pid, server: ActorId, now: Time) {
        if !self.pings.contains_key(&(pid, server)) {
            self.set_pings(pid, server, Pings { heard_at: now, asked_at: None });
        }
    }

    /// Puts what is known of a connection, and its alarm, to something else.
    fn set_pings(&mut self, pid: Pid, server: ActorId, pings: Pings) {
        let before = self.pings.insert((pid, server), pings).map(|pings| pings.alarm_at());
        self.alarms.change(Alarm::Ping(pid, server), before, Some(pings.alarm_at()));
    }

    /// A member has sent something on a watch.
    pub(super) fn hear(&mut self, server: ActorId, now: Time) {
        let pids: Vec<Pid> = self.pings.keys().filter(|(_, from)| *from == server).map(|(pid, _)| *pid).collect();
        for pid in pids {
            self.set_pings(pid, server, Pings { heard_at: now, asked_at: None });
        }
    }

    /// The connection has been silent for too long, or no sign of life has come.
    pub(super) fn time_ping(&mut self, pid: Pid, server: ActorId, context: &mut Context<'_>) {
        // Its alarm has rung and is gone.
        let Some(pings) = self.pings.remove(&(pid, server)) else { return };
        let watches: Vec<CallId> = self.watches_on(pid, server);
        if watches.is_empty() {
            return;
        }
        if pings.asked_at.is_some() {
            self.give_connection_up(pid, server, context);
            return self.unplug_watches_of(watches, context);
        }
        self.set_pings(pid, server, Pings { asked_at: Some(context.now()), ..pings });
        context.send(server, Message::WatchPing { watches });
    }
}
