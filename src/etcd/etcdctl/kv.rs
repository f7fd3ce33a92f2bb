//! `get`, `put`, `del` and `compaction`: from flags to requests.
//!
//! `txn` reads its lines with the same functions, so that a flag means the same in both. The checks here are those that
//! `etcdctl` makes before it calls anybody, in its order, because the first one that fails is the one that is printed.

use super::golang::number::parse_int;
use super::golang::quote::quote;
use super::pflag::FlagSet;
use super::session::{Stop, exit};
use crate::etcd::api::{DeleteRangeRequest, PutRequest, RangeRequest};
use crate::mvcc::{Bytes, KeyRange, RangeOptions, SortOrder, SortTarget};

const PREFIX_AND_FROM_KEY: &str = "`--prefix` and `--from-key` cannot be set at the same time, choose one";
const TOO_MANY_ARGUMENTS: &str = "too many arguments, only accept one argument when `--prefix` or `--from-key` is set";
const PUT_ARGUMENTS: &str = "put command needs 1 argument and input from stdin or 2 arguments";

/// What a `get` asks for.
pub(crate) fn get_request(flags: &FlagSet) -> Result<RangeRequest, Stop> {
    let Some(key) = flags.arguments().first() else {
        let text = "get command needs one argument as key and an optional argument as range_end";
        return Err(Stop::bad_arguments(text));
    };
    if flags.bool("prefix") && flags.bool("from-key") {
        return Err(Stop::bad_arguments(PREFIX_AND_FROM_KEY));
    }
    if flags.bool("keys-only") && flags.bool("count-only") {
        let text = "`--keys-only` and `--count-only` cannot be set at the same time, choose one";
        return Err(Stop::bad_arguments(text));
    }
    let serializable = match flags.string("consistency") {
        "s" => true,
        "l" => false,
        other => {
            let text = format!("unknown consistency flag {}", quote(other.as_bytes()));
            return Err(Stop::error(exit::BAD_FEATURE, text));
        }
    };
    let range = range(key, flags)?;
    let (order, target) = (sort_order(flags.string("order"))?, sort_target(flags.string("sort-by"))?);
    // By key they come ascending anyhow: clientv3 does not ask for it, and so keeps the member from sorting.
    let order = if target == SortTarget::Key && order == SortOrder::Ascend { SortOrder::None } else { order };
    let options = RangeOptions {
        revision: flags.int64("rev").max(0),
        limit: flags.int64("limit"),
        order,
        target,
        keys_only: flags.bool("keys-only"),
        count_only: flags.bool("count-only"),
        ..RangeOptions::default()
    };
    Ok(RangeRequest { range, options, serializable })
}

/// What a `put` asks for. `stdin` is the standard input, read where the arguments have no value.
pub(crate) fn put_request(flags: &FlagSet, stdin: &str) -> Result<PutRequest, Stop> {
    let Some(key) = flags.arguments().first() else { return Err(Stop::bad_arguments(PUT_ARGUMENTS)) };
    let ignore_value = flags.bool("ignore-value");
    let value = match flags.arguments().get(1) {
        Some(_) if ignore_value => {
            return Err(Stop::bad_arguments("put command needs only 1 argument when 'ignore-value' is set"));
        }
        Some(value) => value.as_str(),
        None if ignore_value => "",
        None if stdin.is_empty() => return Err(Stop::bad_arguments(PUT_ARGUMENTS)),
        None => stdin,
    };
    let lease = parse_int(flags.string("lease"), 16)
        .map_err(|reason| Stop::bad_arguments(format!("bad lease ID ({reason}), expecting ID in Hex")))?;
    Ok(PutRequest {
        key: Bytes::from(key.as_str()),
        value: Bytes::from(value),
        lease,
        prev_kv: flags.bool("prev-kv"),
        ignore_value,
        ignore_lease: flags.bool("ignore-lease"),
    })
}

/// Whether a `put` takes its value from the standard input.
pub(crate) fn put_reads_stdin(flags: &FlagSet) -> bool {
    flags.arguments().len() == 1 && !flags.bool("ignore-value")
}

/// What a `del` asks for, and the warning that goes with it.
pub(crate) fn del_request(flags: &FlagSet) -> Result<(DeleteRangeRequest, &'static str), Stop> {
    let ([key] | [key, _]) = flags.arguments() else {
        let text = "del command needs one argument as key and an optional argument as range_end";
        return Err(Stop::bad_arguments(text));
    };
    if flags.bool("prefix") && flags.bool("from-key") {
        return Err(Stop::bad_arguments(PREFIX_AND_FROM_KEY));
    }
    let range = range(key, flags)?;
    let warning = if flags.arguments().len() == 2 && !flags.bool("range") {
        "In etcd v3.6, the operation will be suspended for a few seconds to provide the user time to verify range.\n"
    } else {
        ""
    };
    Ok((DeleteRangeRequest { range, prev_kv: flags.bool("prev-kv") }, warning))
}

/// The revision that a `compaction` names.
pub(crate) fn compaction_revision(flags: &FlagSet) -> Result<i64, Stop> {
    let [revision] = flags.arguments() else {
        return Err(Stop::bad_arguments("compaction command needs 1 argument"));
    };
    parse_int(revision, 10).map_err(|reason| Stop::error(exit::ERROR, reason))
}

/// The keys that a key, perhaps an end, `--prefix` and `--from-key` mean.
fn range(key: &str, flags: &FlagSet) -> Result<KeyRange, Stop> {
    let (prefix, from_key) = (flags.bool("prefix"), flags.bool("from-key"));
    Ok(match flags.arguments().get(1) {
        Some(_) if prefix || from_key => return Err(Stop::bad_arguments(TOO_MANY_ARGUMENTS)),
        Some(end) => KeyRange::new(key, end.as_str()),
        None if prefix => KeyRange::prefix(key),
        None if from_key => KeyRange::from_key(key),
        None => KeyRange::single(key),
    })
}

fn sort_order(text: &str) -> Result<SortOrder, Stop> {
    match text.to_ascii_uppercase().as_str() {
        "" => Ok(SortOrder::None),
        "ASCEND" => Ok(SortOrder::Ascend),
        "DESCEND" => Ok(SortOrder::Descend),
        _ => Err(Stop::error(exit::BAD_FEATURE, format!("bad sort order {text}"))),
    }
}

fn sort_target(text: &str) -> Result<SortTarget, Stop> {
    match text.to_ascii_uppercase().as_str() {
        "" | "KEY" => Ok(SortTarget::Key),
        "CREATE" => Ok(SortTarget::Create),
        "MODIFY" => Ok(SortTarget::Mod),
        "VALUE" => Ok(SortTarget::Value),
        "VERSION" => Ok(SortTarget::Version),
        _ => Err(Stop::error(exit::BAD_FEATURE, format!("bad sort target {text}"))),
    }
}
