//! The benchmark that `cargo xtask bench native` runs and reads.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use native_bench::{CHAIN, Way, chain};
use portcullis_challenge::Prefix;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    ways(&mut criterion);
    criterion.final_summary();
}

fn ways(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("native");
    for way in Way::all() {
        group.throughput(Throughput::Elements(way.attempts() * way.compressions()));
        let prefix = Prefix::from_bytes(&[7; Prefix::LEN]);
        let mut next = 0;
        group.bench_function(way.name(), |bencher| {
            bencher.iter(|| {
                // Other nonces every time, and never past the last.
                next = (next + way.attempts()) % (1 << 31);
                way.search(black_box(&prefix), next..next + way.attempts())
            });
        });
    }
    // Measured among the others, since a processor's clock follows what it is doing.
    group.throughput(Throughput::Elements(CHAIN));
    let mut seed = 1;
    group.bench_function("clock", |bencher| {
        bencher.iter(|| {
            seed = chain(black_box(seed));
            seed
        });
    });
    group.finish();
}
