//! Loads whose speed is measured: natively by criterion, in the page by its own clock.

use super::jobs::Launch;
use super::{Duration, JobId, Sandbox, Settings};

pub use crate::etcd::bench::Consensus;

/// A cluster of `nodes` that has a leader and nothing to do.
pub fn idle(nodes: usize) -> Sandbox {
    let mut sandbox = Sandbox::without_terminals(Settings { nodes, ..Settings::default() });
    sandbox.run_for(Duration::seconds(10));
    assert!(sandbox.leader_is_followed(), "ten seconds are enough for a leader");
    sandbox
}

/// A cluster of `nodes` in one rack on which `etcdctl check perf --load=m` runs: 1,000 puts a second, of 256-byte keys and 1 KiB values,
/// by 200 clients of a member.
pub struct Puts {
    sandbox: Sandbox,
    load: JobId,
}

impl Puts {
    /// The cluster, its load just under way.
    pub fn new(nodes: usize) -> Puts {
        let mut sandbox = Sandbox::new(Settings { nodes, network: super::NetworkProfile::Lan, ..Settings::default() });
        sandbox.run_for(Duration::seconds(10));
        let client = sandbox.client_of(0).expect("a sandbox has a terminal");
        let words = ["etcdctl", "check", "perf", "--load=m"].map(str::to_string).to_vec();
        let load = sandbox.launch(client, Launch { words, ..Launch::default() });
        sandbox.run_for(Duration::seconds(1));
        Puts { sandbox, load }
    }

    /// Runs the load for so many virtual seconds. It lasts a minute, so all runs together must stay below that.
    ///
    /// # Panics
    /// When fewer than 990 puts a second were done.
    pub fn run(&mut self, seconds: u64) {
        let before = self.revision();
        self.sandbox.run_for(Duration::seconds(seconds as i64));
        assert!(!self.sandbox.job_has_ended(self.load), "the load is over");
        let done = self.revision() - before;
        assert!(done >= 990 * seconds as i64, "{done} puts in {seconds} s");
    }

    fn revision(&self) -> i64 {
        self.sandbox.servers().map(|(_, server)| server.store().revision()).max().unwrap_or(0)
    }
}
