//! The developer's commands: `cargo xtask serve | build | test | bench | screenshot`.
//!
//! Everything that a fresh clone needs beyond rustup is fetched from here, so that two commands are enough to see the
//! page and to check the project. What is installed goes into `target/tools`, at versions that this repository pins.
//!
//! Invariants:
//! - A missing tool is installed or named in one sentence; a check is never skipped in silence.
//! - Whatever a command starts (server, ChromeDriver, browser) it also stops, when it fails too.
//!
//! Deliberately absent: releases, deployment, and anything the page or the core needs while it runs.

mod browser;
mod checks;
mod process;
mod ratios;
mod serve;
mod server;
mod site;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The developer's commands of Quorate.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the page, serve it on this machine and rebuild it whenever a source changes.
    Serve {
        /// The port to listen on.
        #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..))]
        port: u16,
    },
    /// Build the page into `dist/`, ready for any path of any static host.
    Build,
    /// Check everything: format, lints, tests, documentation, page, browser.
    Test {
        /// Leave out the page build and the browser tests.
        #[arg(long)]
        quick: bool,
        /// Only build the page and run the browser tests.
        #[arg(long, conflicts_with = "quick")]
        browser: bool,
    },
    /// Measure: the core natively with criterion, the page in headless Chromium.
    Bench {
        /// Measure only one side.
        #[arg(long, value_enum)]
        only: Option<BenchSide>,
    },
    /// Take a picture of the built page. `cargo xtask screenshot --help` lists the options.
    #[command(disable_help_flag = true)]
    Screenshot {
        /// Options of the picture, handed on to the browser harness.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
}

/// What `cargo xtask bench` can be limited to.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum BenchSide {
    /// The core, compiled for this machine.
    Native,
    /// The page, compiled to WebAssembly, in Chromium.
    Page,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve { port } => serve::run(port),
        Command::Build => site::build(),
        Command::Test { quick, browser } => checks::run(!browser, !quick),
        Command::Bench { only } => bench(only),
        Command::Screenshot { options } => screenshot(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<browser::AlreadyTold>() => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(only: Option<BenchSide>) -> anyhow::Result<()> {
    if only != Some(BenchSide::Page) {
        process::cargo(&["bench", "--package", "quorate-bench"]).run()?;
        ratios::print(&process::root().join("target/criterion"))?;
    }
    if only != Some(BenchSide::Native) {
        site::build()?;
        browser::Session::start()?.tool(&["bench"])?;
        if only.is_none() {
            let target = process::root().join("target");
            ratios::print_page(&target.join("criterion"), &target.join("page-bench.json"))?;
        }
    }
    Ok(())
}

fn screenshot(options: &[String]) -> anyhow::Result<()> {
    let mut arguments = vec!["screenshot"];
    arguments.extend(options.iter().map(String::as_str));
    if options.iter().any(|option| option == "--help" || option == "-h") {
        return browser::tool_command(&arguments).run();
    }
    site::build()?;
    browser::Session::start()?.tool(&arguments)
}
