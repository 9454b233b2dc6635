//! Attack 11: solutions prepared in advance and released at once.
//!
//! What is bounded, and what is not: an attacker may hoard as many solutions as it can find in one challenge lifetime
//! (60 s by default, 5 min at most), so a burst is at most lifetime × solving rate. Each is worth one token, for the
//! network prefix it was asked for from, and none is worth anything after its lifetime. Nothing bounds how many
//! challenges one prefix may ask for; but the prefix that redeems a hoard is asked for more, and no other is.

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;
use portcullis_tests::attacker::Submission;
use portcullis_tests::attacker::tokens::Token;
use portcullis_tests::in_process::{Gate, from, get};

use crate::refusal::assert_is_refusal;

const PREFIXES: [&str; 4] = ["198.51.100.1", "198.51.101.1", "2001:db8:a::1", "2001:db8:b::1"];
const HOARD: usize = 64;

#[tokio::test]
async fn hoarded_solutions_are_worthless_after_their_lifetime() {
    let gate = Gate::lowered();
    let hoard = hoard(&gate).await;
    gate.clock().advance(Duration::from_secs(60));
    for (address, submission) in &hoard {
        assert_is_refusal(&gate.redeem_from(submission, address).await, &["expired"]);
    }
    assert_eq!(gate.verifier.redeemed(), 0);
}

#[tokio::test]
async fn released_at_once_each_is_worth_one_token_for_its_own_prefix() {
    let gate = Gate::lowered();
    let hoard = hoard(&gate).await;
    gate.clock().advance(Duration::from_millis(59_999));
    let mut names = BTreeSet::new();
    for (address, submission) in &hoard {
        for other in PREFIXES.iter().filter(|other| *other != address) {
            assert_is_refusal(&gate.redeem_from(submission, other).await, &["wrong-binding"]);
        }
        let answer = gate.redeem_from(submission, address).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        let claims = Token::parse(&token);
        assert_eq!(claims.claim("net"), network(address));
        names.insert(claims.claim("jti").to_string());
        assert_is_refusal(&gate.redeem_from(submission, address).await, &["replayed"]);
        // And the token is worth nothing elsewhere.
        for other in PREFIXES.iter().filter(|other| *other != address) {
            let cookie = format!("__Host-portcullis={token}");
            let shown = gate.send(from(get("/").header("cookie", cookie), other)).await;
            assert_eq!(shown.status, StatusCode::FORBIDDEN);
        }
    }
    assert_eq!(names.len(), PREFIXES.len() * HOARD);
    assert_eq!(gate.verifier.redeemed(), PREFIXES.len() * HOARD);
}

#[tokio::test]
async fn who_releases_a_hoard_is_asked_for_more_afterwards_and_others_are_not() {
    let gate = Gate::with(&["pressure.most_difficulty=8192"]);
    let (hoarder, others) = (PREFIXES[0], [PREFIXES[1], PREFIXES[2], "192.0.2.1"]);
    let least = difficulty(&gate, hoarder).await;
    let hoard = hoard(&gate).await;
    gate.clock().advance(Duration::from_secs(50));
    gate.verifier.take_pressure();
    assert_eq!(difficulty(&gate, hoarder).await, least, "a hoard that is only kept is not seen");
    for (_, submission) in hoard.iter().filter(|(address, _)| *address == hoarder) {
        assert_eq!(gate.redeem_from(submission, hoarder).await.status, StatusCode::OK);
    }
    let mut most = 0;
    for _ in 0..10 {
        gate.clock().advance(Duration::from_secs(1));
        gate.verifier.take_pressure();
        most = most.max(difficulty(&gate, hoarder).await);
        for other in others {
            assert_eq!(difficulty(&gate, other).await, least, "{other}");
        }
    }
    assert!(most >= 4 * least, "{most} for the attacker who released a hoard, {least} for others");
}

async fn difficulty(gate: &Gate, address: &str) -> u32 {
    let challenge = gate.challenge_by(from(get("/.portcullis/challenge"), address)).await;
    challenge.fields.difficulty().attempts()
}

async fn hoard(gate: &Gate) -> Vec<(&'static str, Submission)> {
    let mut hoard = Vec::new();
    for address in PREFIXES {
        for _ in 0..HOARD {
            let challenge = gate.challenge_by(from(get("/.portcullis/challenge"), address)).await;
            hoard.push((address, Submission::solving(&challenge)));
        }
    }
    hoard
}

fn network(address: &str) -> String {
    let (kept, length) = match address.split_once("::") {
        Some((prefix, _)) => (format!("{prefix}::"), 48),
        None => (address.rsplit_once('.').map(|(prefix, _)| format!("{prefix}.0")).unwrap_or_default(), 24),
    };
    format!("{kept}/{length}")
}
