//! `strconv.Quote` and `strconv.Unquote`: how Go writes and reads a string in double quotes.

use std::fmt::Write;

/// `%q` of a byte string: in double quotes, what is not printable escaped, what is not UTF-8 as `\xNN`.
pub(crate) fn quote(bytes: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_escaped(&mut quoted, character, '"');
        }
        for byte in chunk.invalid() {
            push_hex(&mut quoted, *byte);
        }
    }
    quoted.push('"');
    quoted
}

/// `%q` of one byte, taken as a character: in single quotes.
pub(crate) fn quote_byte(byte: u8) -> String {
    let mut quoted = String::from("'");
    push_escaped(&mut quoted, char::from(byte), '\'');
    quoted.push('\'');
    quoted
}

/// `%q` of a list of strings: `["a" "b"]`.
pub(crate) fn quote_list(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quote(word.as_bytes())).collect();
    format!("[{}]", quoted.join(" "))
}

fn push_escaped(quoted: &mut String, character: char, mark: char) {
    match character {
        '\\' => quoted.push_str("\\\\"),
        _ if character == mark => quoted.extend(['\\', mark]),
        _ if is_printable(character) => quoted.push(character),
        '\x07' => quoted.push_str("\\a"),
        '\x08' => quoted.push_str("\\b"),
        '\x0c' => quoted.push_str("\\f"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\x0b' => quoted.push_str("\\v"),
        ' '..='\x7e' => quoted.push(character),
        _ if character.is_ascii() => push_hex(quoted, character as u8),
        _ if (character as u32) < 0x1_0000 => {
            write!(quoted, "\\u{:04x}", character as u32).expect("a String takes all");
        }
        _ => write!(quoted, "\\U{:08x}", character as u32).expect("a String takes all"),
    }
}

fn push_hex(quoted: &mut String, byte: u8) {
    write!(quoted, "\\x{byte:02x}").expect("a String takes all");
}

/// `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the space. Rust's debug form escapes the
/// complement of the same set, and a combining mark only where nothing stands before it.
fn is_printable(character: char) -> bool {
    matches!(character, '\'' | '"') || format!("a{character}").escape_debug().nth(1) == Some(character)
}

/// Reads a string in double quotes at the start of `text`: its bytes and what follows it. `None` if there is none, it
/// does not end, or an escape is not Go's.
pub(crate) fn unquote_prefix(text: &str) -> Option<(Vec<u8>, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut bytes = Vec::new();
    loop {
        let character = rest.chars().next()?;
        rest = &rest[character.len_utf8()..];
        match character {
            '"' => return Some((bytes, rest)),
            '\n' => return None,
            '\\' => rest = unescape(rest, &mut bytes)?,
            _ => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Reads one escape, its backslash gone, and gives what follows it.
fn unescape<'t>(text: &'t str, bytes: &mut Vec<u8>) -> Option<&'t str> {
    let letter = text.chars().next()?;
    let rest = &text[letter.len_utf8()..];
    let plain = match letter {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        '"' => b'"',
        'x' | 'u' | 'U' => return unescape_hex(letter, rest, bytes),
        '0'..='7' => {
            let digits = text.get(..3)?;
            let value = digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit)).then_some(digits)?;
            bytes.push(u8::from_str_radix(value, 8).ok()?);
            return text.get(3..);
        }
        _ => return None,
    };
    bytes.push(plain);
    Some(rest)
}

fn unescape_hex<'t>(letter: char, rest: &'t str, bytes: &mut Vec<u8>) -> Option<&'t str> {
    let length = match letter {
        'x' => 2,
        'u' => 4,
        _ => 8,
    };
    let digits = rest.get(..length)?;
    let value = digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(digits)?;
    let value = u32::from_str_radix(value, 16).ok()?;
    if letter == 'x' {
        bytes.push(value as u8);
    } else {
        bytes.extend_from_slice(char::from_u32(value)?.encode_utf8(&mut [0; 4]).as_bytes());
    }
    rest.get(length..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_printed_is_escaped_as_go_does() {
        let text = "a\tb\n\"q\" \\ 'x' 🦀 žluť e\u{301} \u{200b}\u{7f}\u{1}\u{a0}\u{e0001}";
        let quoted = "\"a\\tb\\n\\\"q\\\" \\\\ 'x' 🦀 žluť e\u{301} \\u200b\\x7f\\x01\\u00a0\\U000e0001\"";
        assert_eq!(quote(text.as_bytes()), quoted);
        assert_eq!(quote(b"\xff\xc3("), "\"\\xff\\xc3(\"");
    }

    #[test]
    fn what_was_quoted_is_read_back() {
        for bytes in [&b"plain"[..], b"", b"\xff\x00\x7f", "ÿ\u{200b}\n\"".as_bytes()] {
            let quoted = quote(bytes);
            assert_eq!(unquote_prefix(&quoted), Some((bytes.to_vec(), "")), "{quoted}");
        }
    }

    #[test]
    fn escapes_that_go_does_not_know_are_refused() {
        for text in ["\"\\q\"", "\"\\'\"", "\"open", "\"\\x4\"", "\"\\ud800\"", "\"\\400\"", "plain", ""] {
            assert_eq!(unquote_prefix(text), None, "{text}");
        }
        assert_eq!(unquote_prefix("\"\\x23\\101\\u00e9\" = x"), Some(("#Aé".into(), " = x")));
    }
}
