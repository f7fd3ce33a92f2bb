//! `strconv.ParseInt` and `strconv.ParseBool`, with their error texts.

use super::quote::quote;

/// Why a number was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Refusal {
    Syntax,
    Range,
}

/// `strconv.ParseInt(text, base, 64)`. Base 0 takes the base from the text (`0x`, `0o`, `0b`, a leading `0`) and allows
/// underscores between digits. The error is Go's whole text.
pub(crate) fn parse_int(text: &str, base: u32) -> Result<i64, String> {
    parse_signed(text, base).map_err(|refusal| error_text("ParseInt", text, refusal))
}

/// `strconv.ParseBool(text)`. The error is Go's whole text.
pub(crate) fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(error_text("ParseBool", text, Refusal::Syntax)),
    }
}

fn error_text(function: &str, text: &str, refusal: Refusal) -> String {
    let reason = match refusal {
        Refusal::Syntax => "invalid syntax",
        Refusal::Range => "value out of range",
    };
    format!("strconv.{function}: parsing {}: {reason}", quote(text.as_bytes()))
}

fn parse_signed(text: &str, base: u32) -> Result<i64, Refusal> {
    let (negative, digits) = match text.as_bytes().first() {
        None => return Err(Refusal::Syntax),
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        Some(_) => (false, text),
    };
    let magnitude = parse_magnitude(digits, base)?;
    let limit = 1_u64 << 63;
    match negative {
        false if magnitude < limit => Ok(magnitude as i64),
        true if magnitude <= limit => Ok((magnitude as i64).wrapping_neg()),
        _ => Err(Refusal::Range),
    }
}

fn parse_magnitude(text: &str, base: u32) -> Result<u64, Refusal> {
    if text.is_empty() {
        return Err(Refusal::Syntax);
    }
    let (radix, digits) = if base == 0 { split_prefix(text) } else { (base, text) };
    let mut magnitude = 0_u64;
    for character in digits.chars() {
        if character == '_' && base == 0 {
            continue;
        }
        let digit = character.to_digit(radix).ok_or(Refusal::Syntax)?;
        magnitude = magnitude
            .checked_mul(u64::from(radix))
            .and_then(|shifted| shifted.checked_add(u64::from(digit)))
            .ok_or(Refusal::Range)?;
    }
    if digits.contains('_') && !underscores_are_well_placed(text) {
        return Err(Refusal::Syntax);
    }
    Ok(magnitude)
}

/// The base that a text in base 0 names, and the digits after the name of the base.
fn split_prefix(text: &str) -> (u32, &str) {
    let bytes = text.as_bytes();
    if bytes[0] != b'0' {
        return (10, text);
    }
    if bytes.len() >= 3 {
        match bytes[1].to_ascii_lowercase() {
            b'b' => return (2, &text[2..]),
            b'o' => return (8, &text[2..]),
            b'x' => return (16, &text[2..]),
            _ => {}
        }
    }
    (8, &text[1..])
}

/// Underscores stand between digits, or between the name of the base and a digit.
fn underscores_are_well_placed(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let prefixed = ["0b", "0o", "0x"].iter().any(|prefix| lower.starts_with(prefix));
    let mut before_is_digit = prefixed;
    let mut last_is_underscore = false;
    for character in lower[if prefixed { 2 } else { 0 }..].chars() {
        if character == '_' {
            if !before_is_digit {
                return false;
            }
            (before_is_digit, last_is_underscore) = (false, true);
        } else {
            (before_is_digit, last_is_underscore) = (true, false);
        }
    }
    !last_is_underscore
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_zero_takes_the_base_from_the_text() {
        for (text, value) in
            [("10", 10), ("0x10", 16), ("0b11", 3), ("017", 15), ("-0o17", -15), ("1_000", 1000), ("0", 0)]
        {
            assert_eq!(parse_int(text, 0), Ok(value), "{text}");
        }
        for text in ["", "x", "1__0", "_1", "1_", "0x", "12a"] {
            let error = parse_int(text, 0).expect_err(text);
            assert_eq!(error, format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"));
        }
    }

    #[test]
    fn a_fixed_base_knows_neither_prefix_nor_underscore() {
        assert_eq!(parse_int("694d8257079fa1bc", 16), Ok(0x694d_8257_079f_a1bc));
        assert!(parse_int("0x10", 16).is_err());
        assert!(parse_int("1_0", 16).is_err());
    }

    #[test]
    fn the_whole_range_is_read_and_nothing_beyond() {
        assert_eq!(parse_int("9223372036854775807", 10), Ok(i64::MAX));
        assert_eq!(parse_int("-9223372036854775808", 10), Ok(i64::MIN));
        for text in ["9223372036854775808", "-9223372036854775809", "99999999999999999999"] {
            let error = parse_int(text, 10).expect_err(text);
            assert_eq!(error, format!("strconv.ParseInt: parsing \"{text}\": value out of range"));
        }
    }
}
