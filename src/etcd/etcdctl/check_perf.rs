//! `check perf`: a minute of puts at a fixed rate, and a verdict on how the cluster bore it.
//!
//! As the real tool does it: a limiter lets one put pass at a time, so many clients (goroutines there) each have one call
//! open, and as many puts wait for a free client. If all clients are busy and the waiting room is full, the limiter stands
//! still and the missed puts are never made. The times are those of the simulation.
//!
//! Invariants: at most `clients` calls are open and at most `clients` puts wait; every call that was made is counted once, as
//! a latency or as an error. One liberty: the clients share the program's connections, where the real ones dial each for
//! themselves. Deliberately absent: `--auto-defrag`, until members can be defragmented.

use super::pflag::FlagSet;
use super::session::{Client, Stop, Wants, exit};
use crate::etcd::api::{DeleteRangeRequest, PutRequest, RangeRequest, Request, Response, RpcError};
use crate::etcd::process::{Action, Handle, ProcessEvent};
use crate::mvcc::{Bytes, KeyRange, RangeOptions};
use crate::sim::{Duration, Random};
use std::collections::BTreeMap;

const RUN: Duration = Duration::seconds(60);
const KEY_BYTES: usize = 256;
const VALUE_BYTES: usize = 1_024;
const SLOWEST_US_MAX: i64 = 500_000;
const STDDEV_US_MAX: i64 = 100_000;
/// The width of the progress bar where the terminal's is not known.
const BAR_COLUMNS: usize = 80;

/// The calls that are not puts; puts are numbered from the first number after them.
const LOOK: Handle = 0;
const DELETE: Handle = 1;
const COMPACT: Handle = 2;
const FIRST_PUT: Handle = 3;

/// The timers.
const LIMITER: Handle = 0;
const BAR: Handle = 1;

/// How hard the load is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Load {
    puts_per_second: i64,
    clients: usize,
}

impl Load {
    fn named(name: &str) -> Option<Load> {
        let (puts_per_second, clients) = match name {
            "s" | "small" => (150, 50),
            "m" | "medium" => (1_000, 200),
            "l" | "large" => (8_000, 500),
            "xl" | "xLarge" => (15_000, 1_000),
            _ => return None,
        };
        Some(Load { puts_per_second, clients })
    }
}

/// What came of the puts.
#[derive(Clone, Debug, Default)]
struct Report {
    latencies_us: Vec<i64>,
    errors: BTreeMap<String, u64>,
}

/// A running `check perf`.
#[derive(Clone, Debug)]
pub(crate) struct CheckPerf {
    client: Client,
    load: Load,
    prefix: String,
    auto_compact: bool,
    value: Bytes,
    /// A buffer of [`CheckPerf::put`].
    key: Vec<u8>,
    random: Random,
    next_put: Handle,
    /// When each open call was made, since the load began.
    open: BTreeMap<Handle, Duration>,
    /// How many puts wait for a free client.
    waiting: usize,
    /// The time since the load began, as of the last event.
    now: Duration,
    /// When the limiter lets the next put pass, in nanoseconds, as its steps are not whole microseconds. `None`: its time is
    /// over.
    next_pass_ns: Option<i64>,
    /// The limiter has let a put pass for which there is no room.
    is_blocked: bool,
    seconds_shown: usize,
    report: Report,
}

impl CheckPerf {
    /// Checks the flags and looks whether the prefix is free.
    pub(crate) fn start(
        flags: &mut FlagSet,
        wants: &mut Wants,
        connect: impl Fn(&mut FlagSet, &mut Wants) -> Result<Client, Stop>,
    ) -> Result<CheckPerf, Stop> {
        let name = flags.string("load");
        let Some(load) = Load::named(name) else {
            return Err(Stop::error(exit::BAD_FEATURE, format!("unknown load option {name}")));
        };
        if flags.bool("auto-defrag") {
            return Err(Stop::bad_arguments("--auto-defrag cannot be used: nothing here can be defragmented yet"));
        }
        let (prefix, auto_compact) = (flags.string("prefix").to_string(), flags.bool("auto-compact"));
        let client = connect(flags, wants)?;
        let options = RangeOptions { limit: 1, ..RangeOptions::default() };
        let range = RangeRequest { range: KeyRange::prefix(prefix.as_str()), options, serializable: false };
        wants.push(client.call_within(LOOK, Request::Range(range), Some(RUN)));
        Ok(CheckPerf {
            client,
            load,
            prefix,
            auto_compact,
            value: Bytes::from(vec![0; VALUE_BYTES]),
            key: Vec::new(),
            random: Random::new(0, 0),
            next_put: FIRST_PUT,
            open: BTreeMap::new(),
            waiting: 0,
            now: Duration::ZERO,
            next_pass_ns: Some(0),
            is_blocked: false,
            seconds_shown: 0,
            report: Report::default(),
        })
    }

    pub(crate) fn handle(&mut self, event: ProcessEvent, wants: &mut Wants) {
        match event {
            ProcessEvent::Reply { handle, result, took } if handle >= FIRST_PUT => {
                self.put_ended(handle, result, took, wants);
            }
            ProcessEvent::Reply { handle, result, .. } => {
                if let Err(stop) = self.step_ended(handle, result, wants) {
                    wants.stop(stop);
                }
            }
            ProcessEvent::Timer(LIMITER) => self.pass(wants),
            ProcessEvent::Timer(_) => self.show_second(wants),
            ProcessEvent::Interrupt => wants.push(Action::Exit(exit::SIGINT)),
            _ => {}
        }
    }

    /// One of the calls before and after the load has ended.
    fn step_ended(
        &mut self,
        handle: Handle,
        result: Result<Response, RpcError>,
        wants: &mut Wants,
    ) -> Result<(), Stop> {
        match (handle, result.map_err(|error| Stop::error(exit::ERROR, &*error.text))?) {
            (LOOK, Response::Range(found)) if !found.kvs.is_empty() => {
                let prefix = &self.prefix;
                let text = format!("prefix \"{prefix}\" has keys. Delete with 'etcdctl del --prefix {prefix}' first");
                return Err(Stop::error(exit::INVALID_INPUT, text));
            }
            (LOOK, _) => {
                wants.stdout(bar(0));
                wants.push(Action::Timer(BAR, Duration::seconds(1)));
                self.pass(wants);
            }
            (DELETE, Response::DeleteRange(deleted)) if self.auto_compact => {
                let revision = deleted.header.revision;
                wants.stdout(format!("Compacting with revision {revision}\n"));
                let request = Request::Compact { revision, physical: true };
                wants.push(self.client.call_without_limit(COMPACT, request));
            }
            _ => self.give_verdict(wants),
        }
        Ok(())
    }

    /// The limiter lets one put pass, and is set to the next.
    fn pass(&mut self, wants: &mut Wants) {
        let Some(at_ns) = self.next_pass_ns else { return };
        self.now = self.now.max(rounded_up(at_ns));
        if self.open.len() < self.load.clients {
            self.put(wants);
        } else if self.waiting < self.load.clients {
            self.waiting += 1;
        } else {
            self.is_blocked = true;
            return;
        }
        self.set_limiter(at_ns, wants);
    }

    fn set_limiter(&mut self, last_pass_ns: i64, wants: &mut Wants) {
        let now_ns = self.now.as_micros() * 1_000;
        let next_ns = (last_pass_ns + 1_000_000_000 / self.load.puts_per_second).max(now_ns);
        if next_ns >= RUN.as_micros() * 1_000 {
            self.next_pass_ns = None;
            return self.finish_if_done(wants);
        }
        self.next_pass_ns = Some(next_ns);
        wants.push(Action::Timer(LIMITER, Duration(rounded_up(next_ns).as_micros() - self.now.as_micros())));
    }

    fn put(&mut self, wants: &mut Wants) {
        let key = &mut self.key;
        key.clear();
        key.extend_from_slice(self.prefix.as_bytes());
        // As `binary.PutVarint` writes a random positive number; the rest of the key is zeros.
        let mut number = self.random.bits() >> 1 << 1;
        while number >= 0x80 {
            key.push(number as u8 | 0x80);
            number >>= 7;
        }
        key.push(number as u8);
        key.resize(self.prefix.len() + KEY_BYTES, 0);
        let handle = self.next_put;
        self.next_put += 1;
        self.open.insert(handle, self.now);
        let (key, value) = (Bytes::from(self.key.as_slice()), self.value.clone());
        let put = PutRequest { key, value, lease: 0, prev_kv: false, ignore_value: false, ignore_lease: false };
        wants.push(self.client.call_without_limit(handle, Request::Put(put)));
    }

    fn put_ended(&mut self, handle: Handle, result: Result<Response, RpcError>, took: Duration, wants: &mut Wants) {
        let began = self.open.remove(&handle).expect("a call is answered once");
        self.now = self.now.max(began + took);
        match result {
            Ok(_) => self.report.latencies_us.push(took.as_micros()),
            Err(error) => *self.report.errors.entry(error.text.to_string()).or_default() += 1,
        }
        if self.waiting > 0 {
            self.waiting -= 1;
            self.put(wants);
            if std::mem::take(&mut self.is_blocked) {
                self.waiting += 1;
                let passed_ns = self.next_pass_ns.expect("a limiter that is blocked has passed a put");
                self.set_limiter(passed_ns, wants);
            }
        }
        self.finish_if_done(wants);
    }

    /// When the last put is answered, its keys are deleted.
    fn finish_if_done(&mut self, wants: &mut Wants) {
        if self.next_pass_ns.is_some() || !self.open.is_empty() {
            return;
        }
        self.show_bar(RUN.as_micros() as usize / 1_000_000, wants);
        let range = KeyRange::prefix(self.prefix.as_str());
        let request = Request::DeleteRange(DeleteRangeRequest { range, prev_kv: false });
        wants.push(self.client.call_within(DELETE, request, Some(Duration::seconds(30))));
    }

    fn show_second(&mut self, wants: &mut Wants) {
        if self.next_pass_ns.is_some() {
            self.show_bar(self.seconds_shown + 1, wants);
            wants.push(Action::Timer(BAR, Duration::seconds(1)));
        }
    }

    fn show_bar(&mut self, seconds: usize, wants: &mut Wants) {
        self.seconds_shown = seconds;
        wants.stdout(bar(seconds));
    }

    fn give_verdict(&mut self, wants: &mut Wants) {
        if self.auto_compact {
            wants.stdout("Compacted\n");
        }
        let (text, passed) = self.report.verdict(self.now, self.load.puts_per_second);
        wants.stdout(text);
        wants.push(Action::Exit(if passed { 0 } else { exit::ERROR }));
    }
}

impl Report {
    /// What is printed in the end, and whether all was well.
    fn verdict(&self, took: Duration, puts_per_second: i64) -> (String, bool) {
        let mut text = String::new();
        let mut passed = self.errors.is_empty();
        if !passed {
            text += "FAIL: too many errors\n";
            for (error, times) in &self.errors {
                text += &format!("FAIL: ERROR({error}) -> {times}\n");
            }
        }
        let count = self.latencies_us.len() as i64;
        let took_us = took.as_micros().max(1);
        let (rate, wanted) = (count * 1_000_000 / took_us + 1, puts_per_second * took_us / 1_000_000);
        let enough = count * 10 > wanted * 9;
        text += &match enough {
            true => format!("PASS: Throughput is {rate} writes/s\n"),
            false => format!("FAIL: Throughput too low: {rate} writes/s\n"),
        };
        let slowest = self.latencies_us.iter().copied().max().unwrap_or(0);
        text += &match slowest <= SLOWEST_US_MAX {
            true => format!("PASS: Slowest request took {}s\n", seconds(slowest)),
            false => format!("Slowest request took too long: {}s\n", seconds(slowest)),
        };
        let stddev = self.stddev_us();
        text += &match stddev <= STDDEV_US_MAX {
            true => format!("PASS: Stddev is {}s\n", seconds(stddev)),
            false => format!("Stddev too high: {}s\n", seconds(stddev)),
        };
        passed &= enough && slowest <= SLOWEST_US_MAX && stddev <= STDDEV_US_MAX;
        text += if passed { "PASS\n" } else { "FAIL\n" };
        (text, passed)
    }

    fn stddev_us(&self) -> i64 {
        let count = (self.latencies_us.len() as i64).max(1);
        let mean = self.latencies_us.iter().sum::<i64>() / count;
        let squares: i128 = self.latencies_us.iter().map(|us| i128::from(us - mean).pow(2)).sum();
        let variance = (squares / i128::from(count)) as u64;
        i64::try_from(variance.isqrt()).expect("a deviation is no longer than the longest latency")
    }
}

/// Nanoseconds as whole microseconds, not before their time.
fn rounded_up(ns: i64) -> Duration {
    Duration::micros((ns + 999).div_euclid(1_000))
}

/// Go's `%f` of seconds.
fn seconds(us: i64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

/// The progress bar after so many seconds. It is written over the one before; the last one ends its line.
fn bar(seconds: usize) -> String {
    let all = RUN.as_micros() as usize / 1_000_000;
    let left = format!("{seconds:>3} / {all} ");
    let right = format!(" {:3}.{:02}% ", seconds * 100 / all, seconds * 10_000 / all % 100);
    let rest = if seconds == all { "1m0s\n".to_string() } else { format!("{:<4}", format!("{}s", all - seconds)) };
    let columns = BAR_COLUMNS - left.len() - right.len() - "B!1m0s".len();
    let filled = columns * seconds / all;
    format!("\r{left}B{}{}!{right}{rest}", "o".repeat(filled), "-".repeat(columns - filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(latencies_us: &[i64], errors: &[(&str, u64)]) -> Report {
        let mut report = Report { latencies_us: latencies_us.to_vec(), ..Report::default() };
        report.errors.extend(errors.iter().map(|(error, times)| ((*error).to_string(), *times)));
        report
    }

    #[test]
    fn a_cluster_that_keeps_up_passes() {
        let (text, passed) = report(&[1_000; 150], &[]).verdict(Duration::seconds(1), 150);
        let lines =
            "PASS: Throughput is 151 writes/s\nPASS: Slowest request took 0.001000s\nPASS: Stddev is 0.000000s\nPASS\n";
        assert_eq!((text.as_str(), passed), (lines, true));
    }

    #[test]
    fn errors_and_slowness_fail_each_in_its_own_words() {
        let slow = report(&[100, 600_100], &[("etcdserver: request timed out", 3)]);
        let (text, passed) = slow.verdict(Duration::seconds(1), 150);
        let lines = "FAIL: too many errors\nFAIL: ERROR(etcdserver: request timed out) -> 3\n\
                     FAIL: Throughput too low: 3 writes/s\nSlowest request took too long: 0.600100s\n\
                     Stddev too high: 0.300000s\nFAIL\n";
        assert_eq!((text.as_str(), passed), (lines, false));
    }

    #[test]
    fn the_bar_fills_a_line_and_ends_it_when_the_minute_is_over() {
        assert_eq!(bar(0).trim_start_matches('\r').chars().count(), BAR_COLUMNS);
        assert!(bar(30).contains(" 50.00% 30s"), "{}", bar(30));
        assert!(bar(60).ends_with("! 100.00% 1m0s\n"), "{}", bar(60));
    }
}
