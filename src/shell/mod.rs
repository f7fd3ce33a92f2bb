//! The terminal's language: words, quoting, variables, and the commands that are not a model's.
//!
//! A line is a simple command of a POSIX shell: leading `NAME=value`, words with quotes, a `#` comment. Words are split by the
//! `shlex` crate; before that, variables are put in their places, quoted so that the split sees them as they are.
//!
//! A script, which `sh -c` runs, is several of them, between semicolons or line ends.
//!
//! Besides the programs of the models there are the sandbox's own commands, with which a cluster is broken and mended
//! ([`Builtin`]), and a handful of a shell's own. Names of nodes are resolved by whoever carries a command out.
//!
//! Deliberately absent here: pipes, redirections, loops and jobs.

mod builtin;
mod help;
mod words;

pub use builtin::{BUILTINS, Builtin, NodeName, parse as parse_builtin};
pub use help::help;
pub use words::{Line, parse_line, split_command};

/// Why a line or a command was not understood: one sentence.
pub type ShellError = String;
