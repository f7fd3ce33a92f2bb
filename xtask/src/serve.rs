//! `cargo xtask serve`: the page on this machine, rebuilt when a source changes.
//!
//! A rebuilt page waits for a reload by hand: the page holds a running cluster, and taking it away under somebody's hands
//! would lose their work.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::Result;

use crate::process::root;
use crate::server::Port;
use crate::site;

/// What the page is built from.
const SOURCES: [&str; 6] = ["src", "web", "static", "Cargo.toml", "Cargo.lock", "Trunk.toml"];

/// How often the sources are looked at: a few hundred files, so a look costs about a millisecond.
const LOOK_EVERY: Duration = Duration::from_millis(500);

type Stamps = BTreeMap<PathBuf, SystemTime>;

/// Builds, serves and watches until the process is stopped.
pub(crate) fn run(port: u16) -> Result<()> {
    let port = Port::take(port)?;
    let mut built = stamps();
    site::build()?;
    let address = port.serve(site::folder(), "/")?;
    println!("Quorate runs at {address} (Ctrl-C stops it; a change to a source builds it anew).");
    loop {
        thread::sleep(LOOK_EVERY);
        let now = stamps();
        if now == built {
            continue;
        }
        thread::sleep(LOOK_EVERY);
        if stamps() != now {
            // Still being written: wait for a quiet moment.
            continue;
        }
        built = now;
        match site::rebuild() {
            Ok(()) => println!("Reload {address} to see the change."),
            Err(error) => eprintln!("error: {error:#}; the page stays as it was"),
        }
    }
}

fn stamps() -> Stamps {
    let mut stamps = Stamps::new();
    for source in SOURCES {
        collect(&root().join(source), &mut stamps);
    }
    stamps
}

fn collect(path: &Path, stamps: &mut Stamps) {
    if let Ok(entries) = fs::read_dir(path) {
        for entry in entries.flatten() {
            collect(&entry.path(), stamps);
        }
    } else if let Ok(changed) = fs::metadata(path).and_then(|metadata| metadata.modified()) {
        stamps.insert(path.to_path_buf(), changed);
    }
}
