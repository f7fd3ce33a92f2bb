//! The words of a `watch`: key, end of the range, flags, and the command after `--`, from the command line, from the
//! environment or from a line of `watch -i`.
//!
//! `etcdctl` puts these together in a way of its own, from what was typed and from what its flag parser left of it; its
//! errors tell which combinations it does not take. The steps here are its steps.

use super::commands::WATCH;
use super::golang::quote::quote;
use super::pflag::FlagSet;
use super::session::{Stop, Surroundings};

const COUNT: &str = "bad number of arguments";
const CONFLICT: &str = "bad number of arguments (found conflicting environment key)";
const SEPARATOR: &str = "bad number of arguments (found separator --, but no commands)";

/// What the environment says about key and end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct KeyVariables {
    key: String,
    range_end: String,
}

impl KeyVariables {
    /// Reads them.
    ///
    /// # Errors
    /// An end without a key.
    pub(crate) fn of(surroundings: &Surroundings) -> Result<KeyVariables, Stop> {
        let key = surroundings.variable("ETCDCTL_WATCH_KEY").to_string();
        let range_end = surroundings.variable("ETCDCTL_WATCH_RANGE_END").to_string();
        if key.is_empty() && !range_end.is_empty() {
            let end = quote(range_end.as_bytes());
            let text = format!("ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END={end}");
            return Err(Stop::bad_arguments(text));
        }
        Ok(KeyVariables { key, range_end })
    }

    /// Whether there is no key.
    pub(crate) fn is_empty(&self) -> bool {
        self.key.is_empty()
    }

    /// Key and end, as far as they are set, before other words.
    fn before(&self, words: &[String]) -> Vec<String> {
        let own = [&self.key, &self.range_end].into_iter().filter(|word| !word.is_empty());
        own.chain(words).cloned().collect()
    }
}

/// What a watch was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WatchArguments {
    /// Key and end of the range.
    pub(crate) keys: Vec<String>,
    /// What to run for each event; may be empty.
    pub(crate) command: Vec<String>,
    /// Its flags.
    pub(crate) flags: FlagSet,
}

/// From the command line: all words after the program's name, and the flags that were read from them.
pub(crate) fn from_command_line(
    all_words: &[String],
    flags: FlagSet,
    variables: &KeyVariables,
) -> Result<WatchArguments, Stop> {
    let own = all_words.iter().position(|word| word == "watch");
    let raw = own.map_or(all_words, |at| &all_words[at + 1..]);
    let separator = raw.iter().position(|word| word == "--");
    if separator.is_some_and(|at| at + 1 == raw.len()) {
        return Err(Stop::bad_arguments(SEPARATOR));
    }
    if separator.is_none() && raw.is_empty() && variables.is_empty() {
        return Err(Stop::bad_arguments(COUNT));
    }
    let arguments = flags.arguments().to_vec();
    if !variables.is_empty() {
        let conflict = match separator {
            Some(at) => has_more_before(&arguments, raw, at),
            None => !arguments.is_empty(),
        };
        if conflict {
            return Err(Stop::bad_arguments(CONFLICT));
        }
    }
    Ok(assemble(arguments, separator.map(|at| &raw[at + 1..]), flags, variables))
}

/// Whether the arguments, compared with the raw words from the end, have one more where those have the separator.
fn has_more_before(arguments: &[String], raw: &[String], separator: usize) -> bool {
    let mut at = raw.len() - 1;
    for argument in arguments.iter().rev() {
        if *argument == raw[at] {
            at = at.saturating_sub(1);
        } else if at == separator {
            return true;
        }
    }
    false
}

/// From a line of `watch -i`: its words after `watch`. Flags are those of the line alone.
pub(crate) fn from_line(words: &[String], variables: &KeyVariables) -> Result<WatchArguments, Stop> {
    let separator = words.iter().position(|word| word == "--");
    if separator.is_some_and(|at| at + 1 == words.len()) {
        return Err(Stop::bad_arguments(SEPARATOR));
    }
    let mut flags = FlagSet::new(WATCH.flags);
    flags.parse(words).map_err(|error| Stop::bad_arguments(error.text()))?;
    let arguments = flags.arguments().to_vec();
    if separator.is_none() {
        match (arguments.is_empty(), variables.is_empty()) {
            (true, true) => return Err(Stop::bad_arguments(COUNT)),
            (false, false) => return Err(Stop::bad_arguments(CONFLICT)),
            _ => {}
        }
    }
    Ok(assemble(arguments, separator.map(|at| &words[at + 1..]), flags, variables))
}

/// The arguments have key, end and command in one row; the words after the separator tell where the command begins.
fn assemble(
    arguments: Vec<String>,
    command: Option<&[String]>,
    flags: FlagSet,
    variables: &KeyVariables,
) -> WatchArguments {
    let mut keys = variables.before(&arguments);
    let command = command.unwrap_or_default().to_vec();
    if let Some(first) = command.first() {
        let at = keys.iter().rposition(|word| word == first).unwrap_or(0);
        keys.truncate(at);
    }
    WatchArguments { keys, command, flags }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_string).collect()
    }

    fn variables(key: &str, range_end: &str) -> KeyVariables {
        KeyVariables { key: key.into(), range_end: range_end.into() }
    }

    fn command_line(line: &str, key: &str, range_end: &str) -> Result<(Vec<String>, Vec<String>), Stop> {
        let words = words(line);
        let mut flags = FlagSet::new(WATCH.flags);
        flags.parse(&words[1..]).unwrap();
        let found = from_command_line(&words, flags, &variables(key, range_end));
        found.map(|found| (found.keys, found.command))
    }

    #[test]
    fn key_range_and_command_are_told_apart() {
        for (line, key, end, keys, command) in [
            ("watch foo", "", "", "foo", ""),
            ("watch foo bar --rev 1", "", "", "foo bar", ""),
            ("watch foo --rev 1 bar -- echo hello", "", "", "foo bar", "echo hello"),
            ("watch -- echo hello", "foo", "", "foo", "echo hello"),
            ("watch --rev 1 -- echo hello", "foo", "bar", "foo bar", "echo hello"),
            ("watch", "foo", "bar", "foo bar", ""),
            ("watch foo -- echo foo", "", "", "foo", "echo foo"),
        ] {
            assert_eq!(command_line(line, key, end), Ok((words(keys), words(command))), "{line}");
        }
    }

    #[test]
    fn words_that_contradict_the_environment_or_lead_nowhere_are_refused() {
        for (line, key, text) in [
            ("watch", "", COUNT),
            ("watch foo --", "", SEPARATOR),
            ("watch foo", "bar", CONFLICT),
            ("watch foo -- echo 1", "bar", CONFLICT),
        ] {
            assert_eq!(command_line(line, key, ""), Err(Stop::bad_arguments(text)), "{line}");
        }
    }

    #[test]
    fn a_line_has_its_own_flags() {
        let none = variables("", "");
        let found = from_line(&words("foo --prefix --rev 3 -- echo it"), &none).unwrap();
        assert_eq!((found.keys, found.command), (words("foo"), words("echo it")));
        assert_eq!((found.flags.bool("prefix"), found.flags.int64("rev")), (true, 3));
        assert_eq!(from_line(&words("foo --"), &none), Err(Stop::bad_arguments(SEPARATOR)));
        assert_eq!(from_line(&words("--prefix"), &none), Err(Stop::bad_arguments(COUNT)));
        assert_eq!(from_line(&words("--no x"), &none), Err(Stop::bad_arguments("unknown flag: --no")));
        assert_eq!(from_line(&words("x"), &variables("k", "")), Err(Stop::bad_arguments(CONFLICT)));
    }
}
