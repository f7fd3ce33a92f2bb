//! Consensus beside raft-rs, in one run: `cargo xtask bench`, which prints the ratios as a table.
//!
//! A number is committed entries a second: proposed to the leader, and known to be committed by every member.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use quorate::etcd::bench::Consensus;
use quorate_bench::RaftRs;
use std::time::Duration;

/// Entries of one measured run.
const ENTRIES: usize = 10_000;

fn consensus(criterion: &mut Criterion) {
    for (name, with_stores) in [("consensus alone", false), ("with a store", true)] {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
        group.throughput(Throughput::Elements(ENTRIES as u64));
        for (members, payload_bytes, batch) in rows() {
            let row = format!("{members} members, {payload_bytes} B, batches of {batch}");
            group.bench_function(format!("raft-rs, {row}"), |bencher| {
                let new = || RaftRs::new(members, payload_bytes, with_stores);
                let run = |group: &mut RaftRs| (0..ENTRIES / batch).for_each(|_| group.commit(batch));
                bencher.iter_batched_ref(new, run, BatchSize::PerIteration);
            });
            group.bench_function(format!("quorate, {row}"), |bencher| {
                let new = || Consensus::new(members, payload_bytes, with_stores);
                let run = |group: &mut Consensus| (0..ENTRIES / batch).for_each(|_| group.commit(batch));
                bencher.iter_batched_ref(new, run, BatchSize::PerIteration);
            });
        }
        group.finish();
    }
}

/// Members, bytes of a payload, entries of a proposal.
fn rows() -> impl Iterator<Item = (usize, usize, usize)> {
    [3, 5].into_iter().flat_map(|members| {
        [64, 256].into_iter().flat_map(move |bytes| [1, 100].into_iter().map(move |batch| (members, bytes, batch)))
    })
}

criterion_group!(benches, consensus);
criterion_main!(benches);
