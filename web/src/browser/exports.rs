//! What the page offers to those who measure and check it: functions on the global object.
//!
//! - `quorateBench(name)` runs a load of [`quorate::sandbox::bench`] and tells how fast, as JSON: `cargo xtask bench`.
//! - `quorateReplayHash(recording, untilUs)` replays a recording and tells its trace hash: the browser tests compare it with
//!   the native one. A recording that cannot be read gives a text that begins with `error: `.
//! - `quorateRecording()` is the recording of the cluster on the screen, up to the last input. The others share nothing with
//!   it.

use super::crash;
use super::memory::Memory;
use js_sys::{Date, Reflect, global};
use quorate::sandbox::bench::Consensus;
use quorate::sandbox::{Duration, bench, replay_hash};
use wasm_bindgen::prelude::*;

/// Virtual seconds before the measuring begins: a browser compiles twice, and the second time only what has run for a while.
const IDLE_SECONDS_WARM_UP: u64 = 10_000;
const IDLE_SECONDS: u64 = 20_000;
/// The load lasts a minute, the warm-up included.
const PUTS_SECONDS_WARM_UP: u64 = 20;
const PUTS_SECONDS: u64 = 35;

/// Entries that one group of the consensus bench commits.
const CONSENSUS_ENTRIES: usize = 10_000;
/// How long the consensus bench goes on at least, in milliseconds.
const CONSENSUS_MS: f64 = 1_000.0;

/// Puts the functions on the global object.
pub(crate) fn install() {
    let bench: Closure<dyn Fn(String) -> String> = Closure::new(|name: String| measure(&name));
    let hash: Closure<dyn Fn(String, f64) -> String> = Closure::new(|recording: String, until_us: f64| {
        replay_hash(&recording, until_us as i64).unwrap_or_else(|error| format!("error: {error}"))
    });
    let recording: Closure<dyn Fn() -> String> = Closure::new(crash::remembered_recording);
    let functions = [
        ("quorateBench", bench.into_js_value()),
        ("quorateReplayHash", hash.into_js_value()),
        ("quorateRecording", recording.into_js_value()),
    ];
    for (name, function) in functions {
        let set = Reflect::set(&global(), &name.into(), &function);
        assert!(set.is_ok(), "the global object takes {name}");
    }
}

fn measure(name: &str) -> String {
    let (virtual_seconds, milliseconds) = match name {
        "idle-5" => {
            let mut sandbox = bench::idle(5);
            sandbox.run_for(Duration::seconds(IDLE_SECONDS_WARM_UP as i64));
            let started = Date::now();
            sandbox.run_for(Duration::seconds(IDLE_SECONDS as i64));
            (IDLE_SECONDS, Date::now() - started)
        }
        "puts-5" => {
            let mut puts = bench::Puts::new(5);
            let mut memory = Memory::default();
            // In small parts, between which memory is kept ahead, as the page does at each frame.
            let mut run = |seconds| {
                for _ in 0..seconds {
                    memory.keep_ahead();
                    puts.run(1);
                }
            };
            run(PUTS_SECONDS_WARM_UP);
            let started = Date::now();
            run(PUTS_SECONDS);
            (PUTS_SECONDS, Date::now() - started)
        }
        _ => return measure_consensus(name),
    };
    // Whole numbers: what formats floats would be ten kilobytes of the page.
    let per_second = (virtual_seconds as f64 * 1000.0 / milliseconds).round() as u64;
    let milliseconds = milliseconds as u64;
    format!(
        "{{\"virtual_seconds\": {virtual_seconds}, \"milliseconds\": {milliseconds}, \
         \"virtual_seconds_per_second\": {per_second}}}"
    )
}

/// `3 members, 64 B, batches of 1`: consensus alone, as the native bench of the same name.
fn measure_consensus(name: &str) -> String {
    let numbers = name.split(|letter: char| !letter.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    let [members @ 1..=9, payload_bytes @ 16..=1_000_000, batch @ 1..=CONSENSUS_ENTRIES] =
        numbers.collect::<Vec<usize>>()[..]
    else {
        return format!(
            "{{\"error\": \"no bench is named {name}; there are idle-5, puts-5 and, for example, 3 members, 64 B, batches of 1\"}}"
        );
    };
    let run = |consensus: &mut Consensus| (0..CONSENSUS_ENTRIES / batch).for_each(|_| consensus.commit(batch));
    run(&mut Consensus::new(members, payload_bytes, false));
    let (mut entries, started) = (0, Date::now());
    // Groups like those of the native bench: a long log would measure memory.
    while Date::now() - started < CONSENSUS_MS {
        run(&mut Consensus::new(members, payload_bytes, false));
        entries += CONSENSUS_ENTRIES / batch * batch;
    }
    let milliseconds = Date::now() - started;
    let per_second = (entries as f64 * 1000.0 / milliseconds).round() as u64;
    format!("{{\"entries\": {entries}, \"entries_per_second\": {per_second}}}")
}
