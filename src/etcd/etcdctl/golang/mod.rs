//! The few habits of Go's standard library that show in what `etcdctl` prints.
//!
//! `etcdctl` is a Go program: its quoting (`%q`), its durations (`2.1ms`), its number parsing and the texts of the errors
//! that come with them are Go's. They are visible output, so they are rebuilt here to the letter, from the documented
//! behaviour of `strconv`, `fmt` and `time`.
//!
//! Deliberately absent: everything of Go that no output of `etcdctl` shows.

pub(crate) mod duration;
pub(crate) mod number;
pub(crate) mod quote;
