//! Watches, interactive ones, and those that run commands.

use super::*;
use crate::etcd::api::{WatchRequest, WatchResponse};
use crate::mvcc::{Event, EventKind, KeyRange};

fn response(revision: i64, events: Vec<Event>) -> WatchResponse {
    let cancel_reason = String::new();
    WatchResponse { header: header(revision), events, compact_revision: 0, canceled: false, cancel_reason }
}

fn put(key: &str, value: &str, revision: i64) -> Event {
    Event { kind: EventKind::Put, kv: key_value(key, value, revision, revision, 1), prev_kv: None }
}

fn deletion(key: &str, revision: i64) -> Event {
    Event { kind: EventKind::Delete, kv: key_value(key, "", 0, revision, 0), prev_kv: None }
}

fn canceled(header: Header, compact_revision: i64, reason: &str) -> WatchResponse {
    let cancel_reason = reason.to_string();
    WatchResponse { header, events: vec![], compact_revision, canceled: true, cancel_reason }
}

impl Run {
    fn watches(&mut self) -> Vec<WatchRequest> {
        let wants = std::mem::take(&mut self.wants).into_iter();
        wants.map(|want| if let Action::Watch { request, .. } = want { request } else { panic!("{want:?}") }).collect()
    }

    fn watch_says(&mut self, handle: Handle, response: WatchResponse) -> &mut Run {
        self.tell(ProcessEvent::Watch { handle, response })
    }
}

#[test]
fn a_watch_asks_for_what_its_words_say_and_for_a_leader() {
    let mut run = run(&["watch", "b", "d", "--rev=5", "--prev-kv", "--progress-notify"]);
    let [request] = &run.watches()[..] else { panic!("one watch") };
    assert_eq!((&request.range, request.start_revision), (&KeyRange::new("b", "d"), 5));
    assert!(request.prev_kv && request.progress_notify && request.require_leader);
    assert_eq!(super::run(&["watch", "a", "--prefix"]).watches()[0].range, KeyRange::prefix("a"));
    // More than two words are passed over, as in the real tool.
    assert_eq!(super::run(&["watch", "a", "b", "c"]).watches()[0].range, KeyRange::single("a"));
    let mut named = run_with(&["watch"], &[("ETCDCTL_WATCH_KEY", "k"), ("ETCDCTL_WATCH_RANGE_END", "m")], "");
    assert_eq!(named.watches()[0].range, KeyRange::new("k", "m"));
}

#[test]
fn events_are_printed_with_what_was_there_before() {
    let mut run = run(&["watch", "k", "--prev-kv"]);
    let overwrite = Event { prev_kv: Some(key_value("k", "1", 2, 2, 1)), ..put("k", "2", 3) };
    run.watch_says(0, response(3, vec![overwrite])).watch_says(0, response(4, vec![deletion("k", 4)]));
    assert_eq!(run.output(), ("PUT\nk\n1\nk\n2\nDELETE\nk\n\n".into(), None));
    run.tell(ProcessEvent::Interrupt);
    assert_eq!(run.code, Some(130));
}

#[test]
fn json_is_that_of_the_client_library() {
    let mut run = run(&["watch", "k", "-w", "json"]);
    run.watch_says(0, response(6, vec![put("k", "1", 5), deletion("k", 6)]));
    let events = "\"Events\":[{\"kv\":{\"key\":\"aw==\",\"create_revision\":5,\"mod_revision\":5,\"version\":1,\
        \"value\":\"MQ==\"}},{\"type\":1,\"kv\":{\"key\":\"aw==\",\"mod_revision\":6}}],\"CompactRevision\":0,\
        \"Canceled\":false,\"Created\":false}\n";
    assert!(run.stdout.starts_with("{\"Header\":{\"cluster_id\":") && run.stdout.ends_with(events), "{}", run.stdout);
    run.stdout.clear();
    run.watch_says(0, canceled(Header::default(), 0, "etcdserver: no leader"));
    let made_up = "{\"Header\":{},\"Events\":null,\"CompactRevision\":0,\"Canceled\":true,\"Created\":false}\n";
    assert_eq!(run.stdout, made_up);
}

#[test]
fn progress_is_told() {
    let mut run = run(&["watch", "k", "--progress-notify"]);
    run.watch_says(0, response(2, vec![]));
    assert_eq!(run.output(), ("progress notify: 2\n".into(), None));
}

#[test]
fn a_cancelled_watch_says_why_and_ends_with_five() {
    let compacted = "etcdserver: mvcc: required revision has been compacted";
    for (response, reason) in [
        (canceled(header(0), 3, ""), compacted),
        (canceled(header(0), 0, "mvcc: watcher range is empty"), "mvcc: watcher range is empty"),
        (canceled(header(0), 0, ""), "etcdserver: mvcc: required revision is a future revision"),
    ] {
        let mut run = run(&["watch", "k"]);
        run.watch_says(0, response);
        let text = format!("watch was canceled ({reason})\nError: watch is canceled by the server\n");
        assert_eq!(run.output(), (text, Some(5)));
    }
}

fn spawned(run: &mut Run) -> Option<(Vec<String>, String)> {
    match std::mem::take(&mut run.wants).pop()? {
        Action::Spawn { words, environment } => {
            let variable = |name: &str| environment.get(name).expect("it is set").clone();
            let text = ["REVISION", "EVENT_TYPE", "KEY", "VALUE"].map(|name| variable(&format!("ETCD_WATCH_{name}")));
            Some((words, text.join(" ")))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_runs_for_each_event_one_at_a_time() {
    let mut run = run(&["watch", "p", "--prefix", "--", "echo", "seen"]);
    assert_eq!(run.watches().len(), 1);
    run.watch_says(0, response(3, vec![put("p1", "two words", 2), put("p2", "\"", 3)]));
    run.watch_says(0, response(4, vec![deletion("p1", 4)]));
    assert_eq!(run.stdout, "PUT\np1\ntwo words\nPUT\np2\n\"\n", "what comes later waits for the command");
    let words: Vec<String> = vec!["echo".into(), "seen".into()];
    assert_eq!(spawned(&mut run), Some((words.clone(), "3 \"PUT\" \"p1\" \"two words\"".into())));
    run.tell(ProcessEvent::ChildExit(Some(0)));
    assert_eq!(spawned(&mut run), Some((words.clone(), "3 \"PUT\" \"p2\" \"\\\"\"".into())));
    run.tell(ProcessEvent::ChildExit(Some(0)));
    assert!(run.stdout.ends_with("DELETE\np1\n\n"), "{}", run.stdout);
    assert_eq!(spawned(&mut run), Some((words, "4 \"DELETE\" \"p1\" \"\"".into())));
    run.tell(ProcessEvent::ChildExit(Some(0)));
    assert_eq!(spawned(&mut run), None);
    run.watch_says(0, response(5, vec![put("p1", "", 5)]));
    run.tell(ProcessEvent::ChildExit(Some(3)));
    assert_eq!((&*run.stderr, run.code), ("command [\"echo\" \"seen\"] error (exit status 3)\n", Some(1)));
}

#[test]
fn interactive_opens_a_watch_a_line() {
    let mut run = start(&["watch", "-i"], &[], "watch a\nwatch b --prefix --rev 1\n", false);
    let ranges: Vec<_> = run.watches().into_iter().map(|watch| (watch.range, watch.start_revision)).collect();
    assert_eq!(ranges, [(KeyRange::single("a"), 0), (KeyRange::prefix("b"), 1)]);
    run.watch_says(1, response(2, vec![put("bb", "2", 2)]));
    assert_eq!(run.stdout, "PUT\nbb\n2\n");
    run.tell(ProcessEvent::Stdin("progress\n".into()));
    assert_eq!(std::mem::take(&mut run.wants), [Action::RequestProgress]);
    run.watch_says(0, canceled(header(0), 3, ""));
    assert_eq!(run.code, None, "the other watch goes on");
    run.stderr.clear();
    run.tell(ProcessEvent::Stdin("bogus line\nwatch\n\nwatch a b --prefix\n".into()));
    let complaints = "Invalid command bogus line (only support watch)\n\
        Invalid command watch (command type or key is not provided)\n\
        Invalid command:  (watch and progress supported)\n\
        Invalid command watch a b --prefix (`range_end` and `--prefix` are mutually exclusive)\n";
    assert_eq!((&*run.stderr, run.code), (complaints, None));
    run.stderr.clear();
    run.tell(ProcessEvent::StdinEnd);
    assert_eq!((&*run.stderr, run.code), ("Error: error reading watch request line: EOF\n", Some(3)));
}

#[test]
fn words_that_do_not_make_a_watch_are_refused() {
    for (words, text) in [
        (&["watch"][..], "bad number of arguments"),
        (&["watch", "a", "--"], "bad number of arguments (found separator --, but no commands)"),
        (&["watch", "a", "--prefix", "b"], "`range_end` and `--prefix` are mutually exclusive"),
    ] {
        assert_eq!(failure(words), (error(text), 128), "{words:?}");
    }
    let run = run_with(&["watch"], &[("ETCDCTL_WATCH_RANGE_END", "x")], "");
    let text = "ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END=\"x\"";
    assert_eq!(run.output(), (error(text), Some(128)));
}
