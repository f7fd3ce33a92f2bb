//! `quorate fuzz`: seeds or a plan in, progress and violations out.

use clap::Args;
use quorate::fuzz::Rule;
use quorate::fuzz::{Plan, Profile, Report, draw, minimize, run as run_plan, script};
use quorate::sandbox::Duration;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct FuzzArguments {
    /// The seeds: A..B, both included, or one
    #[arg(long, value_name = "A..B", value_parser = seeds, required_unless_present = "plan", conflicts_with = "plan")]
    seeds: Option<RangeInclusive<u64>>,
    /// Run the plan that this file holds, as printed by --minimize
    #[arg(long, value_name = "FILE", conflicts_with_all = ["nodes", "faults", "seconds"])]
    plan: Option<PathBuf>,
    /// How many members: 3, 5 or 7; without it the seed decides
    #[arg(long, value_parser = nodes)]
    nodes: Option<u8>,
    /// Which faults there are
    #[arg(long, value_name = "PROFILE", default_value = "all", value_parser = profile, long_help = profiles())]
    faults: Profile,
    /// How long operations and faults go on, in virtual seconds: 1 to 3600
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(i64).range(1..=3_600))]
    seconds: i64,
    /// Let no member keep this rule; `quorate rules` lists them. May be given more than once
    #[arg(long = "break", value_name = "RULE", value_parser = rule, conflicts_with = "plan")]
    broken: Vec<Rule>,
    /// Shrink the plan of a violation, and print what is left
    #[arg(long)]
    minimize: bool,
}

/// How many violations are reported before it ends.
const VIOLATIONS_MAX: u64 = 10;
/// How often progress is told.
const PROGRESS_EVERY: u64 = 500;

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let sentence = || "write two numbers, the smaller first, as in 1..2000, or one number".to_string();
    let number = |text: &str| text.parse::<u64>().map_err(|_| sentence());
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let range = number(first)?..=number(last)?;
    if range.is_empty() { Err(sentence()) } else { Ok(range) }
}

fn nodes(text: &str) -> Result<u8, String> {
    match text {
        "3" => Ok(3),
        "5" => Ok(5),
        "7" => Ok(7),
        _ => Err("write 3, 5 or 7".to_string()),
    }
}

fn rule(name: &str) -> Result<Rule, String> {
    Rule::by_name(name).ok_or_else(|| "`quorate rules` lists the rules".to_string())
}

fn profile(name: &str) -> Result<Profile, String> {
    let names: Vec<&str> = Profile::NAMES.iter().map(|(name, ..)| *name).collect();
    Profile::named(name).ok_or_else(|| format!("write one of {}", names.join(", ")))
}

fn profiles() -> String {
    let lines: Vec<String> = Profile::NAMES.iter().map(|(name, _, what)| format!("  {name:8} {what}")).collect();
    format!("Which faults there are:\n{}", lines.join("\n"))
}

#[derive(Default)]
struct Totals {
    seeds: u64,
    events: u64,
    calls: u64,
    answered: u64,
    time_us: i64,
    violations: u64,
}

impl Totals {
    fn add(&mut self, report: &Report) {
        self.seeds += 1;
        self.events += report.events;
        self.calls += report.calls;
        self.answered += report.answered;
        self.time_us += report.time.as_micros();
        self.violations += u64::from(report.violation.is_some());
    }

    fn line(&self) -> String {
        let Totals { seeds, events, calls, answered, time_us, violations } = self;
        let seconds = time_us / 1_000_000;
        format!(
            "{seeds} seeds, {events} events, {calls} operations ({answered} answered), {seconds} virtual seconds, \
             {violations} violations"
        )
    }
}

pub(crate) fn run(arguments: &FuzzArguments) -> ExitCode {
    // An assertion that fails is a violation and is reported as one.
    std::panic::set_hook(Box::new(|_| {}));
    let mut totals = Totals::default();
    if let Some(file) = &arguments.plan {
        let plan = match read_plan(file) {
            Ok(plan) => plan,
            Err(error) => {
                eprintln!("{}: {error}", file.display());
                return ExitCode::from(2);
            }
        };
        let name = format!("plan {}", file.display());
        try_plan(&plan, &name, &format!("quorate fuzz --plan {}", file.display()), arguments.minimize, &mut totals);
    } else if let Some(seeds) = &arguments.seeds {
        let length = Duration::seconds(arguments.seconds);
        let nodes = arguments.nodes.map_or(String::new(), |nodes| format!(" --nodes {nodes}"));
        let broken: String = arguments.broken.iter().map(|rule| format!(" --break {}", rule.name())).collect();
        let same = format!("{nodes}{broken} --faults {} --seconds {}", arguments.faults.name(), arguments.seconds);
        for seed in seeds.clone() {
            let mut plan = draw(seed, arguments.nodes, arguments.faults, length);
            plan.broken = arguments.broken.iter().copied().collect();
            let replay = format!("quorate fuzz --seeds {seed}..{seed}{same}");
            try_plan(&plan, &format!("seed {seed}"), &replay, arguments.minimize, &mut totals);
            if totals.seeds.is_multiple_of(PROGRESS_EVERY) {
                eprintln!("{}", totals.line());
            }
            if totals.violations == VIOLATIONS_MAX {
                eprintln!("{VIOLATIONS_MAX} violations are enough");
                break;
            }
        }
    }
    println!("{}", totals.line());
    ExitCode::from(u8::from(totals.violations > 0))
}

fn read_plan(file: &Path) -> Result<Plan, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("the plan cannot be read: {error}"))?;
    script::parse(&text)
}

/// Runs one plan, and tells what it violates.
fn try_plan(plan: &Plan, name: &str, replay: &str, shrink: bool, totals: &mut Totals) {
    let report = run_plan(plan);
    totals.add(&report);
    let Some(violation) = report.violation else { return };
    println!("{name}: {violation}\n  replay: {replay}");
    if !shrink {
        return;
    }
    if let Some(minimized) = minimize(plan) {
        let (steps, runs) = (minimized.plan.steps.len(), minimized.runs);
        println!("# {steps} steps are left after {runs} runs: {}", minimized.violation);
        print!("{}", minimized.plan);
    }
}
