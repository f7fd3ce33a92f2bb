//! The native `quorate` command: arguments in, text out.
//!
//! `quorate shell` is a terminal of the sandbox on standard input and output; `quorate transcript` replays transcripts;
//! `quorate fuzz` looks for schedules that break an invariant. All that it does is done by [`quorate::sandbox`] and
//! [`quorate::fuzz`].

#![forbid(unsafe_code)]

#[path = "main/fuzz_command.rs"]
mod fuzz_command;

use clap::{Parser, Subcommand};
use quorate::sandbox::transcript::{Part, parse, print, replay};
use quorate::sandbox::view::{LineKind, TerminalView};
use quorate::sandbox::{Duration, NetworkProfile, Sandbox, Settings};
use std::io::BufRead as _;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "quorate", version, about = "A coordination-service sandbox: complete simulated clusters")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A terminal of a fresh cluster on standard input and output, in virtual time
    Shell {
        /// How many members, 1 to 9
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=9))]
        nodes: u8,
        /// Fixes everything that is random
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The latencies: lan, classroom or wan
        #[arg(long, default_value = "classroom", value_parser = network)]
        network: NetworkProfile,
    },
    /// Replays transcripts against fresh clusters and compares
    Transcript {
        /// The transcripts
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Print what was printed this time
        #[arg(long)]
        print: bool,
        /// Write what was printed this time into the files
        #[arg(long)]
        rewrite: bool,
    },
    /// Lists the rules of Raft that can be broken: name, tab, what the rule is for
    Rules,
    /// Runs clusters under drawn schedules of operations and faults, and checks them after every event
    Fuzz(fuzz_command::FuzzArguments),
}

fn network(name: &str) -> Result<NetworkProfile, String> {
    NetworkProfile::named(name).ok_or_else(|| "write lan, classroom or wan".to_string())
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Shell { nodes, seed, network } => {
            let settings = Settings { nodes: usize::from(nodes), seed, network, ..Settings::default() };
            shell(settings).unwrap_or_else(|error| {
                // Whoever read the output has gone: there is nobody to tell.
                ExitCode::from(u8::from(error.kind() != std::io::ErrorKind::BrokenPipe))
            })
        }
        Command::Transcript { files, print, rewrite } => transcripts(&files, print, rewrite),
        Command::Rules => {
            for rule in quorate::fuzz::Rule::ALL {
                println!("{}\t{}", rule.name(), rule.sentence());
            }
            ExitCode::SUCCESS
        }
        Command::Fuzz(arguments) => fuzz_command::run(&arguments),
    }
}

/// How much virtual time a command may take before the shell gives it up: as a person would with Ctrl-C.
const COMMAND_MAX: Duration = Duration::seconds(100);

/// Reads commands and runs each to its end, in virtual time. A command that runs on, as a watch does, is left running for
/// [`COMMAND_MAX`] and then interrupted; `wait` lets time pass.
fn shell(settings: Settings) -> std::io::Result<ExitCode> {
    let mut sandbox = Sandbox::new(settings);
    let mut out = std::io::stdout().lock();
    let limit = sandbox.now() + Duration::seconds(60);
    sandbox.run_until(limit, Sandbox::leader_is_followed);
    let mut shown = 0;
    for line in std::io::stdin().lock().lines() {
        sandbox.type_line(0, &line?);
        let limit = sandbox.now() + COMMAND_MAX;
        let waits = |sandbox: &Sandbox| !sandbox.is_busy(0) || sandbox.terminal(0).reads_input;
        if !sandbox.run_until(limit, waits) {
            sandbox.interrupt(0);
        }
        shown = show(&sandbox.terminal(0), shown, &mut out)?;
    }
    sandbox.end_input(0);
    let limit = sandbox.now() + COMMAND_MAX;
    sandbox.run_until(limit, |sandbox| !sandbox.is_busy(0));
    show(&sandbox.terminal(0), shown, &mut out)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the lines of a terminal that were not printed before; answers how many there have been.
fn show(terminal: &TerminalView, shown: u64, out: &mut impl std::io::Write) -> std::io::Result<u64> {
    for line in &terminal.lines[shown.saturating_sub(terminal.lines_dropped) as usize..] {
        match line.kind {
            LineKind::Command => writeln!(out, "$ {}", line.text)?,
            LineKind::Error => {
                out.flush()?;
                eprintln!("{}", line.text);
            }
            LineKind::Output | LineKind::Remark => writeln!(out, "{}", line.text)?,
        }
    }
    Ok(terminal.lines_dropped + terminal.lines.len() as u64)
}

fn transcripts(files: &[PathBuf], print_it: bool, rewrite: bool) -> ExitCode {
    let (mut passed, mut failed) = (0, 0);
    for file in files {
        match transcript_file(file, print_it, rewrite) {
            Ok(true) => passed += 1,
            Ok(false) => failed += 1,
            Err(error) => {
                eprintln!("{}: {error}", file.display());
                failed += 1;
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Replays one file; whether it passes.
fn transcript_file(file: &PathBuf, print_it: bool, rewrite: bool) -> Result<bool, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let parts: Vec<Part> = parse(&text)?;
    let replayed = print(&replay(&parts)?);
    if print_it {
        print!("{replayed}");
    }
    let passes = replayed == print(&parts);
    if !passes && !print_it {
        let diff = similar::TextDiff::from_lines(print(&parts).as_str(), &replayed)
            .unified_diff()
            .header(&format!("{} recorded", file.display()), &format!("{} simulated", file.display()))
            .to_string();
        print!("{diff}");
    }
    if rewrite && !passes {
        std::fs::write(file, replayed).map_err(|error| error.to_string())?;
    }
    Ok(passes)
}
