//! The transcripts that were recorded from the real etcd 3.5.30, replayed against the simulated cluster.

use quorate::sandbox::transcript::{Part, parse, print, replay};
use std::fs;
use std::path::{Path, PathBuf};

/// Transcripts that need what is not built yet, with what they need. The list only shrinks: a test fails when one of them
/// passes and still stands here.
const NOT_YET: &[(&str, &str)] = &[
    ("auth-admin-commands.txt", "auth"),
    ("auth-passwords.txt", "auth"),
    ("auth-permission-denied.txt", "auth"),
    ("auth-range-permissions.txt", "auth"),
    ("auth-role-permissions-change.txt", "auth"),
    ("auth-survives-leader-change.txt", "auth"),
    ("auth-txn.txt", "auth"),
    ("auth-user-roles.txt", "auth"),
    ("cli-unknown-command.txt", "the help page of the user commands (auth)"),
    ("fault-commands-that-wait.txt", "user list (auth)"),
    ("fault-minority-txn-and-lease.txt", "member add"),
    ("limits-request-size-flag.txt", "the flag --max-request-bytes"),
    ("limits-request-too-large.txt", "etcd's exact count of a request's bytes"),
    ("limits-txn-ops-flag.txt", "the flag --max-txn-ops"),
    ("maint-alarm-none.txt", "alarm disarm"),
    ("maint-alarm-nospace.txt", "the size quota"),
    ("maint-move-leader.txt", "move-leader"),
    ("maint-version.txt", "etcdutl"),
    ("member-add-and-remove.txt", "changes of the membership"),
    ("member-errors.txt", "changes of the membership"),
    ("member-remove-follower.txt", "changes of the membership"),
    ("member-remove-leader.txt", "changes of the membership"),
    ("member-unstarted-voter.txt", "changes of the membership"),
    ("member-update-peer-urls.txt", "changes of the membership"),
];

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/etcd");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("the transcripts are here").map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    assert!(files.len() > 100, "only {} transcripts were found", files.len());
    files
}

fn name(file: &Path) -> String {
    file.file_name().expect("a file").to_string_lossy().into_owned()
}

fn read(file: &Path) -> (String, Vec<Part>) {
    let text = fs::read_to_string(file).expect("readable");
    let parts = parse(&text).unwrap_or_else(|error| panic!("{}: {error}", name(file)));
    (text, parts)
}

fn is_not_yet(file: &Path) -> bool {
    NOT_YET.iter().any(|(listed, _)| *listed == name(file))
}

#[test]
fn every_transcript_is_read_and_written_byte_for_byte() {
    for file in files() {
        let (text, parts) = read(&file);
        assert_eq!(print(&parts), text, "{}", name(&file));
    }
}

#[test]
fn what_the_real_etcd_printed_is_printed_here() {
    let mut differing = Vec::new();
    for file in files().iter().filter(|file| !is_not_yet(file)) {
        let (text, parts) = read(file);
        match replay(&parts) {
            Ok(replayed) if replayed == parts => {}
            Ok(replayed) => {
                let diff =
                    similar::TextDiff::from_lines(text.as_str(), print(&replayed).as_str()).unified_diff().to_string();
                differing.push(format!("{}\n{diff}", name(file)));
            }
            Err(error) => differing.push(format!("{}: {error}", name(file))),
        }
    }
    assert!(differing.is_empty(), "{} transcripts differ:\n{}", differing.len(), differing.join("\n"));
}

#[test]
fn a_transcript_that_passes_is_not_listed_as_not_yet() {
    for (listed, needs) in NOT_YET {
        let file = files().into_iter().find(|file| name(file) == *listed);
        let file = file.unwrap_or_else(|| panic!("{listed} is listed and does not exist"));
        let (_, parts) = read(&file);
        assert!(replay(&parts).as_ref() != Ok(&parts), "{listed} passes: strike it from the list (it needed {needs})");
    }
}
