//! The lines of a `txn`: comparisons such as `value("key") = "text"`, and requests such as `put key value`.
//!
//! A comparison is read with the pattern `%q) %s %q` of Go's `Sscanf`, and an error shows how far that came. An operator or
//! a target that etcdctl 3.5.30 does not expect makes it panic: `>=`, `==`, and every comparison of a lease. A person sees
//! that, so it is kept.

use super::cobra;
use super::commands::{HELP_FLAG, Kind, REQUESTS};
use super::golang::number::parse_int;
use super::golang::quote::{quote, unquote_prefix};
use super::help;
use super::kv;
use super::pflag::{FlagError, FlagSet};
use super::session::{Stop, Wants, exit};
use super::words;
use crate::etcd::api::{Compare, CompareResult, CompareTarget, RequestOp};
use crate::mvcc::{Bytes, KeyRange};

/// Reads a comparison.
pub(crate) fn compare(line: &str) -> Result<Compare, Stop> {
    let malformed = |detail: String| invalid(format!("malformed comparison: {line}{detail}"));
    let Some((target, condition)) = line.split_once('(') else { return Err(malformed(String::new())) };
    let scanned = scan(condition);
    let (key, operator, value) = match scanned {
        Scanned { key: Some(key), operator: Some(operator), value: Some(value) } => (key, operator, value),
        Scanned { key, operator, value } => {
            let (key, value) = (quote(&key.unwrap_or_default()), quote(&value.unwrap_or_default()));
            let operator = operator.unwrap_or_default();
            return Err(malformed(format!("; got {target}({key}) {operator} {value}")));
        }
    };
    let number = || {
        let digits = String::from_utf8_lossy(&value);
        parse_int(&digits, 10).map_err(|_| invalid(format!("invalid txn compare request: {line}")))
    };
    let target = match target {
        "ver" | "version" => CompareTarget::Version(number()?),
        "c" | "create" => CompareTarget::Create(number()?),
        "m" | "mod" => CompareTarget::Mod(number()?),
        "val" | "value" => CompareTarget::Value(Bytes::from(value)),
        "lease" => return Err(panicked(if is_operator(operator) { "bad value" } else { "Unknown result op" })),
        _ => return Err(malformed(format!(" (unknown target {target})"))),
    };
    let result = compare_result(operator).ok_or_else(|| panicked("Unknown result op"))?;
    Ok(Compare { range: KeyRange::single(key), result, target })
}

fn is_operator(operator: &str) -> bool {
    compare_result(operator).is_some()
}

fn compare_result(operator: &str) -> Option<CompareResult> {
    Some(match operator {
        "=" => CompareResult::Equal,
        "!=" => CompareResult::NotEqual,
        ">" => CompareResult::Greater,
        "<" => CompareResult::Less,
        _ => return None,
    })
}

fn invalid(text: String) -> Stop {
    Stop::error(exit::INVALID_INPUT, text)
}

fn panicked(text: &str) -> Stop {
    Stop::raw(exit::PANIC, format!("panic: {text}\n"))
}

/// How far the pattern came.
#[derive(Default)]
struct Scanned<'t> {
    key: Option<Vec<u8>>,
    operator: Option<&'t str>,
    value: Option<Vec<u8>>,
}

fn scan(text: &str) -> Scanned<'_> {
    let mut scanned = Scanned::default();
    let Some((key, rest)) = scan_quoted(text) else { return scanned };
    scanned.key = Some(key);
    let Some(rest) = rest.strip_prefix(')').and_then(scan_gap) else { return scanned };
    let (operator, rest) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
    if operator.is_empty() {
        return scanned;
    }
    scanned.operator = Some(operator);
    scanned.value = scan_gap(rest).and_then(scan_quoted).map(|(value, _)| value);
    scanned
}

/// At least one space, or the end.
fn scan_gap(text: &str) -> Option<&str> {
    let rest = text.trim_start();
    (rest.len() < text.len() || text.is_empty()).then_some(rest)
}

/// A string in double quotes, or in back quotes without escapes.
fn scan_quoted(text: &str) -> Option<(Vec<u8>, &str)> {
    let text = text.trim_start();
    match text.strip_prefix('`') {
        Some(raw) => raw.split_once('`').map(|(raw, rest)| (raw.as_bytes().to_vec(), rest)),
        None => unquote_prefix(text),
    }
}

/// Reads a request. What the command warns of is among the wants.
pub(crate) fn request(line: &str, wants: &mut Wants) -> Result<RequestOp, Stop> {
    let words = words::split(line)?;
    if words.len() < 2 {
        return Err(invalid(format!("invalid txn compare request: {line}")));
    }
    let unknown = || invalid(format!("invalid txn request: {line}"));
    let (path, rest) = cobra::find(&REQUESTS, &words).map_err(|_| unknown())?;
    let command = cobra::last(&path);
    let mut flags = FlagSet::new(cobra::local_flags(&path).chain([&HELP_FLAG]));
    match flags.parse(&rest) {
        // The real tool shows the page, makes no request, and waits for it for ever.
        Ok(()) if flags.bool("help") => return Err(unknown()),
        Ok(()) => {}
        Err(FlagError::Message(_) | FlagError::Help) => {
            wants.stderr(help::request_usage(command));
            return Err(unknown());
        }
    }
    match command.kind {
        Kind::Get => Ok(RequestOp::Range(kv::get_request(&flags)?)),
        // What the standard input held was taken as lines of the transaction: it has no value for a put.
        Kind::Put => Ok(RequestOp::Put(kv::put_request(&flags, "")?)),
        Kind::Del => {
            let (request, warning) = kv::del_request(&flags)?;
            wants.stderr(warning);
            Ok(RequestOp::DeleteRange(request))
        }
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> Stop {
        compare(line).expect_err(line)
    }

    #[test]
    fn comparisons_have_short_and_long_targets_and_quoted_operands() {
        for (line, result, target) in [
            ("value(\"k\") = \"v\"", CompareResult::Equal, CompareTarget::Value(Bytes::from("v"))),
            ("val(\"k\") != \"\\xff\"", CompareResult::NotEqual, CompareTarget::Value(Bytes::from(&b"\xff"[..]))),
            ("ver(\"k\") > \"3\" and more", CompareResult::Greater, CompareTarget::Version(3)),
            ("create(`k`) < \"-1\"", CompareResult::Less, CompareTarget::Create(-1)),
            ("m(  \"k\")   =   \"4\"", CompareResult::Equal, CompareTarget::Mod(4)),
        ] {
            assert_eq!(compare(line), Ok(Compare { range: KeyRange::single("k"), result, target }), "{line}");
        }
    }

    #[test]
    fn a_malformed_comparison_shows_how_far_it_was_understood() {
        for (line, detail) in [
            ("value(k) = \"v\"", "; got value(\"\")  \"\""),
            ("value(\"k\") = v", "; got value(\"k\") = \"\""),
            ("value(\"k\")", "; got value(\"k\")  \"\""),
            ("value(\"k\")=\"v\"", "; got value(\"k\")  \"\""),
            ("value(\"k\") =\"v\"", "; got value(\"k\") =\"v\" \"\""),
            ("k = \"v\"", ""),
            ("size(\"k\") = \"1\"", " (unknown target size)"),
        ] {
            assert_eq!(refused(line), invalid(format!("malformed comparison: {line}{detail}")));
        }
        let line = "version(\"k\") = \"one\"";
        assert_eq!(refused(line), invalid(format!("invalid txn compare request: {line}")));
    }

    #[test]
    fn an_unknown_operator_and_a_lease_make_it_panic() {
        for (line, text) in [
            ("value(\"k\") >= \"v\"", "Unknown result op"),
            ("version(\"k\") == \"1\"", "Unknown result op"),
            ("lease(\"k\") <= \"1\"", "Unknown result op"),
            ("lease(\"k\") = \"1\"", "bad value"),
        ] {
            assert_eq!(refused(line), panicked(text), "{line}");
        }
    }

    #[test]
    fn requests_are_commands_with_their_flags_fresh_on_every_line() {
        let mut wants = Wants::default();
        let range = |line: &str, wants: &mut Wants| match request(line, wants).expect(line) {
            RequestOp::Range(request) => request,
            other => panic!("{other:?}"),
        };
        assert!(range("get k --prefix --keys-only", &mut wants).options.keys_only);
        assert!(!range("g k", &mut wants).options.keys_only);
        for line in ["fetch k", "get k --nosuch", "get --help", "help get"] {
            assert_eq!(request(line, &mut wants), Err(invalid(format!("invalid txn request: {line}"))), "{line}");
        }
        assert_eq!(request("get", &mut wants), Err(invalid("invalid txn compare request: get".into())));
        assert!(matches!(request("del a b", &mut wants), Ok(RequestOp::DeleteRange(_))));
    }
}
