//! An actor's own clock: what it reads when the world's clock reads something else.
//!
//! `local = anchor_local + (world - anchor_world) * (1 + drift_ppm / 10^6)`. Changing the drift moves the anchor to now, so
//! that the local clock never jumps by a change of speed; a change of skew is a jump, as with a clock that was set by hand.

use super::time::{Duration, Time};
use serde::{Deserialize, Serialize};

/// How far an actor's clock is off, and how fast it runs away.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct ClockSettings {
    /// What the clock is ahead of the world's at the moment of setting, in microseconds.
    pub skew_us: i64,
    /// How much faster it runs, in parts per million; -500,000 (half speed) to 1,000,000 (double).
    pub drift_ppm: i64,
}

const MILLION: i64 = 1_000_000;

#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    anchor_world: Time,
    anchor_local: Time,
    drift_ppm: i64,
}

impl Clock {
    pub(super) fn new(settings: ClockSettings) -> Clock {
        let mut clock = Clock { anchor_world: Time::ZERO, anchor_local: Time::ZERO, drift_ppm: 0 };
        clock.set(Time::ZERO, settings);
        clock
    }

    pub(super) fn set(&mut self, now: Time, settings: ClockSettings) {
        self.anchor_local = now + Duration(settings.skew_us);
        self.anchor_world = now;
        self.drift_ppm = settings.drift_ppm.clamp(-MILLION / 2, MILLION);
    }

    /// What this clock reads at `world`.
    pub(super) fn local(&self, world: Time) -> Time {
        let elapsed = world - self.anchor_world;
        if self.drift_ppm == 0 {
            return self.anchor_local + elapsed;
        }
        let scaled = (i128::from(elapsed.0) * i128::from(MILLION + self.drift_ppm)).div_euclid(i128::from(MILLION));
        self.anchor_local + Duration(scaled as i64)
    }

    /// The first instant of the world at which this clock reads at least `local`.
    pub(super) fn world(&self, local: Time) -> Time {
        if local == Time::MAX {
            return Time::MAX;
        }
        let elapsed = local - self.anchor_local;
        if self.drift_ppm == 0 {
            return self.anchor_world + elapsed;
        }
        let speed = i128::from(MILLION + self.drift_ppm);
        let scaled = (i128::from(elapsed.0) * i128::from(MILLION) + speed - 1).div_euclid(speed);
        self.anchor_world + Duration(scaled as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_without_skew_or_drift_is_the_worlds() {
        let clock = Clock::new(ClockSettings::default());
        assert_eq!(clock.local(Time(5)), Time(5));
        assert_eq!(clock.world(Time(5)), Time(5));
    }

    #[test]
    fn world_is_the_first_instant_at_which_the_local_clock_reads_so() {
        for drift_ppm in [-500_000, -3, 7, 333_333, 1_000_000] {
            let clock = Clock::new(ClockSettings { skew_us: 17, drift_ppm });
            for local in [17, 18, 1_000, 999_983] {
                let world = clock.world(Time(local));
                assert!(clock.local(world) >= Time(local), "drift {drift_ppm}, local {local}");
                assert!(clock.local(Time(world.0 - 1)) < Time(local), "drift {drift_ppm}, local {local}");
            }
        }
    }

    #[test]
    fn a_change_of_drift_alone_does_not_make_the_clock_jump() {
        let mut clock = Clock::new(ClockSettings { skew_us: 0, drift_ppm: 200_000 });
        let before = clock.local(Time(1_000_000));
        clock.set(Time(1_000_000), ClockSettings { skew_us: before.0 - 1_000_000, drift_ppm: 0 });
        assert_eq!(clock.local(Time(1_000_000)), before);
    }
}
