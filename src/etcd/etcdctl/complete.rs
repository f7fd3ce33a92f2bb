//! What may be typed next: commands, subcommands, flags and the few values of flags that are known beforehand.
//!
//! Keys, leases and members are not completed here; they are the sandbox's to know.

use super::cobra;
use super::commands::{CommandSpec, HELP, HELP_FLAG, ROOT};
use super::pflag::{FlagSpec, by_name};

/// Something that may be typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The whole word.
    pub text: String,
    /// What it is, in a few words; may be empty.
    pub hint: String,
}

/// What the word `last` of an `etcdctl` command may become, `words` being those between `etcdctl` and it. In the order
/// of the help pages; empty if `last` is an argument.
pub fn complete(words: &[&str], last: &str) -> Vec<Candidate> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_string()).collect();
    let path = match cobra::find(&ROOT, &words) {
        Ok((path, _)) => path,
        Err(_) => return Vec::new(),
    };
    if words.iter().any(|word| word == "--") {
        return Vec::new();
    }
    let mut flags: Vec<&FlagSpec> = cobra::local_flags(&path).chain(cobra::inherited_flags(&path)).collect();
    flags.push(&HELP_FLAG);
    if let Some((flag, value)) = last.split_once('=') {
        let prefix = format!("{flag}=");
        return flag_named(&flags, flag).map(|spec| values(spec, value, &prefix)).unwrap_or_default();
    }
    if let Some(spec) = words.last().and_then(|word| flag_named(&flags, word)).filter(|spec| !spec.is_switch()) {
        return values(spec, last, "");
    }
    if last.starts_with('-') {
        let named = by_name(flags).into_iter().filter(|spec| format!("--{}", spec.name).starts_with(last));
        return named.map(|spec| candidate(format!("--{}", spec.name), spec.usage)).collect();
    }
    subcommands(&path, last)
}

fn flag_named<'f>(flags: &[&'f FlagSpec], word: &str) -> Option<&'f FlagSpec> {
    let named = |spec: &&&FlagSpec| match (word.strip_prefix("--"), word.as_bytes()) {
        (Some(long), _) => spec.name == long,
        (None, [b'-', letter]) => spec.shorthand == Some(*letter),
        _ => false,
    };
    flags.iter().find(named).copied()
}

fn values(spec: &FlagSpec, begun: &str, prefix: &str) -> Vec<Candidate> {
    let fitting = spec.choices.iter().filter(|choice| choice.starts_with(begun));
    fitting.map(|choice| candidate(format!("{prefix}{choice}"), "")).collect()
}

fn subcommands(path: &[&'static CommandSpec], begun: &str) -> Vec<Candidate> {
    let help = (path.len() == 1).then_some(&HELP);
    let commands = cobra::last(path).subcommands.iter().chain(help);
    let fitting = commands.filter(|command| command.is_available() && command.name.starts_with(begun));
    fitting.map(|command| candidate(command.name.to_string(), command.short)).collect()
}

fn candidate(text: String, hint: &str) -> Candidate {
    Candidate { text, hint: hint.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &[&str], last: &str) -> Vec<String> {
        complete(words, last).into_iter().map(|candidate| candidate.text).collect()
    }

    #[test]
    fn commands_are_completed_and_those_that_are_not_there_are_not() {
        assert_eq!(texts(&[], "l"), ["lease", "lock"]);
        assert_eq!(texts(&[], "m"), ["member"]);
        assert_eq!(texts(&["lease"], "re"), ["revoke"]);
        assert_eq!(texts(&["-w", "json", "member"], ""), ["list"]);
        assert_eq!(texts(&["get"], "k"), Vec::<String>::new());
        assert!(texts(&[], "").contains(&"help".to_string()));
    }

    #[test]
    fn flags_and_their_values_are_completed() {
        assert_eq!(texts(&["get", "k"], "--pr"), ["--prefix", "--print-value-only"]);
        assert_eq!(texts(&["get", "--order"], ""), ["ASCEND", "DESCEND"]);
        assert_eq!(texts(&["get", "--order"], "D"), ["DESCEND"]);
        assert_eq!(texts(&["get"], "--sort-by=V"), ["--sort-by=VALUE", "--sort-by=VERSION"]);
        assert_eq!(texts(&["get", "-w"], "t"), ["table"]);
        assert_eq!(texts(&["endpoint", "status"], "--cl"), ["--cluster"]);
        assert_eq!(texts(&["put", "--"], "--pre"), Vec::<String>::new());
    }
}
