//! The commands that belong to the sandbox itself: breaking, mending, waiting.

use super::ShellError;
use crate::sim::Duration;

/// A node as a person names it: `n2`, `leader`, `follower1`.
pub type NodeName = String;

/// A command of the sandbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Builtin {
    /// Members of different groups cannot reach each other.
    Partition(Vec<Vec<NodeName>>),
    /// Everything can be reached again.
    Heal,
    /// One link, in both directions or one.
    Cut {
        /// One end; the sender if one way.
        from: NodeName,
        /// The other.
        to: NodeName,
        /// Only messages from `from` to `to`.
        one_way: bool,
    },
    /// Cuts a member off from all others.
    Isolate(NodeName),
    /// Ends processes at once.
    Crash(Vec<NodeName>),
    /// Starts processes from their disks.
    Restart(Vec<NodeName>),
    /// Stops processes.
    Pause(Vec<NodeName>),
    /// Lets processes go on.
    Resume(Vec<NodeName>),
    /// Waits in virtual time.
    Wait(Duration),
    /// Waits until a quorum has a leader and everybody reachable follows it.
    WaitLeader,
    /// Prints the leader's name.
    Leader,
    /// Prints what can be typed.
    Help,
    /// Prints its words.
    Echo(Vec<String>),
    /// Sets variables for all that follows.
    Export(Vec<String>),
    /// Runs the commands of a script, one after another.
    Shell(String),
    /// Ends with this status.
    Status(i32),
}

/// The names of the sandbox's commands, with what they do, for completion and help.
pub const BUILTINS: &[(&str, &str, &str)] = &[
    ("partition", "A B | C …", "cut the members into groups that cannot reach each other"),
    ("heal", "", "make every link whole again"),
    ("isolate", "NODE", "cut one member off from all others"),
    ("cut", "A B | A -> B", "cut one link, both ways or one way"),
    ("crash", "NODE …", "kill the process; what its disk has not synced is lost"),
    ("restart", "NODE …", "start it again from its disk"),
    ("pause", "NODE …", "stop the process (SIGSTOP); its messages wait"),
    ("resume", "NODE …", "let it go on (SIGCONT)"),
    ("wait", "DURATION", "let virtual time pass: 500ms, 3s"),
    ("wait-leader", "", "wait until a leader is elected and followed"),
    ("leader", "", "print who leads"),
    ("help", "", "this list"),
    ("echo", "WORD …", "print words"),
    ("export", "NAME=VALUE …", "set a variable, such as ETCDCTL_ENDPOINTS"),
];

/// The sandbox's command that these words are; `None` if the first is no such command.
pub fn parse(words: &[String]) -> Option<Result<Builtin, ShellError>> {
    let (name, arguments) = words.split_first()?;
    Some(match name.as_str() {
        "partition" => partition(arguments),
        "heal" => Ok(Builtin::Heal),
        "isolate" => match arguments {
            [node] => Ok(Builtin::Isolate(node.clone())),
            _ => Err("isolate: name one member, such as n1 or leader".to_string()),
        },
        "cut" => cut(arguments),
        "crash" => nodes(name, arguments).map(Builtin::Crash),
        "restart" => nodes(name, arguments).map(Builtin::Restart),
        "pause" => nodes(name, arguments).map(Builtin::Pause),
        "resume" => nodes(name, arguments).map(Builtin::Resume),
        "wait" | "sleep" => match arguments {
            [length] => duration(length).map(Builtin::Wait),
            _ => Err(format!("{name}: say how long, such as 500ms or 3s")),
        },
        "wait-leader" => Ok(Builtin::WaitLeader),
        "leader" => Ok(Builtin::Leader),
        "help" => Ok(Builtin::Help),
        "echo" => Ok(Builtin::Echo(arguments.to_vec())),
        "export" => Ok(Builtin::Export(arguments.to_vec())),
        "sh" => match arguments {
            [flag, script, ..] if flag == "-c" => Ok(Builtin::Shell(script.clone())),
            _ => Err("sh: only sh -c 'COMMAND' is known here".to_string()),
        },
        "true" => Ok(Builtin::Status(0)),
        "false" => Ok(Builtin::Status(1)),
        _ => return None,
    })
}

fn nodes(name: &str, arguments: &[String]) -> Result<Vec<NodeName>, ShellError> {
    if arguments.is_empty() {
        return Err(format!("{name}: name at least one member, such as n1, leader or follower1"));
    }
    Ok(arguments.to_vec())
}

fn partition(arguments: &[String]) -> Result<Builtin, ShellError> {
    let groups: Vec<Vec<NodeName>> = arguments.split(|word| word == "|").map(<[String]>::to_vec).collect();
    if groups.len() < 2 || groups.iter().any(Vec::is_empty) {
        return Err("partition: name the groups with | between them, such as: partition n1 | n2 n3".to_string());
    }
    Ok(Builtin::Partition(groups))
}

fn cut(arguments: &[String]) -> Result<Builtin, ShellError> {
    match arguments {
        [from, to] => Ok(Builtin::Cut { from: from.clone(), to: to.clone(), one_way: false }),
        [from, arrow, to] if arrow == "->" => Ok(Builtin::Cut { from: from.clone(), to: to.clone(), one_way: true }),
        _ => Err("cut: name two members, such as: cut n1 n2, or one way: cut n1 '->' n2".to_string()),
    }
}

/// `500ms`, `3s`, `1.5s`, `2m`, or plain seconds.
fn duration(text: &str) -> Result<Duration, ShellError> {
    let wrong = || format!("wait: \"{text}\" is no duration: write 500ms, 3s or 2m, up to a day");
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit_us: i64 = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" | "" => 1_000_000,
        "m" => 60_000_000,
        _ => return Err(wrong()),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| wrong())? };
    if number.is_empty() || number == "." || fraction.len() > 6 || fraction.contains('.') {
        return Err(wrong());
    }
    let mut micros = whole.checked_mul(unit_us).ok_or_else(wrong)?;
    let mut scale = unit_us;
    for digit in fraction.bytes() {
        scale /= 10;
        micros += scale * i64::from(digit - b'0');
    }
    const DAY_US: i64 = 86_400_000_000;
    if micros > DAY_US { Err(wrong()) } else { Ok(Duration::micros(micros)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Builtin, ShellError> {
        let words: Vec<String> = line.split(' ').map(str::to_string).collect();
        parse(&words).expect("a command of the sandbox")
    }

    #[test]
    fn a_partition_names_its_groups() {
        let groups = vec![vec!["n1".to_string()], vec!["n2".to_string(), "n3".to_string()]];
        assert_eq!(parsed("partition n1 | n2 n3"), Ok(Builtin::Partition(groups)));
        assert!(parsed("partition n1 n2").is_err());
        assert!(parsed("partition n1 |").is_err());
    }

    #[test]
    fn durations_are_read_with_their_units() {
        assert_eq!(parsed("wait 500ms"), Ok(Builtin::Wait(Duration::millis(500))));
        assert_eq!(parsed("wait 1.5s"), Ok(Builtin::Wait(Duration::millis(1_500))));
        assert_eq!(parsed("wait 2m"), Ok(Builtin::Wait(Duration::seconds(120))));
        assert_eq!(parsed("sleep 3"), Ok(Builtin::Wait(Duration::seconds(3))));
        for wrong in ["wait x", "wait -1s", "wait 3h", "wait 99999999s", "wait .", "wait 9999999999999999999s"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_command_that_is_not_the_sandboxs_is_left_to_others() {
        assert_eq!(parse(&["etcdctl".to_string()]), None);
    }
}
