//! Finding the command, its flags and its help.

use super::*;

fn help(words: &[&str], code: i32) -> Run {
    let run = run(words);
    assert!(run.stdout.starts_with("NAME:\n\t"), "{words:?}: {}", run.stdout);
    assert_eq!((&run.wants[..], run.code), (&[][..], Some(code)), "{words:?}");
    run
}

#[test]
fn help_is_shown_where_it_is_asked_for_and_where_a_subcommand_is_missing() {
    for words in [
        &[][..],
        &["help"],
        &["help", "lease", "grant"],
        &["--hex"],
        &["lease"],
        &["lease", "nosuch"],
        &["member", "--help"],
        &["endpoint", "nosuch"],
        &["get", "-h"],
        &["get", "k", "--help"],
    ] {
        assert_eq!(help(words, 0).stderr, "", "{words:?}");
    }
    let run = help(&["help", "nosuch"], 0);
    assert_eq!(run.stderr, "Unknown help topic [`nosuch`]\n");
}

#[test]
fn a_bad_flag_shows_the_commands_help_and_the_error_twice() {
    for (words, text) in [
        (&["get", "a", "--nosuchflag"][..], "unknown flag: --nosuchflag"),
        (&["put", "k", "-v"], "unknown shorthand flag: 'v' in -v"),
        (
            &["get", "a", "--rev=x"],
            "invalid argument \"x\" for \"--rev\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
        ),
        (
            &["--command-timeout=x", "get", "a"],
            "invalid argument \"x\" for \"--command-timeout\" flag: time: invalid duration \"x\"",
        ),
    ] {
        let run = help(words, 1);
        assert_eq!(run.stderr, format!("Error: {text}\n\nError: {text}\n"), "{words:?}");
    }
}

#[test]
fn an_unknown_command_is_named_twice_with_what_may_be_meant() {
    let text = "Error: unknown command \"nosuch\" for \"etcdctl\"\n";
    let hint = "Run 'etcdctl --help' for usage.\n";
    assert_eq!(failure(&["nosuch"]), (format!("{text}{hint}{text}"), 1));
    let text = "Error: unknown command \"gett\" for \"etcdctl\"\n\nDid you mean this?\n\tget\n\n";
    assert_eq!(failure(&["gett", "foo"]), (format!("{text}{hint}{text}"), 1));
}

#[test]
fn a_command_that_is_not_there_yet_says_so() {
    for (words, name) in [
        (&["member", "add", "n4", "--peer-urls=http://n4:2380"][..], "member add"),
        (&["user", "list"], "user"),
        (&["help", "snapshot"], "snapshot"),
    ] {
        assert_eq!(failure(words), (error(&format!("etcdctl {name} is not part of this sandbox yet")), 1), "{words:?}");
    }
}

#[test]
fn the_version_is_told_whatever_the_form() {
    for words in [&["version"][..], &["version", "-w", "json"], &["version", "extra", "-w", "nonsense"]] {
        let run = run(words);
        assert_eq!(run.output(), ("etcdctl version: 3.5.30\nAPI version: 3.5\n".into(), Some(0)), "{words:?}");
    }
}

#[test]
fn settings_come_from_flags_then_the_environment_then_the_start() {
    let call = |words: &[&str], variables: &[(&str, &str)]| {
        let (_, endpoints, _, timeout) = run_with(words, variables, "").call();
        (endpoints.to_vec(), timeout.expect("a get has a time limit"))
    };
    let five = Duration::seconds(5);
    assert_eq!(call(&["get", "k"], &[]), (vec!["n1:2379".to_string()], five));
    let endpoints = [("ETCDCTL_ENDPOINTS", "n2:2379, n3:2379")];
    let both = vec!["n2:2379".to_string(), "n3:2379".to_string()];
    assert_eq!(call(&["get", "k"], &endpoints), (both.clone(), five));
    assert_eq!(call(&["get", "k", "--endpoints=n2:2379,n3:2379"], &[]), (both, five));
    let timeout = [("ETCDCTL_COMMAND_TIMEOUT", "300ms")];
    assert_eq!(call(&["get", "k"], &timeout).1, Duration::millis(300));
    // What cannot be read from the environment counts as zero.
    assert_eq!(call(&["get", "k"], &[("ETCDCTL_COMMAND_TIMEOUT", "soon")]).1, Duration::ZERO);
    let mut json = run_with(&["get", "k"], &[("ETCDCTL_WRITE_OUT", "json")], "");
    json.answer(Ok(Response::Range(range_response(vec![]))));
    assert!(json.stdout.starts_with("{\"header\""), "{}", json.stdout);
}

#[test]
fn a_variable_beside_its_flag_is_fatal() {
    let run = run_with(&["get", "k", "--endpoints=n2:2379"], &[("ETCDCTL_ENDPOINTS", "n3:2379")], "");
    assert!(
        run.stderr.starts_with("{\"level\":\"fatal\"") && run.stderr.contains("ETCDCTL_ENDPOINTS"),
        "{}",
        run.stderr
    );
    assert_eq!((&run.wants[..], run.code), (&[][..], Some(1)));
}

#[test]
fn what_the_sandbox_does_not_have_is_refused_by_name() {
    for (flag, code) in [
        ("--cacert=ca.pem", 128),
        ("--insecure-transport=false", 128),
        ("--discovery-srv=example.org", 128),
        ("--cert=", 128),
        ("--user=root", 1),
        ("--endpoints=", 2),
    ] {
        let (text, found) = failure(&["get", "k", flag]);
        assert_eq!(found, code, "{flag}: {text}");
        assert!(text.starts_with("Error: ") && text.ends_with('\n'), "{text}");
    }
    assert_eq!(run(&["get", "k", "--user=root:pw"]).wants.len(), 1);
}

#[test]
fn the_settings_in_use_are_told_on_demand() {
    let run = run(&["get", "k", "--debug", "--dial-timeout=3s"]);
    assert!(run.stderr.contains("ETCDCTL_DIAL_TIMEOUT=3s\n"), "{}", run.stderr);
    assert!(run.stderr.contains("ETCDCTL_ENDPOINTS=[n1:2379]\n"), "{}", run.stderr);
    assert_eq!(run.wants.len(), 1);
}

#[test]
fn an_interrupt_ends_whatever_waits() {
    for words in [&["get", "k"][..], &["endpoint", "status"], &["watch", "k"], &["lease", "keep-alive", "1"]] {
        let mut run = run(words);
        run.tell(ProcessEvent::Interrupt);
        assert_eq!(run.code, Some(130), "{words:?}");
        assert_eq!(run.program.handle(ProcessEvent::StdinEnd), [], "{words:?} has ended");
    }
}
