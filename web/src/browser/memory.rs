//! The page's memory, taken in large pieces.
//!
//! The standard allocator asks the browser for 64 kB at a time, and a browser answers each time slowly, at times with a
//! collection of its garbage: with a busy cluster that was two thirds of all time. So the page asks ahead. Pages of memory
//! that were never touched cost nothing but addresses.
//!
//! Deliberately absent: giving memory back, which WebAssembly cannot.

use std::hint::black_box;

/// What is asked for first: enough for hours of a classroom's cluster.
const BYTES_FIRST: usize = 64 << 20;

/// How much memory there was when it was looked at last.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    bytes: usize,
}

impl Memory {
    /// Asks for more when the allocator had to: half of what there is. To be called now and then.
    pub(crate) fn keep_ahead(&mut self) {
        if self.bytes == bytes() {
            return;
        }
        // What is taken and given back stays with the allocator; what the browser refuses may still be had in small pieces.
        let mut piece = Vec::<u8>::new();
        let _refused = piece.try_reserve_exact(BYTES_FIRST.max(self.bytes / 2));
        drop(black_box(piece));
        self.bytes = bytes();
    }
}

#[cfg(target_arch = "wasm32")]
fn bytes() -> usize {
    const PAGE_BYTES: usize = 1 << 16;
    core::arch::wasm32::memory_size::<0>() * PAGE_BYTES
}

/// Natively memory is the system's concern.
#[cfg(not(target_arch = "wasm32"))]
fn bytes() -> usize {
    0
}
