//! The tools that turn the page into WebAssembly: the wasm32 target, trunk and wasm-bindgen.
//!
//! They are built once into `target/tools` for speed of building, not of running: without optimisation they still bundle
//! the page in a second. The wasm-bindgen tool must be of exactly the library's version, so that version is read from
//! `Cargo.lock`, the one place where it is decided.
//!
//! Deliberately absent: wasm-opt. The only one that a Rust registry offers (binaryen 116) takes about five minutes to build
//! and cannot read the instructions that today's wasm-bindgen emits.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process::{Process, cargo, root};

/// The version of trunk that `Trunk.toml` is written for.
const TRUNK_VERSION: &str = "0.21.14";

/// What the page is compiled to.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Where the tools live.
pub(crate) fn folder() -> PathBuf {
    root().join("target/tools/bin")
}

/// Installs what is missing to build the page.
pub(crate) fn ensure() -> Result<()> {
    ensure_wasm_target()?;
    let wasm_bindgen_version = locked_version("wasm-bindgen")?;
    let tools = [
        Tool {
            package: "wasm-bindgen-cli",
            binary: "wasm-bindgen",
            version: &wasm_bindgen_version,
            features: &[],
            why: "connects the page's WebAssembly to the browser",
            minutes: 1,
        },
        Tool {
            package: "trunk",
            binary: "trunk",
            version: TRUNK_VERSION,
            features: &["--no-default-features", "--features", "rustls"],
            why: "bundles the page",
            minutes: 3,
        },
    ];
    let missing: Vec<&Tool> = tools.iter().filter(|tool| !tool.is_installed()).collect();
    for tool in &missing {
        tool.install()?;
    }
    if !missing.is_empty() {
        // Over a gigabyte that nothing reads again.
        fs::remove_dir_all(build_folder()).context("could not remove the tools' build folder")?;
    }
    Ok(())
}

/// Adds the wasm32 target to the toolchain in use.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    let installed = Process::new("rustc", &["--print", "target-libdir", "--target", WASM_TARGET])
        .answer()
        .is_some_and(|folder| PathBuf::from(folder).is_dir());
    if installed {
        return Ok(());
    }
    println!("Adding Rust's {WASM_TARGET} target (the page runs as WebAssembly; a few seconds, once).");
    Process::new("rustup", &["target", "add", WASM_TARGET])
        .run()
        .with_context(|| format!("Rust's {WASM_TARGET} target is missing and only rustup can add it"))
}

/// Adds rustfmt and clippy, which a minimal toolchain lacks.
pub(crate) fn ensure_components() -> Result<()> {
    for (command, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if cargo(&[command, "--version"]).answer().is_none() {
            println!("Adding {component} to the Rust toolchain (a few seconds, once).");
            Process::new("rustup", &["component", "add", component])
                .run()
                .with_context(|| format!("{component} is missing and only rustup can add it"))?;
        }
    }
    Ok(())
}

fn build_folder() -> PathBuf {
    root().join("target/tools/build")
}

struct Tool<'a> {
    package: &'a str,
    binary: &'a str,
    version: &'a str,
    features: &'a [&'a str],
    why: &'a str,
    /// How long it takes on two cores, to the next full minute.
    minutes: u32,
}

impl Tool<'_> {
    fn is_installed(&self) -> bool {
        Process::new(folder().join(self.binary), &["--version"])
            .answer()
            .is_some_and(|line| line.split_whitespace().any(|word| word == self.version))
    }

    fn install(&self) -> Result<()> {
        let Self { package, version, why, minutes, .. } = self;
        let unit = if *minutes == 1 { "minute" } else { "minutes" };
        println!(
            "Installing {package} {version} into target/tools: it {why}. About {minutes} {unit} on two cores, once."
        );
        let started = Instant::now();
        let (tools, build) = (root().join("target/tools"), build_folder());
        let exact = format!("={version}");
        let mut arguments = vec!["install", "--locked", "--force", *package, "--version", &exact, "--bin", self.binary];
        let (tools, build) = (tools.to_string_lossy(), build.to_string_lossy());
        arguments.extend(["--root", &tools, "--target-dir", &build]);
        arguments.extend(self.features);
        cargo(&arguments)
            // cargo would advise to put the folder on PATH; nobody needs to.
            .with_path_first(&folder())?
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo")
            .without_env("CARGO_BUILD_TARGET")
            .without_env("RUSTFLAGS")
            .run()?;
        println!("Installed {package} {version} in {} s.", started.elapsed().as_secs());
        Ok(())
    }
}

/// The version of a package that `Cargo.lock` decided on.
fn locked_version(package: &str) -> Result<String> {
    let path = root().join("Cargo.lock");
    let lock = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
    match version_in_lock(&lock, package) {
        Some(version) => Ok(version.to_owned()),
        None => bail!("Cargo.lock names no package {package}"),
    }
}

fn version_in_lock<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    lines.find(|line| *line == name)?;
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tool_follows_the_version_in_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.129\"\nsource = \"registry\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen"), Some("0.2.129"));
        assert_eq!(version_in_lock(lock, "wasm"), None);
    }

    #[test]
    fn the_lock_file_decides_on_a_wasm_bindgen() {
        assert!(locked_version("wasm-bindgen").is_ok());
    }
}
