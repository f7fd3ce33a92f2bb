//! Status, health and hashes of endpoints.

use super::*;
use crate::etcd::api::{Member, StatusResponse};

const URLS: [&str; 3] = ["http://n1:2379", "http://n2:2379", "http://n3:2379"];

fn members() -> Response {
    let member = |index: usize| Member {
        id: 0xaaa0 + index as u64,
        name: format!("n{}", index + 1),
        peer_urls: vec![format!("http://n{}:2380", index + 1)],
        client_urls: vec![URLS[index].to_string()],
        is_learner: false,
    };
    Response::MemberList { header: Header { revision: 0, ..header(0) }, members: (0..3).map(member).collect() }
}

fn status(member_id: u64, errors: &[&str]) -> Response {
    Response::Status(StatusResponse {
        header: Header { member_id, ..header(4) },
        version: "3.5.30".into(),
        db_size: 20_480,
        leader: 0xaaa0,
        raft_index: 9,
        raft_term: 2,
        raft_applied_index: 9,
        errors: errors.iter().map(|error| (*error).to_string()).collect(),
        db_size_in_use: 16_384,
        is_learner: false,
    })
}

fn hash(hash: u32) -> Response {
    Response::HashKv { header: header(3), hash, compact_revision: -1 }
}

fn deadline() -> Result<Response, RpcError> {
    Err(RpcError::deadline_exceeded())
}

/// Answers the one call that is open, which must go to this endpoint alone.
fn answer_at(run: &mut Run, endpoint: &str, result: Result<Response, RpcError>) {
    let (handle, endpoints, ..) = run.call();
    assert_eq!(&*endpoints, [endpoint.to_string()]);
    run.reply(handle, result);
}

#[test]
fn status_asks_one_endpoint_after_the_other_and_tells_which_is_down() {
    let mut run = run(&["endpoint", "status", "--cluster"]);
    run.answer(Ok(members()));
    answer_at(&mut run, URLS[0], Ok(status(0xaaa0, &[])));
    answer_at(&mut run, URLS[1], deadline());
    answer_at(&mut run, URLS[2], Ok(status(0xaaa2, &["etcdserver: no leader"])));
    let rows = "http://n1:2379, aaa0, 3.5.30, 20 kB, true, false, 2, 9, 9, \n\
        http://n3:2379, aaa2, 3.5.30, 20 kB, false, false, 2, 9, 9, etcdserver: no leader\n";
    let complaint = "Failed to get the status of endpoint http://n2:2379 (context deadline exceeded)\n";
    assert_eq!(run.output(), (format!("{rows}{complaint}"), Some(1)));
}

#[test]
fn status_in_json_leaves_out_zeros() {
    let mut run = run(&["endpoint", "status", "-w", "json"]);
    answer_at(&mut run, "n1:2379", Ok(status(0xaaa0, &[])));
    let tail = "\"version\":\"3.5.30\",\"dbSize\":20480,\"leader\":43680,\"raftIndex\":9,\"raftTerm\":2,\
        \"raftAppliedIndex\":9,\"dbSizeInUse\":16384}}]\n";
    assert!(run.stdout.starts_with("[{\"Endpoint\":\"n1:2379\",\"Status\":{\"header\":{"), "{}", run.stdout);
    assert!(run.stdout.ends_with(tail), "{}", run.stdout);
}

#[test]
fn hashes_are_told_and_the_last_error_ends_it() {
    let mut run = run(&["endpoint", "hashkv", "--rev=2", "--endpoints=n1:2379,n2:2379"]);
    let (handle, _, request, _) = run.call();
    assert_eq!(request, Request::HashKv { revision: 2 });
    run.reply(handle, Ok(hash(7)));
    answer_at(&mut run, "n2:2379", deadline());
    let text = "n1:2379, 7\nFailed to get the hash of endpoint n2:2379 (context deadline exceeded)\n\
        Error: context deadline exceeded\n";
    assert_eq!(run.output(), (text.into(), Some(1)));
    let mut json = super::run(&["endpoint", "hashkv", "-w", "json"]);
    json.answer(Ok(hash(7)));
    assert!(json.stdout.ends_with("},\"hash\":7,\"compact_revision\":-1}}]\n"), "{}", json.stdout);
}

/// Answers what `health` asks: the keys first, from the last endpoint to the first, then the alarms.
fn health(words: &[&str], answers: [Result<Response, RpcError>; 3], alarms: &[(u64, String)]) -> Run {
    let mut run = run(&[&["endpoint", "health", "--cluster"], words].concat());
    run.answer(Ok(members()));
    let calls = std::mem::take(&mut run.wants);
    assert_eq!(calls.len(), 3, "all are asked at once");
    for (call, answer) in calls.into_iter().zip(answers).rev() {
        let Action::Call { handle, .. } = call else { panic!("{call:?}") };
        run.reply(handle, answer);
    }
    for call in std::mem::take(&mut run.wants) {
        let Action::Call { handle, request: Request::AlarmList, timeout, .. } = call else { panic!("{call:?}") };
        assert_eq!(timeout, Some(Duration::micros(5_000_000 - 2_100)), "one time limit for both");
        run.reply(handle, Ok(Response::AlarmList { header: header(4), alarms: alarms.to_vec() }));
    }
    run
}

fn key() -> Result<Response, RpcError> {
    Ok(Response::Range(range_response(vec![])))
}

#[test]
fn health_tells_of_each_endpoint_and_fails_if_one_does_not_answer() {
    let healthy = |url: &str| format!("{url} is healthy: successfully committed proposal: took = 2.1ms\n");
    let all: String = URLS.iter().map(|url| healthy(url)).collect();
    assert_eq!(health(&[], [key(), key(), key()], &[]).output(), (all, Some(0)));
    let run = health(&[], [key(), key(), deadline()], &[]);
    assert_eq!(run.stdout, format!("{}{}", healthy(URLS[0]), healthy(URLS[1])));
    let unhealthy = "http://n3:2379 is unhealthy: failed to commit proposal: context deadline exceeded\n";
    assert_eq!((run.stderr, run.code), (format!("{unhealthy}Error: unhealthy cluster\n"), Some(1)));
}

#[test]
fn an_alarm_makes_an_endpoint_unhealthy() {
    let run = health(&["-w", "json"], [key(), key(), key()], &[(7, "NOSPACE".into())]);
    let one = |url: &str| {
        format!(
            "{{\"endpoint\":\"{url}\",\"health\":false,\"took\":\"2.1ms\",\"error\":\"Active Alarm(s): NOSPACE \"}}"
        )
    };
    assert_eq!(run.stdout, format!("[{},{},{}]\n", one(URLS[0]), one(URLS[1]), one(URLS[2])));
    assert_eq!((&*run.stderr, run.code), ("Error: unhealthy cluster\n", Some(1)));
}

#[test]
fn health_in_a_table_has_all_endpoints_in_their_order() {
    let expected = "\
+----------------+--------+-------+---------------------------+
|    ENDPOINT    | HEALTH | TOOK  |           ERROR           |
+----------------+--------+-------+---------------------------+
| http://n1:2379 |   true | 2.1ms |                           |
| http://n2:2379 |   true | 2.1ms |                           |
| http://n3:2379 |  false | 2.1ms | context deadline exceeded |
+----------------+--------+-------+---------------------------+
";
    assert_eq!(health(&["-w", "table"], [key(), key(), deadline()], &[]).stdout, expected);
}

#[test]
fn without_a_member_list_there_is_no_cluster_to_ask() {
    for command in ["health", "status", "hashkv"] {
        let mut run = run(&["endpoint", command, "--cluster"]);
        run.answer(deadline());
        let text = "failed to fetch endpoints from etcd cluster member list: context deadline exceeded";
        assert_eq!(run.output(), (error(text), Some(1)), "{command}");
    }
}

#[test]
fn members_are_listed_in_every_form() {
    let shown = |words: &[&str]| run(&[&["member", "list"], words].concat()).answer(Ok(members())).stdout.clone();
    let first = "aaa0, started, n1, http://n1:2380, http://n1:2379, false\n";
    assert!(shown(&[]).starts_with(first) && shown(&["--hex"]).starts_with(first), "{}", shown(&[]));
    assert!(
        shown(&["-w", "table"]).contains("| aaa0 | started |   n1 | http://n1:2380 | http://n1:2379 |      false |\n")
    );
    let json = shown(&["-w", "json"]);
    let member = "\"members\":[{\"ID\":43680,\"name\":\"n1\",\"peerURLs\":[\"http://n1:2380\"],\"clientURLs\":[\"http://n1:2379\"]},";
    assert!(json.contains(&format!("\"raft_term\":2}},{member}")), "{json}");
    let hex = shown(&["-w", "json", "--hex"]);
    assert!(
        hex.contains("\"members\":[{\"ID\":\"aaa0\",\"name\":\"n1\",") && hex.contains("\"clientURLS\":["),
        "{hex}"
    );
    let fields = shown(&["-w", "fields"]);
    let member = "\"Revision\" : 0\n\"RaftTerm\" : 2\n\"ID\" : 43680\n\"Name\" : \"n1\"\n\"PeerURL\" : \"http://n1:2380\"\n\
        \"ClientURL\" : \"http://n1:2379\"\n\"IsLearner\" : false\n\n";
    assert!(fields.contains(member), "{fields}");
}

#[test]
fn alarms_are_listed() {
    let alarms = vec![(7, "NOSPACE".to_string())];
    let shown = |words: &[&str], alarms: &[(u64, String)]| {
        let response = Response::AlarmList { header: header(1), alarms: alarms.to_vec() };
        run(&[&["alarm", "list"], words].concat()).answer(Ok(response)).stdout.clone()
    };
    assert_eq!(shown(&[], &[]), "");
    assert_eq!(shown(&[], &alarms), "memberID:7 alarm:NOSPACE \n");
    assert!(shown(&["-w", "json"], &alarms).ends_with("\"alarms\":[{\"memberID\":7,\"alarm\":1}]}\n"));
    assert!(shown(&["-w", "fields"], &alarms).ends_with("\"MemberID\" : 7\n\"AlarmType\" : NOSPACE\n\n"));
    let text = "alarm list command accepts no arguments";
    assert_eq!(failure(&["alarm", "list", "extra"]), (error(text), 128));
}
