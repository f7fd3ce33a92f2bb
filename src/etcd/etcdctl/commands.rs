//! The table of commands: every name, flag and line of help of `etcdctl`, as data.
//!
//! Parsing, prefix matching, suggestions, help and completion all read this one table, so that none of them can know a
//! command that the others do not. A new command is an entry here, a [`Kind`], and a line in the dispatch of `mod.rs`.
//!
//! Commands of the real tool that the sandbox cannot carry out yet are entries without flags, of [`Kind::Absent`]:
//! `etcdctl l` is ambiguous because of `lock`, and `etcdctl set` suggests `user`, as in the real tool. Help and completion
//! leave them out.
//!
//! Invariant: names and flags are those of etcdctl 3.5.30, in the order in which it registers them. The prose is our own.

use super::pflag::{FlagKind, FlagSpec};

/// What running a command means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// It only holds subcommands.
    Group,
    /// The real tool has it; the sandbox has not.
    Absent,
    /// The help command.
    Help,
    Get,
    Put,
    Del,
    Txn,
    Compaction,
    Watch,
    Version,
    AlarmList,
    EndpointHealth,
    EndpointStatus,
    EndpointHashKv,
    LeaseGrant,
    LeaseRevoke,
    LeaseTimeToLive,
    LeaseList,
    LeaseKeepAlive,
    MemberList,
    CheckPerf,
    Lock,
    Elect,
}

/// One command or group.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct CommandSpec {
    /// Its name.
    pub(crate) name: &'static str,
    /// What follows the name in its usage line.
    pub(crate) parameters: &'static str,
    /// What it does, in one line.
    pub(crate) short: &'static str,
    /// More about it; may be empty.
    pub(crate) long: &'static str,
    /// Flags of the command alone.
    pub(crate) flags: &'static [FlagSpec],
    /// Flags of the command and everything below it.
    pub(crate) persistent_flags: &'static [FlagSpec],
    /// What stands below it.
    pub(crate) subcommands: &'static [CommandSpec],
    /// What running it means.
    pub(crate) kind: Kind,
}

impl CommandSpec {
    /// Whether the sandbox can carry it out, or something below it.
    pub(crate) fn is_available(&self) -> bool {
        match self.kind {
            Kind::Group => self.subcommands.iter().any(CommandSpec::is_available),
            kind => kind != Kind::Absent,
        }
    }
}

const BLANK: CommandSpec = CommandSpec {
    name: "",
    parameters: "",
    short: "",
    long: "",
    flags: &[],
    persistent_flags: &[],
    subcommands: &[],
    kind: Kind::Absent,
};

const fn absent(name: &'static str) -> CommandSpec {
    CommandSpec { name, ..BLANK }
}

const fn switch(name: &'static str, usage: &'static str) -> FlagSpec {
    flag(name, FlagKind::Bool, "false", usage)
}

const fn flag(name: &'static str, kind: FlagKind, default: &'static str, usage: &'static str) -> FlagSpec {
    FlagSpec { name, shorthand: None, kind, default, usage, choices: &[] }
}

/// The flag that every command gets from cobra.
pub(crate) static HELP_FLAG: FlagSpec =
    FlagSpec { shorthand: Some(b'h'), ..switch("help", "show this page and do nothing else") };

/// The help command that cobra adds to the root.
pub(crate) static HELP: CommandSpec =
    CommandSpec { name: "help", parameters: "[command]", short: "Tells about any command", kind: Kind::Help, ..BLANK };

/// `etcdctl` itself.
pub(crate) static ROOT: CommandSpec = CommandSpec {
    name: "etcdctl",
    short: "Talks to etcd members from the command line.",
    persistent_flags: &GLOBAL_FLAGS,
    subcommands: &COMMANDS,
    kind: Kind::Group,
    ..BLANK
};

/// The requests that a line of a `txn` may hold.
pub(crate) static REQUESTS: CommandSpec = CommandSpec { subcommands: &[PUT, GET, DEL], kind: Kind::Group, ..BLANK };

static GLOBAL_FLAGS: [FlagSpec; 18] = [
    flag("endpoints", FlagKind::Strings, "127.0.0.1:2379", "members to talk to, separated by commas"),
    switch("debug", "show the settings in use"),
    FlagSpec {
        shorthand: Some(b'w'),
        choices: &["simple", "fields", "json", "protobuf", "table"],
        ..flag("write-out", FlagKind::String, "simple", "form of the output: simple, fields, json, protobuf or table")
    },
    switch("hex", "write keys and values as hexadecimal bytes"),
    flag("dial-timeout", FlagKind::Duration, "2s", "longest wait for a connection"),
    flag("command-timeout", FlagKind::Duration, "5s", "longest wait for an answer"),
    flag("keepalive-time", FlagKind::Duration, "2s", "pause between signs of life on a connection"),
    flag("keepalive-timeout", FlagKind::Duration, "6s", "longest wait for a sign of life"),
    flag("insecure-transport", FlagKind::Bool, "true", "connect without TLS"),
    flag("insecure-discovery", FlagKind::Bool, "true", "accept endpoints without TLS from DNS"),
    switch("insecure-skip-tls-verify", "trust any certificate of a server"),
    flag("cert", FlagKind::String, "", "file with the client's TLS certificate"),
    flag("key", FlagKind::String, "", "file with the client's TLS key"),
    flag("cacert", FlagKind::String, "", "file with the authorities whose certificates of servers are trusted"),
    flag("user", FlagKind::String, "", "who asks: name or name:password"),
    flag("password", FlagKind::String, "", "the password, where --user has only the name"),
    FlagSpec {
        shorthand: Some(b'd'),
        ..flag("discovery-srv", FlagKind::String, "", "domain whose SRV records name the endpoints")
    },
    flag("discovery-srv-name", FlagKind::String, "", "service to ask DNS for"),
];

static COMMANDS: [CommandSpec; 21] = [
    GET,
    PUT,
    DEL,
    TXN,
    COMPACTION,
    ALARM,
    absent("defrag"),
    ENDPOINT,
    absent("move-leader"),
    WATCH,
    CommandSpec { name: "version", short: "Tells the version of etcdctl", kind: Kind::Version, ..BLANK },
    LEASE,
    MEMBER,
    absent("snapshot"),
    absent("make-mirror"),
    LOCK,
    ELECT,
    absent("auth"),
    absent("user"),
    absent("role"),
    CHECK,
];

const GET: CommandSpec = CommandSpec {
    name: "get",
    parameters: "[options] <key> [range_end]",
    short: "Reads a key, or the keys from <key> up to but without [range_end]",
    flags: &[
        FlagSpec {
            choices: &["l", "s"],
            ..flag(
                "consistency",
                FlagKind::String,
                "l",
                "l: linearizable, asks the quorum; s: serializable, may be old",
            )
        },
        FlagSpec {
            choices: &["ASCEND", "DESCEND"],
            ..flag("order", FlagKind::String, "", "order of the results: ASCEND or DESCEND")
        },
        FlagSpec {
            choices: &["CREATE", "KEY", "MODIFY", "VALUE", "VERSION"],
            ..flag("sort-by", FlagKind::String, "", "what to sort by: CREATE, KEY, MODIFY, VALUE or VERSION")
        },
        flag("limit", FlagKind::Int64, "0", "most results to return; 0 for all"),
        switch("prefix", "read all keys that begin with <key>"),
        switch("from-key", "read all keys from <key> on, compared bytewise"),
        flag("rev", FlagKind::Int64, "0", "read as of this revision"),
        switch("keys-only", "return keys without values"),
        switch("count-only", "return only how many there are (with --write-out=fields)"),
        switch("print-value-only", "print values without keys (with --write-out=simple)"),
    ],
    kind: Kind::Get,
    ..BLANK
};

const PUT: CommandSpec = CommandSpec {
    name: "put",
    parameters: "[options] <key> <value> (<value> can also be given from stdin)",
    short: "Writes a key",
    long: "A value that begins with '-' looks like a flag. Two dashes say where the flags end:\n\
           $ put <key> -- <value>\n\
           $ put -- <key> <value>\n\
           Without <value>, and without --ignore-value, the value is all of the standard input.",
    flags: &[
        flag("lease", FlagKind::String, "0", "lease, in hexadecimal, that the key shall end with"),
        switch("prev-kv", "return the key as it was before"),
        switch("ignore-value", "keep the value that the key has"),
        switch("ignore-lease", "keep the lease that the key has"),
    ],
    kind: Kind::Put,
    ..BLANK
};

const DEL: CommandSpec = CommandSpec {
    name: "del",
    parameters: "[options] <key> [range_end]",
    short: "Removes a key, or the keys from <key> up to but without [range_end]",
    flags: &[
        switch("prefix", "remove all keys that begin with <key>"),
        switch("prev-kv", "return the keys as they were before"),
        switch("from-key", "remove all keys from <key> on, compared bytewise"),
        switch("range", "say that a range is meant"),
    ],
    kind: Kind::Del,
    ..BLANK
};

const TXN: CommandSpec = CommandSpec {
    name: "txn",
    parameters: "[options]",
    short: "Compares, and then does one of two lists of requests, all in one revision",
    long: "Reads three lists from the standard input, each ended by an empty line: comparisons, such as\n\
           value(\"key\") = \"text\" or mod(\"key\") > \"3\"; the requests (get, put, del) for when all of them hold;\n\
           the requests for when one does not.",
    flags: &[FlagSpec { shorthand: Some(b'i'), ..switch("interactive", "say what is to be typed next") }],
    kind: Kind::Txn,
    ..BLANK
};

const COMPACTION: CommandSpec = CommandSpec {
    name: "compaction",
    parameters: "[options] <revision>",
    short: "Forgets the history before a revision",
    flags: &[switch("physical", "wait until the old records are gone")],
    kind: Kind::Compaction,
    ..BLANK
};

const ALARM: CommandSpec = CommandSpec {
    name: "alarm",
    parameters: "<subcommand>",
    short: "Shows alarms",
    subcommands: &[
        absent("disarm"),
        CommandSpec { name: "list", short: "Lists the alarms that are raised", kind: Kind::AlarmList, ..BLANK },
    ],
    kind: Kind::Group,
    ..BLANK
};

const ENDPOINT: CommandSpec = CommandSpec {
    name: "endpoint",
    parameters: "<subcommand>",
    short: "Asks endpoints one by one",
    persistent_flags: &[switch("cluster", "ask all members of the cluster instead of --endpoints")],
    subcommands: &[
        CommandSpec {
            name: "health",
            short: "Tells whether each endpoint can reach a quorum",
            kind: Kind::EndpointHealth,
            ..BLANK
        },
        CommandSpec {
            name: "status",
            short: "Tells what each endpoint says of itself",
            long: "The simple output has, separated by commas: endpoint, ID, version, size of the database, whether it\n\
                   leads, whether it is a learner, raft term, raft index, applied raft index, errors.",
            kind: Kind::EndpointStatus,
            ..BLANK
        },
        CommandSpec {
            name: "hashkv",
            short: "Tells a hash of each endpoint's history, to compare them by",
            persistent_flags: &[flag("rev", FlagKind::Int64, "0", "hash up to this revision; 0 for all")],
            kind: Kind::EndpointHashKv,
            ..BLANK
        },
    ],
    kind: Kind::Group,
    ..BLANK
};

pub(crate) const WATCH: CommandSpec = CommandSpec {
    name: "watch",
    parameters: "[options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]",
    short: "Prints every change of a key, a prefix or a range, until it is stopped",
    long: "A command after two dashes runs for each change and finds it in ETCD_WATCH_REVISION, ETCD_WATCH_EVENT_TYPE,\n\
           ETCD_WATCH_KEY and ETCD_WATCH_VALUE. ETCDCTL_WATCH_KEY and ETCDCTL_WATCH_RANGE_END may stand for the key and\n\
           the end of the range.",
    flags: &[
        FlagSpec {
            shorthand: Some(b'i'),
            ..switch("interactive", "read watches from the standard input, line by line")
        },
        switch("prefix", "watch all keys that begin with the key"),
        flag("rev", FlagKind::Int64, "0", "first revision to tell about; 0 for what is to come"),
        switch("prev-kv", "tell what each key was before"),
        switch("progress-notify", "have the member tell its revision now and then"),
    ],
    kind: Kind::Watch,
    ..BLANK
};

const LEASE: CommandSpec = CommandSpec {
    name: "lease",
    parameters: "<subcommand>",
    short: "Grants, keeps and revokes leases",
    subcommands: &[
        CommandSpec {
            name: "grant",
            parameters: "<ttl>",
            short: "Creates a lease that lives for <ttl> seconds",
            kind: Kind::LeaseGrant,
            ..BLANK
        },
        CommandSpec {
            name: "revoke",
            parameters: "<leaseID>",
            short: "Ends a lease and deletes its keys",
            kind: Kind::LeaseRevoke,
            ..BLANK
        },
        CommandSpec {
            name: "timetolive",
            parameters: "<leaseID> [options]",
            short: "Tells how long a lease has to live",
            flags: &[switch("keys", "tell its keys, too")],
            kind: Kind::LeaseTimeToLive,
            ..BLANK
        },
        CommandSpec { name: "list", short: "Lists all leases", kind: Kind::LeaseList, ..BLANK },
        CommandSpec {
            name: "keep-alive",
            parameters: "[options] <leaseID>",
            short: "Renews a lease until it is stopped",
            flags: &[switch("once", "renew it once and end")],
            kind: Kind::LeaseKeepAlive,
            ..BLANK
        },
    ],
    kind: Kind::Group,
    ..BLANK
};

const MEMBER: CommandSpec = CommandSpec {
    name: "member",
    parameters: "<subcommand>",
    short: "Shows the cluster's members",
    subcommands: &[
        absent("add"),
        absent("remove"),
        absent("update"),
        CommandSpec {
            name: "list",
            short: "Lists all members",
            long: "The simple output has, separated by commas: ID, status, name, peer addresses, client addresses, whether\n\
                   it is a learner.",
            kind: Kind::MemberList,
            ..BLANK
        },
        absent("promote"),
    ],
    kind: Kind::Group,
    ..BLANK
};

const LOCK: CommandSpec = CommandSpec {
    name: "lock",
    parameters: "<lockname> [exec-command arg1 arg2 ...]",
    short: "Waits for a lock, and holds it until it is stopped or a command has ended",
    long: "The lock is a key <lockname>/<lease>; who has the oldest one holds it. A command finds it in ETCD_LOCK_KEY, and\n\
           in ETCD_LOCK_REV the revision at which the lock was got; its exit status is that of the lock.",
    flags: &[flag("ttl", FlagKind::Int64, "10", "seconds after which others get the lock of a client that died")],
    kind: Kind::Lock,
    ..BLANK
};

const ELECT: CommandSpec = CommandSpec {
    name: "elect",
    parameters: "<election-name> [proposal]",
    short: "Stands in an election, and leads until it is stopped; or tells who leads",
    long: "Each candidate has a key <election-name>/<lease> with its proposal as value; who has the oldest one leads.",
    flags: &[FlagSpec { shorthand: Some(b'l'), ..switch("listen", "tell of every leader, and stand in no election") }],
    kind: Kind::Elect,
    ..BLANK
};

const CHECK: CommandSpec = CommandSpec {
    name: "check",
    parameters: "<subcommand>",
    short: "Tries what a cluster bears",
    subcommands: &[
        absent("datascale"),
        CommandSpec {
            name: "perf",
            parameters: "[options]",
            short: "Puts keys for a minute and says whether the cluster kept up",
            long: "The times are those of the simulation. The keys are deleted in the end.",
            flags: &[
                FlagSpec {
                    choices: &["s", "m", "l", "xl"],
                    ..flag("load", FlagKind::String, "s", "puts a second: s: 150, m: 1000, l: 8000, xl: 15000")
                },
                flag("prefix", FlagKind::String, "/etcdctl-check-perf/", "what the keys begin with"),
                switch("auto-compact", "forget the history of the keys in the end"),
                switch("auto-defrag", "defragment the members in the end"),
            ],
            kind: Kind::CheckPerf,
            ..BLANK
        },
    ],
    kind: Kind::Group,
    ..BLANK
};
