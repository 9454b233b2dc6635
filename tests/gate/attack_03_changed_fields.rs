//! Attack 3: a challenge changed after it was tagged, tagged by somebody else, or written another way.

use portcullis_challenge::{CHALLENGE_LEN, Challenge};
use portcullis_tests::attacker::{Submission, challenge_text, changed};
use portcullis_tests::in_process::{Gate, Plan};

use crate::refusal::{assert_refused, assert_still_good};

#[tokio::test]
async fn a_challenge_with_any_one_bit_flipped_is_refused() {
    let gate = Gate::lowered();
    let challenge = gate.challenge().await;
    let good = Submission::solving(&challenge);
    for bit in 0..8 * CHALLENGE_LEN {
        let bytes = changed(&challenge, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        let codes: &[&str] = if bit / 8 >= 24 { &["forged"] } else { &["forged", "malformed"] };
        assert_refused(&gate, &good.with_challenge(&bytes), codes).await;
    }
    assert_still_good(&gate, &good).await;
}

#[tokio::test]
async fn the_tag_of_another_verifier_is_forged() {
    let (gate, other) = (Gate::lowered(), Gate::lowered());
    let wrong = Submission::solving(&other.challenge().await);
    assert_refused(&gate, &wrong, &["forged"]).await;
    assert_still_good(&other, &wrong).await;
}

#[tokio::test]
async fn another_key_of_the_ring_does_not_vouch_for_a_challenge() {
    let older = Gate::start(Plan { secrets: vec![[1; 32]], ..Plan::with(&[]) });
    let gate = Gate::start(Plan { secrets: vec![[1; 32], [2; 32]], ..older.plan.clone() });
    let challenge = gate.challenge().await;
    assert_eq!(challenge.fields.key_id.0, 1);
    let good = Submission::solving(&challenge);
    for key_id in [0, 2, 255] {
        let bytes = changed(&challenge, |bytes| bytes[2] = key_id);
        assert_refused(&gate, &good.with_challenge(&bytes), &["forged"]).await;
    }
    assert_still_good(&gate, &good).await;
    // What the older key of the ring has tagged is good.
    assert_still_good(&gate, &older.solved().await).await;
}

#[tokio::test]
async fn a_challenge_has_one_text_and_no_other() {
    let gate = Gate::lowered();
    let challenge = loop {
        let challenge = gate.challenge().await;
        let text = challenge_text(&challenge.encode());
        // One whose text differs between base64url and base64.
        if text.contains(['-', '_']) {
            break challenge;
        }
    };
    let good = Submission::solving(&challenge);
    let text = good.challenge.as_str();
    let last_but_changed = {
        // The last character carries four bits; the other two must be zero.
        let next = char::from(text.as_bytes()[text.len() - 1] + 1);
        format!("{}{next}", &text[..text.len() - 1])
    };
    let others = [
        String::new(),
        text[..text.len() - 1].to_owned(),
        text[1..].to_owned(),
        format!("{text}A"),
        format!("{text}="),
        format!("{text}\n"),
        format!(" {text}"),
        format!("{text}{text}"),
        text.replace('-', "+").replace('_', "/"),
        text.replace('-', "%2D").replace('_', "%5F"),
        challenge_text(&challenge.encode()[..CHALLENGE_LEN - 1]),
        challenge_text(&[&challenge.encode()[..], &[0]].concat()),
        last_but_changed,
    ];
    for other in others {
        assert_ne!(other, text);
        let wrong = Submission { challenge: other, ..good.clone() };
        assert_refused(&gate, &wrong, &["malformed"]).await;
    }
    // So has a solution.
    for other in [format!("{}=", good.solution), format!("{}\n", good.solution), good.solution.replace('A', "\u{391}")]
    {
        let wrong = Submission { solution: other, ..good.clone() };
        if wrong != good {
            assert_refused(&gate, &wrong, &["malformed"]).await;
        }
    }
    assert!(Challenge::parse(text.as_bytes()).is_ok());
    assert_still_good(&gate, &good).await;
}
