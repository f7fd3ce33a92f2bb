//! Transactions and their grammar.

use super::*;
use crate::etcd::api::{DeleteRangeResponse, PutResponse, ResponseOp, TxnResponse};

fn transaction(stdin: &str, words: &[&str]) -> Run {
    run_with(&[&["txn"], words].concat(), &[], stdin)
}

fn response(succeeded: bool, responses: Vec<ResponseOp>) -> Response {
    Response::Txn(TxnResponse { header: header(3), succeeded, responses })
}

fn only_revision(revision: i64) -> Header {
    Header { revision, ..Header::default() }
}

fn three_answers() -> Vec<ResponseOp> {
    let header = only_revision(3);
    let kvs = vec![key_value("a", "1", 2, 2, 1)];
    vec![
        ResponseOp::Range(RangeResponse { header: only_revision(2), kvs, more: false, count: 1 }),
        ResponseOp::Put(PutResponse { header, prev_kv: None }),
        ResponseOp::DeleteRange(DeleteRangeResponse { header, deleted: 0, prev_kvs: vec![] }),
    ]
}

#[test]
fn three_lists_become_one_call_without_a_time_limit() {
    let mut run = transaction("value(\"a\") = \"1\"\nmod(\"b\") > \"3\"\n\nget a\nput a 2\n\ndel b\n\n", &[]);
    let (_, _, request, timeout) = run.call();
    let Request::Txn(request) = request else { panic!("{request:?}") };
    assert_eq!((request.compare.len(), request.success.len(), request.failure.len(), timeout), (2, 2, 1, None));
    run.reply(0, Ok(response(true, three_answers())));
    assert_eq!(run.output(), ("SUCCESS\n\na\n1\n\nOK\n\n0\n".into(), Some(0)));
}

#[test]
fn answers_are_shown_one_after_the_other_in_every_form() {
    let shown = |words: &[&str], succeeded, responses| {
        transaction("\n\n\n", words).answer(Ok(response(succeeded, responses))).stdout.clone()
    };
    assert_eq!(shown(&[], false, vec![]), "FAILURE\n");
    let json = shown(&["-w", "json"], true, three_answers());
    let responses = "\"succeeded\":true,\"responses\":[{\"Response\":{\"response_range\":{\"header\":{\"revision\":2},\
        \"kvs\":[{\"key\":\"YQ==\",\"create_revision\":2,\"mod_revision\":2,\"version\":1,\"value\":\"MQ==\"}],\"count\":1}}},\
        {\"Response\":{\"response_put\":{\"header\":{\"revision\":3}}}},\
        {\"Response\":{\"response_delete_range\":{\"header\":{\"revision\":3}}}}]}\n";
    assert!(json.ends_with(responses), "{json}");
    let fields = shown(&["-w", "fields"], true, three_answers());
    let part = "\"Succeeded\" : true\n\"ClusterID\" : 0\n\"MemberID\" : 0\n\"Revision\" : 2\n\"RaftTerm\" : 0\n\"Key\" : \"a\"\n";
    assert!(fields.contains(part), "{fields}");
    assert!(fields.ends_with("\"RaftTerm\" : 0\n\"Deleted\" : 0\n"), "{fields}");
}

#[test]
fn interactive_says_what_is_wanted_as_lines_come() {
    let mut run = start(&["txn", "-i"], &[], "", false);
    assert_eq!(run.stdout, "compares:\n");
    run.tell(ProcessEvent::Stdin("\nget a\n".into()));
    assert_eq!(run.stdout, "compares:\nsuccess requests (get, put, del):\n");
    run.tell(ProcessEvent::Stdin("\n".into()));
    assert_eq!(run.wants, []);
    run.tell(ProcessEvent::Stdin("\n".into()));
    run.answer(Ok(response(true, vec![])));
    let prompts = "compares:\nsuccess requests (get, put, del):\nfailure requests (get, put, del):\n";
    assert_eq!(run.output(), (format!("{prompts}SUCCESS\n"), Some(0)));
}

#[test]
fn input_that_ends_too_early_is_an_error() {
    let eof = (error("EOF"), Some(3));
    assert_eq!(transaction("", &[]).output(), eof);
    assert_eq!(transaction("value(\"a\") = \"1\"\n", &[]).output(), eof);
    assert_eq!(transaction("\n\nget a", &[]).output(), eof);
    let mut waiting = start(&["txn"], &[], "\n\n", false);
    assert_eq!(waiting.code, None);
    assert_eq!(waiting.tell(ProcessEvent::StdinEnd).output(), eof);
}

#[test]
fn a_bad_line_ends_it_at_once() {
    let put = "put command needs 1 argument and input from stdin or 2 arguments";
    for (stdin, text, code) in [
        ("size(\"k\") = \"1\"\n", "malformed comparison: size(\"k\") = \"1\" (unknown target size)", 3),
        ("\nfetch k\n", "invalid txn request: fetch k", 3),
        ("\nget\n", "invalid txn compare request: get", 3),
        ("\nput k\nmore\n", put, 128),
        (
            "\nget a b --prefix\n",
            "too many arguments, only accept one argument when `--prefix` or `--from-key` is set",
            128,
        ),
        ("\nput \"\\q\" v\n", "invalid syntax", 3),
    ] {
        assert_eq!(transaction(stdin, &[]).output(), (error(text), Some(code)), "{stdin:?}");
    }
    assert_eq!(transaction("lease(\"k\") = \"1\"\n", &[]).output(), ("panic: bad value\n".into(), Some(2)));
    let run = transaction("\nget k --nosuch\n", &[]);
    assert!(run.stderr.starts_with("Usage:\n"), "{}", run.stderr);
    assert!(run.stderr.ends_with("\nError: invalid txn request: get k --nosuch\n"), "{}", run.stderr);
    assert_eq!(failure(&["txn", "extra"]), (error("txn command does not accept argument"), 128));
}
