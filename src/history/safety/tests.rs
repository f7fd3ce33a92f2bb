//! The checker itself: each invariant is shown to fire on what breaks it, and to be silent on what does not.

use super::applied::Applied;
use super::consensus::{Consensus, Seen};
use super::leases::Leases;
use super::operations::{Acknowledged, Call};
use super::records::LogSeen;
use super::watches::Watches;
use super::{Found, Invariant};
use crate::etcd::Record;
use crate::etcd::api::{
    Header, PutRequest, PutResponse, RangeRequest, RangeResponse, Request, Response, WatchRequest, WatchResponse,
};
use crate::mvcc::{Bytes, Event, EventOptions, KeyRange, RangeOptions, Store};
use crate::raft::{Configuration, Entry, EntryBody, HardState, LogIndex, MessageKind, NodeId, Role, Term};
use crate::sim::{ActorId, Duration, Time};

const N1: NodeId = NodeId(0);
const N2: NodeId = NodeId(1);
const N3: NodeId = NodeId(2);

fn invariants(found: &Found) -> Vec<Invariant> {
    found.iter().map(|(invariant, _)| *invariant).collect()
}

/// A log of entries of these terms; an entry's content is its term times a hundred and its index, unless told otherwise.
#[derive(Clone)]
struct Log(Vec<(u64, u64)>);

fn log(terms: &[u64]) -> Log {
    Log(terms.iter().zip(1..).map(|(term, index)| (*term, term * 100 + index)).collect())
}

impl LogSeen for Log {
    fn first_index(&self) -> LogIndex {
        LogIndex(1)
    }

    fn last_index(&self) -> LogIndex {
        LogIndex(self.0.len() as u64)
    }

    fn term(&self, index: LogIndex) -> Option<Term> {
        if index.0 == 0 { Some(Term(0)) } else { self.0.get(index.0 as usize - 1).map(|(term, _)| Term(*term)) }
    }

    fn content(&self, index: LogIndex) -> Option<u64> {
        self.0.get((index.0 as usize).checked_sub(1)?).map(|(_, content)| *content)
    }
}

/// Three members as a checker sees them.
struct Members {
    consensus: Consensus,
    configuration: Configuration,
    found: Found,
}

impl Members {
    fn new() -> Members {
        let mut consensus = Consensus::new();
        consensus.take_for_granted();
        Members {
            consensus,
            configuration: Configuration { voters: [N1, N2, N3].into_iter().collect(), ..Configuration::default() },
            found: Found::new(),
        }
    }

    /// The member's disk has the whole log.
    fn on_disk(mut self, nodes: &[NodeId], log: &Log) -> Members {
        for node in nodes {
            for (at, (term, _)) in log.0.iter().enumerate() {
                let (term, index) = (Term(*term), LogIndex(at as u64 + 1));
                self.consensus.write(*node, &Record::Entry(Entry { term, index, body: EntryBody::Empty }));
            }
        }
        self
    }

    fn voted(mut self, node: NodeId, term: u64, vote: NodeId) -> Members {
        let hard_state = HardState { term: Term(term), vote: Some(vote), commit: LogIndex(0) };
        self.consensus.write(node, &Record::HardState(hard_state));
        self
    }

    fn sends(mut self, from: NodeId, to: NodeId, kind: MessageKind, term: u64, index: u64) -> Members {
        let (from, to) = (ActorId(from.0), ActorId(to.0));
        self.consensus.promised(from, to, kind, Term(term), index, &mut self.found);
        self
    }

    fn see(mut self, node: NodeId, role: Role, term: u64, log: &Log, committed: u64, applied: u64) -> Members {
        let (term, committed, applied) = (Term(term), LogIndex(committed), LogIndex(applied));
        let seen = Seen { node, role, term, committed, applied, configuration: &self.configuration };
        self.consensus.see(&seen, log, None, &mut self.found);
        self
    }

    fn leads(self, node: NodeId, term: u64, log: &Log, committed: u64) -> Members {
        self.see(node, Role::Leader, term, log, committed, 0)
    }

    fn follows(self, node: NodeId, term: u64, log: &Log, committed: u64) -> Members {
        self.see(node, Role::Follower, term, log, committed, 0)
    }

    fn restarts(mut self, node: NodeId) -> Members {
        self.consensus.restarted(node);
        self
    }

    #[track_caller]
    fn breaks(self, invariants_expected: &[Invariant]) {
        assert_eq!(invariants(&self.found), invariants_expected, "{:?}", self.found);
    }
}

#[test]
fn an_ordinary_life_breaks_nothing() {
    let (short, long) = (log(&[1, 1]), log(&[1, 1, 2]));
    Members::new()
        .voted(N2, 1, N1)
        .sends(N2, N1, MessageKind::VoteGranted, 1, 0)
        .on_disk(&[N1, N2], &short)
        .leads(N1, 1, &short, 0)
        .leads(N1, 1, &short, 2)
        .follows(N2, 1, &short, 2)
        .restarts(N1)
        .voted(N1, 2, N2)
        .follows(N1, 1, &short, 0)
        .sends(N1, N2, MessageKind::VoteGranted, 2, 0)
        .follows(N1, 2, &short, 2)
        .leads(N2, 2, &long, 2)
        .on_disk(&[N1, N2], &long)
        .leads(N2, 2, &long, 3)
        .breaks(&[]);
}

#[test]
fn two_leaders_of_a_term_are_found() {
    let empty = log(&[]);
    Members::new().leads(N1, 4, &empty, 0).leads(N3, 4, &empty, 0).breaks(&[Invariant::ElectionSafety]);
}

#[test]
fn two_votes_in_a_term_are_found_even_over_a_crash() {
    Members::new()
        .voted(N2, 3, N1)
        .sends(N2, N1, MessageKind::VoteGranted, 3, 0)
        .restarts(N2)
        .voted(N2, 3, N3)
        .sends(N2, N3, MessageKind::VoteGranted, 3, 0)
        .breaks(&[Invariant::OneVote]);
}

#[test]
fn a_candidate_that_votes_for_another_is_found() {
    Members::new()
        .voted(N2, 3, N2)
        .sends(N2, N1, MessageKind::RequestVote, 3, 0)
        .voted(N2, 3, N1)
        .sends(N2, N1, MessageKind::VoteGranted, 3, 0)
        .breaks(&[Invariant::OneVote]);
}

#[test]
fn a_vote_that_is_not_on_the_disk_is_found() {
    Members::new().sends(N2, N1, MessageKind::VoteGranted, 3, 0).breaks(&[Invariant::DurablePromise]);
}

#[test]
fn an_acknowledgement_of_what_is_not_on_the_disk_is_found() {
    let short = log(&[1]);
    Members::new()
        .voted(N2, 1, N1)
        .on_disk(&[N2], &short)
        .sends(N2, N1, MessageKind::AppendAccepted, 1, 1)
        .sends(N2, N1, MessageKind::AppendAccepted, 1, 2)
        .breaks(&[Invariant::DurablePromise]);
}

#[test]
fn a_leader_that_replaces_its_own_entries_is_found() {
    let (before, after) = (log(&[1, 1]), log(&[1, 2]));
    Members::new().leads(N1, 2, &before, 0).leads(N1, 2, &after, 0).breaks(&[Invariant::LeaderAppendOnly]);
    let shorter = log(&[1]);
    Members::new().leads(N1, 2, &before, 0).leads(N1, 2, &shorter, 0).breaks(&[Invariant::LeaderAppendOnly]);
}

#[test]
fn a_follower_may_replace_entries_that_are_not_committed() {
    let (before, after) = (log(&[1, 1, 1]), log(&[1, 2]));
    Members::new().follows(N1, 1, &before, 0).follows(N1, 2, &after, 0).breaks(&[]);
}

#[test]
fn equal_index_and_term_with_other_content_or_another_past_are_found() {
    let (one, other) = (log(&[1, 1]), Log(vec![(1, 101), (1, 999)]));
    Members::new().follows(N1, 1, &one, 0).follows(N2, 1, &other, 0).breaks(&[Invariant::LogMatching]);
    let (one, other) = (log(&[1, 3]), Log(vec![(2, 201), (3, 302)]));
    Members::new().follows(N1, 3, &one, 0).follows(N2, 3, &other, 0).breaks(&[Invariant::LogMatching]);
}

#[test]
fn a_leader_without_what_was_committed_is_found() {
    let (full, short) = (log(&[1, 1]), log(&[1]));
    Members::new()
        .on_disk(&[N1, N2], &full)
        .leads(N1, 1, &full, 2)
        .leads(N3, 2, &short, 0)
        .breaks(&[Invariant::LeaderCompleteness]);
}

#[test]
fn a_commit_of_an_older_term_that_a_newer_leader_lacks_is_found() {
    let (full, short) = (log(&[1, 1]), log(&[1]));
    Members::new()
        .on_disk(&[N1, N2], &full)
        .leads(N3, 2, &short, 0)
        .leads(N1, 1, &full, 2)
        .breaks(&[Invariant::LeaderCompleteness]);
}

#[test]
fn a_leader_of_an_older_term_may_lack_what_was_committed_later() {
    let (full, short) = (log(&[1, 3]), log(&[1]));
    Members::new().on_disk(&[N1, N2], &full).leads(N1, 3, &full, 2).leads(N3, 2, &short, 0).breaks(&[]);
}

#[test]
fn two_entries_committed_at_one_index_are_found() {
    let (one, other) = (log(&[1, 1]), log(&[1, 2]));
    Members::new()
        .on_disk(&[N1, N2], &one)
        .leads(N1, 1, &one, 2)
        .follows(N3, 2, &other, 2)
        .breaks(&[Invariant::StateMachineSafety]);
}

#[test]
fn a_committed_entry_that_is_replaced_is_found() {
    let (one, other) = (log(&[1, 1]), log(&[1, 2]));
    let members = Members::new().on_disk(&[N1, N2], &one).leads(N1, 1, &one, 2).follows(N2, 1, &one, 2);
    members.follows(N2, 2, &other, 2).breaks(&[Invariant::StateMachineSafety]);
}

#[test]
fn a_commit_that_a_majority_does_not_have_on_disk_is_found() {
    let full = log(&[1]);
    Members::new().on_disk(&[N1], &full).leads(N1, 1, &full, 1).breaks(&[Invariant::DurableCommit]);
}

#[test]
fn a_leader_that_commits_an_older_term_by_counting_is_found() {
    let full = log(&[1, 2]);
    Members::new().on_disk(&[N1, N2, N3], &full).leads(N1, 4, &full, 2).breaks(&[Invariant::CommitOwnTerm]);
}

#[test]
fn a_term_that_goes_back_is_found() {
    let empty = log(&[]);
    Members::new().follows(N1, 5, &empty, 0).follows(N1, 4, &empty, 0).breaks(&[Invariant::TermMonotonicity]);
}

#[test]
fn a_promised_term_that_a_crash_has_taken_is_found_and_another_is_not() {
    let empty = log(&[]);
    Members::new()
        .voted(N1, 5, N2)
        .sends(N1, N2, MessageKind::VoteGranted, 5, 0)
        .restarts(N1)
        .follows(N1, 4, &empty, 0)
        .breaks(&[Invariant::TermMonotonicity]);
    Members::new().follows(N1, 5, &empty, 0).restarts(N1).follows(N1, 4, &empty, 0).breaks(&[]);
}

#[test]
fn commit_and_applied_go_back_only_over_a_crash_and_stay_in_order() {
    let full = log(&[1, 1]);
    let members = || Members::new().on_disk(&[N1, N2], &full).leads(N1, 1, &full, 2);
    members().leads(N1, 1, &full, 1).breaks(&[Invariant::CommitMonotonicity]);
    members().restarts(N1).follows(N1, 1, &full, 0).breaks(&[]);
    let applies = |applied| members().see(N2, Role::Follower, 1, &full, 1, applied);
    applies(2).breaks(&[Invariant::CommitMonotonicity]);
    let back = applies(1).see(N2, Role::Follower, 1, &full, 1, 0);
    back.breaks(&[Invariant::CommitMonotonicity]);
    members().follows(N2, 1, &full, 3).breaks(&[Invariant::CommitMonotonicity]);
}

/// A store in which these keys were put, one a revision.
fn store(puts: &[(&str, &str)]) -> Store {
    let mut store = Store::new();
    for (key, value) in puts {
        let mut write = store.begin();
        write.put(Bytes::from(*key), Bytes::from(*value), 0);
        write.finish();
    }
    store
}

/// A history in which a member has applied the store's writes.
fn applied(store: &Store, found: &mut Found) -> Applied {
    let mut applied = Applied::default();
    applied.see(N1, store.revision() as u64, store, &Acknowledged::default(), found);
    applied
}

#[test]
fn stores_that_part_are_found_and_equal_ones_are_not() {
    let mut found = Found::new();
    let mut history = applied(&store(&[("a", "1"), ("b", "2")]), &mut found);
    let nothing = Acknowledged::default();
    history.see(N2, 2, &store(&[("a", "1"), ("b", "2")]), &nothing, &mut found);
    assert_eq!(found, []);
    history.see(N3, 2, &store(&[("a", "1"), ("b", "9")]), &nothing, &mut found);
    assert_eq!(invariants(&found), [Invariant::StateMachineSafety]);
    assert_eq!(found[0].1, "n3 has put b 9 at revision 3, where another has put b 2");
}

#[test]
fn other_hashes_and_other_revisions_after_the_same_entry_are_found() {
    let (mut found, mut history) = (Found::new(), Applied::default());
    history.compare_hash(N1, 7, &store(&[("a", "1")]), &mut found);
    history.index_applied(N1, 7, 2, &mut found);
    assert_eq!(found, []);
    history.compare_hash(N2, 7, &store(&[("a", "2")]), &mut found);
    history.index_applied(N2, 7, 3, &mut found);
    assert_eq!(invariants(&found), [Invariant::StateMachineSafety; 2]);
}

fn put_request(key: &str, value: &str) -> Request {
    let (key, value) = (Bytes::from(key), Bytes::from(value));
    Request::Put(PutRequest { key, value, lease: 0, prev_kv: false, ignore_value: false, ignore_lease: false })
}

fn header(revision: i64) -> Header {
    Header { revision, ..Header::default() }
}

fn acknowledge(acknowledged: &mut Acknowledged, request: Request, revision: i64, history: &Applied) -> Found {
    let mut found = Found::new();
    let call = Call { request, acknowledged_before: acknowledged.revision() };
    let response = Response::Put(PutResponse { header: header(revision), prev_kv: None });
    acknowledged.returned(&call, &response, history, &mut found);
    found
}

#[test]
fn an_acknowledged_write_that_another_takes_the_place_of_is_found() {
    let mut found = Found::new();
    let mut history = applied(&store(&[("a", "1")]), &mut found);
    let mut acknowledged = Acknowledged::default();
    found.extend(acknowledge(&mut acknowledged, put_request("a", "1"), 2, &history));
    assert_eq!((found.len(), acknowledged.revision()), (0, 2));
    history.see(N2, 1, &store(&[("b", "5")]), &acknowledged, &mut found);
    assert_eq!(invariants(&found), [Invariant::AcknowledgedWrite]);
}

#[test]
fn an_acknowledged_write_that_is_not_where_it_was_said_to_be_is_found() {
    let history = applied(&store(&[("a", "1")]), &mut Found::new());
    for (value, revision) in [("2", 2), ("1", 3)] {
        let found = acknowledge(&mut Acknowledged::default(), put_request("a", value), revision, &history);
        assert_eq!(invariants(&found), [Invariant::AcknowledgedWrite], "{value} at {revision}");
    }
}

fn read(store: &Store, revision: i64, serializable: bool, acknowledged_before: i64, history: &Applied) -> Found {
    let mut found = Found::new();
    let options = RangeOptions::default();
    let result = store.range(&KeyRange::all(), &options).expect("the newest revision");
    let request = Request::Range(RangeRequest { range: KeyRange::all(), options, serializable });
    let count = result.kvs.len() as i64;
    let response = RangeResponse { header: header(revision), kvs: result.kvs, more: false, count };
    let call = Call { request, acknowledged_before };
    Acknowledged::default().returned(&call, &Response::Range(response), history, &mut found);
    found
}

#[test]
fn a_stale_linearizable_read_is_found_and_a_stale_serializable_one_is_allowed() {
    let (old, new) = (store(&[("a", "1")]), store(&[("a", "1"), ("a", "2")]));
    let history = applied(&new, &mut Found::new());
    assert_eq!(read(&new, 3, false, 3, &history), []);
    assert_eq!(invariants(&read(&old, 2, false, 3, &history)), [Invariant::Read]);
    assert_eq!(read(&old, 2, true, 3, &history), []);
}

#[test]
fn a_read_that_does_not_show_its_revision_is_found() {
    let (old, new) = (store(&[("a", "1")]), store(&[("a", "1"), ("a", "2")]));
    let history = applied(&new, &mut Found::new());
    assert_eq!(invariants(&read(&old, 3, true, 0, &history)), [Invariant::Read]);
}

const LEASE: i64 = 0x77;

fn at(seconds: i64) -> Time {
    Time::ZERO + Duration::seconds(seconds)
}

/// A lease of five seconds, granted at second 10 by index 3 on n1, which leads.
fn granted() -> (Leases, Found) {
    let mut leases = Leases::default();
    leases.granted(N1, 3, LEASE, 5, at(10), at(10));
    (leases, Found::new())
}

#[test]
fn a_lease_that_runs_out_or_is_revoked_ends_rightly() {
    let (mut leases, mut found) = granted();
    leases.expired(N1, Role::Leader, LEASE, at(15), &mut found);
    leases.revoked(N1, 4, LEASE, at(15), &mut found);
    assert_eq!(found, []);
    let (mut leases, mut found) = granted();
    leases.revocation_asked(LEASE);
    leases.revoked(N1, 4, LEASE, at(11), &mut found);
    assert_eq!(found, []);
}

#[test]
fn a_lease_that_ends_too_early_for_no_reason_or_by_a_follower_is_found() {
    let (mut leases, mut found) = granted();
    leases.expired(N1, Role::Leader, LEASE, at(14), &mut found);
    leases.expired(N1, Role::Follower, LEASE, at(15), &mut found);
    assert_eq!(invariants(&found), [Invariant::Lease; 2]);
    let (mut leases, mut found) = granted();
    leases.revoked(N1, 4, LEASE, at(20), &mut found);
    assert_eq!(invariants(&found), [Invariant::Lease]);
}

#[test]
fn a_new_leader_that_keeps_an_old_deadline_is_found() {
    let (mut leases, mut found) = granted();
    leases.granted(N2, 3, LEASE, 5, at(10), at(10));
    leases.promoted(N2, at(14));
    leases.expired(N2, Role::Leader, LEASE, at(15), &mut found);
    assert_eq!(invariants(&found), [Invariant::Lease]);
}

#[test]
fn a_renewal_that_does_not_hold_under_the_next_leader_is_found_while_clocks_run_true() {
    for clocks_are_off in [false, true] {
        let (mut leases, mut found) = granted();
        leases.granted(N2, 3, LEASE, 5, at(10), at(10));
        leases.renewed(N1, LEASE, at(14), Some(at(14)));
        leases.expired(N2, Role::Leader, LEASE, at(15), &mut found);
        if clocks_are_off {
            leases.clocks_are_off();
        }
        leases.revoked(N2, 4, LEASE, at(16), &mut found);
        assert_eq!(found.is_empty(), clocks_are_off, "{found:?}");
    }
}

const WATCH: (ActorId, u32) = (ActorId(9), 1);

/// Hands the batches of events, of those of a store, to a watch of all keys from revision 2.
fn watch(store: &Store, batches: &[&[usize]]) -> (Watches, Applied, Found) {
    let (mut watches, mut found) = (Watches::default(), Found::new());
    let history = applied(store, &mut found);
    let range = KeyRange::all();
    let request =
        WatchRequest { range, start_revision: 2, progress_notify: false, prev_kv: false, require_leader: false };
    watches.opened(WATCH, &request);
    let options = EventOptions { from_revision: 2, revisions_max: 100, prev_kv: false };
    let all = store.events(&KeyRange::all(), &options).expect("nothing is compacted").events;
    for batch in batches {
        let events: Vec<Event> = batch.iter().map(|at| all[*at].clone()).collect();
        let (compact_revision, canceled, cancel_reason) = (0, false, String::new());
        let response = WatchResponse { header: header(9), events, compact_revision, canceled, cancel_reason };
        watches.told(WATCH, &response, &history, &mut found);
    }
    (watches, history, found)
}

/// Two keys at revision 2, one at 3, one at 4.
fn watched() -> Store {
    let mut store = Store::new();
    let mut write = store.begin();
    write.put(Bytes::from("a"), Bytes::from("1"), 0);
    write.put(Bytes::from("b"), Bytes::from("1"), 0);
    write.finish();
    for value in ["2", "3"] {
        let mut write = store.begin();
        write.put(Bytes::from("a"), Bytes::from(value), 0);
        write.finish();
    }
    store
}

#[test]
fn a_watch_that_is_handed_everything_once_is_right_however_it_is_cut() {
    for batches in [&[&[0, 1, 2, 3][..]][..], &[&[0, 1], &[2], &[3]], &[&[0, 1, 2], &[3]]] {
        let (watches, history, found) = watch(&watched(), batches);
        assert_eq!((found, watches.behind(&history)), (vec![], None), "{batches:?}");
    }
}

#[test]
fn a_watch_with_a_gap_a_repetition_a_torn_revision_or_another_order_is_found() {
    for batches in [&[&[0, 1][..], &[3]][..], &[&[0, 1], &[0, 1]], &[&[0]], &[&[1, 0]], &[&[0, 1, 3, 2]]] {
        let (_, _, found) = watch(&watched(), batches);
        assert!(invariants(&found).contains(&Invariant::Watch), "{batches:?}");
    }
}

#[test]
fn a_watch_that_was_not_handed_the_newest_is_behind() {
    let (watches, history, found) = watch(&watched(), &[&[0, 1]]);
    assert_eq!(found, []);
    assert_eq!(
        watches.behind(&history).as_deref(),
        Some("watch 1 of client 9 was not handed revision 3, and the store is at 4")
    );
}
