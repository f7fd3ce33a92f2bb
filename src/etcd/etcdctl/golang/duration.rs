//! `time.Duration`: how Go writes and reads a length of time (`1m2.5s`, `350ms`). Lengths are nanoseconds here, as in Go.

use super::quote::quote;

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// `Duration.String()`.
pub(crate) fn format(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let size = nanos.unsigned_abs();
    let text = match size {
        0 => "0s".to_string(),
        1..1_000 => format!("{size}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(size, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(size, 1_000_000)),
        _ => {
            let minutes = size / 60_000_000_000;
            let seconds = decimal(size % 60_000_000_000, 1_000_000_000);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}

/// `size / unit` with as many decimals as it has.
fn decimal(size: u64, unit: u64) -> String {
    let digits = unit.ilog10() as usize;
    let text = format!("{}.{:0digits$}", size / unit, size % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// `time.ParseDuration`. The error is Go's whole text.
pub(crate) fn parse(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote(text.as_bytes()));
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut nanos = 0_u64;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => split_digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit_nanos = unit_nanos(unit, text)?;
        let part = amount(whole, fraction, unit_nanos).ok_or_else(invalid)?;
        nanos = nanos.checked_add(part).filter(|sum| *sum <= 1 << 63).ok_or_else(invalid)?;
        rest = after;
    }
    match (negative, i64::try_from(nanos)) {
        (true, _) => Ok((nanos as i64).wrapping_neg()),
        (false, nanos) => nanos.map_err(|_| invalid()),
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn unit_nanos(unit: &str, text: &str) -> Result<u64, String> {
    if unit.is_empty() {
        return Err(format!("time: missing unit in duration {}", quote(text.as_bytes())));
    }
    let known = UNITS.iter().find(|(name, _)| *name == unit);
    known
        .map(|(_, nanos)| *nanos)
        .ok_or_else(|| format!("time: unknown unit {} in duration {}", quote(unit.as_bytes()), quote(text.as_bytes())))
}

/// `whole.fraction` times the unit, cut to nanoseconds; `None` if it does not fit.
fn amount(whole: &str, fraction: &str, unit_nanos: u64) -> Option<u64> {
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // Beyond 18 digits nothing reaches a nanosecond: the largest unit has 13.
    let fraction = &fraction[..fraction.len().min(18)];
    let numerator: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let part = u128::from(numerator) * u128::from(unit_nanos) / u128::from(10_u64.pow(fraction.len() as u32));
    whole.checked_mul(unit_nanos)?.checked_add(part as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_in_the_unit_that_fits() {
        for (nanos, text) in [
            (0, "0s"),
            (900, "900ns"),
            (1_500, "1.5µs"),
            (2_100_000, "2.1ms"),
            (5_000_000_000, "5s"),
            (5_001_200_000, "5.0012s"),
            (62_500_000_000, "1m2.5s"),
            (3_600_000_000_000, "1h0m0s"),
            (-1_000_000, "-1ms"),
        ] {
            assert_eq!(format(nanos), text);
            assert_eq!(parse(text), Ok(nanos), "{text}");
        }
    }

    #[test]
    fn a_length_without_a_known_unit_is_refused_with_gos_text() {
        assert_eq!(parse("x"), Err("time: invalid duration \"x\"".into()));
        assert_eq!(parse(""), Err("time: invalid duration \"\"".into()));
        assert_eq!(parse("5"), Err("time: missing unit in duration \"5\"".into()));
        assert_eq!(parse("5d"), Err("time: unknown unit \"d\" in duration \"5d\"".into()));
        assert_eq!(parse("9999999999h"), Err("time: invalid duration \"9999999999h\"".into()));
        assert_eq!(parse("1.5h"), Ok(5_400_000_000_000));
    }
}
