//! Flags, read as `etcdctl` reads them.
//!
//! `etcdctl` reads its flags with Go's `pflag`, whose rules and error texts people meet at once: flags anywhere among
//! the arguments, `--flag=value` and `--flag value`, `-wjson`, `-w json` and `-w=json`, `--prefix` but also
//! `--prefix=false`, and `invalid argument "x" for "--rev" flag: strconv.ParseInt: parsing "x": invalid syntax`. clap
//! and lexopt cannot be made to say that, nor to take an unknown flag's neighbour for its value as cobra does, so this
//! is a small reader of our own. What is known about a flag stands in the table of `commands.rs`.
//!
//! Invariants: a set has a value for each of its flags, of the flag's kind; a flag is `changed` exactly if a word or the
//! environment gave it a value that could be read.
//!
//! Deliberately absent: deprecated flags, negative boolean flags, counting flags (`etcdctl` has none), and quotes inside
//! lists (`--endpoints='"a,b",c'`), which are refused.

use super::golang::{duration, number, quote};
use std::collections::{BTreeMap, BTreeSet};

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FlagKind {
    /// Nothing, or `=true` / `=false`.
    Bool,
    /// A signed number, in any base that Go knows.
    Int64,
    /// Text.
    String,
    /// Texts, separated by commas; the flag may be repeated.
    Strings,
    /// A length of time with its unit.
    Duration,
}

/// One flag of the table.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct FlagSpec {
    /// Its name, without dashes.
    pub(crate) name: &'static str,
    /// Its letter, if it has one.
    pub(crate) shorthand: Option<u8>,
    /// What it takes.
    pub(crate) kind: FlagKind,
    /// The value without it, as one would type it.
    pub(crate) default: &'static str,
    /// What it does, in a few words.
    pub(crate) usage: &'static str,
    /// The values that completion offers; empty where any will do.
    pub(crate) choices: &'static [&'static str],
}

impl FlagSpec {
    /// Whether the flag may stand without a value.
    pub(crate) fn is_switch(&self) -> bool {
        self.kind == FlagKind::Bool
    }

    /// The value of a text, or Go's reason against it.
    fn read(&self, text: &str) -> Result<Value, String> {
        Ok(match self.kind {
            FlagKind::Bool => Value::Bool(number::parse_bool(text)?),
            FlagKind::Int64 => Value::Int64(number::parse_int(text, 0)?),
            FlagKind::String => Value::String(text.to_string()),
            FlagKind::Strings => Value::Strings(split_list(text)?),
            FlagKind::Duration => Value::Duration(duration::parse(text)?),
        })
    }

    /// What Go leaves in the variable of a flag whose text could not be read.
    fn zero(&self) -> Value {
        match self.kind {
            FlagKind::Bool => Value::Bool(false),
            FlagKind::Int64 => Value::Int64(0),
            FlagKind::String => Value::String(String::new()),
            FlagKind::Strings => Value::Strings(Vec::new()),
            FlagKind::Duration => Value::Duration(0),
        }
    }
}

fn split_list(text: &str) -> Result<Vec<String>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    match text.find('"') {
        Some(at) => Err(format!("parse error on line 1, column {}: bare \" in non-quoted field", at + 1)),
        None => Ok(text.split(',').map(str::to_string).collect()),
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Value {
    Bool(bool),
    Int64(i64),
    String(String),
    Strings(Vec<String>),
    /// Nanoseconds.
    Duration(i64),
}

/// Why words were refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum FlagError {
    /// Help was asked for, in a set without a flag for it.
    Help,
    /// pflag's text.
    Message(String),
}

impl FlagError {
    /// The text that Go prints for it.
    pub(crate) fn text(self) -> String {
        match self {
            FlagError::Help => "pflag: help requested".to_string(),
            FlagError::Message(text) => text,
        }
    }
}

/// The flags that one command knows, their values, and the words that were no flags.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FlagSet {
    flags: BTreeMap<&'static str, (&'static FlagSpec, Value)>,
    changed: BTreeSet<&'static str>,
    arguments: Vec<String>,
}

impl FlagSet {
    /// All flags at their defaults. Of two flags with one name the first counts.
    pub(crate) fn new(specs: impl IntoIterator<Item = &'static FlagSpec>) -> FlagSet {
        let mut flags = BTreeMap::new();
        for spec in specs {
            let default = spec.read(spec.default).expect("a default can be read");
            flags.entry(spec.name).or_insert((spec, default));
        }
        FlagSet { flags, changed: BTreeSet::new(), arguments: Vec::new() }
    }

    /// Reads all words.
    ///
    /// # Errors
    /// pflag's, at the first word that makes no sense; the words before it have taken effect.
    pub(crate) fn parse(&mut self, words: &[String]) -> Result<(), FlagError> {
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if word == "--" {
                self.arguments.extend(rest.cloned());
                return Ok(());
            }
            if let Some(long) = word.strip_prefix("--") {
                self.parse_long(word, long, &mut rest)?;
            } else if word.len() > 1 && word.starts_with('-') {
                self.parse_short(&word[1..], &mut rest)?;
            } else {
                self.arguments.push(word.clone());
            }
        }
        Ok(())
    }

    fn parse_long(&mut self, word: &str, long: &str, rest: &mut std::slice::Iter<String>) -> Result<(), FlagError> {
        if long.starts_with(['-', '=']) {
            return Err(FlagError::Message(format!("bad flag syntax: {word}")));
        }
        let (name, given) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        let Some(spec) = self.spec(name) else {
            return Err(match name {
                "help" => FlagError::Help,
                _ => FlagError::Message(format!("unknown flag: --{name}")),
            });
        };
        let value = match given {
            Some(value) => value,
            None if spec.is_switch() => "true",
            None => rest.next().ok_or_else(|| FlagError::Message(format!("flag needs an argument: {word}")))?.as_str(),
        };
        self.set(spec, value)
    }

    fn parse_short(&mut self, letters: &str, rest: &mut std::slice::Iter<String>) -> Result<(), FlagError> {
        let mut letters = letters;
        while let Some(letter) = letters.bytes().next() {
            let Some(spec) = self.flags.values().map(|(spec, _)| *spec).find(|spec| spec.shorthand == Some(letter))
            else {
                return Err(match letter {
                    b'h' => FlagError::Help,
                    _ => FlagError::Message(format!(
                        "unknown shorthand flag: {} in -{letters}",
                        quote::quote_byte(letter)
                    )),
                });
            };
            let after = &letters[1..];
            let (value, remaining) = match after.strip_prefix('=') {
                Some(value) if !value.is_empty() => (value, ""),
                _ if spec.is_switch() => ("true", after),
                _ if !after.is_empty() => (after, ""),
                _ => {
                    let next = rest.next().ok_or_else(|| {
                        let letter = quote::quote_byte(letter);
                        FlagError::Message(format!("flag needs an argument: {letter} in -{letters}"))
                    })?;
                    (next.as_str(), "")
                }
            };
            self.set(spec, value)?;
            letters = remaining;
        }
        Ok(())
    }

    fn set(&mut self, spec: &'static FlagSpec, text: &str) -> Result<(), FlagError> {
        let value = spec.read(text).map_err(|reason| {
            let name = match spec.shorthand {
                Some(letter) => format!("-{}, --{}", char::from(letter), spec.name),
                None => format!("--{}", spec.name),
            };
            let (text, name) = (quote::quote(text.as_bytes()), quote::quote(name.as_bytes()));
            FlagError::Message(format!("invalid argument {text} for {name} flag: {reason}"))
        })?;
        self.store(spec, value);
        Ok(())
    }

    fn store(&mut self, spec: &'static FlagSpec, value: Value) {
        let repeated = !self.changed.insert(spec.name);
        let (_, slot) = self.flags.get_mut(spec.name).expect("only the set's own flags are set");
        match (slot, value) {
            (Value::Strings(list), Value::Strings(more)) if repeated => list.extend(more),
            (slot, value) => *slot = value,
        }
    }

    /// Gives a flag the value that its surroundings have for it. A text that cannot be read leaves the zero of the flag's
    /// kind and no error, as in `etcdctl`.
    pub(crate) fn set_from_environment(&mut self, name: &str, text: &str) {
        let Some(spec) = self.spec(name) else { return };
        match spec.read(text) {
            Ok(value) => self.store(spec, value),
            Err(_) => self.flags.get_mut(spec.name).expect("it has just been found").1 = spec.zero(),
        }
    }

    /// The flag of that name.
    pub(crate) fn spec(&self, name: &str) -> Option<&'static FlagSpec> {
        self.flags.get(name).map(|(spec, _)| *spec)
    }

    /// Whether some word, or the environment, has set the flag.
    pub(crate) fn is_changed(&self, name: &str) -> bool {
        self.changed.contains(name)
    }

    /// The words that are no flags.
    pub(crate) fn arguments(&self) -> &[String] {
        &self.arguments
    }

    /// The value of a switch.
    pub(crate) fn bool(&self, name: &str) -> bool {
        match self.value(name) {
            Value::Bool(value) => *value,
            _ => panic!("--{name} is no switch"),
        }
    }

    /// The value of a number.
    pub(crate) fn int64(&self, name: &str) -> i64 {
        match self.value(name) {
            Value::Int64(value) => *value,
            _ => panic!("--{name} is no number"),
        }
    }

    /// The value of a text.
    pub(crate) fn string(&self, name: &str) -> &str {
        match self.value(name) {
            Value::String(value) => value,
            _ => panic!("--{name} is no text"),
        }
    }

    /// The value of a list.
    pub(crate) fn strings(&self, name: &str) -> &[String] {
        match self.value(name) {
            Value::Strings(value) => value,
            _ => panic!("--{name} is no list"),
        }
    }

    /// The value of a length of time, in nanoseconds.
    pub(crate) fn duration_nanos(&self, name: &str) -> i64 {
        match self.value(name) {
            Value::Duration(value) => *value,
            _ => panic!("--{name} is no length of time"),
        }
    }

    /// The value as pflag prints it.
    pub(crate) fn display(&self, name: &str) -> String {
        match self.value(name) {
            Value::Bool(value) => value.to_string(),
            Value::Int64(value) => value.to_string(),
            Value::String(value) => value.clone(),
            Value::Strings(value) => format!("[{}]", value.join(",")),
            Value::Duration(value) => duration::format(*value),
        }
    }

    fn value(&self, name: &str) -> &Value {
        let known = self.flags.get(name);
        &known.unwrap_or_else(|| panic!("--{name} is not in the table of this command")).1
    }
}

/// Flags in the order in which help pages show them. There are few, and a general sort is eight kilobytes of the page.
pub(crate) fn by_name<'a>(flags: impl IntoIterator<Item = &'a FlagSpec>) -> Vec<&'a FlagSpec> {
    let mut sorted: Vec<&FlagSpec> = Vec::new();
    for flag in flags {
        let at = sorted.partition_point(|other| other.name < flag.name);
        sorted.insert(at, flag);
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn spec(name: &'static str, shorthand: Option<u8>, kind: FlagKind, default: &'static str) -> FlagSpec {
        FlagSpec { name, shorthand, kind, default, usage: "", choices: &[] }
    }

    static FLAGS: [FlagSpec; 6] = [
        spec("prefix", None, FlagKind::Bool, "false"),
        spec("interactive", Some(b'i'), FlagKind::Bool, "false"),
        spec("rev", None, FlagKind::Int64, "0"),
        spec("write-out", Some(b'w'), FlagKind::String, "simple"),
        spec("endpoints", None, FlagKind::Strings, "default"),
        spec("timeout", None, FlagKind::Duration, "5s"),
    ];

    fn parse(line: &str) -> Result<FlagSet, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
        let mut set = FlagSet::new(&FLAGS);
        set.parse(&words).map(|()| set).map_err(FlagError::text)
    }

    #[test]
    fn flags_stand_anywhere_and_take_their_value_in_every_form() {
        for line in ["-w json k", "k -wjson", "-w=json k", "k --write-out json", "--write-out=json k", "-iw json k"] {
            let set = parse(line).expect(line);
            assert_eq!((set.string("write-out"), set.arguments()), ("json", &["k".to_string()][..]), "{line}");
        }
        let set = parse("a --prefix b --rev 0x10 -- --rev c").unwrap();
        assert!(set.bool("prefix"));
        assert_eq!(set.int64("rev"), 16);
        assert_eq!(set.arguments(), ["a", "b", "--rev", "c"]);
    }

    #[test]
    fn a_switch_takes_a_value_only_behind_an_equals_sign() {
        assert!(!parse("--prefix=false").unwrap().bool("prefix"));
        let set = parse("--prefix true").unwrap();
        assert!(set.bool("prefix"));
        assert_eq!(set.arguments(), ["true"]);
    }

    #[test]
    fn a_list_is_replaced_by_the_first_flag_and_extended_by_the_next() {
        assert_eq!(parse("").unwrap().strings("endpoints"), ["default"]);
        assert_eq!(parse("--endpoints=a,b --endpoints c").unwrap().strings("endpoints"), ["a", "b", "c"]);
        assert!(parse("--endpoints=").unwrap().strings("endpoints").is_empty());
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_pflags_words() {
        for (line, text) in [
            ("--no", "unknown flag: --no"),
            ("--no=1", "unknown flag: --no"),
            ("-v", "unknown shorthand flag: 'v' in -v"),
            ("-iv", "unknown shorthand flag: 'v' in -v"),
            ("--rev", "flag needs an argument: --rev"),
            ("-w", "flag needs an argument: 'w' in -w"),
            ("---", "bad flag syntax: ---"),
            ("--=", "bad flag syntax: --="),
            ("--help", "pflag: help requested"),
            ("--rev=x", "invalid argument \"x\" for \"--rev\" flag: strconv.ParseInt: parsing \"x\": invalid syntax"),
            (
                "-i=maybe",
                "invalid argument \"maybe\" for \"-i, --interactive\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
            ),
            ("--timeout=x", "invalid argument \"x\" for \"--timeout\" flag: time: invalid duration \"x\""),
        ] {
            assert_eq!(parse(line), Err(text.to_string()), "{line}");
        }
    }
}
