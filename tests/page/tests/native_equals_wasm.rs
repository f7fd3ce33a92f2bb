//! The same seed and the same inputs give the same run, bit for bit, natively and in WebAssembly.

use anyhow::{Result, anyhow, ensure};
use quorate::sandbox::{Duration, NetworkProfile, Sandbox, Settings, replay_hash};
use quorate_page_tests::{Opening, with_page};
use serde_json::json;

/// A cluster that lived through an election, writes, a lease, a partition of its leader, and the healing.
fn recording_of_a_busy_minute(settings: Settings) -> Sandbox {
    let mut sandbox = Sandbox::new(settings);
    let lines = [
        "etcdctl put /config/database/url postgres://prod:5432",
        "etcdctl lease grant 10",
        "etcdctl watch /config/ --prefix --rev=1",
        "partition n1 | n2 n3",
        "etcdctl put /config/cache/ttl 300",
        "heal",
        "crash leader",
        "etcdctl get /config/ --prefix",
    ];
    for (number, line) in lines.into_iter().enumerate() {
        sandbox.run_for(Duration::seconds(7));
        sandbox.type_line(number % 2, line);
    }
    sandbox.run_for(Duration::seconds(7));
    sandbox
}

#[test]
fn a_recording_has_the_same_trace_hash_in_the_browser_as_natively() -> Result<()> {
    with_page(&Opening::laptop(), |page| {
        let networks = [NetworkProfile::Lan, NetworkProfile::Classroom, NetworkProfile::Wan];
        for (seed, network) in (1..).zip(networks) {
            let sandbox = recording_of_a_busy_minute(Settings { seed, network, ..Settings::default() });
            let (recording, until_us) = (sandbox.recording().to_text(), sandbox.now().0);
            let native = replay_hash(&recording, until_us).map_err(|error| anyhow!(error))?;
            ensure!(native == sandbox.trace_hash(), "seed {seed}: the replay differs from the run, natively already");
            let call = format!("return window.quorateReplayHash({}, {until_us})", json!(recording));
            let in_browser: String = page.js(&call)?;
            ensure!(native == in_browser, "seed {seed}: {native} natively, {in_browser} in the browser");
        }
        Ok(())
    })
}
