//! Leases and their renewals.

use super::*;

const ID: i64 = 0x694d_8257_079f_a1bc;
const HEX: &str = "694d8257079fa1bc";

fn answered(words: &[&str], response: Response) -> (String, Option<i32>) {
    run(words).answer(Ok(response)).output()
}

fn time_to_live(ttl_s: i64, granted_ttl_s: i64, keys: Option<Vec<Bytes>>) -> Response {
    Response::LeaseTimeToLive { header: header(1), id: ID, ttl_s, granted_ttl_s, keys }
}

#[test]
fn leases_are_granted_and_revoked() {
    assert_eq!(run(&["lease", "grant", "--", "-5"]).request(), Request::LeaseGrant { ttl_s: -5, id: 0 });
    let granted = Response::LeaseGrant { header: header(1), id: ID, ttl_s: 60 };
    assert_eq!(
        answered(&["lease", "grant", "60"], granted.clone()),
        (format!("lease {HEX} granted with TTL(60s)\n"), Some(0))
    );
    let (json, _) = answered(&["lease", "grant", "60", "-w", "json"], granted);
    assert!(json.starts_with("{\"cluster_id\":"), "{json}");
    assert!(json.ends_with(&format!("\"raft_term\":2,\"ID\":{ID},\"TTL\":60,\"Error\":\"\"}}\n")), "{json}");
    assert_eq!(run(&["lease", "revoke", HEX]).request(), Request::LeaseRevoke { id: ID });
    let revoked = Response::LeaseRevoke { header: header(2) };
    assert_eq!(answered(&["lease", "revoke", HEX], revoked), (format!("lease {HEX} revoked\n"), Some(0)));
}

#[test]
fn the_time_to_live_is_told_with_keys_if_they_are_asked_for() {
    let keys = vec![Bytes::from("a"), Bytes::from("b")];
    let text = |words: &[&str], response| answered(words, response).0;
    let plain = format!("lease {HEX} granted with TTL(600s), remaining(599s)");
    assert_eq!(text(&["lease", "timetolive", HEX], time_to_live(599, 600, None)), format!("{plain}\n"));
    let words = ["lease", "timetolive", HEX, "--keys"];
    assert_eq!(text(&words, time_to_live(599, 600, Some(keys))), format!("{plain}, attached keys([a b])\n"));
    assert_eq!(text(&words, time_to_live(599, 600, Some(vec![]))), format!("{plain}, attached keys([])\n"));
    assert_eq!(text(&words, time_to_live(-1, 0, None)), format!("lease {HEX} already expired\n"));
    let json = text(&["lease", "timetolive", HEX, "-w", "json"], time_to_live(599, 600, None));
    assert!(json.ends_with(&format!("\"id\":{ID},\"ttl\":599,\"granted-ttl\":600,\"keys\":null}}\n")), "{json}");
}

#[test]
fn all_leases_are_listed() {
    let list = |leases: &[i64]| Response::LeaseLeases { header: header(1), leases: leases.to_vec() };
    assert_eq!(answered(&["lease", "list", "extra"], list(&[])), ("found 0 leases\n".into(), Some(0)));
    let text = format!("found 2 leases\n{HEX}\n000000000000000a\n");
    assert_eq!(answered(&["lease", "list"], list(&[ID, 10])).0, text);
    let json = answered(&["lease", "list", "-w", "json"], list(&[])).0;
    assert!(json.ends_with(",\"leases\":[]}\n"), "{json}");
}

#[test]
fn those_that_have_no_time_limit_wait_for_ever() {
    for words in [&["lease", "list"][..], &["lease", "timetolive", "1"], &["lease", "keep-alive", "1", "--once"]] {
        assert_eq!(run(words).call().3, None, "{words:?}");
    }
    assert_eq!(run(&["lease", "grant", "5"]).call().3, Some(Duration::seconds(5)));
}

#[test]
fn a_renewal_once_ends_and_a_missing_lease_is_an_error() {
    let renewed = |ttl_s| Response::LeaseKeepAlive { header: header(1), id: ID, ttl_s };
    let words = ["lease", "keep-alive", HEX, "--once"];
    assert_eq!(answered(&words, renewed(100)), (format!("lease {HEX} keepalived with TTL(100)\n"), Some(0)));
    let missing = (error("etcdserver: requested lease not found"), Some(2));
    assert_eq!(answered(&words, renewed(0)), missing);
    let json = answered(&["lease", "keep-alive", HEX, "--once", "-w", "json"], renewed(100)).0;
    assert!(json.ends_with(&format!("\"raft_term\":2,\"ID\":{ID},\"TTL\":100}}\n")), "{json}");
}

#[test]
fn a_renewal_goes_on_until_the_lease_is_gone_or_it_is_stopped() {
    let mut run = run(&["lease", "keep-alive", HEX]);
    assert!(matches!(run.wants[..], [Action::KeepAlive { lease: ID, .. }]), "{:?}", run.wants);
    for _ in 0..2 {
        let response = Some(Response::LeaseKeepAlive { header: header(1), id: ID, ttl_s: 3 });
        run.tell(ProcessEvent::KeepAlive { handle: 0, response });
    }
    let line = format!("lease {HEX} keepalived with TTL(3)\n");
    assert_eq!(run.output(), (format!("{line}{line}"), None));
    let mut stopped = super::run(&["lease", "keep-alive", HEX]);
    stopped.tell(ProcessEvent::Interrupt);
    assert_eq!((stopped.code, stopped.wants.last()), (Some(130), Some(&Action::StopKeepAlive(0))));
    run.tell(ProcessEvent::KeepAlive { handle: 0, response: None });
    assert_eq!(run.output(), (format!("{line}{line}lease {HEX} expired or revoked.\n"), Some(0)));
}

#[test]
fn ids_and_times_that_are_none_are_refused() {
    let bad = "strconv.ParseInt: parsing \"zz\": invalid syntax";
    let bad_id = format!("bad lease ID arg ({bad}), expecting ID in Hex");
    for (words, text) in [
        (&["lease", "grant"][..], "lease grant command needs TTL argument".to_string()),
        (&["lease", "grant", "10", "20"], "lease grant command needs TTL argument".to_string()),
        (&["lease", "grant", "zz"], format!("bad TTL ({bad})")),
        (&["lease", "revoke"], "lease revoke command needs 1 argument".to_string()),
        (&["lease", "revoke", "zz"], bad_id.clone()),
        (&["lease", "timetolive"], "lease timetolive command needs lease ID as argument".to_string()),
        (&["lease", "timetolive", "zz"], bad_id.clone()),
        (&["lease", "keep-alive"], "lease keep-alive command needs lease ID as argument".to_string()),
        (&["lease", "keep-alive", "zz"], bad_id),
    ] {
        assert_eq!(failure(words), (error(&text), 128), "{words:?}");
    }
}

#[test]
fn each_lease_command_words_the_errors_of_its_call_in_its_own_way() {
    for (words, text, code) in [
        (&["lease", "grant", "5"][..], "failed to grant lease (etcdserver: requested lease not found)", 1),
        (&["lease", "revoke", "1"], "failed to revoke lease (etcdserver: requested lease not found)", 1),
        (&["lease", "list"], "etcdserver: requested lease not found", 2),
        (&["lease", "timetolive", "1"], "etcdserver: requested lease not found", 2),
    ] {
        assert_eq!(run(words).answer(Err(not_found())).output(), (error(text), Some(code)), "{words:?}");
    }
}
