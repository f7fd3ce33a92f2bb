//! Seeded randomness: one stream for each purpose, so that drawing more in one place does not move another.
//!
//! The generator is PCG-XSH-RR 64/32 from `rand_pcg`: small, the same on every platform, and cheap to clone with a checkpoint.

use rand_core::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg32;

/// A stream of random numbers, fixed by a seed and the name of its purpose.
#[derive(Clone, Debug)]
pub struct Random(Pcg32);

impl Random {
    /// The stream `purpose` of `seed`. Different purposes give unrelated streams.
    pub fn new(seed: u64, purpose: u64) -> Random {
        let mut bytes = [0u8; 16];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..].copy_from_slice(&purpose.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
        let mut random = Random(Pcg32::from_seed(bytes));
        // Seeds that differ in few bits need a few rounds to part.
        for _ in 0..4 {
            random.0.next_u32();
        }
        random
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A uniform integer in `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        assert!(low <= high, "empty range {low}..={high}");
        let span = high.abs_diff(low);
        if span == 0 {
            return low;
        }
        if span < u64::from(u32::MAX) {
            // Multiply-shift; the bias is below 2^-32 of the span and the same everywhere.
            let scaled = (u64::from(self.0.next_u32()) * (span + 1)) >> 32;
            return low.wrapping_add(scaled as i64);
        }
        low.wrapping_add((self.bits() % (span.wrapping_add(1).max(1))) as i64)
    }

    /// True `ppm` times in a million. Draws nothing when `ppm` is 0, so that unused faults do not move the stream.
    pub fn chance(&mut self, ppm: u32) -> bool {
        ppm > 0 && self.between(0, 999_999) < i64::from(ppm)
    }
}
