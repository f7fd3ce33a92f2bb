//! Virtual time in integer microseconds.
//!
//! [`Time`] is a point, [`Duration`] a length; both are signed so that a clock that is behind the world can be written down.
//! No conversion from or to the wall clock exists here, on purpose.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};

/// A point in virtual time: microseconds since the world began (or since an actor's own clock read zero).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Time(pub i64);

/// A length of virtual time in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Duration(pub i64);

impl Time {
    /// The instant at which a world begins.
    pub const ZERO: Time = Time(0);
    /// Later than any event.
    pub const MAX: Time = Time(i64::MAX);

    /// Microseconds since the beginning.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The time from `earlier` to `self`; zero if `earlier` is later.
    pub fn since(self, earlier: Time) -> Duration {
        Duration((self.0 - earlier.0).max(0))
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);

    /// A length of `n` microseconds.
    pub const fn micros(n: i64) -> Duration {
        Duration(n)
    }

    /// A length of `n` milliseconds.
    pub const fn millis(n: i64) -> Duration {
        Duration(n * 1_000)
    }

    /// A length of `n` seconds.
    pub const fn seconds(n: i64) -> Duration {
        Duration(n * 1_000_000)
    }

    /// The length in microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, length: Duration) -> Time {
        Time(self.0.saturating_add(length.0))
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, length: Duration) {
        *self = *self + length;
    }
}

impl Sub<Duration> for Time {
    type Output = Time;
    fn sub(self, length: Duration) -> Time {
        Time(self.0.saturating_sub(length.0))
    }
}

impl Sub for Time {
    type Output = Duration;
    fn sub(self, other: Time) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}

impl Add for Duration {
    type Output = Duration;
    fn add(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }
}

impl Mul<i64> for Duration {
    type Output = Duration;
    fn mul(self, times: i64) -> Duration {
        Duration(self.0.saturating_mul(times))
    }
}

impl fmt::Display for Time {
    /// Seconds with three decimals: `17.393 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Duration(self.0))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:03} s", micros / 1_000_000, micros / 1_000 % 1_000)
    }
}
