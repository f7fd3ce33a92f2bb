//! Raft without the world, for measuring: members whose disks are done at once and whose messages arrive in order.
//!
//! It carries the proposals that members carry, so that what is measured is the code that runs in them. With stores each
//! member also applies what is committed. Deliberately absent: time, faults, clients.

use super::api::PutRequest;
use super::identity::Cluster;
use super::server::{Operation, Proposal, ProposalData, bootstrap};
use crate::mvcc::{Bytes, Store};
use crate::raft::{self, EntryBody, Raft, Ready, Role};
use crate::sim::{Duration, Random, Time};
use std::collections::VecDeque;
use std::rc::Rc;

/// Keys that the proposals write, one after the other.
const KEYS: u64 = 1_000;

/// Members of one Raft group, the first of which leads.
#[derive(Debug)]
pub struct Consensus {
    members: Vec<Raft<Proposal>>,
    stores: Option<Vec<Store>>,
    flying: VecDeque<raft::Message<Proposal>>,
    ready: Ready<Proposal>,
    payload_bytes: usize,
    proposals: u64,
    messages: u64,
}

impl Consensus {
    /// So many members and proposals of this size, of which a tenth or more is the key. The first member has been elected.
    pub fn new(members: usize, payload_bytes: usize, with_stores: bool) -> Consensus {
        let cluster = Cluster::new(members);
        let member = |place: usize| {
            let settings = raft::Settings::new(cluster.members[place].node());
            Raft::new(settings, bootstrap(&cluster), Time::ZERO, Random::new(place as u64, 0))
        };
        let mut consensus = Consensus {
            members: (0..members).map(member).collect(),
            stores: with_stores.then(|| vec![Store::new(); members]),
            flying: VecDeque::new(),
            ready: Ready::default(),
            payload_bytes,
            proposals: 0,
            messages: 0,
        };
        for place in 0..members {
            consensus.work(place);
        }
        consensus.members[0].handle_time(Time::ZERO + Duration::seconds(10));
        consensus.work(0);
        consensus.deliver();
        assert_eq!(consensus.members[0].role(), Role::Leader);
        consensus
    }

    /// Proposes so many entries at once and delivers all messages, until every member knows them to be committed.
    ///
    /// # Panics
    /// When some member has not come to know it.
    pub fn commit(&mut self, entries: usize) {
        let payloads = (0..entries).map(|_| self.payload()).collect();
        let now = Time::ZERO + Duration::seconds(10);
        self.members[0].propose(now, payloads).expect("it leads");
        self.work(0);
        self.deliver();
        let last = self.members[0].log().last_index();
        assert!(self.members.iter().all(|member| member.log().committed() == last), "not all committed up to {last:?}");
    }

    /// How many messages there were.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    fn payload(&mut self) -> Proposal {
        self.proposals += 1;
        let mut key = (self.proposals % KEYS).to_be_bytes().to_vec();
        key.resize((self.payload_bytes / 10).max(8), 0);
        let value = vec![self.proposals as u8; self.payload_bytes - key.len()];
        let (key, value) = (Bytes::from(key), Bytes::from(value));
        let put = PutRequest { key, value, lease: 0, prev_kv: false, ignore_value: false, ignore_lease: false };
        Proposal(Rc::new(ProposalData { id: self.proposals, operation: Operation::Put(put) }))
    }

    fn deliver(&mut self) {
        while let Some(message) = self.flying.pop_front() {
            let place = usize::from(message.to.0);
            self.members[place].handle_message(Time::ZERO + Duration::seconds(10), message);
            self.work(place);
        }
    }

    /// Does what a member wants done, its write included.
    fn work(&mut self, place: usize) {
        let member = &mut self.members[place];
        member.take_events().for_each(drop);
        while member.has_ready() {
            member.fill_ready(&mut self.ready);
            self.messages += (self.ready.messages.len() + self.ready.messages_after.len()) as u64;
            self.flying.extend(self.ready.messages.drain(..));
            self.ready.entries.clear();
            self.flying.extend(self.ready.messages_after.drain(..));
            for entry in self.ready.committed.drain(..) {
                match entry.body {
                    EntryBody::ConfChange(change) => {
                        member.apply_conf_change(&change).expect("the change was proposed by the bootstrap");
                    }
                    EntryBody::Normal(Proposal(data)) => {
                        if let (Some(stores), Operation::Put(put)) = (&mut self.stores, &data.operation) {
                            let mut txn = stores[place].begin();
                            txn.put(put.key.clone(), put.value.clone(), put.lease);
                            txn.finish();
                        }
                    }
                    EntryBody::Empty => {}
                }
            }
            member.advance(Time::ZERO + Duration::seconds(10), &mut self.ready.written);
            member.take_events().for_each(drop);
        }
    }
}
