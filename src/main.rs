//! The native `quorate` command: arguments in, text out.
fn main() {}
