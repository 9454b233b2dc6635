//! Attack 1: the client chooses how much work it does. Published as CVE-2025-24369 for another gate, where it came
//! back after a refactoring.

use http::header::CONTENT_TYPE;
use portcullis_challenge::Challenge;
use portcullis_tests::attacker::{Submission, changed, nonces_text, shares};
use portcullis_tests::in_process::{Gate, get, post};
use serde_json::{Value, json};

use crate::refusal::{assert_is_refusal, assert_refused, assert_still_good};

const CHOICES: [&str; 7] = ["", "0", "-1", "1", "1073741824", "4294967295", "null"];

#[tokio::test]
async fn a_client_cannot_ask_for_an_easier_challenge() {
    let gate = Gate::lowered();
    let usual = gate.challenge().await.fields;
    for name in ["difficulty", "shares", "threshold", "kind", "lifetime"] {
        for choice in CHOICES {
            let asking = get(&format!("/.portcullis/challenge?{name}={choice}")).header(name, choice);
            let fields = gate.challenge_by(asking).await.fields;
            assert_eq!(fields.threshold, usual.threshold, "{name}={choice}");
            assert_eq!((fields.shares, fields.kind), (usual.shares, usual.kind), "{name}={choice}");
            assert_eq!(fields.lifetime, usual.lifetime, "{name}={choice}");
        }
    }
}

#[tokio::test]
async fn a_difficulty_beside_the_solution_is_refused() {
    let gate = Gate::lowered();
    let good = gate.solved().await;
    let choices = [json!(0), json!(-1), json!(1), json!(1.5), json!(u32::MAX), json!("0"), Value::Null];
    for name in ["difficulty", "shares", "threshold"] {
        for choice in &choices {
            let mut body: Value = serde_json::from_str(&good.to_json()).unwrap();
            body[name] = choice.clone();
            let request = post("/.portcullis/redeem").header(CONTENT_TYPE, "application/json");
            let answer = gate.send_with(request, body.to_string()).await;
            assert_is_refusal(&answer, &["malformed"]);
        }
    }
    assert_still_good(&gate, &good).await;
}

#[tokio::test]
async fn a_difficulty_in_the_url_of_the_submission_changes_nothing() {
    let gate = Gate::lowered();
    let challenge = gate.challenge().await;
    let no_work = Submission::of(&challenge, &[]);
    let one_share = Submission::of(&challenge, &shares(&challenge, 1));
    for choice in CHOICES {
        let request = || post(&format!("/.portcullis/redeem?difficulty={choice}&shares={choice}"));
        assert_is_refusal(&gate.redeem_by(&no_work, request()).await, &["malformed"]);
        assert_is_refusal(&gate.redeem_by(&one_share, request()).await, &["insufficient-work"]);
    }
    assert_still_good(&gate, &Submission::solving(&challenge)).await;
}

#[tokio::test]
async fn making_ones_own_challenge_easier_is_forgery() {
    let gate = Gate::lowered();
    let challenge = gate.challenge().await;
    let easier: [(usize, &[u8]); 4] = [
        (3, &[1]),
        (4, &(u32::MAX - 1).to_be_bytes()),
        (4, &(u32::MAX / 2).to_be_bytes()),
        // Harder: nobody but the verifier says how hard.
        (4, &challenge.fields.threshold.word().saturating_sub(1).to_be_bytes()),
    ];
    for (offset, value) in easier {
        let bytes = changed(&challenge, |bytes| bytes[offset..offset + value.len()].copy_from_slice(value));
        // The work the changed challenge asks for is really done.
        let wrong = Submission::solving(&Challenge::decode(&bytes).unwrap());
        assert_refused(&gate, &wrong, &["forged"]).await;
    }
    assert_still_good(&gate, &Submission::solving(&challenge)).await;
}

#[tokio::test]
async fn a_submission_without_a_solution_or_with_none_of_its_own_is_refused() {
    let gate = Gate::lowered();
    let good = gate.solved().await;
    for solution in [json!(""), Value::Null, json!(0), json!([]), json!(nonces_text(&[0; 8]))] {
        let body = json!({ "challenge": good.challenge, "solution": solution }).to_string();
        let request = post("/.portcullis/redeem").header(CONTENT_TYPE, "application/json");
        assert_is_refusal(&gate.send_with(request, body).await, &["malformed"]);
    }
    assert_still_good(&gate, &good).await;
}
