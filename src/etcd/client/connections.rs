//! Connections: a program dials each endpoint that it uses and waits for the acceptance.
//!
//! A refusal or a reset leads to another try after gRPC's back-off (1 s, then 1.6 times as long each time, with a fifth of
//! jitter); silence leads to another try after 1 s, 2 s, 4 s…, as TCP repeats a SYN.

use super::{Alarm, Client, ClientNote, Context, note};
use crate::etcd::model::{Message, Pid};
use crate::sim::{ActorId, Duration, Time};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Dialing { again_at: Time },
    Ready,
    Broken { again_at: Time },
}

#[derive(Clone, Debug)]
pub(super) struct Connection {
    number: u64,
    state: State,
    failures: u32,
    silences: u32,
}

impl Connection {
    fn again_at(&self) -> Option<Time> {
        match self.state {
            State::Dialing { again_at } | State::Broken { again_at } => Some(again_at),
            State::Ready => None,
        }
    }
}

const BACK_OFF: Duration = Duration::seconds(1);
const BACK_OFF_MAX: Duration = Duration::seconds(120);
const REPEAT_MAX: u32 = 5;

impl Client {
    /// Dials what has not been dialled, and answers the first endpoint that is ready, beginning at `turn`.
    pub(super) fn ready_server(
        &mut self,
        pid: Pid,
        servers: &[ActorId],
        turn: usize,
        context: &mut Context<'_>,
    ) -> Option<ActorId> {
        for server in servers {
            if !self.connections.contains_key(&(pid, *server)) {
                self.dial(pid, *server, context);
            }
        }
        (0..servers.len())
            .map(|at| servers[(turn + at) % servers.len()])
            .find(|server| self.connections.get(&(pid, *server)).is_some_and(|c| c.state == State::Ready))
    }

    pub(super) fn dial(&mut self, pid: Pid, server: ActorId, context: &mut Context<'_>) {
        let number = self.number();
        let connection = self.connections.entry((pid, server)).or_insert(Connection {
            number,
            state: State::Ready,
            failures: 0,
            silences: 0,
        });
        connection.number = number;
        let wait = Duration::seconds(1) * (1 << connection.silences.min(REPEAT_MAX));
        connection.silences += 1;
        self.set_connection_state(pid, server, State::Dialing { again_at: context.now() + wait });
        context.send(server, Message::Dial { connection: number });
    }

    /// Puts a connection into another state, and its alarm to another time.
    fn set_connection_state(&mut self, pid: Pid, server: ActorId, state: State) {
        let connection = self.connections.get_mut(&(pid, server)).expect("only connections that exist have a state");
        let before = connection.again_at();
        connection.state = state;
        self.alarms.change(Alarm::Connection(pid, server), before, connection.again_at());
    }

    pub(super) fn handle_accept(&mut self, server: ActorId, number: u64, context: &mut Context<'_>) {
        let accepted = self
            .connections
            .iter_mut()
            .find(|((_, to), connection)| *to == server && connection.number == number)
            .map(|((pid, _), connection)| (*pid, connection));
        let Some((pid, connection)) = accepted else { return };
        connection.failures = 0;
        connection.silences = 0;
        self.set_connection_state(pid, server, State::Ready);
        self.send_waiting_calls(pid, context);
        self.send_waiting_watches(pid, context);
    }

    /// A connection is given up: nothing has come for too long. It is dialled anew at once.
    pub(super) fn give_connection_up(&mut self, pid: Pid, server: ActorId, context: &mut Context<'_>) {
        note(ClientNote::ConnectionLost { server }, context);
        if self.connections.contains_key(&(pid, server)) {
            self.dial(pid, server, context);
        }
    }

    /// A member has reset its connections, or refuses new ones.
    pub(super) fn handle_disconnected(&mut self, server: ActorId, context: &mut Context<'_>) {
        let now = context.now();
        let pids: Vec<Pid> = self.connections.keys().filter(|(_, to)| *to == server).map(|(pid, _)| *pid).collect();
        let mut was_ready = false;
        for pid in &pids {
            let jitter = context.random().between(-200, 200);
            let connection = self.connections.get_mut(&(*pid, server)).expect("just found");
            if let State::Broken { .. } = connection.state {
                continue;
            }
            was_ready |= connection.state == State::Ready;
            let mut wait = BACK_OFF.as_micros();
            for _ in 0..connection.failures.min(12) {
                wait = (wait * 16 / 10).min(BACK_OFF_MAX.as_micros());
            }
            connection.failures += 1;
            connection.silences = 0;
            let again_at = now + Duration(wait + wait * jitter / 1_000);
            self.set_connection_state(*pid, server, State::Broken { again_at });
        }
        if was_ready {
            note(ClientNote::ConnectionLost { server }, context);
            self.fail_calls_at(server, context);
            self.unplug_watches(server, context);
        }
    }
}
