//! Splitting a line into words, as `txn` and `watch -i` do it.
//!
//! `etcdctl` finds words with the regular expression `"(?:[^"\\]|\\.)*"|'[^']*'|[^'"\s]\S*[^'"\s]?`: in double quotes with
//! Go's escapes, in single quotes as they are, or a run without space. What fits none of them, such as a quote that does
//! not end, is passed over.

use super::golang::quote::unquote_prefix;
use super::session::{Stop, exit};

/// The words of a line.
///
/// # Errors
/// A word in double quotes with an escape that Go does not know, or whose escapes make no text.
pub(crate) fn split(line: &str) -> Result<Vec<String>, Stop> {
    let mut words = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => double_quoted_length(rest),
            '\'' => rest[1..].find('\'').map(|end| end + 2),
            _ if is_space(first) => None,
            _ => Some(rest.find(is_space).unwrap_or(rest.len())),
        };
        let Some(length) = length else {
            rest = &rest[first.len_utf8()..];
            continue;
        };
        let (word, after) = rest.split_at(length);
        words.push(match first {
            '"' => unquote(word)?,
            '\'' => word[1..length - 1].to_string(),
            _ => word.to_string(),
        });
        rest = after;
    }
    Ok(words)
}

/// The white space of Go's regular expressions.
fn is_space(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\x0c' | '\r' | ' ')
}

/// How long the word in double quotes is that the text begins with, quotes included.
fn double_quoted_length(text: &str) -> Option<usize> {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some(at + 1),
            '\\' => characters.next().map(|_| ())?,
            _ => {}
        }
    }
    None
}

fn unquote(word: &str) -> Result<String, Stop> {
    let (bytes, _) = unquote_prefix(word).ok_or_else(|| Stop::error(exit::INVALID_INPUT, "invalid syntax"))?;
    String::from_utf8(bytes).map_err(|_| {
        let text = format!("{word} has escapes that make no UTF-8 text, which this sandbox cannot take here");
        Stop::error(exit::INVALID_INPUT, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_bare_or_in_either_kind_of_quotes() {
        for (line, words) in [
            ("put k v", &["put", "k", "v"][..]),
            ("  put\tk  'two  words' ", &["put", "k", "two  words"]),
            (r#"put "a \"b\"\n\x23" ''"#, &["put", "a \"b\"\n#", ""]),
            (r#"put a"b c" d"#, &["put", "a\"b", "c\"", "d"]),
            (r#"put 'open"#, &["put", "open"]),
            ("", &[]),
        ] {
            assert_eq!(split(line).unwrap(), words, "{line}");
        }
        assert_eq!(split(r#"put "\q""#), Err(Stop::error(3, "invalid syntax")));
        assert!(split(r#"put "\xff""#).is_err());
    }
}
