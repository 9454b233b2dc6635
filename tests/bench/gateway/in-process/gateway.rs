//! The benchmark that `cargo xtask bench gateway` runs and reads.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkGroup, Criterion, measurement::WallTime};
use gateway_bench::{
    Gate, NOW, Posted, ROUND, Rounds, Signer, Visit, address, decide, expression, judge, network, policy, rules, token,
    verifier,
};
use portcullis_admission::Outcome;
use portcullis_challenge::UnixMillis;
use portcullis_clearance::Algorithm;
use portcullis_issuer::stores::replay_store::ReplayStore;
use portcullis_policy::Policy;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let gate = Gate::new();
    let mut group = criterion.benchmark_group("gateway");
    issue(&mut group, &gate);
    junk(&mut group, &gate);
    for algorithm in [Algorithm::Hs256, Algorithm::EdDsa, Algorithm::Es256] {
        redeem(&mut group, &gate, algorithm);
        uncached(&mut group, &gate, algorithm);
    }
    cached(&mut group, &gate);
    judged(&mut group);
    let default = Policy::read(None).expect("the default policy is one");
    decided(&mut group, "policy-default", &default);
    decided(&mut group, "policy-10", &rules(10, 0));
    decided(&mut group, "policy-1000", &rules(1000, 1000));
    decided(&mut group, "policy-expression", &expression());
    stepped(&mut group);
    group.finish();
    criterion.final_summary();
}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn issue(group: &mut Group<'_>, gate: &Gate) {
    let mut next = 0;
    group.bench_function("issue", |bencher| {
        bencher.iter(|| {
            next += 1;
            gate.issue(black_box(next))
        });
    });
}

/// A challenge that the verifier did not make, with a solution that may be one.
fn junk(group: &mut Group<'_>, gate: &Gate) {
    let posted: Vec<_> = gate.solved().into_iter().map(Posted::with_a_bad_tag).collect();
    let store = ReplayStore::new(2 * ROUND);
    let mut next = 0;
    group.bench_function("junk", |bencher| {
        bencher.iter(|| {
            next = (next + 1) % ROUND;
            gate.redeem(black_box(&posted[next]), &store).expect_err("its tag is bad")
        });
    });
}

/// A submission from its texts to the signed token.
fn redeem(group: &mut Group<'_>, gate: &Gate, algorithm: Algorithm) {
    let posted = gate.solved();
    let ring = Signer::new(algorithm).ring();
    let mut stores = Rounds::new(|| ReplayStore::new(2 * ROUND));
    group.bench_function(format!("redeem-{}", algorithm.name()), |bencher| {
        bencher.iter_batched(
            || stores.turn(),
            |(store, number)| {
                let paid = gate.redeem(black_box(&posted[number]), &store).expect("it is solved");
                (token(&ring, &paid, network(number as u64)), store)
            },
            BatchSize::SmallInput,
        );
    });
}

/// A token that was not seen before.
fn uncached(group: &mut Group<'_>, gate: &Gate, algorithm: Algorithm) {
    let signer = Signer::new(algorithm);
    let tokens = tokens(gate, &signer);
    let mut verifiers = Rounds::new(|| verifier(signer.ring()));
    group.bench_function(format!("decide-{}", algorithm.name()), |bencher| {
        bencher.iter_batched(
            || verifiers.turn(),
            |(verifier, number)| {
                let clearance = decide(&verifier, black_box(&tokens[number]), address(number as u64));
                (clearance.expect("it is genuine"), verifier)
            },
            BatchSize::SmallInput,
        );
    });
}

/// A token that was seen before, one of a round of them.
fn cached(group: &mut Group<'_>, gate: &Gate) {
    let signer = Signer::new(Algorithm::Es256);
    let tokens = tokens(gate, &signer);
    let verifier = verifier(signer.ring());
    let mut number = 0;
    let mut next = || {
        number = (number + 1) % ROUND;
        decide(&verifier, black_box(&tokens[number]), address(number as u64)).expect("it is genuine")
    };
    (0..ROUND).for_each(|_| drop(next()));
    group.bench_function("decide-cached", |bencher| bencher.iter(&mut next));
}

/// What the pressure asks of a cleared client, and whether its token is within its budget; one of a round of them.
fn judged(group: &mut Group<'_>) {
    let policy = policy();
    let mut number = 0;
    group.bench_function("judge", |bencher| {
        bencher.iter(|| {
            number += 1;
            // A request a millisecond, so that no token is used up.
            let (client, now) = (number % ROUND as u64, UnixMillis(NOW.0 + number));
            assert_eq!(judge(&policy, black_box(client), now), Outcome::Admit);
        });
    });
}

/// What a policy makes of a request, one of a round of them.
fn decided(group: &mut Group<'_>, name: &str, policy: &Policy) {
    let visits = Visit::round();
    let mut number = 0;
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            number = (number + 1) % ROUND;
            policy.decide(black_box(&visits[number].facts()))
        });
    });
}

/// The step of each second, with as many networks as there is room for.
fn stepped(group: &mut Group<'_>) {
    let policy = policy();
    let mut second = 0;
    group.bench_function("pressure-step", |bencher| {
        bencher.iter_batched(
            || {
                second += 1;
                let now = UnixMillis(NOW.0 + second * 1000);
                // All of them are heard of again, or they would be forgotten.
                for number in 0..1 << 16 {
                    judge(&policy, number, now);
                }
                now
            },
            |now| policy.pressure.step(now),
            BatchSize::PerIteration,
        );
    });
}

fn tokens(gate: &Gate, signer: &Signer) -> Vec<String> {
    let posted = gate.solved();
    let paid = gate.redeem(&posted[0], &ReplayStore::new(1)).expect("it is solved");
    let ring = signer.ring();
    (0..ROUND as u64).map(|number| token(&ring, &paid, network(number))).collect()
}
