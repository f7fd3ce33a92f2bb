//! Nodes with disks, and the messages between them.

use crate::text::{entry_words, event_words, message_words};
use quorate::raft::{
    Configuration, Entry, EntryBody, HardState, LogIndex, Message, Payload, Raft, Ready, Recovered, Settings, Snapshot,
    Term, Written,
};
use quorate::sim::{Random, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// What is proposed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Word(pub(crate) Rc<str>);

impl Payload for Word {
    /// The snapshots' indexes and terms say enough.
    type Snapshot = ();

    fn size_bytes(&self) -> usize {
        self.0.len()
    }
}

/// What is on a disk: an entry replaces all from its index on, a snapshot the whole log, and the last hard state counts.
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

pub(crate) struct Node {
    pub(crate) raft: Raft<Word>,
    pub(crate) settings: Settings,
    pub(crate) up: bool,
    slow: bool,
    records: Vec<Record>,
    durable: usize,
    writing: Option<Writing>,
}

impl Node {
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
}

#[derive(Default)]
pub(crate) struct Cluster {
    pub(crate) nodes: BTreeMap<u16, Node>,
    pub(crate) waiting: VecDeque<Message<Word>>,
    pub(crate) cut: BTreeSet<(u16, u16)>,
    pub(crate) now: Time,
    /// The configuration that the cluster was started with.
    pub(crate) first: Configuration,
    output: Vec<String>,
    /// Under the message that was handed over last.
    indented: bool,
}

impl Cluster {
    pub(crate) fn say(&mut self, words: &str) {
        self.output.push(format!("  {}{words}\n", if self.indented { "  " } else { "" }));
    }

    pub(crate) fn take_output(&mut self) -> String {
        self.indented = false;
        std::mem::take(&mut self.output).concat()
    }

    pub(crate) fn node(&mut self, id: u16) -> Result<&mut Node, String> {
        self.nodes.get_mut(&id).ok_or_else(|| format!("there is no node {id}"))
    }

    /// A node that is up.
    pub(crate) fn up(&mut self, id: u16) -> Result<&mut Node, String> {
        let node = self.node(id)?;
        if node.up { Ok(node) } else { Err(format!("{id} is down")) }
    }

    /// Starts a node on a disk with a configuration, which stands in a snapshot at index 0, and entries of these terms.
    pub(crate) fn start(
        &mut self,
        settings: Settings,
        configuration: Configuration,
        terms: &[u64],
        hard_state: HardState,
    ) {
        let id = settings.id.0;
        let configuration = Rc::new(configuration);
        let start = Snapshot { index: LogIndex(0), term: Term(0), configuration, size_bytes: 0, data: () };
        let word = || EntryBody::Normal(Word("old".into()));
        let entries = terms.iter().zip(1..);
        let entries = entries.map(|(term, index)| Entry { term: Term(*term), index: LogIndex(index), body: word() });
        let records: Vec<Record> = [Record::Snapshot(Rc::new(start))]
            .into_iter()
            .chain(entries.map(Record::Entry))
            .chain([Record::HardState(hard_state)])
            .collect();
        let raft = Raft::new(settings.clone(), Recovered::default(), self.now, Random::new(0, 0));
        let durable = records.len();
        let node = Node { raft, settings, up: false, slow: false, records, durable, writing: None };
        self.nodes.insert(id, node);
        self.restart(id).expect("it was just made, and is down");
    }

    pub(crate) fn restart(&mut self, id: u16) -> Result<(), String> {
        let now = self.now;
        let node = self.node(id)?;
        if node.up {
            return Err(format!("{id} is up"));
        }
        let random = Random::new(u64::from(id), now.micros() as u64);
        node.raft = Raft::new(node.settings.clone(), node.recovered(), now, random);
        node.up = true;
        self.pump(id);
        Ok(())
    }

    pub(crate) fn crash(&mut self, id: u16) -> Result<(), String> {
        let node = self.up(id)?;
        node.up = false;
        node.records.truncate(node.durable);
        node.writing = None;
        self.waiting.retain(|message| message.to.0 != id);
        Ok(())
    }

    /// A disk syncs at once from now on, or not any more; what was written and not synced is synced in the first case.
    pub(crate) fn set_slow(&mut self, id: u16, slow: bool) -> Result<(), String> {
        self.up(id)?.slow = slow;
        if !slow {
            self.finish(id, true);
            self.pump(id);
        }
        Ok(())
    }

    /// A node makes a snapshot of what it has applied, on its disk too.
    pub(crate) fn snapshot(&mut self, id: u16) -> Result<(), String> {
        let node = self.up(id)?;
        let log = node.raft.log();
        let (index, stable) = (log.applied(), log.stable());
        let kept: Vec<Record> = log.range(index.next(), stable).cloned().map(Record::Entry).collect();
        let snapshot = node.raft.create_snapshot(index, 0, ());
        let hard_state = node.records[..node.durable].iter().rfind(|record| matches!(record, Record::HardState(_)));
        let mut records = vec![Record::Snapshot(snapshot)];
        records.extend(kept);
        records.extend(hard_state.cloned());
        let unsynced = node.records.split_off(node.durable);
        node.durable = records.len();
        records.extend(unsynced);
        node.records = records;
        self.say(&format!("{id} makes a snapshot up to {index}"));
        self.pump(id);
        Ok(())
    }

    /// Hands a message over.
    pub(crate) fn hand(&mut self, message: Message<Word>) {
        let (from, to, now) = (message.from.0, message.to.0, self.now);
        self.indented = false;
        self.say(&format!("{to} gets {:?} from {from}", message.body.kind()));
        self.indented = true;
        if let Ok(node) = self.up(to) {
            node.raft.handle_message(now, message);
            self.pump(to);
        }
        self.indented = false;
    }

    /// Time passes by one tick.
    pub(crate) fn tick(&mut self) {
        let tick = self.nodes.values().next().map(|node| node.settings.tick);
        self.now += tick.expect("a cluster has nodes");
        let now = self.now;
        for id in self.nodes.keys().copied().collect::<Vec<u16>>() {
            let Ok(node) = self.up(id) else { continue };
            if node.raft.deadline().is_some_and(|deadline| deadline <= now) {
                node.raft.handle_time(now);
                self.pump(id);
            }
        }
    }

    /// Does what a node's Raft wants done, in the order that [`Ready`] demands, and says what it did.
    pub(crate) fn pump(&mut self, id: u16) {
        loop {
            self.say_events(id);
            let node = self.nodes.get_mut(&id).expect("the node exists");
            if node.writing.is_some() || !node.raft.has_ready() {
                return;
            }
            let mut ready = Ready::default();
            node.raft.fill_ready(&mut ready);
            node.records.extend(ready.snapshot.clone().map(Record::Snapshot));
            node.records.extend(ready.entries.iter().cloned().map(Record::Entry));
            node.records.extend(ready.hard_state.map(Record::HardState));
            let slow = node.slow;
            node.writing = Some(Writing { written: ready.written, messages: ready.messages_after });
            self.say_events(id);
            self.send(ready.messages);
            if ready.snapshot_wanted {
                self.snapshot_for_others(id);
            }
            self.apply(id, &ready.committed);
            for read in ready.reads {
                self.say(&format!("{id} answers read {} at {}", read.request, read.index));
            }
            if ready.must_sync && slow {
                self.say(&format!("{id} writes and waits for its disk"));
                return;
            }
            self.finish(id, ready.must_sync);
        }
    }

    fn snapshot_for_others(&mut self, id: u16) {
        let node = self.nodes.get_mut(&id).expect("the node exists");
        let index = node.raft.log().applied();
        node.raft.create_snapshot(index, 0, ());
        self.say(&format!("{id} makes a snapshot up to {index}, for one is needed"));
    }

    fn apply(&mut self, id: u16, mut entries: &[Entry<Word>]) {
        while !entries.is_empty() {
            let is_change = |entry: &Entry<Word>| matches!(entry.body, EntryBody::ConfChange(_));
            let end = entries.iter().position(is_change).map_or(entries.len(), |at| at + 1);
            let (applied, rest) = entries.split_at(end);
            let words: Vec<String> = applied.iter().map(entry_words).collect();
            self.say(&format!("{id} applies {}", words.join(", ")));
            if let Some(Entry { body: EntryBody::ConfChange(change), .. }) = applied.last() {
                let node = self.nodes.get_mut(&id).expect("the node exists");
                let result = node.raft.apply_conf_change(change);
                self.say_events(id);
                if let Err(error) = result {
                    self.say(&format!("{id} cannot: {error}"));
                }
            }
            entries = rest;
        }
    }

    fn say_events(&mut self, id: u16) {
        let node = self.nodes.get_mut(&id).expect("the node exists");
        for event in node.raft.take_events().collect::<Vec<_>>() {
            self.say(&format!("{id} {}", event_words(&event)));
        }
    }

    /// A write is done; it is durable if it was synced.
    fn finish(&mut self, id: u16, synced: bool) {
        let now = self.now;
        let node = self.nodes.get_mut(&id).expect("the node exists");
        let Some(mut writing) = node.writing.take() else { return };
        if synced {
            node.durable = node.records.len();
        }
        node.raft.advance(now, &mut writing.written);
        self.send(writing.messages);
    }

    fn send(&mut self, messages: Vec<Message<Word>>) {
        for message in messages {
            let (from, to) = (message.from.0, message.to.0);
            let is_lost = self.cut.contains(&(from, to)) || !self.nodes.get(&to).is_some_and(|node| node.up);
            let words = message_words(&message);
            self.say(&format!("{words}{}", if is_lost { " (lost)" } else { "" }));
            if !is_lost {
                self.waiting.push_back(message);
            }
        }
    }
}
