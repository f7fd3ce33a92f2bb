//! Reading, writing and deleting keys.

use super::*;
use crate::etcd::api::{DeleteRangeResponse, PutResponse, RangeRequest};
use crate::mvcc::{KeyRange, RangeOptions, SortOrder, SortTarget};

fn range_request(words: &[&str]) -> RangeRequest {
    match run(words).request() {
        Request::Range(request) => request,
        other => panic!("{other:?}"),
    }
}

fn get(words: &[&str], kvs: Vec<KeyValue>) -> (String, Option<i32>) {
    run(words).answer(Ok(Response::Range(range_response(kvs)))).output()
}

fn two() -> Vec<KeyValue> {
    vec![key_value("p/1", "one", 2, 2, 1), KeyValue { lease: 7, ..key_value("p/2", "<two>", 3, 4, 2) }]
}

#[test]
fn a_get_means_a_key_a_range_a_prefix_or_everything_from_a_key() {
    let cases: [(&[&str], KeyRange); 7] = [
        (&["get", "k"], KeyRange::single("k")),
        (&["get", "a", "c", "extra"], KeyRange::new("a", "c")),
        (&["get", "a", "--prefix"], KeyRange::new("a", "b")),
        (&["get", "", "--prefix"], KeyRange::all()),
        (&["get", "k", "--from-key"], KeyRange::new("k", "\0")),
        (&["get", "", "--from-key"], KeyRange::all()),
        (&["get", "--", "-k"], KeyRange::single("-k")),
    ];
    for (words, range) in cases {
        assert_eq!(range_request(words).range, range, "{words:?}");
    }
}

#[test]
fn a_gets_flags_reach_the_member() {
    let words = ["get", "k", "--rev=3", "--limit", "2", "--order=descend", "--sort-by=modify", "--consistency=s"];
    let request = range_request(&words);
    let (order, target) = (SortOrder::Descend, SortTarget::Mod);
    assert_eq!(request.options, RangeOptions { revision: 3, limit: 2, order, target, ..RangeOptions::default() });
    assert!(request.serializable);
    // By key they come ascending anyhow, and the member must not be made to sort.
    assert_eq!(range_request(&["get", "k", "--order=ASCEND"]).options.order, SortOrder::None);
    assert_eq!(range_request(&["get", "k", "--rev=-4"]).options.revision, 0);
}

#[test]
fn a_get_prints_keys_and_values_in_the_form_that_is_asked_for() {
    assert_eq!(get(&["get", "p"], two()), ("p/1\none\np/2\n<two>\n".into(), Some(0)));
    assert_eq!(get(&["get", "p", "--print-value-only"], two()), ("one\n<two>\n".into(), Some(0)));
    assert_eq!(get(&["get", "k", "--hex"], vec![key_value("k", "v", 2, 2, 1)]), ("\\x6b\n\\x76\n".into(), Some(0)));
    assert_eq!(get(&["get", "k"], vec![]), (String::new(), Some(0)));
    let json = "{\"header\":{\"cluster_id\":14841639068965178418,\"member_id\":10276657743932975437,\"revision\":4,\
        \"raft_term\":2},\"kvs\":[{\"key\":\"cC8x\",\"create_revision\":2,\"mod_revision\":2,\"version\":1,\"value\":\"b25l\"},\
        {\"key\":\"cC8y\",\"create_revision\":3,\"mod_revision\":4,\"version\":2,\"value\":\"PHR3bz4=\",\"lease\":7}],\
        \"count\":2}\n";
    assert_eq!(get(&["get", "p", "-w", "json"], two()), (json.into(), Some(0)));
    let fields = "\"ClusterID\" : 14841639068965178418\n\"MemberID\" : 10276657743932975437\n\"Revision\" : 4\n\
        \"RaftTerm\" : 2\n\"Key\" : \"tab\"\n\"CreateRevision\" : 9\n\"ModRevision\" : 9\n\"Version\" : 1\n\
        \"Value\" : \"a\\tb\"\n\"Lease\" : 0\n\"More\" : false\n\"Count\" : 1\n";
    let tab = vec![key_value("tab", "a\tb", 9, 9, 1)];
    assert_eq!(get(&["get", "tab", "-w", "fields"], tab), (fields.into(), Some(0)));
}

#[test]
fn projections_that_do_not_fit_the_output_are_refused_after_the_call() {
    for (words, text) in [
        (&["get", "k", "--count-only"][..], "--count-only is only for `--write-out=fields`"),
        (&["get", "k", "--count-only", "-w", "json"], "--count-only is only for `--write-out=fields`"),
        (&["get", "k", "--print-value-only", "-w", "json"], "print-value-only is only for `--write-out=simple`"),
    ] {
        assert_eq!(get(words, vec![]), (error(text), Some(128)), "{words:?}");
    }
    let text = error("table not supported as output format");
    assert_eq!(get(&["get", "k", "-w", "table"], two()), (text, Some(4)));
    assert_eq!(get(&["get", "k", "-w", "protobuf"], two()).1, Some(4));
}

#[test]
fn arguments_that_make_no_sense_are_refused_before_any_call() {
    let get = "get command needs one argument as key and an optional argument as range_end";
    let both = "`--prefix` and `--from-key` cannot be set at the same time, choose one";
    let many = "too many arguments, only accept one argument when `--prefix` or `--from-key` is set";
    let put = "put command needs 1 argument and input from stdin or 2 arguments";
    let del = "del command needs one argument as key and an optional argument as range_end";
    let keys_and_count = "`--keys-only` and `--count-only` cannot be set at the same time, choose one";
    let ignored = "put command needs only 1 argument when 'ignore-value' is set";
    let lease = "bad lease ID (strconv.ParseInt: parsing \"zz\": invalid syntax), expecting ID in Hex";
    let cases: [(&[&str], &str, i32); 20] = [
        (&["get"], get, 128),
        (&["get", "k", "--prefix", "--from-key"], both, 128),
        (&["get", "k", "z", "--prefix"], many, 128),
        (&["get", "k", "z", "--from-key"], many, 128),
        (&["get", "k", "--keys-only", "--count-only"], keys_and_count, 128),
        (&["get", "k", "--order=SIDEWAYS"], "bad sort order SIDEWAYS", 4),
        (&["get", "k", "--sort-by=LENGTH"], "bad sort target LENGTH", 4),
        (&["get", "k", "--consistency=x"], "unknown consistency flag \"x\"", 4),
        (&["get", "k", "-w", "xml"], "unsupported output format", 4),
        (&["put"], put, 128),
        (&["put", "k"], put, 128),
        (&["put", "k", "v", "--ignore-value"], ignored, 128),
        (&["put", "k", "v", "--lease=zz"], lease, 128),
        (&["del"], del, 128),
        (&["del", "a", "b", "c"], del, 128),
        (&["del", "a", "--prefix", "--from-key"], both, 128),
        (&["del", "a", "b", "--prefix"], many, 128),
        (&["compaction"], "compaction command needs 1 argument", 128),
        (&["compaction", "1", "2"], "compaction command needs 1 argument", 128),
        (&["compaction", "x"], "strconv.ParseInt: parsing \"x\": invalid syntax", 1),
    ];
    for (words, text, code) in cases {
        assert_eq!(failure(words), (error(text), code), "{words:?}");
    }
}

#[test]
fn a_put_sends_its_flags_and_shows_what_was_there_before() {
    let mut run = run(&["put", "k", "v", "--lease=1f", "--prev-kv", "--ignore-lease"]);
    let (_, endpoints, request, timeout) = run.call();
    let Request::Put(request) = request else { panic!("{request:?}") };
    assert_eq!((request.key, request.value, request.lease), (Bytes::from("k"), Bytes::from("v"), 0x1f));
    assert!(request.prev_kv && request.ignore_lease && !request.ignore_value);
    assert_eq!((&*endpoints, timeout), (&["n1:2379".to_string()][..], Some(Duration::seconds(5))));
    let prev_kv = Some(key_value("k", "", 2, 2, 1));
    run.reply(0, Ok(Response::Put(PutResponse { header: header(3), prev_kv })));
    assert_eq!(run.output(), ("OK\nk\n\n".into(), Some(0)));
}

#[test]
fn a_put_without_a_value_reads_all_of_its_input() {
    let value = |run: &mut Run| match run.request() {
        Request::Put(request) => String::from_utf8(request.value.as_bytes().to_vec()).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(value(&mut run_with(&["put", "k"], &[], "first\n\nthird\n")), "first\n\nthird\n");
    assert_eq!(value(&mut run_with(&["put", "k", "given"], &[], "not read\n")), "given");
    let mut waiting = start(&["put", "k"], &[], "one\n", false);
    assert_eq!(waiting.wants, []);
    waiting.tell(ProcessEvent::Stdin("two\n".into())).tell(ProcessEvent::StdinEnd);
    assert_eq!(value(&mut waiting), "one\ntwo\n");
    let mut empty = start(&["put", "k"], &[], "", false);
    empty.tell(ProcessEvent::StdinEnd);
    assert_eq!(empty.code, Some(128));
}

#[test]
fn a_del_counts_and_warns_of_a_range() {
    let mut run = run(&["del", "a", "c", "--prev-kv"]);
    let answer = DeleteRangeResponse { header: header(5), deleted: 2, prev_kvs: two() };
    run.answer(Ok(Response::DeleteRange(answer.clone())));
    let warning =
        "In etcd v3.6, the operation will be suspended for a few seconds to provide the user time to verify range.\n";
    assert_eq!((&*run.stdout, &*run.stderr), ("2\np/1\none\np/2\n<two>\n", warning));
    assert_eq!(super::run(&["del", "a", "c", "--range"]).stderr, "");
    let mut json = super::run(&["del", "a", "-w", "json"]);
    json.answer(Ok(Response::DeleteRange(DeleteRangeResponse { deleted: 0, prev_kvs: vec![], ..answer })));
    assert!(json.stdout.ends_with("\"raft_term\":2}}\n"), "{}", json.stdout);
}

#[test]
fn a_compaction_tells_its_revision_in_every_form() {
    let mut run = run(&["compact", "3", "--physical", "-w", "json"]);
    assert_eq!(run.request(), Request::Compact { revision: 3, physical: true });
    run.reply(0, Ok(Response::Compact { header: header(5) }));
    assert_eq!(run.output(), ("compacted revision 3\n".into(), Some(0)));
}

#[test]
fn an_error_of_the_call_is_printed_and_ends_with_one() {
    for words in [&["get", "k"][..], &["put", "k", "v"], &["del", "k"], &["compaction", "3"], &["member", "list"]] {
        let mut run = run(words);
        run.answer(Err(RpcError::deadline_exceeded()));
        assert_eq!(run.output(), (error("context deadline exceeded"), Some(1)), "{words:?}");
    }
}
