//! What the page offers to scripts: the benches and the replay that the browser tests call.
//!
//! `quorateBench(name)` is a promise of a JSON text with one figure a field. `quorateReplay(json, untilUs)` is the trace hash
//! of a recording, and throws one sentence if there is none. `quorateRecording()` is the recording of the run that is shown.

use super::{crash, wall_ms, window};
use js_sys::{Error, Function, Promise, Reflect};
use quorate::sandbox::{Duration, bench, replay_hash};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::{Closure, IntoWasmClosure, WasmClosure};

/// How long a bench runs, in milliseconds.
const BENCH_MS: f64 = 3_000.0;

/// Puts the functions on the window.
pub(crate) fn install() {
    export::<dyn Fn(String) -> Promise>("quorateBench", |name: String| {
        Promise::new(&mut |resolve: Function, reject: Function| {
            let _ = match run_bench(&name) {
                Some(report) => resolve.call1(&JsValue::NULL, &report.into()),
                None => reject.call1(
                    &JsValue::NULL,
                    &Error::new(&format!("no bench is called {name}: idle-5 and puts-5 are")).into(),
                ),
            };
        })
    });
    export::<dyn Fn(String, f64) -> Result<String, JsValue>>("quorateReplay", |json: String, until_us: f64| {
        replay_hash(&json, until_us as i64).map_err(|sentence| Error::new(&sentence).into())
    });
    export::<dyn Fn() -> String>("quorateRecording", crash::remembered);
}

fn export<F: ?Sized + WasmClosure>(name: &str, function: impl IntoWasmClosure<F> + 'static) {
    // It lives as long as the page.
    let function = Closure::<F>::new(function).into_js_value();
    let _ = Reflect::set(&window(), &name.into(), &function);
}

fn run_bench(name: &str) -> Option<String> {
    let (seconds, wall_ms) = match name {
        "idle-5" => {
            let mut sandbox = bench::idle(5);
            measure(100, |seconds| sandbox.run_for(Duration::seconds(seconds as i64)))
        }
        "puts-5" => {
            let mut puts = bench::Puts::new(5);
            measure(10, |seconds| puts.run(seconds, 1_000))
        }
        _ => return None,
    };
    let rate = (seconds as f64 * 1_000.0 / wall_ms.max(1.0)) as u64;
    Some(format!(
        "{{\"virtual_seconds\":{seconds},\"wall_ms\":{},\"virtual_seconds_per_second\":{rate}}}",
        wall_ms as u64
    ))
}

/// Runs slices of virtual seconds until the bench has lasted long enough.
fn measure(slice: u64, mut run: impl FnMut(u64)) -> (u64, f64) {
    let began = wall_ms();
    let mut seconds = 0;
    loop {
        run(slice);
        seconds += slice;
        let passed = wall_ms() - began;
        if passed >= BENCH_MS {
            return (seconds, passed);
        }
    }
}
