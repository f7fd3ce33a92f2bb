//! Candidates and observers of elections.

use super::*;
use crate::etcd::api::{CompareTarget, RequestOp};

fn own() -> KeyValue {
    key_value("e/a", "mine", 4, 4, 1)
}

fn other(value: &str, revision: i64) -> KeyValue {
    key_value("e/9", value, 2, revision, 1)
}

fn read(kvs: Vec<KeyValue>) -> Response {
    Response::Range(range_response(kvs))
}

fn done(succeeded: bool) -> Response {
    Response::Txn(TxnResponse { header: header(6), succeeded, responses: vec![] })
}

/// A leader that has shown its key.
fn leading() -> Run {
    let mut run = run(&["elect", "e", "mine"]);
    run.open_session().join(4, own()).answer_last(read(vec![])).answer_last(read(vec![own()]));
    assert_eq!(run.output(), ("e/a\nmine\n".into(), None));
    run
}

/// The transaction that it has just sent: the create revision that it expects, and what it does then.
fn guarded(run: &mut Run) -> (Handle, CompareTarget, RequestOp) {
    let (handle, request) = run.last_call();
    let Request::Txn(txn) = request else { panic!("{request:?}") };
    (handle, txn.compare[0].target.clone(), txn.success[0].clone())
}

#[test]
fn a_candidate_waits_for_the_older_ones_and_shows_its_key_when_it_leads() {
    let mut run = run(&["elect", "e", "mine"]);
    let (handle, grant) = run.last_call();
    assert_eq!(grant, Request::LeaseGrant { ttl_s: 60, id: 0 });
    run.reply(handle, Ok(Response::LeaseGrant { header: header(1), id: SESSION, ttl_s: 60 }));
    run.join(4, other("first", 2)).answer_last(read(vec![other("first", 2)]));
    let (watch, key, _) = run.watched();
    assert_eq!((&*key, &*run.stdout), ("e/9", ""));
    run.changed(watch, 5, vec![delete_event("e/9", 5)]).answer_last(read(vec![])).answer_last(read(vec![own()]));
    assert_eq!(run.output(), ("e/a\nmine\n".into(), None));
}

#[test]
fn a_leader_resigns_only_from_the_key_that_it_was_elected_with() {
    let mut run = leading();
    run.tell(ProcessEvent::Interrupt);
    let (handle, fence, operation) = guarded(&mut run);
    assert_eq!(fence, CompareTarget::Create(4));
    assert!(matches!(operation, RequestOp::DeleteRange(_)), "{operation:?}");
    run.reply(handle, Ok(done(false)));
    assert_eq!((&*run.stderr, run.code), ("", Some(0)), "another has its place already");
}

#[test]
fn a_leader_whose_session_ends_says_so() {
    let mut run = leading();
    run.lose_session();
    assert_eq!((&*run.stderr, run.code), (&*error("elect: session expired"), Some(1)));
}

#[test]
fn a_candidate_that_stops_leaves_no_key() {
    let mut run = run(&["elect", "e", "mine"]);
    run.open_session().join(4, other("first", 2)).answer_last(read(vec![other("first", 2)]));
    run.watched();
    run.tell(ProcessEvent::Interrupt);
    let (handle, fence, _) = guarded(&mut run);
    assert_eq!(fence, CompareTarget::Create(4));
    run.reply(handle, Ok(done(true)));
    assert_eq!(run.output(), (error("context canceled"), Some(1)));
}

#[test]
fn a_candidate_whose_key_is_there_with_another_value_writes_its_own() {
    let mut run = run(&["elect", "e", "mine"]);
    run.open_session();
    let (handle, _) = run.last_call();
    let old = key_value("e/a", "before", 3, 3, 1);
    let responses =
        vec![ResponseOp::Range(range_response(vec![old.clone()])), ResponseOp::Range(range_response(vec![old]))];
    run.reply(handle, Ok(Response::Txn(TxnResponse { header: header(5), succeeded: false, responses })));
    let (handle, fence, operation) = guarded(&mut run);
    assert_eq!(fence, CompareTarget::Create(3));
    assert!(matches!(&operation, RequestOp::Put(put) if put.value.as_bytes() == b"mine"), "{operation:?}");
    run.reply(handle, Ok(done(false)));
    assert_eq!(run.output(), (error("election: not leader"), Some(1)));
}

#[test]
fn an_observer_tells_of_every_leader_and_of_what_each_writes() {
    let mut run = run(&["elect", "-l", "e"]);
    run.open_session().answer_last(read(vec![]));
    let (watch, key, revision) = run.watched();
    assert_eq!((&*key, revision), ("e/", 4), "nobody leads: the first key is waited for");
    run.changed(watch, 5, vec![delete_event("e/7", 5)]);
    assert_eq!((&*run.stdout, &run.wants[..]), ("", &[][..]));
    run.changed(watch, 7, vec![put_event(other("first", 6)), put_event(other("later", 7))]);
    let (watch, key, revision) = run.watched();
    assert_eq!((&*run.stdout, &*key, revision), ("e/9\nfirst\n", "e/9", 7));
    let changes = vec![put_event(other("later", 7)), delete_event("e/9", 8), put_event(other("not ours", 9))];
    run.changed(watch, 9, changes).answer_last(read(vec![own()]));
    assert_eq!(run.stdout, "e/9\nfirst\ne/9\nlater\ne/a\nmine\n");
    let (watch, key, revision) = run.watched();
    assert_eq!((&*key, revision), ("e/a", 5));
    run.lose_session();
    assert_eq!(run.code, None, "an observer does not need its session");
    run.compacted(watch);
    assert_eq!((&*run.stderr, run.code), (&*error("elect: observer lost"), Some(1)));
}

#[test]
fn an_observer_is_stopped_without_a_word() {
    let mut run = run(&["elect", "e", "--listen"]);
    run.open_session().answer_last(read(vec![own()])).tell(ProcessEvent::Interrupt);
    assert_eq!(run.output(), ("e/a\nmine\n".into(), Some(0)));
}

#[test]
fn words_that_do_not_make_an_election_are_refused() {
    let count = "elect takes one election name argument and an optional proposal argument";
    for (words, text) in [
        (&["elect"][..], count),
        (&["elect", "a", "b", "c"], count),
        (&["elect", "a"], "no proposal argument but -l not set"),
        (&["elect", "a", "b", "-l"], "proposal given but -l is set"),
    ] {
        assert_eq!(failure(words), (error(text), 128), "{words:?}");
    }
}
