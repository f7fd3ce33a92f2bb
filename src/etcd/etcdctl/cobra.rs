//! From words to a command: which entry of the table is meant, and what is said if none is.
//!
//! `etcdctl` leaves this to Go's `cobra`, whose way of looking for a command among flags, of matching prefixes and of
//! suggesting names shows in what people see; so it is followed step by step. One quirk as an example: before a command
//! is known, an unknown flag is taken to have a value, and `etcdctl --nosuch get a` complains about the command `a`.
//!
//! Deliberately absent: aliases, hidden and deprecated commands, shell completion scripts.

use super::commands::{CommandSpec, HELP, HELP_FLAG, Kind, ROOT};
use super::golang::quote::quote;
use super::pflag::{FlagError, FlagSet, FlagSpec};
use std::fmt::Write;

/// The largest edit distance of a name that is suggested.
const SUGGESTION_DISTANCE_MAX: usize = 2;

/// What the words mean.
#[derive(Debug)]
pub(crate) enum Resolution {
    /// Run the command with these flags. The path goes from below the root down to it.
    Run { path: Path, flags: FlagSet },
    /// Show the help of the command that the path ends in.
    Help(Path),
    /// Show the help of the command, then this error.
    BadFlags { path: Path, text: String },
    /// There is no such command: this text names what was typed and what may have been meant.
    UnknownCommand(String),
}

/// The commands from the root down to one.
pub(crate) type Path = Vec<&'static CommandSpec>;

/// The command that a path ends in.
pub(crate) fn last(path: &[&'static CommandSpec]) -> &'static CommandSpec {
    path.last().expect("a path begins with the root")
}

/// `etcdctl`, `etcdctl lease`, `etcdctl lease grant`.
pub(crate) fn path_text(path: &[&'static CommandSpec]) -> String {
    path.iter().map(|command| command.name).collect::<Vec<_>>().join(" ")
}

/// The flags of a command that it does not share with its parents.
pub(crate) fn local_flags(path: &[&'static CommandSpec]) -> impl Iterator<Item = &'static FlagSpec> + use<> {
    let command = last(path);
    command.flags.iter().chain(command.persistent_flags)
}

/// The flags that a command has from its parents.
pub(crate) fn inherited_flags(path: &[&'static CommandSpec]) -> Vec<&'static FlagSpec> {
    let parents = &path[..path.len() - 1];
    parents.iter().rev().flat_map(|parent| parent.persistent_flags).collect()
}

/// Finds out what the words mean.
pub(crate) fn resolve(words: &[String]) -> Resolution {
    let (path, rest) = match find(&ROOT, words) {
        Ok(found) => found,
        Err(text) => return Resolution::UnknownCommand(text),
    };
    if last(&path).kind == Kind::Absent {
        return Resolution::Run { path, flags: FlagSet::new([]) };
    }
    let mut flags = FlagSet::new(local_flags(&path).chain(inherited_flags(&path)).chain([&HELP_FLAG]));
    match flags.parse(&rest) {
        Err(FlagError::Help) => Resolution::Help(path),
        Err(FlagError::Message(text)) => Resolution::BadFlags { path, text },
        Ok(()) if flags.bool("help") || last(&path).kind == Kind::Group => Resolution::Help(path),
        Ok(()) => Resolution::Run { path, flags },
    }
}

/// The command below `root` that the words name, and the words without its name.
///
/// # Errors
/// The text of an unknown command.
pub(crate) fn find(root: &'static CommandSpec, words: &[String]) -> Result<(Path, Vec<String>), String> {
    let mut path = vec![root];
    let mut rest = words.to_vec();
    loop {
        let names = strip_flags(&rest, &path);
        let Some(name) = names.first() else { return Ok((path, rest)) };
        match next(&path, name) {
            Some(command) => {
                let at = rest.iter().position(|word| word == *name).expect("the name is one of the words");
                rest.remove(at);
                path.push(command);
            }
            None if path.len() == 1 => return Err(unknown_command(root, name)),
            None => return Ok((path, rest)),
        }
    }
}

/// The subcommand of that name, or the only one that begins so.
fn next(path: &[&'static CommandSpec], name: &str) -> Option<&'static CommandSpec> {
    let commands = last(path).subcommands.iter().chain((path.len() == 1).then_some(&HELP));
    let mut matches = Vec::new();
    for command in commands {
        if command.name == name {
            return Some(command);
        }
        if command.name.starts_with(name) {
            matches.push(command);
        }
    }
    if let [only] = matches[..] { Some(only) } else { None }
}

/// The words that are neither flags nor, as far as one can tell, their values.
fn strip_flags<'w>(words: &'w [String], path: &[&'static CommandSpec]) -> Vec<&'w String> {
    let known: Vec<&FlagSpec> = local_flags(path).chain(inherited_flags(path)).collect();
    let is_switch = |found: Option<&&FlagSpec>| found.is_some_and(|spec| spec.is_switch());
    let mut names = Vec::new();
    let mut rest = words;
    while let [word, after @ ..] = rest {
        rest = after;
        if word == "--" {
            break;
        }
        let takes_next = if word.contains('=') {
            false
        } else if let Some(long) = word.strip_prefix("--") {
            !is_switch(known.iter().find(|spec| spec.name == long))
        } else if let [b'-', letter] = word.as_bytes() {
            !is_switch(known.iter().find(|spec| spec.shorthand == Some(*letter)))
        } else {
            false
        };
        if takes_next {
            if rest.len() <= 1 {
                break;
            }
            rest = &rest[1..];
        } else if !word.is_empty() && !word.starts_with('-') {
            names.push(word);
        }
    }
    names
}

fn unknown_command(root: &CommandSpec, name: &str) -> String {
    let mut text = format!("unknown command {} for \"{}\"", quote(name.as_bytes()), root.name);
    let similar = root.subcommands.iter().filter(|command| is_similar(name, command.name));
    for (index, command) in similar.enumerate() {
        let heading = if index == 0 { "\n\nDid you mean this?\n" } else { "" };
        writeln!(text, "{heading}\t{}", command.name).expect("a String takes all");
    }
    text
}

fn is_similar(typed: &str, name: &str) -> bool {
    let typed = typed.to_ascii_lowercase();
    name.starts_with(&typed) || strsim::levenshtein(&typed, name) <= SUGGESTION_DISTANCE_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_string).collect()
    }

    fn found(line: &str) -> String {
        find(&ROOT, &words(line))
            .map_or_else(|text| text, |(path, rest)| format!("{}: {}", path_text(&path), rest.join(" ")))
    }

    #[test]
    fn a_command_is_found_among_flags_and_by_a_prefix() {
        for (line, expected) in [
            ("get k", "etcdctl get: k"),
            ("-w json get k --rev 2", "etcdctl get: -w json k --rev 2"),
            ("compact 5", "etcdctl compaction: 5"),
            ("lease grant 5", "etcdctl lease grant: 5"),
            ("le gr 5", "etcdctl lease grant: 5"),
            ("lease nosuch", "etcdctl lease: nosuch"),
            ("endpoint --cluster status", "etcdctl endpoint status: --cluster"),
            ("--hex", "etcdctl: --hex"),
            ("-- get k", "etcdctl: -- get k"),
            ("he get", "etcdctl help: get"),
            ("", "etcdctl: "),
        ] {
            assert_eq!(found(line), expected, "{line}");
        }
    }

    #[test]
    fn an_unknown_command_suggests_what_is_near() {
        for (line, similar) in [
            ("nosuch", &[][..]),
            ("gett", &["get"]),
            ("set", &["get", "put", "del", "user"]),
            ("delete", &[]),
            ("ls", &[]),
            ("--nosuchflag get a", &["alarm", "auth"]),
            ("LEASE", &["lease"]),
        ] {
            let name = line.split_whitespace().last().unwrap();
            let mut expected = format!("unknown command \"{name}\" for \"etcdctl\"");
            if !similar.is_empty() {
                expected += &format!("\n\nDid you mean this?\n\t{}\n", similar.join("\n\t"));
            }
            assert_eq!(found(line), expected, "{line}");
        }
    }
}
