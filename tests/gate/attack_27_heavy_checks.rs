//! Attack 27, puzzles of kind 2: a share costs the verifier as much as its client, so nobody may have shares checked that
//! he has not paid for, or have the same ones checked again.

use std::sync::Arc;

use http::StatusCode;
use portcullis_challenge::{Challenge, Kind};
use portcullis_tests::attacker::{Submission, shares};
use portcullis_tests::in_process::{Answer, Gate, from, get};

use crate::refusal::{assert_is_refusal, assert_refused};

const ASK: &str = "/.portcullis/challenge?solver=pbkdf2";

async fn challenge(gate: &Gate) -> Challenge {
    let challenge = gate.challenge_by(get(ASK)).await;
    assert!(matches!(challenge.fields.kind, Kind::Pbkdf2(_)), "{challenge:?}");
    challenge
}

/// The shares of a challenge, with a nonce that is not a share in place of one that is not the first.
fn all_but(challenge: &Challenge, place: usize) -> Submission {
    let mut nonces = shares(challenge, usize::from(challenge.fields.shares.count()));
    let after = nonces[place - 1] + 1;
    nonces.remove(place);
    let no_share = (after..).find(|nonce| !challenge.puzzle().is_share(*nonce));
    nonces.push(no_share.expect("most nonces are not shares"));
    nonces.sort_unstable();
    Submission::of(challenge, &nonces)
}

#[tokio::test]
async fn without_work_one_share_is_checked_and_nothing_is_burnt() {
    let gate = Gate::lowered();
    let challenge = challenge(&gate).await;
    let good = Submission::solving(&challenge);
    let no_share = (0..).find(|nonce| !challenge.puzzle().is_share(*nonce)).expect("most nonces are not shares");
    let mut junk = vec![no_share];
    junk.extend(no_share + 1..no_share + 8);
    for nonces in [junk, vec![no_share], shares(&challenge, 9), shares(&challenge, 7)] {
        assert_refused(&gate, &Submission::of(&challenge, &nonces), &["insufficient-work"]).await;
    }
    assert_eq!(gate.verifier.redeemed(), 0);
    assert_eq!(gate.redeem(&good).await.status, StatusCode::OK);
    assert_refused(&gate, &good, &["replayed"]).await;
    assert_eq!(gate.verifier.redeemed(), 1);
}

#[tokio::test]
async fn shares_that_were_checked_once_are_never_checked_again() {
    for place in [1, 4, 7] {
        let gate = Gate::lowered();
        let challenge = challenge(&gate).await;
        let almost = all_but(&challenge, place);
        let answer = gate.redeem(&almost).await;
        assert_is_refusal(&answer, &["insufficient-work"]);
        assert_eq!(gate.verifier.redeemed(), 1);
        // Its challenge is spent, for this submission and for a better one.
        assert_refused(&gate, &almost, &["replayed"]).await;
        assert_refused(&gate, &Submission::solving(&challenge), &["replayed"]).await;
        assert_eq!(gate.verifier.redeemed(), 1);
    }
}

#[tokio::test]
async fn everything_cheap_is_refused_before_any_share_is_checked() {
    let gate = Gate::lowered();
    let challenge = challenge(&gate).await;
    let good = Submission::solving(&challenge);
    let mut forged = challenge.encode();
    // Fewer iterations.
    forged[11] -= 1;
    assert_refused(&gate, &good.with_challenge(&forged), &["forged"]).await;
    let elsewhere = gate.redeem_from(&good, "198.51.100.7").await;
    assert_eq!(elsewhere.code(), "wrong-binding");
    gate.clock().advance(std::time::Duration::from_secs(61));
    assert_refused(&gate, &good, &["expired"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_submissions_at_once_one_gets_a_token_and_the_rest_wait_their_turn_elsewhere() {
    let gate = Arc::new(Gate::lowered());
    let good = Submission::solving(&challenge(&gate).await);
    let submissions: Vec<_> = (0..500)
        .map(|_| {
            let (gate, good) = (Arc::clone(&gate), good.clone());
            tokio::spawn(async move { gate.redeem(&good).await })
        })
        .collect();
    let mut tokens = 0;
    for submission in submissions {
        let answer = submission.await.expect("no submission panics");
        match answer.code().as_str() {
            "" => tokens += 1,
            "unavailable" => assert!(!answer.header("retry-after").is_empty()),
            code => assert_eq!(code, "replayed"),
        }
    }
    assert_eq!(tokens, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flood_of_heavy_checks_from_one_network_keeps_no_other_out() {
    // As heavy as they come by default.
    let gate = Arc::new(Gate::with(&["challenge.difficulty=500000", "challenge.shares=32"]));
    let challenge = challenge(&gate).await;
    let junk: Vec<u32> = {
        let first = (0..).find(|nonce| !challenge.puzzle().is_share(*nonce)).expect("most nonces are not shares");
        (first..first + 32).collect()
    };
    let junk = Submission::of(&challenge, &junk);
    let flood: Vec<_> = (0..16)
        .map(|_| {
            let (gate, junk) = (Arc::clone(&gate), junk.clone());
            tokio::spawn(async move {
                for _ in 0..20 {
                    let answer = gate.redeem(&junk).await;
                    assert!(["insufficient-work", "unavailable"].contains(&answer.code().as_str()), "{answer:?}");
                }
            })
        })
        .collect();
    // Cheap puzzles are solved meanwhile, and heavy ones of other networks.
    for (number, ask) in [(1, "/.portcullis/challenge"), (2, ASK), (3, ASK)] {
        let address = format!("198.51.{number}.7");
        let other = gate.challenge_by(from(get(ask), &address)).await;
        let answer: Answer = gate.redeem_from(&Submission::solving(&other), &address).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    for task in flood {
        task.await.expect("junk is refused, nothing worse");
    }
    assert_eq!(gate.verifier.redeemed(), 3);
}
