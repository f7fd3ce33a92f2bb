//! Loads whose speed is measured: natively by criterion, in the page by its own clock.

use super::jobs::Launch;
use super::{ActorId, Duration, JobId, Sandbox, Settings};

/// A cluster of `nodes` that has a leader and nothing to do.
pub fn idle(nodes: usize) -> Sandbox {
    let mut sandbox = Sandbox::without_terminals(Settings { nodes, ..Settings::default() });
    sandbox.run_for(Duration::seconds(10));
    assert!(sandbox.leader_is_followed(), "ten seconds are enough for a leader");
    sandbox
}

/// A cluster of `nodes` with a client that puts, one `etcdctl put` a call of [`Puts::run`]'s inner loop.
pub struct Puts {
    sandbox: Sandbox,
    client: ActorId,
    written: u64,
}

impl Puts {
    /// A cluster that is ready to be written to.
    pub fn new(nodes: usize) -> Puts {
        let mut sandbox = Sandbox::new(Settings { nodes, ..Settings::default() });
        sandbox.run_for(Duration::seconds(10));
        let client = sandbox.client_of(0).expect("a sandbox has a terminal");
        Puts { sandbox, client, written: 0 }
    }

    /// Writes `puts_per_second` for so many virtual seconds, evenly spread over the keys of a small store, each a whole
    /// `etcdctl put` from its words to its `OK`.
    ///
    /// # Panics
    /// When a put does not succeed.
    pub fn run(&mut self, seconds: u64, puts_per_second: u64) {
        let mut jobs: Vec<JobId> = Vec::new();
        for _ in 0..seconds * puts_per_second {
            let key = format!("/bench/{}", self.written % 1_000);
            let words = ["etcdctl", "put", &key, "some value of usual length"].map(str::to_string).to_vec();
            jobs.push(self.sandbox.launch(self.client, Launch { words, ..Launch::default() }));
            self.written += 1;
            self.sandbox.run_for(Duration::micros(1_000_000 / puts_per_second as i64));
            if jobs.len() >= 1_000 {
                self.check(&mut jobs, 500);
            }
        }
        // The last ones are answered.
        self.sandbox.run_for(Duration::seconds(1));
        self.check(&mut jobs, 0);
    }

    fn check(&mut self, jobs: &mut Vec<JobId>, keep: usize) {
        for job in jobs.drain(..jobs.len() - keep) {
            let output = self.sandbox.job_output(job).expect("a job is asked once");
            assert_eq!((output.stdout.as_str(), output.status), ("OK\n", Some(0)), "{}", output.stderr);
        }
    }
}
