//! Plain snapshots of a sandbox for whoever draws it: the page, the command, the tests.
//!
//! A view is taken from the state of real nodes and is never written back. Everything is a value and compares by value, so
//! that a part that did not change need not be drawn again. Times are the world's. Text is English and ready to print.

use crate::sim::{ActorId, ActorState, EventId, LossReason, Time};
use std::rc::Rc;

/// What a node is in its term. Role is shown by shape and word, never by colour alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RoleView {
    /// Follows a leader, or waits for one.
    Follower,
    /// Asks whether it would be elected (PreVote).
    PreCandidate,
    /// Asks for votes.
    Candidate,
    /// Leads.
    Leader,
    /// Receives the log and does not vote.
    Learner,
}

/// The whole scene except logs and tables, which are asked for by window.
#[derive(Clone, PartialEq, Debug)]
pub struct SceneView {
    /// The time of the last event.
    pub now: Time,
    /// How many events there have been.
    pub events_total: u64,
    /// The members, by name.
    pub nodes: Vec<Rc<NodeView>>,
    /// The clients, one a terminal.
    pub clients: Vec<Rc<ClientView>>,
    /// The links between members that are cut, in one direction each.
    pub cuts: Vec<CutView>,
    /// The sides of a partition when the members fall apart into several: two or more groups, else empty.
    pub sides: Vec<SideView>,
}

/// One member.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeView {
    /// Its number on the bus.
    pub id: ActorId,
    /// Its name: `n1`.
    pub name: Rc<str>,
    /// Its member id in hexadecimal.
    pub member_id: Rc<str>,
    /// Whether its process runs.
    pub state: ActorState,
    /// What it is; what it was, if its process is down.
    pub role: RoleView,
    /// Its term.
    pub term: u64,
    /// Whom it voted for in this term.
    pub vote: Option<Rc<str>>,
    /// Whom it believes to lead.
    pub leader: Option<Rc<str>>,
    /// The committed index it knows of.
    pub commit: u64,
    /// The index it has applied.
    pub applied: u64,
    /// The first index that its log still has.
    pub first_index: u64,
    /// The last index of its log.
    pub last_index: u64,
    /// The term of the last entry.
    pub last_term: u64,
    /// The election timer, while one runs: when it was last reset and when it runs down.
    pub election_timer: Option<(Time, Time)>,
    /// While it campaigns: who has granted and who has refused.
    pub votes: Vec<(Rc<str>, bool)>,
    /// How many votes or acknowledgements make a quorum.
    pub quorum: usize,
    /// How many vote at all.
    pub voters: usize,
    /// While it leads: for each voter, whether it has acknowledged the newest uncommitted entry. Empty if all is committed.
    pub acks: Vec<(Rc<str>, bool)>,
    /// While it leads: what it knows of the others.
    pub progress: Vec<ProgressView>,
    /// The newest index that its disk has synced.
    pub synced_index: u64,
    /// Whether a sync is on its way.
    pub syncing: bool,
    /// The revision of its store.
    pub revision: i64,
    /// The compacted revision of its store; -1 for none.
    pub compact_revision: i64,
    /// How many keys it has.
    pub keys: usize,
    /// How many leases it has.
    pub leases: usize,
    /// How many watches hang on it.
    pub watches: usize,
}

/// What a leader knows of another member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProgressView {
    /// Which member.
    pub name: Rc<str>,
    /// Probe, Replicate or Snapshot.
    pub state: &'static str,
    /// The highest index known to be on it.
    pub match_index: u64,
    /// The next index to send.
    pub next_index: u64,
    /// Messages sent and not answered.
    pub inflight: usize,
    /// When it was last heard.
    pub heard_at: Option<Time>,
}

/// One client.
#[derive(Clone, PartialEq, Debug)]
pub struct ClientView {
    /// Its number on the bus.
    pub id: ActorId,
    /// Its name: `c1`.
    pub name: Rc<str>,
    /// The members that it speaks to.
    pub endpoints: Vec<Rc<str>>,
    /// What it is doing: `put`, `watching`; nothing while idle.
    pub doing: Option<Rc<str>>,
    /// Since when, and whether it waits for an answer.
    pub since: Option<Time>,
    /// It waits for an answer to a call.
    pub waiting: bool,
}

/// One direction that is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CutView {
    /// Whose messages die.
    pub from: ActorId,
    /// Whom they do not reach.
    pub to: ActorId,
    /// Since when.
    pub since: Time,
}

/// One side of a partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SideView {
    /// Its members.
    pub nodes: Vec<ActorId>,
    /// How many of them vote and run.
    pub voters: usize,
    /// Whether they are a quorum.
    pub has_quorum: bool,
    /// Since when the cut is.
    pub since: Time,
}

/// What kind of shape a message has on the stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageShape {
    /// Tag.
    AppendEntries,
    /// Small dot.
    Heartbeat,
    /// Diamond; dashed for a pre-vote.
    RequestVote,
    /// Dashed diamond.
    PreVote,
    /// Large square.
    Snapshot,
    /// Small square: between a client and a member, and everything that members say to each other outside of Raft.
    Client,
}

/// One message in flight, or lately lost. Its place follows from `(now, sent_at, arrives_at)`, so that scrubbing is exact.
#[derive(Clone, PartialEq, Debug)]
pub struct MessageView {
    /// Its number; names it in a fault.
    pub number: u64,
    /// Its sender.
    pub from: ActorId,
    /// Its target.
    pub to: ActorId,
    /// When it was sent.
    pub sent_at: Time,
    /// When it would arrive.
    pub arrives_at: Time,
    /// When it dies on the way, if it does; the past for one that was lost lately.
    pub dies_at: Option<Time>,
    /// Why it dies.
    pub loss: Option<LossReason>,
    /// It waits at a paused target.
    pub held: bool,
    /// Its shape.
    pub shape: MessageShape,
    /// `Some(true)`: a reply that accepts; `Some(false)`: one that refuses; `None`: a request.
    pub reply: Option<bool>,
    /// The term that it carries; 0 for none.
    pub term: u64,
    /// In a word or two: `AppendEntries 15`, `ack 15`, `put`.
    pub label: String,
}

/// One field of a message or a node for the inspector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldView {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

/// What an entry is, in one word of the log view: conf, ∅ (no-op), put, del, txn, cpt (compact), lease.
#[derive(Clone, PartialEq, Debug)]
pub struct EntryView {
    /// Its index.
    pub index: u64,
    /// Its term.
    pub term: u64,
    /// Its word.
    pub word: &'static str,
    /// The command spelt out.
    pub command: Rc<str>,
    /// This node knows that it is committed.
    pub committed: bool,
    /// This node's disk has it.
    pub synced: bool,
}

/// A window of one node's log.
#[derive(Clone, PartialEq, Debug)]
pub struct LogView {
    /// The last index that is only in the snapshot; 0 for none.
    pub snapshot_index: u64,
    /// The term of that index.
    pub snapshot_term: u64,
    /// The entries of the window that the node has.
    pub entries: Vec<EntryView>,
}

/// One key of a store, now or at a revision.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyView {
    /// The key.
    pub key: Rc<str>,
    /// Its value.
    pub value: Rc<str>,
    /// The revision of its creation.
    pub create_revision: i64,
    /// The revision of its last write.
    pub mod_revision: i64,
    /// How often it was written since its creation.
    pub version: i64,
    /// Its lease in hexadecimal, if it hangs on one.
    pub lease: Option<Rc<str>>,
}

/// One change of a key: a put with its value, or a deletion.
#[derive(Clone, PartialEq, Debug)]
pub struct ChangeView {
    /// The revision.
    pub revision: i64,
    /// The value; `None` for a tombstone.
    pub value: Option<Rc<str>>,
    /// The term of the entry that made it, where the log still has it; 0 otherwise.
    pub term: u64,
}

/// The life of one key over the revisions.
#[derive(Clone, PartialEq, Debug)]
pub struct LifelineView {
    /// The key.
    pub key: Rc<str>,
    /// Its changes, oldest first.
    pub changes: Vec<ChangeView>,
}

/// A member's store.
#[derive(Clone, PartialEq, Debug)]
pub struct StoreView {
    /// Whose.
    pub node: Rc<str>,
    /// Its revision.
    pub revision: i64,
    /// What is compacted; -1 for nothing.
    pub compact_revision: i64,
    /// The revision that `keys` shows.
    pub shown_revision: i64,
    /// The keys at that revision, by key.
    pub keys: Vec<KeyView>,
    /// The lives of the keys, by key.
    pub lifelines: Vec<LifelineView>,
    /// How far each member's store has come: name and revision.
    pub applied: Vec<(Rc<str>, i64)>,
}

/// A lease as the leader has it.
#[derive(Clone, PartialEq, Debug)]
pub struct LeaseView {
    /// Its id in hexadecimal.
    pub id: Rc<str>,
    /// What was granted, in seconds.
    pub ttl_s: i64,
    /// When it runs out, in the world's time; `None` while nobody leads, for then nothing runs out.
    pub expires_at: Option<Time>,
    /// The keys on it.
    pub keys: Vec<Rc<str>>,
}

/// A watch on a member.
#[derive(Clone, PartialEq, Debug)]
pub struct WatchView {
    /// The member that serves it.
    pub node: Rc<str>,
    /// The client that reads it.
    pub client: Rc<str>,
    /// What it watches, in words: `/config/ (prefix)`.
    pub range: Rc<str>,
    /// The next revision that it will look at.
    pub next_revision: i64,
    /// Whether it has caught up.
    pub synced: bool,
    /// How many events it has sent.
    pub sent: u64,
}

/// A member as the member list has it.
#[derive(Clone, PartialEq, Debug)]
pub struct MemberView {
    /// Its id in hexadecimal.
    pub id: Rc<str>,
    /// Its name.
    pub name: Rc<str>,
    /// Where its peers reach it.
    pub peer_urls: Rc<str>,
    /// Where clients reach it.
    pub client_urls: Rc<str>,
    /// What it is: leader, follower…
    pub role: &'static str,
    /// up, paused or down.
    pub state: &'static str,
}

/// One operation of a client: call, return and outcome.
#[derive(Clone, PartialEq, Debug)]
pub struct OperationView {
    /// Numbered from 1.
    pub number: u64,
    /// Whose.
    pub client: Rc<str>,
    /// What: `put /a 1`.
    pub operation: Rc<str>,
    /// When it was called.
    pub called_at: Time,
    /// When it returned.
    pub returned_at: Option<Time>,
    /// What came of it: ok, failed, unknown, waiting.
    pub outcome: &'static str,
    /// The result in words: `revision 4`, the error's text.
    pub result: Rc<str>,
}

/// How much an event says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NarrationKind {
    /// Who leads.
    Election,
    /// What is replicated, committed and applied.
    Log,
    /// What clients do.
    Client,
    /// Leases and watches.
    Lease,
    /// What was broken.
    Fault,
    /// What was mended.
    Mended,
}

/// One event in plain words.
#[derive(Clone, PartialEq, Debug)]
pub struct NarrationView {
    /// The trace event.
    pub event: EventId,
    /// When.
    pub at: Time,
    /// What sort.
    pub kind: NarrationKind,
    /// The short sentence, without its full stop: `n3 leads term 4`.
    pub headline: String,
    /// Why, and what follows.
    pub text: String,
    /// Where the rule is written: label and address.
    pub source: Option<(&'static str, &'static str)>,
}

/// What a mark on the timeline is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkKind {
    /// An election was won.
    Won,
    /// A campaign was lost.
    LostElection,
    /// A process died or was paused.
    Crash,
    /// A link was cut.
    Cut,
    /// Something was mended.
    Mended,
    /// A command began.
    Command,
}

/// A mark on the timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MarkView {
    /// When.
    pub at: Time,
    /// What.
    pub kind: MarkKind,
    /// In words.
    pub label: Rc<str>,
}

/// From `from` on, the highest term of any running node was `term`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TermBand {
    /// Since when.
    pub from: Time,
    /// The term.
    pub term: u64,
}

/// Which stream a line of a terminal came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineKind {
    /// Typed by the person: shown behind the prompt.
    Command,
    /// Standard output.
    Output,
    /// Standard error.
    Error,
    /// Said by the sandbox itself, such as the answer to `partition`.
    Remark,
}

/// One line of a terminal.
#[derive(Clone, PartialEq, Debug)]
pub struct LineView {
    /// Which stream.
    pub kind: LineKind,
    /// The text, without its line end.
    pub text: Rc<str>,
    /// When it was printed.
    pub at: Time,
    /// What to print at its right edge: `took 39 ms`.
    pub note: Option<Rc<str>>,
}

/// One terminal.
#[derive(Clone, PartialEq, Debug)]
pub struct TerminalView {
    /// Its number; also the name of its client: terminal 0 is `c1`.
    pub terminal: usize,
    /// Its client's name.
    pub name: Rc<str>,
    /// The members that it speaks to.
    pub endpoints: Vec<Rc<str>>,
    /// What has been printed; the newest [`TerminalView::LINES_MAX`] lines.
    pub lines: Rc<[LineView]>,
    /// How many lines came before those.
    pub lines_dropped: u64,
    /// The command that runs, and since when.
    pub running: Option<(Rc<str>, Time)>,
    /// The command that runs reads what is typed.
    pub reads_input: bool,
    /// What was typed before, oldest first.
    pub history: Rc<[Rc<str>]>,
}

impl TerminalView {
    /// How many lines a terminal keeps.
    pub const LINES_MAX: usize = 2_000;
}

/// What completion offers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CompletionView {
    /// Where in the line the completed word begins, in bytes.
    pub start: usize,
    /// The candidates: text and what it is.
    pub candidates: Vec<(String, String)>,
}
