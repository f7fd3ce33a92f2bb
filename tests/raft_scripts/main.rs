//! Raft in conversations: each file in `scripts/` is a scenario, its commands and everything that follows from them.
//!
//! A line that begins with `> ` is a command; the indented lines below it are what the nodes then did and said. Together
//! they are a specification to be read: whoever changes Raft sees in the difference what the change means. To write the
//! files anew from what the nodes do now, and then to read every difference:
//!
//! ```text
//! QUORATE_REWRITE=1 cargo test --test raft_scripts
//! ```
//!
//! # The language
//!
//! Places in the log are `index/term`. Messages wait until they are delivered; a node's disk syncs at once unless it is slow.
//! A command may begin with `quietly`, which hides what follows from it. `FILTER` is any of `1->2`, `1->`, `->2` and kinds of
//! messages, and without any all that waits; with `first` it is only the first of these.
//!
//! | command | what it does |
//! |---|---|
//! | `cluster 1 2 3 [learners 4] [NAME=VALUE …]` | starts these nodes; names are those of the settings, and `break=RULE` |
//! | `join 4` | starts a process that knows the first configuration and is no member |
//! | `log 1: 1 1 2 [term 3] [vote 2] [commit 2]` | starts a node anew with entries of these terms on its disk |
//! | `campaign 1` | a node's election timer runs down |
//! | `lapse 2 3` | so much time passes at these nodes that they would vote for another leader |
//! | `elect 1` | the others lapse, the node campaigns, and everything is delivered |
//! | `tick 3` | time passes; what is sent waits |
//! | `run 3` | time passes, and everything is delivered after each tick |
//! | `deliver FILTER` | hands over what waits; what follows waits in turn |
//! | `settle FILTER` | hands over what waits and what follows from it, until nothing waits |
//! | `drop FILTER`, `copy FILTER` | loses what waits, or doubles it |
//! | `propose 1 a b` | a client proposes words at a node, in one proposal |
//! | `change 1 +4 ~5 -2 [implicit, explicit]`, `change 1 leave` | proposes to add a voter, to add a learner, to remove a node |
//! | `read 1 7` | a client asks for an index to read at, as request 7 |
//! | `transfer 1 3` | asks a node that another one lead |
//! | `cut 1 2`, `cut 1->2`, `isolate 3`, `heal` | links lose what is sent on them, or no more |
//! | `crash 1`, `restart 1` | a crash loses what was not synced |
//! | `slow 1`, `sync 1` | a disk syncs no more; what it wrote is synced |
//! | `snapshot 1`, `compact 1 5` | a node makes a snapshot of what it has applied; it forgets its log up to an index |
//! | `unreachable 1 2`, `arrived 1 2`, `failed 1 2` | the transport reports to 1 on 2: a broken connection, a snapshot |
//! | `state [1 2]`, `progress 1` | shows nodes, or what a leader knows of the others |

mod cluster;
mod command;
mod text;

use quorate::raft::Rule;
use similar::TextDiff;
use std::fs;
use std::path::{Path, PathBuf};

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/raft_scripts/scripts");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("the scripts are here").map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    files
}

/// A script with the output that its commands have now.
fn replayed(text: &str) -> Result<String, String> {
    let mut cluster = cluster::Cluster::default();
    let mut replayed = String::new();
    for (line, number) in text.lines().zip(1..) {
        if let Some(command) = line.strip_prefix("> ") {
            let output = command::run(&mut cluster, command).map_err(|error| format!("line {number}: {error}"))?;
            replayed += &format!("{line}\n{output}");
        } else if !line.starts_with("  ") {
            replayed += &format!("{line}\n");
        }
    }
    Ok(replayed)
}

#[test]
fn the_scripts_say_what_the_nodes_do() {
    let rewrite = std::env::var_os("QUORATE_REWRITE").is_some();
    let mut wrong = String::new();
    for path in scripts() {
        let name = path.file_name().expect("a file").to_string_lossy();
        let text = fs::read_to_string(&path).expect("readable");
        match replayed(&text) {
            Err(error) => wrong += &format!("{name}: {error}\n"),
            Ok(now) if now == text => {}
            Ok(now) if rewrite => fs::write(&path, now).expect("writable"),
            Ok(now) => wrong += &format!("{name}:\n{}\n", TextDiff::from_lines(&text, &now).unified_diff()),
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn there_are_at_least_forty_scripts_and_each_says_what_it_shows() {
    let scripts = scripts();
    assert!(scripts.len() >= 40, "{} scripts", scripts.len());
    for path in scripts {
        let text = fs::read_to_string(&path).expect("readable");
        assert!(text.starts_with("# "), "{} does not begin with what it shows", path.display());
    }
}

#[test]
fn every_rule_has_a_script_that_shows_what_comes_of_breaking_it() {
    for rule in Rule::ALL {
        let name = format!("broken_{}.txt", rule.name().replace('-', "_"));
        let path = scripts().into_iter().find(|path| path.ends_with(&name));
        let text = fs::read_to_string(path.unwrap_or_else(|| panic!("{name} is missing"))).expect("readable");
        assert!(text.contains(&format!("break={}", rule.name())), "{name} does not break it");
    }
}

#[test]
fn a_mistake_in_a_script_is_named() {
    for (script, error) in [
        ("> cluster 1\n> dance 1\n", "line 2: `dance` is no command"),
        ("> cluster 1\n> state 2\n", "line 2: there is no node 2"),
        ("> cluster 1 colour=red\n", "line 1: `colour` is no setting"),
        ("> cluster 1\n> propose one a\n", "line 2: `one` is no number"),
        ("> cluster 1\n> restart 1\n", "line 2: 1 is up"),
        ("> cluster 1\n> deliver Nothing\n", "line 2: `Nothing` is no kind of message"),
    ] {
        assert_eq!(replayed(script), Err(error.to_string()), "{script}");
    }
}
