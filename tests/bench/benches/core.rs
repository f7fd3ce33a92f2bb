//! How fast the core is, natively: `cargo xtask bench --only native`.
//!
//! The page has benches of its own, because WebAssembly in a browser gives other figures.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use quorate::mvcc::{KeyRange, RangeOptions, Store};
use quorate::sandbox::{Duration, bench};

/// Writes in a store's history.
const PUTS: u64 = 10_000;
/// Keys that they fall on.
const KEYS: u64 = 500;

fn put(store: &mut Store, number: u64) {
    let mut txn = store.begin();
    txn.put(format!("/key/{:03}", number % KEYS).as_str().into(), format!("value {number}").as_str().into(), 0);
    txn.finish();
}

fn store_with_history() -> Store {
    let mut store = Store::new();
    (0..PUTS).for_each(|number| put(&mut store, number));
    store
}

fn mvcc(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mvcc");
    let store = store_with_history();
    group.throughput(Throughput::Elements(PUTS));
    group.bench_function("10,000 puts on 500 keys", |bencher| bencher.iter(store_with_history));
    group.throughput(Throughput::Elements(KEYS));
    let halfway = RangeOptions { revision: store.revision() / 2, ..RangeOptions::default() };
    group.bench_function("a range over 500 keys, 5,000 revisions back", |bencher| {
        bencher.iter(|| store.range(&KeyRange::all(), &halfway));
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("a checkpoint and a put, after 10,000 revisions", |bencher| {
        bencher.iter(|| {
            let mut checkpoint = store.clone();
            put(&mut checkpoint, PUTS);
            checkpoint
        });
    });
    group.finish();
}

/// The loads that `cargo xtask bench` measures in the page too; `elem/s` is virtual seconds a second.
fn cluster(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("five whole nodes");
    group.sample_size(10);
    group.throughput(Throughput::Elements(1_000));
    let mut idle = bench::idle(5);
    group.bench_function("1,000 idle virtual seconds", |bencher| {
        bencher.iter(|| idle.run_for(Duration::seconds(1_000)));
    });
    group.throughput(Throughput::Elements(10));
    group.bench_function("10 virtual seconds of 1,000 puts", |bencher| {
        let run = |puts: &mut bench::Puts| puts.run(10);
        bencher.iter_batched_ref(|| bench::Puts::new(5), run, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, mvcc, cluster);
criterion_main!(benches);
