//! raft-rs as its own examples drive it: `Ready`, append, hard state, `advance`, `LightReady`.

use raft::eraftpb::{Entry, EntryType, Message};
use raft::storage::MemStorage;
use raft::{Config, RawNode};
use std::collections::{BTreeMap, VecDeque};

/// Keys that the proposals write, one after the other.
const KEYS: u64 = 1_000;
/// Bytes of the key; the value has the rest.
const KEY_BYTES_MIN: usize = 8;

/// A plain store: the newest value of each key, and a log of all writes.
#[derive(Default)]
struct Store {
    index: BTreeMap<Vec<u8>, Vec<u8>>,
    log: Vec<(Vec<u8>, Vec<u8>)>,
}

struct Member {
    node: RawNode<MemStorage>,
    store: Option<Store>,
    committed: u64,
}

/// Members of one Raft group, the first of which leads.
pub struct RaftRs {
    members: Vec<Member>,
    flying: VecDeque<Message>,
    payload_bytes: usize,
    proposals: u64,
    messages: u64,
}

impl RaftRs {
    /// So many members and proposals of this size. The first member has been elected.
    ///
    /// # Panics
    /// When raft-rs refuses its configuration.
    pub fn new(members: usize, payload_bytes: usize, with_stores: bool) -> RaftRs {
        let voters: Vec<u64> = (1..=members as u64).collect();
        let member = |id: &u64| {
            let config = Config {
                id: *id,
                election_tick: 10,
                heartbeat_tick: 1,
                max_size_per_msg: 1 << 20,
                max_inflight_msgs: 512,
                check_quorum: true,
                pre_vote: true,
                ..Config::default()
            };
            let storage = MemStorage::new_with_conf_state((voters.clone(), Vec::new()));
            let logger = slog::Logger::root(slog::Discard, slog::o!());
            let node = RawNode::new(&config, storage, &logger).expect("a valid configuration");
            Member { node, store: with_stores.then(Store::default), committed: 0 }
        };
        let mut group = RaftRs {
            members: voters.iter().map(member).collect(),
            flying: VecDeque::new(),
            payload_bytes,
            proposals: 0,
            messages: 0,
        };
        group.members[0].node.campaign().expect("a voter may campaign");
        group.work(0);
        group.deliver();
        assert_eq!(group.members[0].node.raft.state, raft::StateRole::Leader);
        group
    }

    /// Proposes so many entries in one message and delivers all messages, until every member knows them to be committed.
    ///
    /// # Panics
    /// When some member has not come to know it.
    pub fn commit(&mut self, entries: usize) {
        let mut propose = Message::default();
        propose.set_msg_type(raft::eraftpb::MessageType::MsgPropose);
        propose.from = 1;
        let payloads: Vec<Entry> = (0..entries).map(|_| self.payload()).collect();
        propose.set_entries(payloads.into());
        self.members[0].node.step(propose).expect("it leads");
        self.work(0);
        self.deliver();
        let last = self.members[0].node.raft.raft_log.last_index();
        assert!(self.members.iter().all(|member| member.committed == last), "not all committed up to {last}");
    }

    /// How many messages there were.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    fn payload(&mut self) -> Entry {
        self.proposals += 1;
        let mut data = (self.proposals % KEYS).to_be_bytes().to_vec();
        data.resize(self.payload_bytes, self.proposals as u8);
        let mut entry = Entry::default();
        entry.set_data(data.into());
        entry
    }

    fn deliver(&mut self) {
        while let Some(message) = self.flying.pop_front() {
            let place = message.to as usize - 1;
            self.members[place].node.step(message).expect("a message of the group");
            self.work(place);
        }
    }

    fn send(&mut self, messages: Vec<Message>) {
        self.messages += messages.len() as u64;
        self.flying.extend(messages);
    }

    fn work(&mut self, place: usize) {
        while self.members[place].node.has_ready() {
            let member = &mut self.members[place];
            let mut ready = member.node.ready();
            let messages = ready.take_messages();
            let committed = ready.take_committed_entries();
            member.apply(committed);
            let storage = member.node.raft.raft_log.store.clone();
            storage.wl().append(ready.entries()).expect("entries that follow");
            if let Some(hard_state) = ready.hs() {
                storage.wl().set_hardstate(hard_state.clone());
            }
            let after = ready.take_persisted_messages();
            let mut light = member.node.advance(ready);
            if let Some(commit) = light.commit_index() {
                storage.wl().mut_hard_state().set_commit(commit);
            }
            let more = light.take_messages();
            member.apply(light.take_committed_entries());
            member.node.advance_apply();
            self.send(messages);
            self.send(after);
            self.send(more);
        }
    }
}

impl Member {
    fn apply(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            self.committed = entry.index;
            if let (Some(store), EntryType::EntryNormal, false) =
                (&mut self.store, entry.get_entry_type(), entry.data.is_empty())
            {
                let key_bytes = (entry.data.len() / 10).max(KEY_BYTES_MIN);
                let (key, value) = entry.data.split_at(key_bytes);
                store.index.insert(key.to_vec(), value.to_vec());
                store.log.push((key.to_vec(), value.to_vec()));
            }
        }
    }
}
