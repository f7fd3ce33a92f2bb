//! Numbers as text, without the float formatter: it would be a tenth of the page.

use quorate::sandbox::view::RoleView;
use quorate::sandbox::{ActorState, Duration, Time};

/// A length on the picture with one decimal.
pub(crate) fn px(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let tenths = tenths.unsigned_abs();
    match tenths % 10 {
        0 => format!("{sign}{}", tenths / 10),
        rest => format!("{sign}{}.{rest}", tenths / 10),
    }
}

/// The value, or the nearer of two bounds. Unlike [`f64::clamp`] it has no panic that prints numbers, which alone would be
/// thirteen kilobytes of code; where the bounds cross, the upper one counts.
pub(crate) fn within(value: f64, low: f64, high: f64) -> f64 {
    value.max(low).min(high)
}

/// A share of one with three decimals, for opacities and style variables.
pub(crate) fn share(value: f64) -> String {
    let thousandths = (within(value, 0.0, 1.0) * 1_000.0).round() as u64;
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

/// Seconds with three decimals, without a unit: `17.393`.
pub(crate) fn seconds(time: Time) -> String {
    let micros = time.micros().max(0);
    format!("{}.{:03}", micros / 1_000_000, micros / 1_000 % 1_000)
}

/// A length of time as short as it can be read: `0.4 ms`, `26 ms`, `4.2 s`, `3 min 5 s`.
pub(crate) fn length(length: Duration) -> String {
    match length.as_micros().max(0) {
        0 => "0 ms".to_owned(),
        micros @ ..10_000 if micros % 1_000 != 0 => format!("{}.{} ms", micros / 1_000, micros / 100 % 10),
        micros @ ..1_000_000 => format!("{} ms", micros / 1_000),
        micros @ ..60_000_000 => format!("{}.{} s", micros / 1_000_000, micros / 100_000 % 10),
        micros => format!("{} min {} s", micros / 60_000_000, micros / 1_000_000 % 60),
    }
}

/// The style class of a term's hue: five hues in a cycle, none for term 0.
pub(crate) fn hue(term: u64) -> &'static str {
    const HUES: [&str; 5] = ["t1", "t2", "t3", "t4", "t5"];
    match term {
        0 => "t0",
        term => HUES[((term - 1) % 5) as usize],
    }
}

/// The word under a node: what it does, or why it does nothing.
pub(crate) fn role(role: RoleView, state: ActorState) -> &'static str {
    match (state, role) {
        (ActorState::Down, _) => "crashed",
        (ActorState::Paused, _) => "paused",
        (_, RoleView::Follower) => "follower",
        (_, RoleView::PreCandidate) => "pre-candidate",
        (_, RoleView::Candidate) => "candidate",
        (_, RoleView::Leader) => "leader",
        (_, RoleView::Learner) => "learner",
    }
}

/// A number with its noun.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// Names in a row: `n1, n2 and n3`.
pub(crate) fn list<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_as_short_as_it_can_be_read() {
        for (micros, text) in
            [(0, "0 ms"), (400, "0.4 ms"), (26_000, "26 ms"), (4_210_000, "4.2 s"), (185_000_000, "3 min 5 s")]
        {
            assert_eq!(length(Duration::micros(micros)), text);
        }
    }

    #[test]
    fn the_sixth_term_has_the_hue_of_the_first() {
        assert_eq!((hue(0), hue(1), hue(5), hue(6)), ("t0", "t1", "t5", "t1"));
    }

    #[test]
    fn a_coordinate_keeps_one_decimal_and_its_sign() {
        assert_eq!((px(-0.04), px(-1.26), px(12.0)), ("0".to_owned(), "-1.3".to_owned(), "12".to_owned()));
    }
}
