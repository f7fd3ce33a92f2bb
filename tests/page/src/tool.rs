//! The tool behind `cargo xtask screenshot` and the page's half of `cargo xtask bench`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Parser, Subcommand, ValueEnum};
use quorate_page_tests::{Opening, Page, Theme};
use serde_json::Value;

/// What the page's bench measures, by the names that the page knows.
const BENCHES: [&str; 10] = [
    "idle-5",
    "puts-5",
    "3 members, 64 B, batches of 1",
    "3 members, 64 B, batches of 100",
    "3 members, 256 B, batches of 1",
    "3 members, 256 B, batches of 100",
    "5 members, 64 B, batches of 1",
    "5 members, 64 B, batches of 100",
    "5 members, 256 B, batches of 1",
    "5 members, 256 B, batches of 100",
];
/// Where the figures are also written down, for the table that compares them with the native ones.
const FIGURES: &str = "target/page-bench.json";

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Take a picture of the built page.
    Screenshot(Screenshot),
    /// Measure the page in headless Chromium.
    Bench,
}

#[derive(clap::Args)]
struct Screenshot {
    /// Width and height of the viewport in CSS pixels.
    #[arg(long, default_value = "1366x768", value_parser = size)]
    size: (u32, u32),
    /// Where to write the PNG.
    #[arg(long, default_value = "target/screenshots/page.png")]
    out: PathBuf,
    /// What follows the page's address, such as `#…` or `?…`.
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    hash: String,
    /// The colour scheme that the machine's user prefers.
    #[arg(long, value_enum, default_value = "light")]
    theme: ThemeArgument,
    /// An entry of the page's local storage, set before the page starts; may be given more than once.
    #[arg(long, value_name = "KEY=VALUE", value_parser = entry)]
    storage: Vec<(String, String)>,
    /// The machine's user asked for less motion.
    #[arg(long)]
    reduced_motion: bool,
    /// The machine is a phone, with touch.
    #[arg(long)]
    touch: bool,
    /// JavaScript to run when the page has started: the body of an async function. What it returns is printed.
    #[arg(long)]
    script: Option<String>,
    /// JavaScript expression to wait for, after the script.
    #[arg(long)]
    until: Option<String>,
    /// How long the page runs before the picture, after all of the above.
    #[arg(long, default_value_t = 1500)]
    wait_ms: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum ThemeArgument {
    Light,
    Dark,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Screenshot(options) => screenshot(options),
        Command::Bench => bench(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn screenshot(options: Screenshot) -> Result<()> {
    let (width, height) = options.size;
    let theme = match options.theme {
        ThemeArgument::Light => Theme::Light,
        ThemeArgument::Dark => Theme::Dark,
    };
    let page = Page::open(&Opening {
        theme,
        reduced_motion: options.reduced_motion,
        touch: options.touch,
        address_suffix: options.hash,
        local_storage: options.storage,
        ..Opening::sized(width, height)
    })?;
    if let Some(script) = &options.script {
        let returned: Value = page.js_async(script)?;
        if !returned.is_null() {
            println!("{returned:#}");
        }
    }
    if let Some(condition) = &options.until {
        page.wait_until(condition, |page| page.js(&format!("return Boolean({condition})")))?;
    }
    thread::sleep(Duration::from_millis(options.wait_ms));
    page.screenshot_to(&options.out)?;
    println!("{}", options.out.display());
    for error in page.console_errors()? {
        eprintln!("console: {error}");
    }
    Ok(())
}

/// Asks the page to measure itself: `window.quorateBench(name)` is a promise of a JSON text with one figure a field.
fn bench() -> Result<()> {
    let page = Page::open(&Opening::laptop())?;
    if !page.js::<bool>("return typeof window.quorateBench === 'function'")? {
        bail!("this page cannot be measured: it offers no window.quorateBench");
    }
    let mut all = serde_json::Map::new();
    for name in BENCHES {
        let text: String = page.js_async(&format!("return await window.quorateBench('{name}')"))?;
        let figures: Value = serde_json::from_str(&text).with_context(|| format!("{name}: not JSON: {text}"))?;
        let figures = figures.as_object().with_context(|| format!("{name}: not a JSON object: {text}"))?;
        println!("{name} in Chromium");
        for (figure, value) in figures {
            println!("  {figure}: {value}");
        }
        all.insert(name.to_owned(), Value::Object(figures.clone()));
    }
    std::fs::write(FIGURES, Value::Object(all).to_string()).with_context(|| format!("cannot write {FIGURES}"))
}

fn size(text: &str) -> Result<(u32, u32)> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides.ok_or_else(|| anyhow!("a size is WIDTHxHEIGHT, such as 1366x768"))
}

fn entry(text: &str) -> Result<(String, String)> {
    let (key, value) = text.split_once('=').context("an entry is KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}
