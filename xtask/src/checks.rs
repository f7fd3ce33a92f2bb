//! `cargo xtask test`: every check of the project, in one order, each with the time it took.
//!
//! The cheap checks come first. The first failure ends the run; nothing is skipped in silence.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process::cargo;
use crate::{browser, site, tools};

struct Check {
    name: &'static str,
    /// Builds the page or needs a browser: left out by `--quick`, and all that `--browser` runs.
    slow: bool,
    run: fn() -> Result<()>,
}

const CHECKS: [Check; 9] = [
    Check { name: "toolchain", slow: false, run: toolchain },
    Check { name: "format", slow: false, run: format },
    Check { name: "lints, native", slow: false, run: lints_native },
    Check { name: "lints, core as WebAssembly", slow: false, run: lints_core_wasm },
    Check { name: "lints, page as WebAssembly", slow: false, run: lints_page_wasm },
    Check { name: "tests", slow: false, run: tests },
    Check { name: "documentation", slow: false, run: documentation },
    Check { name: "page build", slow: true, run: site::build },
    Check { name: "browser tests", slow: true, run: browser_tests },
];

/// Runs the quick or the slow checks, or both, in order, and ends with a table of their times.
pub(crate) fn run(quick: bool, slow: bool) -> Result<()> {
    let mut times: Vec<(&str, Duration)> = Vec::new();
    let mut outcome = Ok(());
    for check in CHECKS.iter().filter(|check| if check.slow { slow } else { quick }) {
        println!("\n=== {}", check.name);
        let started = Instant::now();
        outcome = (check.run)().with_context(|| format!("check \"{}\"", check.name));
        times.push((check.name, started.elapsed()));
        if outcome.is_err() {
            break;
        }
    }
    println!("\n=== times");
    for (name, time) in &times {
        println!("{:>7.1} s  {name}", time.as_secs_f32());
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    println!("{:>7.1} s  in all", total.as_secs_f32());
    outcome
}

fn toolchain() -> Result<()> {
    tools::ensure_components()?;
    tools::ensure_wasm_target()
}

fn format() -> Result<()> {
    cargo(&["fmt", "--all", "--check"]).run().context("`cargo fmt` sets it right")
}

fn lints_native() -> Result<()> {
    clippy(&["--workspace", "--all-targets", "--features", "quorate-page-tests/browser"])
}

fn lints_core_wasm() -> Result<()> {
    clippy(&[
        "--package",
        "quorate",
        "--package",
        "quorate-engine",
        "--lib",
        "--no-default-features",
        "--target",
        tools::WASM_TARGET,
    ])
}

fn lints_page_wasm() -> Result<()> {
    clippy(&["--package", "quorate-web", "--target", tools::WASM_TARGET])
}

fn clippy(scope: &[&str]) -> Result<()> {
    let mut arguments = vec!["clippy"];
    arguments.extend(scope);
    arguments.extend(["--", "--deny", "warnings"]);
    cargo(&arguments).run()
}

fn tests() -> Result<()> {
    cargo(&["test", "--workspace"]).run()
}

fn documentation() -> Result<()> {
    // With private items: the modules' essays are written for those who read the code, and their links must hold too.
    cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"])
        .env("RUSTDOCFLAGS", "--deny warnings --allow rustdoc::private-intra-doc-links")
        .run()
}

fn browser_tests() -> Result<()> {
    browser::Session::start()?.test()
}
