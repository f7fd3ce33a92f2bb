//! Locks, and commands under them.

use super::*;
use crate::etcd::api::{Compare, CompareResult, CompareTarget, DeleteRangeRequest, DeleteRangeResponse, RequestOp};
use crate::mvcc::KeyRange;

fn older() -> KeyValue {
    key_value("l/9", "", 2, 2, 1)
}

fn own() -> KeyValue {
    key_value("l/a", "", 4, 4, 1)
}

fn read(kvs: Vec<KeyValue>) -> Response {
    Response::Range(range_response(kvs))
}

fn deletion_of_own() -> Request {
    Request::DeleteRange(DeleteRangeRequest { range: KeyRange::single("l/a"), prev_kv: false })
}

fn deleted() -> Response {
    Response::DeleteRange(DeleteRangeResponse { header: header(5), deleted: 1, prev_kvs: vec![] })
}

/// A lock that nobody else wants, got at revision 4.
fn locked(words: &[&str]) -> Run {
    let mut run = run(words);
    run.open_session().join(4, own());
    run
}

/// One for which it waits; the watch on the key before its own.
fn waiting() -> (Run, Handle) {
    let mut run = run(&["lock", "l"]);
    run.open_session().join(4, older());
    run.answer_last(read(vec![older()]));
    let (watch, key, revision) = run.watched();
    assert_eq!((&*key, revision), ("l/9", 4), "the key before its own, from the answer's revision on");
    (run, watch)
}

#[test]
fn a_lock_is_a_key_with_the_lease_of_a_session_of_ten_seconds() {
    let mut run = run(&["lock", "l"]);
    let (handle, grant) = run.last_call();
    assert_eq!(grant, Request::LeaseGrant { ttl_s: 10, id: 0 });
    run.reply(handle, Ok(Response::LeaseGrant { header: header(1), id: SESSION, ttl_s: 10 }));
    let (_, request) = run.last_call();
    let Request::Txn(txn) = request else { panic!("{request:?}") };
    let unset =
        Compare { range: KeyRange::single("l/a"), result: CompareResult::Equal, target: CompareTarget::Create(0) };
    assert_eq!(txn.compare, [unset]);
    let [RequestOp::Put(put), RequestOp::Range(oldest)] = &txn.success[..] else { panic!("{txn:?}") };
    assert_eq!((put.key.as_bytes(), put.value.len(), put.lease), (&b"l/a"[..], 0, SESSION));
    assert_eq!((&oldest.range, oldest.options.limit), (&KeyRange::prefix("l/"), 1));
    for (flag, ttl_s) in [("--ttl=5", 5), ("--ttl=0", 60), ("--ttl=-3", 60)] {
        let mut run = super::run(&["lock", "l", flag]);
        assert_eq!(run.last_call().1, Request::LeaseGrant { ttl_s, id: 0 }, "{flag}");
    }
}

#[test]
fn a_lock_that_is_held_shows_its_key_and_is_given_back_on_an_interrupt() {
    let mut run = locked(&["lock", "l"]);
    run.answer_last(read(vec![own()]));
    assert_eq!(run.output(), ("l/a\n\n".into(), None));
    run.tell(ProcessEvent::Interrupt);
    let (handle, request) = run.last_call();
    assert_eq!(request, deletion_of_own());
    run.tell(ProcessEvent::Interrupt);
    assert_eq!(run.code, None, "it waits until the lock is given back");
    run.reply(handle, Ok(deleted()));
    assert_eq!((&*run.stderr, run.code), ("", Some(0)));
}

#[test]
fn it_waits_for_the_key_before_its_own_and_looks_again_when_that_is_gone() {
    let (mut run, watch) = waiting();
    run.changed(watch, 5, vec![put_event(older())]);
    assert_eq!(run.wants, [], "a write to the older key changes nothing");
    run.changed(watch, 6, vec![delete_event("l/9", 6)]);
    let (handle, request) = run.last_call();
    let Request::Range(look) = &request else { panic!("{request:?}") };
    assert_eq!((look.options.max_create_revision, look.options.limit), (3, 1));
    run.reply(handle, Ok(read(vec![key_value("l/8", "", 1, 1, 1)])));
    let (watch, key, _) = run.watched();
    assert_eq!(key, "l/8", "the one before the one that has left");
    run.changed(watch, 7, vec![delete_event("l/8", 7)]).answer_last(read(vec![]));
    run.answer_last(read(vec![own()])).answer_last(read(vec![own()]));
    assert_eq!(run.output(), ("l/a\n\n".into(), None));
}

#[test]
fn a_waiting_client_whose_own_key_went_does_not_get_the_lock() {
    let (mut run, watch) = waiting();
    run.lose_session();
    assert_eq!(run.code, None, "it finds out when its turn comes");
    run.changed(watch, 6, vec![delete_event("l/9", 6)]).answer_last(read(vec![])).answer_last(read(vec![]));
    assert_eq!(run.output(), (error("mutex: session is expired"), Some(1)));
}

#[test]
fn who_stops_waiting_takes_the_key_along() {
    let (mut run, _) = waiting();
    run.tell(ProcessEvent::Interrupt);
    let (handle, request) = run.last_call();
    assert_eq!((request, run.code), (deletion_of_own(), None));
    run.reply(handle, Ok(deleted()));
    assert_eq!(run.output(), (error("context canceled"), Some(1)));
    let (mut run, watch) = waiting();
    run.compacted(watch).answer_last(deleted());
    assert_eq!(run.output(), (error("etcdserver: mvcc: required revision has been compacted"), Some(1)));
}

#[test]
fn an_interrupt_before_the_key_is_known_to_be_there_ends_it_at_once() {
    let mut opening = run(&["lock", "l"]);
    opening.tell(ProcessEvent::Interrupt);
    assert_eq!(opening.output(), (String::new(), Some(130)));
    let mut joining = run(&["lock", "l"]);
    joining.open_session().tell(ProcessEvent::Interrupt);
    assert_eq!(joining.output(), (error("context canceled"), Some(1)));
}

#[test]
fn a_holder_whose_session_ends_says_so() {
    let mut run = locked(&["lock", "l"]);
    run.answer_last(read(vec![own()])).lose_session();
    assert_eq!((&*run.stderr, run.code), (&*error("session expired"), Some(1)));
    let mut early = locked(&["lock", "l"]);
    early.lose_session();
    assert_eq!(early.code, None);
    early.answer_last(read(vec![own()]));
    assert_eq!((&*early.stdout, early.code), ("l/a\n\n", Some(1)));
    let mut lost = locked(&["lock", "l"]);
    assert_eq!(lost.answer_last(read(vec![])).output(), (error("lock lost on init"), Some(1)));
}

#[test]
fn a_command_runs_under_the_lock_and_its_status_is_the_locks() {
    for (status, text, code) in [
        (Some(0), String::new(), 0),
        (Some(7), error("exit status 7"), 7),
        (None, error("exec: \"run\": executable file not found in $PATH"), 1),
    ] {
        let mut run = locked(&["lock", "l", "run", "it"]);
        let wants = std::mem::take(&mut run.wants);
        let [Action::Spawn { words, environment }] = &wants[..] else { panic!("{wants:?}") };
        assert_eq!(words, &["run", "it"]);
        let variables: Vec<_> = environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(variables, [("ETCD_LOCK_KEY", "l/a"), ("ETCD_LOCK_REV", "4")]);
        run.tell(ProcessEvent::Interrupt).lose_session();
        assert_eq!((&run.wants[..], run.code), (&[][..], None), "it waits for the command");
        run.tell(ProcessEvent::ChildExit(status));
        let (handle, request) = run.last_call();
        assert_eq!((request, run.code), (deletion_of_own(), None));
        run.reply(handle, Ok(deleted()));
        assert_eq!(run.output(), (text, Some(code)));
    }
}

#[test]
fn a_lock_needs_a_name() {
    let text = "lock takes a lock name argument and an optional command to execute";
    assert_eq!(failure(&["lock"]), (error(text), 128));
}
