//! Attack 14: keys that sign too early or verify too long. A token signed before a rotation stays good until it
//! expires; a key that is not published, not current yet, or retired, clears nobody.

use std::time::Duration;

use portcullis_challenge::UnixMillis;
use portcullis_clearance::Algorithm;
use portcullis_clearance::clock::Clock;
use portcullis_issuer::keys::{PUBLISH_LEAD, Phase, RETIRE_AFTER};
use portcullis_tests::attacker::tokens::{Token, newest_key};
use portcullis_tests::in_process::{Gate, START, get};
use serde_json::{Value, json};

#[tokio::test]
async fn a_token_signed_before_a_rotation_stays_good_until_it_expires() {
    let gate = Gate::lowered();
    let old = gate.token().await;
    rotate(&gate);
    assert_eq!(published(&gate).await.len(), 2, "the next key is published at once");
    let still_old = gate.token().await;
    assert_eq!(kid(&still_old), kid(&old), "the next key does not sign before every gateway knows it");

    gate.clock().advance(PUBLISH_LEAD);
    let new = gate.token().await;
    assert_ne!(kid(&new), kid(&old));
    for token in [&old, &still_old, &new] {
        // 502: admitted, to an origin that is not there.
        assert_eq!(gate.show(token, "/").await.status, 502);
    }
    gate.clock().advance(Duration::from_secs(15 * 60 + 5) - PUBLISH_LEAD);
    assert!(gate.show(&old, "/").await.is_page());
    assert_eq!(gate.show(&new, "/").await.status, 502);
}

#[tokio::test]
async fn a_retired_key_clears_nobody_and_its_file_goes_at_the_next_rotation() {
    let gate = Gate::lowered();
    let token = gate.token().await;
    let stolen = newest_key(&gate.plan.key_folder());
    // An attacker with a retired key can sign what he likes.
    let forged = Token::parse(&token).claims_with(json!({ "exp": u32::MAX })).signed(&stolen).to_string();
    rotate(&gate);
    gate.clock().advance(PUBLISH_LEAD + RETIRE_AFTER - Duration::from_millis(1));
    assert_eq!(gate.show(&forged, "/").await.status, 502, "it is as it should be, except for the key");
    assert!(published(&gate).await.contains(&kid(&token).into()));
    gate.clock().advance(Duration::from_millis(1));
    assert!(gate.show(&forged, "/").await.is_page());
    assert!(!published(&gate).await.contains(&kid(&token).into()));

    // Beside the key of standing tokens, which does not rotate.
    let files = || std::fs::read_dir(gate.plan.key_folder()).unwrap().count() - 1;
    assert_eq!(files(), 2);
    rotate(&gate);
    assert_eq!(files(), 2, "one retired, one made");
}

#[tokio::test]
async fn a_key_that_is_not_published_or_not_current_yet_clears_nobody() {
    let gate = Gate::lowered();
    let token = gate.token().await;
    let ring = gate.key_folder().rotate(Algorithm::Es256, UnixMillis(START.0 + 1)).unwrap();
    let next_kid = ring.phases(START).find(|(_, phase)| *phase == Phase::Next).unwrap().0.kid().to_owned();
    let next_key = newest_key(&gate.plan.key_folder());
    let early = Token::parse(&token).header_with(json!({ "kid": next_kid })).signed(&next_key).to_string();

    assert!(gate.show(&early, "/").await.is_page(), "not published");
    gate.verifier.reload_keys().unwrap();
    assert!(gate.show(&early, "/").await.is_page(), "not current");
    gate.clock().advance(PUBLISH_LEAD + Duration::from_millis(1));
    assert_eq!(gate.show(&early, "/").await.status, 502, "its time has come");
}

#[tokio::test]
async fn keys_that_cannot_be_read_again_leave_those_in_use() {
    let gate = Gate::lowered();
    let token = gate.token().await;
    let broken = gate.plan.key_folder().join("es256-1800000000001.pem");
    std::fs::write(&broken, "no key").unwrap();
    assert!(gate.verifier.reload_keys().is_err());
    assert_eq!(gate.show(&token, "/").await.status, 502);
    assert_eq!(kid(&gate.token().await), kid(&token));
}

fn rotate(gate: &Gate) {
    // Files are named by the millisecond; two keys are never made in one.
    gate.clock().advance(Duration::from_millis(1));
    gate.key_folder().rotate(Algorithm::Es256, gate.clock().now()).expect("the folder is the test's own");
    gate.verifier.reload_keys().expect("the keys are good");
}

async fn published(gate: &Gate) -> Vec<Value> {
    let set = gate.send(get("/.portcullis/jwks.json")).await.json();
    set["keys"].as_array().into_iter().flatten().map(|key| key["kid"].clone()).collect()
}

fn kid(token: &str) -> String {
    let header: Value = serde_json::from_str(&Token::parse(token).header).unwrap_or_default();
    header["kid"].as_str().unwrap_or_default().to_owned()
}
