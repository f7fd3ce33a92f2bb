//! etcd as a model of the simulated world: what its actors are, what they say, what they write.

use super::api::{Header, Request, Response, RpcError, WatchRequest};
use super::client::{Client, ClientNote};
use super::process::{Action, Environment, Launch, ProcessEvent, Start};
use super::server::{Proposal, Server, ServerNote};
use crate::mvcc::Event;
use crate::raft::{self, Entry, HardState, MessageKind, NodeId};
use crate::sim::{self, ActorId, Context, Disk, Duration, Input};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// The model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Etcd;

/// A member or a client.
#[derive(Clone, Debug)]
pub enum Actor {
    /// A member.
    Server(Box<Server>),
    /// A client: one terminal's programs.
    Client(Box<Client>),
}

/// Numbers what a client asks for; never used twice by one client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CallId(pub u64);

/// What travels on the bus.
#[derive(Clone, Debug)]
pub enum Message {
    /// Between members: Raft.
    Raft(raft::Message<Proposal>),
    /// A part of a leader's snapshot for a follower.
    SnapshotChunk {
        /// The leader's number for the transfer.
        transfer: u64,
        /// The chunk, from 0.
        chunk: u32,
        /// How many there are.
        chunks: u32,
        /// The message of Raft that all of them together are.
        message: Rc<raft::Message<Proposal>>,
    },
    /// So many chunks have arrived, without a gap.
    SnapshotAck {
        /// The leader's number for the transfer.
        transfer: u64,
        /// How many.
        arrived: u32,
    },
    /// A follower passes a lease request on to the leader, over the peers' port.
    LeaseForward {
        /// The follower's number for it.
        number: u64,
        /// LeaseKeepAlive or LeaseTimeToLive.
        request: Rc<Request>,
    },
    /// The leader's answer to that.
    LeaseForwarded {
        /// The follower's number for it.
        number: u64,
        /// The answer; its header is the leader's.
        result: Box<Result<Response, RpcError>>,
    },
    /// A client opens a connection.
    Dial {
        /// The client's number for it.
        connection: u64,
    },
    /// The member accepts it.
    Accept {
        /// The client's number for it.
        connection: u64,
    },
    /// A call.
    Call {
        /// Its number.
        call: CallId,
        /// What.
        request: Rc<Request>,
        /// How long the client will wait (the `grpc-timeout` header).
        timeout: Option<Duration>,
    },
    /// The answer to a call.
    Reply {
        /// Its number.
        call: CallId,
        /// The answer; apart, because it is much larger than the messages of which there are many.
        result: Box<Result<Response, RpcError>>,
    },
    /// Opens a watch.
    WatchCreate {
        /// Its number.
        watch: CallId,
        /// What.
        request: WatchRequest,
    },
    /// Closes a watch.
    WatchCancel {
        /// Its number.
        watch: CallId,
    },
    /// Asks for the revision if all these watches of one stream are synced.
    WatchProgress {
        /// The watches of the stream.
        watches: Vec<CallId>,
    },
    /// A client asks for a sign of life, on a connection that carries these watches (HTTP/2's PING).
    WatchPing {
        /// The watches that it believes to be open there.
        watches: Vec<CallId>,
    },
    /// The sign of life.
    WatchPong {
        /// Each watch with the number of its next message; none, if there is no such watch.
        watches: Vec<(CallId, Option<u64>)>,
    },
    /// What a watch has to say. `sequence` counts from 0 for each watch: a gap means that the connection has lost something.
    Watch {
        /// Its number.
        watch: CallId,
        /// Counts the messages of this watch.
        sequence: u64,
        /// What.
        update: WatchUpdate,
    },
}

/// What a member sends on a watch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WatchUpdate {
    /// It exists.
    Created(Header),
    /// Changes.
    Events(Header, Vec<Event>),
    /// The revision is this; nothing has happened.
    Progress(Header),
    /// It is over.
    Canceled {
        /// Header.
        header: Header,
        /// Greater than 0: what it wants is compacted.
        compact_revision: i64,
        /// Why, for other reasons.
        reason: &'static str,
    },
}

/// What the trace keeps of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Its kind.
    pub kind: Kind,
    /// The term it carries; 0 for none.
    pub term: u64,
    /// The last index, the matched index, the call: what names it among its kind.
    pub number: u64,
    /// How many entries or events it carries.
    pub count: u32,
}

impl Hash for Summary {
    /// Kind and count as one word: there are many messages, and each word costs.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.kind.code() | u64::from(self.count) << 32);
        state.write_u64(self.term);
        state.write_u64(self.number);
    }
}

impl Kind {
    fn code(self) -> u64 {
        match self {
            Kind::Raft(kind) => kind as u64,
            Kind::SnapshotChunk { answer } => 0x80 | u64::from(answer),
            Kind::LeaseForward { answer } => 0x100 | u64::from(answer),
            Kind::Dial { answer } => 0x200 | u64::from(answer),
            Kind::Call => 0x300,
            Kind::Reply { ok } => 0x400 | u64::from(ok),
            Kind::WatchRequest => 0x500,
            Kind::WatchUpdate => 0x600,
        }
    }
}

/// The kind of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Raft.
    Raft(MessageKind),
    /// A part of a snapshot, or its acknowledgement.
    SnapshotChunk {
        /// The acknowledgement.
        answer: bool,
    },
    /// A lease request between members, or its answer.
    LeaseForward {
        /// The answer.
        answer: bool,
    },
    /// Opening a connection, or its acceptance.
    Dial {
        /// The acceptance.
        answer: bool,
    },
    /// A call.
    Call,
    /// An answer.
    Reply {
        /// It is not an error.
        ok: bool,
    },
    /// A client about a watch.
    WatchRequest,
    /// A member on a watch.
    WatchUpdate,
}

/// Timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Raft's election, heartbeat or quorum check.
    Raft,
    /// etcd's head start on the first election.
    ElectionHeadStart,
    /// The lessor looks for leases that have run out.
    LeaseCheck,
    /// Watches that are behind are read on.
    WatchSync,
    /// Watches that want to be told the revision now and then.
    WatchProgress,
    /// A read that has not been confirmed is asked for again.
    ReadRetry,
    /// The earliest deadline of a request.
    RequestTimeout,
    /// Chunks of a snapshot that were not acknowledged are sent again.
    SnapshotSend,
    /// A lease request is passed on again.
    LeaseForward,
    /// Watches that require a leader have been without one for too long.
    Leaderless,
    /// The earliest thing that a client waits for.
    Client,
}

/// One record of a member's write-ahead log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// Term, vote and commit.
    HardState(HardState),
    /// What stands for all entries up to an index.
    Snapshot(Rc<raft::Snapshot<Proposal>>),
    /// An entry; it replaces all entries from its index on.
    Entry(Entry<Proposal>),
}

/// What actors say they did.
#[derive(Clone, Hash, Debug)]
pub enum Note {
    /// Raft.
    Raft(raft::Event),
    /// A member above Raft.
    Server(ServerNote),
    /// A client.
    Client(ClientNote),
}

/// Names one program that a client runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Pid(pub u32);

/// What a person does to a client.
#[derive(Clone, Debug)]
pub enum Command {
    /// Starts a program.
    Start(Pid, Launch, Box<Start>),
    /// Has a program that is driven from outside do something; it begins with the first that it does. What it is told comes
    /// back as [`Output::Told`].
    Act(Pid, Box<Action>),
    /// Types.
    Stdin(Pid, String),
    /// Has nothing more to type.
    StdinEnd(Pid),
    /// Ctrl-C.
    Interrupt(Pid),
    /// Kills a program without a farewell.
    Kill(Pid),
    /// A command that the program had spawned has ended.
    ChildExit(Pid, Option<i32>),
}

/// What a client gives to a person.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Output {
    /// Standard output.
    Stdout(Pid, String),
    /// Standard error.
    Stderr(Pid, String),
    /// A program wants a command to be run.
    Spawn {
        /// Which program.
        pid: Pid,
        /// The command's words.
        words: Vec<String>,
        /// Added to its environment.
        environment: Environment,
    },
    /// A program has ended.
    Exit(Pid, i32),
    /// What a program that is driven from outside ([`Command::Act`]) is told.
    Told(Pid, Box<ProcessEvent>),
}

impl sim::Model for Etcd {
    type Actor = Actor;
    type Message = Message;
    type Summary = Summary;
    type Timer = Timer;
    type Record = Record;
    type Note = Note;
    type Command = Command;
    type Output = Output;

    fn summary(message: &Message) -> Summary {
        let plain = |kind, number| Summary { kind, term: 0, number, count: 0 };
        match message {
            Message::Raft(message) => raft_summary(message),
            Message::SnapshotChunk { chunk, .. } => plain(Kind::SnapshotChunk { answer: false }, u64::from(*chunk)),
            Message::SnapshotAck { arrived, .. } => plain(Kind::SnapshotChunk { answer: true }, u64::from(*arrived)),
            Message::LeaseForward { number, .. } => plain(Kind::LeaseForward { answer: false }, *number),
            Message::LeaseForwarded { number, .. } => plain(Kind::LeaseForward { answer: true }, *number),
            Message::Dial { connection } => plain(Kind::Dial { answer: false }, *connection),
            Message::Accept { connection } => plain(Kind::Dial { answer: true }, *connection),
            Message::Call { call, .. } => plain(Kind::Call, call.0),
            Message::Reply { call, result } => plain(Kind::Reply { ok: result.is_ok() }, call.0),
            Message::WatchCreate { watch, .. } | Message::WatchCancel { watch } => plain(Kind::WatchRequest, watch.0),
            Message::WatchProgress { watches } | Message::WatchPing { watches } => {
                plain(Kind::WatchRequest, watches.first().map_or(0, |watch| watch.0))
            }
            Message::WatchPong { watches } => plain(Kind::WatchUpdate, watches.first().map_or(0, |(watch, _)| watch.0)),
            Message::Watch { watch, update, .. } => {
                let count = if let WatchUpdate::Events(_, events) = update { events.len() as u32 } else { 0 };
                Summary { count, ..plain(Kind::WatchUpdate, watch.0) }
            }
        }
    }
}

fn raft_summary(message: &raft::Message<Proposal>) -> Summary {
    use raft::Body;
    let (number, count) = match &message.body {
        Body::Append { index, entries, .. } => (index.0 + entries.len() as u64, entries.len() as u32),
        Body::AppendAccepted { index } | Body::AppendRejected { index, .. } => (index.0, 0),
        Body::Heartbeat { commit, .. } => (commit.0, 0),
        Body::RequestVote { last_index, .. } => (last_index.0, 0),
        Body::Propose { payloads } => (0, payloads.len() as u32),
        Body::ReadIndexResponse { index, .. } => (index.0, 0),
        Body::ProposeConfChange { change } => (0, change.changes.len() as u32),
        Body::Snapshot { snapshot } => (snapshot.index.0, 0),
        Body::HeartbeatResponse { .. }
        | Body::Vote { .. }
        | Body::ReadIndex { .. }
        | Body::TransferLeader { .. }
        | Body::TimeoutNow => (0, 0),
    };
    Summary { kind: Kind::Raft(message.body.kind()), term: message.term.0, number, count }
}

impl sim::Actor<Etcd> for Actor {
    fn boot(&mut self, disk: &Disk<Record>, context: &mut Context<'_, Etcd>) {
        match self {
            Actor::Server(server) => server.boot(disk, context),
            Actor::Client(client) => client.boot(),
        }
    }

    fn handle(&mut self, input: Input<Etcd>, context: &mut Context<'_, Etcd>) {
        match self {
            Actor::Server(server) => server.handle(input, context),
            Actor::Client(client) => client.handle(input, context),
        }
    }
}

/// The place on the bus of a Raft node.
pub(super) fn actor_of(node: NodeId) -> ActorId {
    ActorId(node.0)
}
