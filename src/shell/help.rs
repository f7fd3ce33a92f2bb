//! What `help` prints.

use super::BUILTINS;
use std::fmt::Write as _;

/// The list of what can be typed.
pub fn help() -> String {
    let mut text = String::from("The cluster's own tool, as on a real one:\n");
    for (example, what) in [
        ("etcdctl put /a 1", "write a key"),
        ("etcdctl get / --prefix", "read keys"),
        ("etcdctl watch / --prefix", "follow changes; Ctrl-C stops it"),
        ("etcdctl lease grant 10", "a lease that runs out"),
        ("etcdctl txn -i", "compare, then or else"),
        ("etcdctl endpoint status --cluster -w table", "who leads, how far each member is"),
        ("etcdctl --help", "everything else"),
    ] {
        let _ = writeln!(text, "  {example:<44} {what}");
    }
    text.push_str("Breaking and mending:\n");
    for (name, arguments, what) in BUILTINS {
        let _ = writeln!(text, "  {:<44} {what}", format!("{name} {arguments}"));
    }
    text.push_str("A NODE is n1, n2…, or leader, follower1, follower2….\n");
    text
}
