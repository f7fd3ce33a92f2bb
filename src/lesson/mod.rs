//! Files that tell a story: transcripts of real systems, to be replayed and compared.
//!
//! [`transcript`] is the format (documented in `tests/transcripts/FORMAT.md`), [`mask`] replaces what legitimately differs
//! from run to run. Who carries the directives out is `sandbox::transcript`.

pub mod mask;
pub mod transcript;
