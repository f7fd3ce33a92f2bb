//! The transcripts that were recorded from the real etcd, replayed.

use quorate::lesson::transcript::{parse, print};
use quorate::sandbox::transcript::replay;

#[test]
fn probe() {
    let dir = std::path::Path::new("tests/transcripts/etcd");
    let only = std::env::var("ONLY").unwrap_or_default();
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let (mut pass, mut fail) = (0, 0);
    for f in files {
        let name = f.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains(&only) {
            continue;
        }
        let text = std::fs::read_to_string(&f).unwrap();
        let parts = parse(&text).unwrap();
        assert_eq!(print(&parts), text, "{name}");
        let r = std::panic::catch_unwind(|| replay(&parts));
        match r {
            Ok(Ok(got)) if got == parts => pass += 1,
            Ok(Ok(got)) => {
                fail += 1;
                println!("FAIL {name}");
                if !only.is_empty() {
                    for (a, b) in parts.iter().zip(&got) {
                        if a != b {
                            println!("want {a:?}\n got {b:?}");
                        }
                    }
                }
            }
            Ok(Err(e)) => {
                fail += 1;
                println!("ERR {name}: {e}")
            }
            Err(_) => {
                fail += 1;
                println!("PANIC {name}")
            }
        }
    }
    println!("{pass} passed, {fail} failed");
}
