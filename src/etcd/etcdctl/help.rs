//! Help pages: of `etcdctl`, of its groups and of its commands.
//!
//! The layout follows the real tool (`NAME:`, `USAGE:`, `COMMANDS:`, `OPTIONS:`, `GLOBAL OPTIONS:`, an empty line at the
//! end); the words are those of the table in `commands.rs`. Commands that the sandbox cannot carry out are left out.

use super::API_VERSION;
use super::cobra;
use super::commands::{CommandSpec, HELP, HELP_FLAG, Kind};
use super::pflag::{FlagKind, FlagSpec, by_name};
use crate::etcd::VERSION;

/// The page of the command that the path ends in.
pub(crate) fn page(path: &[&'static CommandSpec]) -> String {
    let command = cobra::last(path);
    let is_root = path.len() == 1;
    let name = cobra::path_text(if is_root { path } else { &path[1..] });
    let usage = usage_line(path);
    let mut text = format!("NAME:\n\t{name} - {}\n\nUSAGE:\n\t{usage}\n", command.short);
    if is_root {
        text += &format!("\nVERSION:\n\t{VERSION}\n");
    }
    if command.kind == Kind::Group {
        text += &format!("\nAPI VERSION:\n\t{API_VERSION}\n\nCOMMANDS:\n");
        text += &columns("\t", &subcommands(path));
    }
    if !command.long.is_empty() {
        text += &format!("\nDESCRIPTION:\n\t{}\n", command.long.replace('\n', "\n\t"));
    }
    text += &format!("\nOPTIONS:\n{}", flag_lines(cobra::local_flags(path).chain([&HELP_FLAG])));
    let inherited = cobra::inherited_flags(path);
    if !inherited.is_empty() {
        text += &format!("\nGLOBAL OPTIONS:\n{}", flag_lines(inherited.into_iter()));
    }
    text.push('\n');
    text
}

/// The short page that a `txn` prints on a line with bad flags.
pub(crate) fn request_usage(command: &'static CommandSpec) -> String {
    let flags = flag_lines(command.flags.iter().chain([&HELP_FLAG]));
    format!("Usage:\n  {} {}\n\nFlags:\n{flags}\n", command.name, command.parameters)
}

fn usage_line(path: &[&'static CommandSpec]) -> String {
    let mut line = cobra::path_text(path);
    let parameters = cobra::last(path).parameters;
    if !parameters.is_empty() {
        line += &format!(" {parameters}");
    }
    if !parameters.contains("[options]") {
        line += " [flags]";
    }
    line
}

/// Everything runnable below a command: name from below the root, and what it does.
fn subcommands(path: &[&'static CommandSpec]) -> Vec<(String, String)> {
    let command = cobra::last(path);
    let help = (path.len() == 1).then_some(&HELP);
    let mut lines = Vec::new();
    for below in command.subcommands.iter().chain(help).filter(|below| below.is_available()) {
        let path: Vec<_> = path.iter().copied().chain([below]).collect();
        if below.kind == Kind::Group {
            lines.extend(subcommands(&path));
        } else {
            lines.push((cobra::path_text(&path[1..]), below.short.to_string()));
        }
    }
    lines
}

fn flag_lines(flags: impl Iterator<Item = &'static FlagSpec>) -> String {
    let lines: Vec<_> = by_name(flags).into_iter().map(|flag| (flag_form(flag), flag.usage.to_string())).collect();
    columns("", &lines)
}

/// `  -w, --write-out="simple"`, `      --prefix[=false]`.
fn flag_form(flag: &FlagSpec) -> String {
    let letter = flag.shorthand.map_or("    ".to_string(), |letter| format!("-{}, ", char::from(letter)));
    let value = match flag.kind {
        FlagKind::Bool => format!("[={}]", flag.default),
        FlagKind::String => format!("=\"{}\"", flag.default),
        FlagKind::Strings => format!("=[{}]", flag.default),
        FlagKind::Int64 | FlagKind::Duration => format!("={}", flag.default),
    };
    format!("  {letter}--{}{value}", flag.name)
}

fn columns(indent: &str, lines: &[(String, String)]) -> String {
    let width = lines.iter().map(|(left, _)| left.chars().count()).max().unwrap_or(0);
    lines.iter().map(|(left, right)| format!("{indent}{left:width$}  {right}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::etcd::etcdctl::commands::ROOT;

    fn path(names: &[&str]) -> Vec<&'static CommandSpec> {
        let words: Vec<String> = names.iter().map(|name| (*name).to_string()).collect();
        cobra::find(&ROOT, &words).expect("the command exists").0
    }

    #[test]
    fn the_top_page_names_every_command_that_works_and_no_other() {
        let page = page(&[&ROOT]);
        assert!(page.starts_with("NAME:\n\tetcdctl - "), "{page}");
        for name in
            ["get", "put", "del", "txn", "compaction", "watch", "version", "help", "lock", "lease grant", "member list"]
        {
            assert!(page.contains(&format!("\n\t{name} ")), "{name} is missing in {page}");
        }
        for name in ["member add", "user", "snapshot", "alarm disarm"] {
            assert!(!page.contains(&format!("\n\t{name} ")), "{name} is in {page}");
        }
        assert!(page.contains("-w, --write-out=\"simple\""), "{page}");
        assert!(!page.contains("GLOBAL OPTIONS"), "{page}");
    }

    #[test]
    fn a_page_names_the_flags_of_the_command_and_the_global_ones() {
        let page = page(&path(&["endpoint", "hashkv"]));
        assert!(page.starts_with("NAME:\n\tendpoint hashkv - "), "{page}");
        let (own, global) = page.split_once("GLOBAL OPTIONS:").expect("there are global flags");
        assert!(own.contains("--rev=0") && own.contains("-h, --help"), "{own}");
        assert!(global.contains("--cluster[=false]") && global.contains("--endpoints=[127.0.0.1:2379]"), "{global}");
    }
}
