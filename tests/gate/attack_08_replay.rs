//! Attack 8: one solution, many tokens.

use std::sync::Arc;

use http::StatusCode;
use portcullis_tests::attacker::{Submission, shares};
use portcullis_tests::in_process::Gate;

use crate::refusal::{assert_refused, assert_still_good};

#[tokio::test]
async fn a_solution_is_redeemed_once() {
    let gate = Gate::lowered();
    let good = gate.solved().await;
    assert_still_good(&gate, &good).await;
    for _ in 0..3 {
        assert_refused(&gate, &good, &["replayed"]).await;
    }
    assert_eq!(gate.verifier.redeemed(), 1);
}

#[tokio::test]
async fn another_solution_of_a_redeemed_challenge_is_a_replay() {
    let gate = Gate::lowered();
    let challenge = gate.challenge().await;
    assert_still_good(&gate, &Submission::solving(&challenge)).await;
    let other = Submission::of(&challenge, &shares(&challenge, 9)[1..]);
    assert_refused(&gate, &other, &["replayed"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_submissions_at_once_exactly_one_gets_a_token() {
    let gate = Arc::new(Gate::lowered());
    let good = gate.solved().await;
    let submissions: Vec<_> = (0..1000)
        .map(|_| {
            let (gate, good) = (Arc::clone(&gate), good.clone());
            tokio::spawn(async move { gate.redeem(&good).await })
        })
        .collect();
    let (mut cleared, mut replayed) = (0, 0);
    for submission in submissions {
        let answer = submission.await.unwrap();
        match answer.status {
            StatusCode::OK => cleared += 1,
            StatusCode::CONFLICT => replayed += 1,
            _ => panic!("{answer:?}"),
        }
    }
    assert_eq!((cleared, replayed), (1, 999));
    assert_eq!(gate.verifier.redeemed(), 1);
}
