//! A small network of Raft nodes with real persistence and no latencies.
//!
//! Each member has a disk of records of which a prefix is durable; a crash cuts the rest off. A member's disk syncs at once
//! unless it is [`Network::slow`]. A cluster starts as etcd's does: with one configuration change a member, committed in
//! term 1, so the first proposal of n members comes after the entries 1 to n.

use crate::raft::{
    Body, Change, ConfChange, ConfChangeError, Entry, EntryBody, Event, HardState, LogIndex, Message, MessageKind,
    NodeId, Payload, ProposeError, Raft, ReadState, Ready, Recovered, Role, Settings, Snapshot, Term, Transition,
    Written,
};
use crate::sim::{Duration, Random, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

impl Payload for &'static str {
    /// All that was applied.
    type Snapshot = Vec<Entry<&'static str>>;

    fn size_bytes(&self) -> usize {
        self.len()
    }
}

pub(super) type Word = &'static str;

/// What is on a disk: an entry replaces all from its index on, a snapshot all there is, and the last hard state counts.
#[derive(Clone)]
enum Record {
    Entry(Entry<Word>),
    Snapshot(Rc<Snapshot<Word>>),
    HardState(HardState),
}

struct Writing {
    written: Written<Word>,
    messages: Vec<Message<Word>>,
}

pub(super) struct Member {
    pub(super) raft: Raft<Word>,
    settings: Settings,
    up: bool,
    slow: bool,
    records: Vec<Record>,
    durable: usize,
    writing: Option<Writing>,
    pub(super) applied: Vec<Entry<Word>>,
    pub(super) answers: Vec<ReadState>,
    pub(super) events: Vec<Event>,
    /// What came of the changes of the configuration.
    pub(super) refused: Vec<ConfChangeError>,
    /// How often its Raft asked for a snapshot.
    pub(super) snapshots_wanted: usize,
}

impl Member {
    fn recovered(&self) -> Recovered<Word> {
        let mut recovered = Recovered::default();
        for record in &self.records[..self.durable] {
            match record {
                Record::HardState(hard_state) => recovered.hard_state = *hard_state,
                Record::Entry(entry) => {
                    let before = recovered.snapshot.as_ref().map_or(0, |snapshot| snapshot.index.0);
                    recovered.entries.truncate((entry.index.0 - before - 1) as usize);
                    recovered.entries.push(entry.clone());
                }
                Record::Snapshot(snapshot) => {
                    recovered.entries.clear();
                    recovered.snapshot = Some(Rc::clone(snapshot));
                }
            }
        }
        recovered
    }

    /// What a restart would find.
    pub(super) fn durable_entries(&self) -> Vec<Entry<Word>> {
        self.recovered().entries
    }
}

pub(super) struct Network {
    members: BTreeMap<u16, Member>,
    pub(super) queue: VecDeque<Message<Word>>,
    /// Every message that ever left a member.
    pub(super) sent: Vec<Message<Word>>,
    cut: BTreeSet<(u16, u16)>,
    now: Time,
    leaders: BTreeMap<Term, NodeId>,
    /// Violations of what figure 3 promises are expected.
    tolerant: bool,
}

pub(super) const TICK: Duration = Duration::millis(100);

/// A proposal as an entry.
pub(super) fn word(term: u64, index: u64, word: Word) -> Entry<Word> {
    Entry { term: Term(term), index: LogIndex(index), body: EntryBody::Normal(word) }
}

impl Network {
    /// So many members, numbered from 1, that have just started.
    pub(super) fn new(members: u16) -> Network {
        Network::with_settings(members, |_| {})
    }

    /// The same with other settings.
    pub(super) fn with_settings(members: u16, change: impl Fn(&mut Settings)) -> Network {
        let logs = vec![&[] as &[u64]; usize::from(members)];
        Network::build(&logs, change)
    }

    /// Members whose logs go on after the bootstrap with entries of these terms. A member's term is that of its last entry.
    pub(super) fn with_logs(logs: &[&[u64]]) -> Network {
        Network::build(logs, |_| {})
    }

    /// The same with other settings.
    pub(super) fn build(logs: &[&[u64]], change: impl Fn(&mut Settings)) -> Network {
        let voters = logs.len() as u16;
        let mut network = Network {
            members: BTreeMap::new(),
            queue: VecDeque::new(),
            sent: Vec::new(),
            cut: BTreeSet::new(),
            now: Time::ZERO,
            leaders: BTreeMap::new(),
            tolerant: false,
        };
        for (id, log) in (1..=voters).zip(logs) {
            let mut settings = Settings::new(NodeId(id));
            change(&mut settings);
            let first = (1..=voters).map(|node| Entry {
                term: Term(1),
                index: LogIndex(u64::from(node)),
                body: EntryBody::ConfChange(Rc::new(ConfChange::single(Change::AddVoter(NodeId(node))))),
            });
            let rest = log.iter().zip(u64::from(voters) + 1..).map(|(term, index)| word(*term, index, "old"));
            let mut records: Vec<Record> = first.chain(rest).map(Record::Entry).collect();
            let term = Term(log.last().copied().unwrap_or(1));
            records.push(Record::HardState(HardState { term, vote: None, commit: LogIndex(u64::from(voters)) }));
            network.add(id, settings, records);
        }
        network
    }

    fn add(&mut self, id: u16, settings: Settings, records: Vec<Record>) {
        let durable = records.len();
        let member = Member {
            raft: Raft::new(settings.clone(), Recovered::default(), Time::ZERO, Random::new(0, 0)),
            settings,
            up: false,
            slow: false,
            records,
            durable,
            writing: None,
            applied: Vec::new(),
            answers: Vec::new(),
            events: Vec::new(),
            refused: Vec::new(),
            snapshots_wanted: 0,
        };
        self.members.insert(id, member);
        self.restart(id);
    }

    /// A process with an empty disk, which is no member of anything.
    pub(super) fn join(&mut self, id: u16) {
        self.add(id, Settings::new(NodeId(id)), Vec::new());
    }

    pub(super) fn member(&self, id: u16) -> &Member {
        &self.members[&id]
    }

    pub(super) fn raft(&self, id: u16) -> &Raft<Word> {
        &self.members[&id].raft
    }

    fn member_mut(&mut self, id: u16) -> &mut Member {
        self.members.get_mut(&id).expect("a member of the network")
    }

    fn ids(&self) -> Vec<u16> {
        self.members.keys().copied().collect()
    }

    /// The terms of a member's log, the bootstrap left out.
    pub(super) fn log_terms(&self, id: u16) -> Vec<u64> {
        let log = self.raft(id).log();
        log.range(LogIndex(self.members.len() as u64 + 1), log.last_index()).map(|entry| entry.term.0).collect()
    }

    /// The proposals that a member has applied.
    pub(super) fn applied_words(&self, id: u16) -> Vec<Word> {
        let body = |entry: &Entry<Word>| if let EntryBody::Normal(word) = entry.body { Some(word) } else { None };
        self.member(id).applied.iter().filter_map(body).collect()
    }

    /// The only member that leads in the highest term of all members, if one does.
    pub(super) fn leader(&self) -> Option<u16> {
        let leads = |id: &u16| self.members[id].up && self.raft(*id).role() == Role::Leader;
        self.ids().into_iter().filter(leads).max_by_key(|id| self.raft(*id).term())
    }

    // Faults.

    /// No message passes between the two, in either direction.
    pub(super) fn cut(&mut self, a: u16, b: u16) {
        self.cut.extend([(a, b), (b, a)]);
    }

    /// No message passes from the one to the other.
    pub(super) fn cut_one_way(&mut self, from: u16, to: u16) {
        self.cut.insert((from, to));
    }

    /// No message passes between this member and any other.
    pub(super) fn isolate(&mut self, id: u16) {
        for other in self.ids() {
            self.cut(id, other);
        }
    }

    pub(super) fn heal(&mut self) {
        self.cut.clear();
    }

    /// The disk syncs only when [`Network::sync`] says so.
    pub(super) fn slow(&mut self, id: u16) {
        self.member_mut(id).slow = true;
    }

    /// The sync under way ends, and the disk is quick again.
    pub(super) fn sync(&mut self, id: u16) {
        self.member_mut(id).slow = false;
        self.finish_writing(id);
    }

    /// The sync under way ends; the next one is slow again.
    pub(super) fn sync_once(&mut self, id: u16) {
        self.finish_writing(id);
    }

    pub(super) fn crash(&mut self, id: u16) {
        let member = self.member_mut(id);
        member.up = false;
        member.records.truncate(member.durable);
        member.writing = None;
        self.queue.retain(|message| message.to.0 != id);
    }

    pub(super) fn restart(&mut self, id: u16) {
        let now = self.now;
        let member = self.member_mut(id);
        assert!(!member.up, "{id} is up");
        let random = Random::new(u64::from(id), now.micros() as u64);
        let recovered = member.recovered();
        member.applied = recovered.snapshot.as_ref().map_or_else(Vec::new, |snapshot| snapshot.data.clone());
        member.raft = Raft::new(member.settings.clone(), recovered, now, random);
        member.up = true;
        member.answers.clear();
        self.pump(id);
    }

    /// A message that waits is lost, doubled, or put last.
    pub(super) fn tamper(&mut self, at: usize, way: i64) {
        if let Some(message) = self.queue.remove(at) {
            self.queue.extend((0..way).map(|_| message.clone()));
        }
    }

    /// The first message that waits is handed over.
    pub(super) fn deliver_one(&mut self) {
        if let Some(message) = self.queue.pop_front() {
            self.hand(message);
        }
    }

    pub(super) fn is_up(&self, id: u16) -> bool {
        self.member(id).up
    }

    /// Time passes by a tick; what is sent waits.
    pub(super) fn tick(&mut self) {
        self.now += TICK;
        let now = self.now;
        for id in self.ids() {
            let member = self.member_mut(id);
            if member.up && member.raft.deadline().is_some_and(|deadline| deadline <= now) {
                member.raft.handle_time(now);
                self.pump(id);
            }
        }
    }

    // Inputs.

    /// A leader's next heartbeat; it waits in the queue.
    pub(super) fn beat(&mut self, id: u16) {
        self.now += TICK;
        let now = self.now;
        self.member_mut(id).raft.handle_time(now);
        self.pump(id);
    }

    /// A leader's connection to another member breaks.
    pub(super) fn report_unreachable(&mut self, id: u16, other: u16) {
        self.member_mut(id).raft.report_unreachable(NodeId(other));
    }

    /// A member learns of a newer term from somebody outside of this network's cuts.
    pub(super) fn raise_term(&mut self, id: u16, term: u64) {
        let now = self.now;
        let body = Body::AppendAccepted { index: LogIndex(0) };
        let message = Message { from: NodeId(99), to: NodeId(id), term: Term(term), body };
        self.member_mut(id).raft.handle_message(now, message);
        self.pump(id);
    }

    /// Time passes for one member until its election timer has run down. What it then sends waits in the queue.
    pub(super) fn time_out(&mut self, id: u16) {
        let now = self.now;
        let member = self.member_mut(id);
        member.raft.advance_ticks(2 * member.settings.election_ticks);
        member.raft.handle_time(now);
        self.pump(id);
    }

    /// A member has not heard its leader for so long that it would vote for another.
    pub(super) fn end_lease(&mut self, id: u16) {
        let member = self.member_mut(id);
        let ticks = member.settings.election_ticks;
        member.raft.advance_ticks(ticks);
    }

    /// A member runs for election, and all goes through that can.
    pub(super) fn elect(&mut self, id: u16) {
        for other in self.ids().into_iter().filter(|other| *other != id) {
            self.end_lease(other);
        }
        self.time_out(id);
        self.deliver_all();
        assert_eq!(self.raft(id).role(), Role::Leader, "{id} is elected");
    }

    /// The same, but only what belongs to the election goes through; the new leader's entries wait in the queue.
    pub(super) fn elect_silently(&mut self, id: u16) {
        let of_election = |message: &Message<Word>| {
            matches!(message.body, Body::RequestVote { .. } | Body::Vote { .. }) && message.from != message.to
        };
        for _ in 0..5 {
            for other in self.ids().into_iter().filter(|other| *other != id) {
                self.end_lease(other);
            }
            self.time_out(id);
            self.deliver(of_election);
            if self.raft(id).role() == Role::Leader {
                return;
            }
        }
        panic!("{id} is not elected");
    }

    /// A client proposes through a member; what follows waits in the queue.
    pub(super) fn propose(&mut self, id: u16, word: Word) {
        let now = self.now;
        let taken = self.member_mut(id).raft.propose(now, vec![word]);
        assert_eq!(taken, Ok(()), "{id} takes the proposal");
        self.pump(id);
    }

    /// The same, and all goes through that can.
    pub(super) fn put(&mut self, id: u16, word: Word) {
        self.propose(id, word);
        self.deliver_all();
    }

    /// A change of the configuration is proposed through a member, and all goes through that can.
    pub(super) fn change(&mut self, id: u16, transition: Transition, changes: &[Change]) {
        let taken = self.try_change(id, transition, changes);
        assert_eq!(taken, Ok(()), "{id} takes the change");
        self.deliver_all();
    }

    /// The same, taken or not; what follows waits in the queue.
    pub(super) fn try_change(
        &mut self,
        id: u16,
        transition: Transition,
        changes: &[Change],
    ) -> Result<(), ProposeError> {
        let change = ConfChange { transition, changes: changes.to_vec(), context: None };
        let now = self.now;
        let taken = self.member_mut(id).raft.propose_conf_change(now, Rc::new(change));
        self.pump(id);
        taken
    }

    /// A member makes a snapshot of all that it has applied and forgets the log up to there.
    pub(super) fn compact(&mut self, id: u16) {
        let member = self.member_mut(id);
        let index = member.raft.log().applied();
        let snapshot = member.raft.create_snapshot(index, 0, member.applied.clone());
        let rest = member.records.split_off(member.durable);
        let mut kept = vec![Record::Snapshot(snapshot)];
        kept.extend(member.raft.log().range(index.next(), member.raft.log().stable()).cloned().map(Record::Entry));
        let last_hard_state = member.records.iter().rev().find(|record| matches!(record, Record::HardState(_)));
        kept.extend(last_hard_state.cloned());
        member.durable = kept.len();
        kept.extend(rest);
        member.records = kept;
        member.raft.compact(index);
        self.pump(id);
    }

    pub(super) fn report_snapshot(&mut self, id: u16, other: u16, arrived: bool) {
        self.member_mut(id).raft.report_snapshot(NodeId(other), arrived);
        self.pump(id);
    }

    /// Somebody asks a member that `target` lead; what follows waits in the queue.
    pub(super) fn transfer(&mut self, id: u16, target: u16) {
        let now = self.now;
        self.member_mut(id).raft.transfer_leadership(now, NodeId(target));
        self.pump(id);
    }

    pub(super) fn try_propose(&mut self, id: u16, word: Word) -> Result<(), ProposeError> {
        let now = self.now;
        let taken = self.member_mut(id).raft.propose(now, vec![word]);
        self.pump(id);
        taken
    }

    pub(super) fn read(&mut self, id: u16, request: u64) {
        let now = self.now;
        self.member_mut(id).raft.read_index(now, request);
        self.pump(id);
    }

    /// Hands a message over, whoever has made it; the answers wait in the queue.
    pub(super) fn hand(&mut self, message: Message<Word>) {
        let (to, now) = (message.to.0, self.now);
        let cut = self.cut.contains(&(message.from.0, to));
        let member = self.member_mut(to);
        if member.up && !cut {
            member.raft.handle_message(now, message);
            self.pump(to);
        }
        self.check();
    }

    /// A message as a member would send it.
    pub(super) fn hand_from(&mut self, from: u16, to: u16, term: u64, body: Body<Word>) {
        self.hand(Message { from: NodeId(from), to: NodeId(to), term: Term(term), body });
    }

    /// Hands over what waits, and what follows from it, until nothing waits.
    pub(super) fn deliver_all(&mut self) {
        self.deliver(|_| true);
    }

    /// The same for the messages that are wanted; the others stay.
    pub(super) fn deliver(&mut self, wanted: impl Fn(&Message<Word>) -> bool) {
        for _ in 0..100_000 {
            let Some(at) = self.queue.iter().position(&wanted) else { return };
            let message = self.queue.remove(at).expect("just found");
            self.hand(message);
        }
        panic!("the members never stop talking");
    }

    /// The same for messages to one member.
    pub(super) fn deliver_to(&mut self, id: u16) {
        self.deliver(|message| message.to.0 == id);
    }

    /// Takes the messages that wait out of the network.
    pub(super) fn take_queue(&mut self) -> Vec<Message<Word>> {
        self.queue.drain(..).collect()
    }

    /// The kinds of what waits, in order.
    pub(super) fn waiting_kinds(&self) -> Vec<MessageKind> {
        self.queue.iter().map(|message| message.body.kind()).collect()
    }

    /// Time passes for all members, and everything is delivered at once.
    pub(super) fn pass_ticks(&mut self, ticks: usize) {
        for _ in 0..ticks {
            self.tick();
            self.deliver_all();
        }
    }

    /// Does what a member's Raft wants done, in the order that [`crate::raft::Ready`] demands.
    fn pump(&mut self, id: u16) {
        while self.member(id).writing.is_none() {
            let member = self.members.get_mut(&id).expect("a member of the network");
            member.events.extend(member.raft.take_events());
            if !member.raft.has_ready() {
                return;
            }
            let mut ready = Ready::default();
            member.raft.fill_ready(&mut ready);
            let messages = std::mem::take(&mut ready.messages);
            if let Some(snapshot) = ready.snapshot.take() {
                member.applied = snapshot.data.clone();
                member.records.push(Record::Snapshot(snapshot));
            }
            member.records.extend(std::mem::take(&mut ready.entries).into_iter().map(Record::Entry));
            member.records.extend(ready.hard_state.map(Record::HardState));
            let must_sync = ready.must_sync;
            let messages_after = std::mem::take(&mut ready.messages_after);
            member.writing = Some(Writing { written: std::mem::take(&mut ready.written), messages: messages_after });
            for entry in ready.committed {
                if let EntryBody::ConfChange(change) = &entry.body {
                    member.refused.extend(member.raft.apply_conf_change(change).err());
                }
                member.applied.push(entry);
            }
            if ready.snapshot_wanted {
                member.snapshots_wanted += 1;
                let index = member.raft.log().applied();
                member.raft.create_snapshot(index, 0, member.applied.clone());
            }
            member.answers.extend(ready.reads);
            self.send(messages);
            if must_sync && self.member(id).slow {
                return;
            }
            self.finish(id, must_sync);
        }
    }

    fn finish_writing(&mut self, id: u16) {
        self.finish(id, true);
        self.pump(id);
    }

    /// The write is done; it is durable if it was synced.
    fn finish(&mut self, id: u16, synced: bool) {
        let now = self.now;
        let member = self.member_mut(id);
        let Some(mut writing) = member.writing.take() else { return };
        if synced {
            member.durable = member.records.len();
        }
        member.raft.advance(now, &mut writing.written);
        self.send(writing.messages);
    }

    fn send(&mut self, messages: Vec<Message<Word>>) {
        self.sent.extend(messages.iter().cloned());
        self.queue.extend(messages);
    }

    /// Violations of what figure 3 promises are no failure from now on.
    pub(super) fn tolerate(&mut self) {
        self.tolerant = true;
    }

    /// What figure 3 of the paper promises.
    fn check(&mut self) {
        if self.tolerant {
            return;
        }
        let up: Vec<u16> = self.ids().into_iter().filter(|id| self.members[id].up).collect();
        for id in &up {
            let raft = &self.members[id].raft;
            if raft.role() == Role::Leader {
                let leader = *self.leaders.entry(raft.term()).or_insert(raft.id());
                assert_eq!(leader, raft.id(), "two leaders in term {}", raft.term());
            }
        }
        for (at, a) in up.iter().enumerate() {
            for b in &up[at + 1..] {
                self.check_pair(*a, *b);
            }
        }
    }

    fn check_pair(&self, a: u16, b: u16) {
        let (left, right) = (self.member(a), self.member(b));
        for (x, y) in left.applied.iter().zip(&right.applied) {
            assert_eq!(x, y, "{a} and {b} have applied different entries");
        }
        let (left, right) = (left.raft.log(), right.raft.log());
        let mut index = left.last_index().min(right.last_index());
        while index >= left.first_index().max(right.first_index()) && left.term(index) != right.term(index) {
            index = index.previous();
        }
        let first = left.first_index().max(right.first_index());
        let prefix = |log: &crate::raft::RaftLog<Word>| log.range(first, index).cloned().collect::<Vec<_>>();
        assert_eq!(prefix(left), prefix(right), "log matching of {a} and {b} up to {index}");
    }
}
