//! A response is spent once, in five minutes, in one run of the verifier.

use std::sync::Arc;
use std::time::Duration;

use portcullis_challenge::UnixMillis;
use portcullis_tests::in_process::START;

use super::*;

const KEY: &str = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
const OTHER_KEY: &str = "f81d4fae-7dec-11d0-a765-00a0c91e6bf7";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_questions_at_once_exactly_one_is_told_yes() {
    let gate = Arc::new(gate(&[]));
    let good = response(&gate).await;
    let questions: Vec<_> = (0..1000)
        .map(|_| {
            let (gate, good) = (Arc::clone(&gate), good.clone());
            tokio::spawn(async move { about(&gate, &good).await })
        })
        .collect();
    let (mut yes, mut duplicate) = (0, 0);
    for question in questions {
        let told = question.await.unwrap();
        match told["success"].as_bool() {
            Some(true) => yes += 1,
            _ if told == no("timeout-or-duplicate") => duplicate += 1,
            _ => panic!("{told}"),
        }
    }
    assert_eq!((yes, duplicate), (1, 999));
    // The challenge, and the response.
    assert_eq!(gate.verifier.redeemed(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_repetitions_at_once_hear_the_same_and_another_question_hears_no() {
    let gate = Arc::new(gate(&[]));
    let good = response(&gate).await;
    let ask_as = |key: &'static str| {
        let (gate, good) = (Arc::clone(&gate), good.clone());
        let fields = move |good: String| async move {
            ask(&gate, &[("secret", SECRET), ("response", &good), ("idempotency_key", key)]).await
        };
        tokio::spawn(fields(good))
    };
    let repetitions: Vec<_> = (0..100).map(|_| ask_as(KEY)).collect();
    let mut told = Vec::new();
    for repetition in repetitions {
        told.push(repetition.await.unwrap());
    }
    assert!(told.iter().all(|answer| is_good(answer) && *answer == told[0]), "{told:?}");
    for answer in [ask_as(OTHER_KEY).await.unwrap(), about(&gate, &good).await] {
        assert_eq!(answer, no("timeout-or-duplicate"));
    }
    assert_eq!(ask_as(KEY).await.unwrap(), told[0]);
    assert_eq!(gate.verifier.redeemed(), 2);
}

#[tokio::test]
async fn a_question_without_a_key_cannot_be_repeated_with_one() {
    let gate = gate(&[]);
    let good = response(&gate).await;
    assert!(is_good(&about(&gate, &good).await));
    let told = ask(&gate, &[("secret", SECRET), ("response", &good), ("idempotency_key", KEY)]).await;
    assert_eq!(told, no("timeout-or-duplicate"));
}

#[tokio::test]
async fn a_response_is_good_for_five_minutes_and_so_is_a_repetition() {
    let gate = gate(&[]);
    let (early, late) = (response(&gate).await, response(&gate).await);
    gate.clock().advance(Duration::from_millis(299_999));
    let question = [("secret", SECRET), ("response", early.as_str()), ("idempotency_key", KEY)];
    assert!(is_good(&ask(&gate, &question).await));
    gate.verifier.forget_expired();
    assert!(is_good(&ask(&gate, &question).await));
    gate.clock().advance(Duration::from_millis(1));
    assert_eq!(about(&gate, &late).await, no("timeout-or-duplicate"));
    assert_eq!(ask(&gate, &question).await, no("timeout-or-duplicate"));
    gate.clock().advance(Duration::from_secs(60));
    gate.verifier.forget_expired();
    assert_eq!(gate.verifier.redeemed(), 0);
}

#[tokio::test]
async fn a_clock_that_is_stepped_neither_revives_a_response_nor_kills_one() {
    let gate = gate(&[]);
    let (spent, unspent) = (response(&gate).await, response(&gate).await);
    assert!(is_good(&about(&gate, &spent).await));
    for stepped_to in [START.0 - 3_600_000, START.0 + 3_600_000] {
        gate.clock().step_to(UnixMillis(stepped_to));
        assert_eq!(about(&gate, &spent).await, no("timeout-or-duplicate"));
    }
    assert!(is_good(&about(&gate, &unspent).await));
    gate.clock().advance(Duration::from_secs(400));
    gate.verifier.forget_expired();
    gate.clock().step_to(START);
    assert_eq!(about(&gate, &spent).await, no("timeout-or-duplicate"));
}

#[tokio::test]
async fn after_a_restart_spent_and_unspent_responses_are_void() {
    let gate = gate(&[]);
    let (spent, unspent) = (response(&gate).await, response(&gate).await);
    assert!(is_good(&about(&gate, &spent).await));
    let restarted = gate.restarted();
    for old in [spent, unspent] {
        assert_eq!(about(&restarted, &old).await, no("timeout-or-duplicate"));
    }
    assert!(is_good(&about(&restarted, &response(&restarted).await).await));
}

#[tokio::test]
async fn a_full_replay_store_says_so_and_the_response_stays_good() {
    let gate = gate(&["replay.capacity=2"]);
    let (first, second) = (response(&gate).await, response(&gate).await);
    assert_eq!(about(&gate, &first).await, no("internal-error"));
    // The challenges expire, and leave room.
    gate.clock().advance(Duration::from_secs(80));
    gate.verifier.forget_expired();
    for good in [first, second] {
        assert!(is_good(&about(&gate, &good).await));
    }
}

#[tokio::test]
async fn one_solution_is_a_clearance_or_a_response_and_never_both() {
    let gate = gate(&[]);
    for clearance_first in [true, false] {
        let solved = gate.solved().await;
        let redeem = || post("/.portcullis/redeem").header(CONTENT_TYPE, "application/json");
        let bodies = [solved.to_json(), for_response(&solved, &json!({}))];
        let (first, second) = if clearance_first { (0, 1) } else { (1, 0) };
        assert_eq!(gate.send_with(redeem(), bodies[first].clone()).await.status, StatusCode::OK);
        assert_eq!(gate.send_with(redeem(), bodies[second].clone()).await.code(), "replayed");
    }
}
