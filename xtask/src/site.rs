//! Building the page: trunk with the tools of [`crate::tools`], and nothing downloaded on the way but crates.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::process::{Process, cargo, root};
use crate::tools;

/// Where the built page lies: plain files that work from any path of any static host.
pub(crate) fn folder() -> PathBuf {
    root().join("dist")
}

/// Installs what is missing and builds the release page into `dist/`.
pub(crate) fn build() -> Result<()> {
    tools::ensure()?;
    rebuild()
}

/// Builds the page; the tools are there already.
pub(crate) fn rebuild() -> Result<()> {
    let started = Instant::now();
    // trunk runs offline below, so that it takes our tools or fails; cargo's own downloads come before.
    cargo(&["fetch", "--quiet", "--target", "wasm32-unknown-unknown"]).run()?;
    let trunk = tools::folder().join("trunk");
    Process::new(trunk, &["build", "--offline=true", "--log=warn"])
        .with_path_first(&tools::folder())?
        // trunk takes NO_COLOR's conventional value, 1, for an error.
        .without_env("NO_COLOR")
        .run()?;
    let bytes = wasm_bytes(&folder())?;
    println!(
        "Built dist/ in {:.1} s: {} KB of WebAssembly, uncompressed.",
        started.elapsed().as_secs_f32(),
        bytes / 1000
    );
    Ok(())
}

fn wasm_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "wasm") {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}
