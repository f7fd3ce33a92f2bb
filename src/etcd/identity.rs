//! Who is who: names, addresses and ids of members.
//!
//! Ids are made as etcd makes them (`membership.NewMember`, `RaftCluster.genID`): the first eight bytes of a SHA-1. One
//! liberty: the ids of the first members are handed out in the order of the names, so that listings, which etcd sorts by
//! id, read n1, n2, n3.

use super::api::Member;
use crate::raft::NodeId;
use crate::sim::ActorId;
use sha1_smol::Sha1;
use std::rc::Rc;

/// What every member and client knows of the cluster from its flags.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cluster {
    /// The cluster's id.
    pub id: u64,
    /// The first members, by name.
    pub members: Rc<[Identity]>,
}

/// One member's identity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// Its place on the bus, which is also its number in Raft.
    pub actor: ActorId,
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: Rc<str>,
}

impl Identity {
    /// Its number in Raft.
    pub fn node(&self) -> NodeId {
        NodeId(self.actor.0)
    }

    /// Where its peers reach it.
    pub fn peer_url(&self) -> String {
        format!("http://{}:2380", self.name)
    }

    /// Where clients reach it.
    pub fn client_url(&self) -> String {
        format!("http://{}:2379", self.name)
    }

    /// As the member list tells of it.
    pub fn member(&self) -> Member {
        Member {
            id: self.id,
            name: self.name.to_string(),
            peer_urls: vec![self.peer_url()],
            client_urls: vec![self.client_url()],
            is_learner: false,
        }
    }
}

fn first_eight_bytes(sha1: &Sha1) -> u64 {
    u64::from_be_bytes(sha1.digest().bytes()[..8].try_into().expect("a digest has twenty bytes"))
}

impl Cluster {
    /// A new cluster of `size` members n1, n2… that are the actors 0, 1…
    pub fn new(size: usize) -> Cluster {
        let mut ids: Vec<u64> = Vec::new();
        for number in 1..=size {
            let mut sha1 = Sha1::new();
            sha1.update(format!("http://n{number}:2380").as_bytes());
            sha1.update(b"etcd-cluster");
            let id = first_eight_bytes(&sha1);
            ids.insert(ids.partition_point(|other| *other < id), id);
        }
        let mut sha1 = Sha1::new();
        for id in &ids {
            sha1.update(&id.to_be_bytes());
        }
        let identity =
            |(at, id): (usize, u64)| Identity { actor: ActorId(at as u16), id, name: format!("n{}", at + 1).into() };
        Cluster { id: first_eight_bytes(&sha1), members: ids.into_iter().enumerate().map(identity).collect() }
    }

    /// The member on this place of the bus.
    pub fn by_actor(&self, actor: ActorId) -> Option<&Identity> {
        self.members.iter().find(|member| member.actor == actor)
    }

    /// The member with this number in Raft.
    pub fn by_node(&self, node: NodeId) -> Option<&Identity> {
        self.by_actor(ActorId(node.0))
    }

    /// The member that an endpoint names: `n1:2379`, `http://n1:2379`.
    pub fn by_endpoint(&self, endpoint: &str) -> Option<&Identity> {
        let address = endpoint.strip_prefix("http://").unwrap_or(endpoint);
        let (name, port) = address.split_once(':').unwrap_or((address, "2379"));
        (port == "2379").then(|| self.members.iter().find(|member| &*member.name == name)).flatten()
    }
}
