//! Running other programs: one shape for all of them, so that a failure always names the command that failed.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The root of the workspace: the folder that holds this package's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new("."))
}

/// One program with its arguments, run in the workspace's root with this process's output.
pub(crate) struct Process {
    command: Command,
    shown: String,
}

impl Process {
    pub(crate) fn new(program: impl AsRef<OsStr>, arguments: &[&str]) -> Self {
        let program = program.as_ref();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(root()).stdin(Stdio::null());
        let name = Path::new(program).file_stem().unwrap_or(program);
        let mut shown = name.to_string_lossy().into_owned();
        for argument in arguments {
            shown.push(' ');
            shown.push_str(argument);
        }
        Self { command, shown }
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Puts a folder first on the program's `PATH`.
    pub(crate) fn with_path_first(self, folder: &Path) -> Result<Self> {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(folder.to_path_buf()).chain(env::split_paths(&inherited));
        let joined = env::join_paths(folders).context("PATH cannot hold the folder of the tools")?;
        Ok(self.env("PATH", joined))
    }

    /// Runs to the end; an exit code other than 0 is an error that names the command.
    pub(crate) fn run(mut self) -> Result<()> {
        let status = self.command.status().with_context(|| format!("could not start `{}`", self.shown))?;
        if !status.success() {
            bail!("`{}` failed", self.shown);
        }
        Ok(())
    }

    /// Runs quietly and tells what was printed, or nothing when the program is missing or fails.
    pub(crate) fn answer(mut self) -> Option<String> {
        let output = self.command.stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    }

    /// The command itself, for callers that keep the child running.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }
}

/// The cargo that runs this command.
pub(crate) fn cargo(arguments: &[&str]) -> Process {
    Process::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// The first of the named programs that is on `PATH`.
pub(crate) fn find_program(names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file())
}
