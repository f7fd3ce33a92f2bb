//! From a typed line to words.

use super::ShellError;
use crate::etcd::process::Environment;

/// A line that was understood.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// `NAME=value` before the command.
    pub assignments: Vec<(String, String)>,
    /// The command and its arguments; none on an empty line.
    pub words: Vec<String>,
}

/// Splits a line as a POSIX shell does, with these variables; `$?` is among them if it is given.
pub fn parse_line(line: &str, variables: &Environment) -> Result<Line, ShellError> {
    reject_unsupported(line)?;
    let expanded = expand(line, variables);
    let words = shlex::split(&expanded)
        .ok_or_else(|| "sh: a quote is opened and not closed: close it with the same kind of quote".to_string())?;
    let mut parsed = Line::default();
    for word in words {
        match split_assignment(&word) {
            Some((name, value)) if parsed.words.is_empty() => {
                parsed.assignments.push((name.to_string(), value.to_string()));
            }
            _ => parsed.words.push(word),
        }
    }
    Ok(parsed)
}

fn split_assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let mut characters = name.chars();
    let starts_well = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    (starts_well && characters.all(is_name_character)).then_some((name, value))
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// How a shell reads the next character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

/// Walks over a line with the state of its quotes; `visit` gets the place and what is open there.
fn walk(line: &str, mut visit: impl FnMut(usize, char, Quote) -> bool) {
    let mut quote = Quote::None;
    let mut escaped = false;
    let mut previous = ' ';
    for (at, character) in line.char_indices() {
        if escaped {
            escaped = false;
        } else {
            match (quote, character) {
                (Quote::None | Quote::Double, '\\') => escaped = true,
                (Quote::None, '\'') => quote = Quote::Single,
                (Quote::None, '"') => quote = Quote::Double,
                (Quote::Single, '\'') | (Quote::Double, '"') => quote = Quote::None,
                (Quote::None, '#') if previous.is_whitespace() => return,
                _ => {
                    if !visit(at, character, quote) {
                        return;
                    }
                }
            }
        }
        previous = character;
    }
}

/// The first command of a script, and what comes after it: commands stand on lines of their own or between semicolons.
pub fn split_command(script: &str) -> (&str, &str) {
    let (mut end, mut seen) = (None, 0);
    walk(script, |at, character, quote| {
        if quote == Quote::None && matches!(character, ';' | '\n') {
            end = Some(at);
        }
        seen = at + character.len_utf8();
        end.is_none()
    });
    // What was not seen is a comment, or nothing: it goes on to the end of its line.
    let end = end.or_else(|| script[seen..].find('\n').map(|at| seen + at)).unwrap_or(script.len());
    (&script[..end], script.get(end + 1..).unwrap_or_default())
}

/// What a person would expect of a shell and does not find here gets a sentence instead of a wrong answer.
fn reject_unsupported(line: &str) -> Result<(), ShellError> {
    let verb = line.split_whitespace().next().unwrap_or_default();
    let mut found = None;
    walk(line, |at, character, quote| {
        let rest = &line[at..];
        if quote == Quote::None {
            found = match character {
                '|' if verb == "partition" => None,
                '>' if verb == "cut" => None,
                '|' => Some("pipes (|)"),
                '>' | '<' => Some("redirections (> and <)"),
                '&' => Some("&& and background jobs (&)"),
                ';' => Some("several commands on one line (;): type them one after the other"),
                '`' => Some("command substitution (`)"),
                _ => None,
            };
        }
        if quote != Quote::Single && rest.starts_with("$(") {
            found = Some("command substitution ($(…))");
        }
        found.is_none()
    });
    match found {
        Some(what) => Err(format!("sh: not in this shell: {what}")),
        None => Ok(()),
    }
}

/// Puts variables in their places. A value is quoted so that it stays one word inside quotes, and outside of them is split
/// at its spaces and nowhere else.
fn expand(line: &str, variables: &Environment) -> String {
    let mut expanded = String::new();
    let mut copied = 0;
    walk(line, |at, character, quote| {
        if character != '$' || quote == Quote::Single || at < copied {
            return true;
        }
        let rest = &line[at + 1..];
        let (name, length) = if let Some(inner) = rest.strip_prefix('{') {
            match inner.find('}') {
                Some(end) => (&inner[..end], end + 2),
                None => return true,
            }
        } else if rest.starts_with('?') {
            ("?", 1)
        } else {
            let end = rest.find(|c: char| !is_name_character(c)).unwrap_or(rest.len());
            (&rest[..end], end)
        };
        if name.is_empty() {
            return true;
        }
        expanded.push_str(&line[copied..at]);
        let value = variables.get(name).map_or("", String::as_str);
        for character in value.chars() {
            let special = match quote {
                Quote::Double => matches!(character, '"' | '\\' | '$' | '`'),
                Quote::None | Quote::Single => !(character.is_alphanumeric() || character.is_whitespace()),
            };
            if special {
                expanded.push('\\');
            }
            expanded.push(character);
        }
        copied = at + 1 + length;
        true
    });
    expanded.push_str(&line[copied..]);
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str, variables: &[(&str, &str)]) -> Vec<String> {
        let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        parse_line(line, &variables).expect("the line is understood").words
    }

    #[test]
    fn quotes_hold_words_together_as_in_a_posix_shell() {
        assert_eq!(words(r#"etcdctl put a "b c" 'd "e"' f\ g"#, &[]), ["etcdctl", "put", "a", "b c", "d \"e\"", "f g"]);
    }

    #[test]
    fn a_comment_ends_the_line_but_not_inside_a_word() {
        assert_eq!(words("lease keep-alive 12 # stop it", &[]), ["lease", "keep-alive", "12"]);
        assert_eq!(words("put a#b", &[]), ["put", "a#b"]);
    }

    #[test]
    fn an_unclosed_quote_is_told_in_one_sentence() {
        let error = parse_line("put \"a", &Environment::new()).expect_err("a quote is open");
        assert!(error.contains("quote"), "{error}");
    }

    #[test]
    fn variables_are_put_in_their_places_except_in_single_quotes() {
        let variables = [("A", "x y"), ("Q", "\"v\"")];
        assert_eq!(
            words("echo $A \"$A\" '$A' key=$Q ${A}z", &variables),
            ["echo", "x", "y", "x y", "$A", "key=\"v\"", "x", "yz"]
        );
    }

    #[test]
    fn leading_assignments_are_not_words() {
        let line = parse_line("A=1 B='2 3' etcdctl get C=4", &Environment::new()).expect("understood");
        assert_eq!(line.assignments, [("A".to_string(), "1".to_string()), ("B".to_string(), "2 3".to_string())]);
        assert_eq!(line.words, ["etcdctl", "get", "C=4"]);
    }

    #[test]
    fn commands_of_a_script_end_at_semicolons_and_line_ends_outside_of_quotes() {
        let commands = |mut script: &'static str| {
            let mut commands = Vec::new();
            while !script.is_empty() {
                let (first, rest) = split_command(script);
                commands.push(first.trim());
                script = rest;
            }
            commands
        };
        assert_eq!(commands("echo one; echo 'a;b' \";\"\nexit 7"), ["echo one", "echo 'a;b' \";\"", "exit 7"]);
        assert_eq!(commands("echo a # b; c\necho \"d\n\""), ["echo a # b; c", "echo \"d\n\""]);
        assert_eq!(commands("a"), ["a"]);
    }

    #[test]
    fn what_this_shell_lacks_is_named() {
        for (line, what) in
            [("a | b", "pipes"), ("a > f", "redirections"), ("a; b", "several"), ("echo $(b)", "substitution")]
        {
            let error = parse_line(line, &Environment::new()).expect_err(line);
            assert!(error.contains(what), "{line}: {error}");
        }
        assert_eq!(words("partition n1 | n2 n3", &[]), ["partition", "n1", "|", "n2", "n3"]);
        assert_eq!(words("put a 'b | c; d'", &[]), ["put", "a", "b | c; d"]);
    }
}
