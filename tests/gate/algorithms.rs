//! Keys of every algorithm sign, are rotated by time, replaced by another algorithm and imported, and no visitor
//! notices.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::clock::Clock;
use portcullis_clearance::keys;
use portcullis_issuer::keys::{KeyFolderError, KeyMaterial, PUBLISH_LEAD};
use portcullis_tests::attacker::tokens::Token;
use portcullis_tests::in_process::{Gate, Origin, START, get};
use serde_json::{Value, json};

fn header(token: &str) -> Value {
    serde_json::from_str(&Token::parse(token).header).unwrap_or_default()
}

async fn published(gate: &Gate) -> Vec<Value> {
    gate.send(get("/.portcullis/jwks.json")).await.json()["keys"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn each_algorithm_signs_tokens_that_admit() {
    let origin = Origin::start().await;
    for (setting, alg, key_type) in
        [("es256", "ES256", Some("EC")), ("eddsa", "EdDSA", Some("OKP")), ("hs256", "HS256", None)]
    {
        let gate = Gate::in_front_of(&origin, &[&format!("clearance.algorithm={setting}")]);
        let token = gate.token().await;
        assert_eq!(header(&token)["alg"], alg);
        for _ in 0..2 {
            assert_eq!(gate.show(&token, "/").await.status, 200, "{alg}");
        }
        let published = published(&gate).await;
        assert_eq!(published.first().map(|key| key["kty"].clone()), key_type.map(Value::from), "{alg}");
        let mut changed = Token::parse(&token);
        changed.signature[5] ^= 1;
        assert!(gate.show(&changed.to_string(), "/").await.is_page(), "{alg}");
    }
}

/// Each key has one algorithm, whatever a token says: no key is used as another kind of key.
#[tokio::test]
async fn a_key_verifies_its_own_algorithm_only() {
    let origin = Origin::start().await;
    for setting in ["es256", "eddsa", "hs256"] {
        let gate = Gate::in_front_of(&origin, &[&format!("clearance.algorithm={setting}")]);
        let genuine = Token::parse(&gate.token().await);
        let public: Vec<u8> = match published(&gate).await.first() {
            Some(key) => key.to_string().into_bytes(),
            None => b"no public half".to_vec(),
        };
        for (alg, key, algorithm) in [
            ("HS256", EncodingKey::from_secret(&public), Algorithm::HS256),
            ("ES256", EncodingKey::from_ec_der(&portcullis_tests::attacker::tokens::fresh_pkcs8()), Algorithm::ES256),
            ("EdDSA", EncodingKey::from_secret(&public), Algorithm::HS256),
            ("none", EncodingKey::from_secret(b""), Algorithm::HS256),
        ] {
            let forged = genuine.header_with(json!({ "alg": alg })).signed_with(&key, algorithm);
            assert!(gate.show(&forged.to_string(), "/").await.is_page(), "{setting} as {alg}");
            let unsigned = genuine.header_with(json!({ "alg": alg })).with_signature(Vec::new());
            assert!(gate.show(&unsigned.to_string(), "/").await.is_page(), "{setting} as {alg}, unsigned");
        }
    }
    assert!(origin.arrived().is_empty());
}

#[tokio::test]
async fn a_key_that_has_come_of_age_gets_a_successor_by_itself() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["clearance.rotate_every=2h", "clearance.lifetime=24h"]);
    let old = gate.token().await;
    gate.clock().advance(Duration::from_secs(2 * 3600 - 1));
    gate.verifier.reload_keys().unwrap();
    assert_eq!(published(&gate).await.len(), 1);
    gate.clock().advance(Duration::from_secs(1));
    gate.verifier.reload_keys().unwrap();
    assert_eq!(published(&gate).await.len(), 2, "published first");
    assert_eq!(header(&gate.token().await)["kid"], header(&old)["kid"]);
    gate.clock().advance(PUBLISH_LEAD);
    gate.verifier.reload_keys().unwrap();
    let new = gate.token().await;
    assert_ne!(header(&new)["kid"], header(&old)["kid"]);
    for token in [&old, &new] {
        assert_eq!(gate.show(token, "/").await.status, 200);
    }
}

#[tokio::test]
async fn another_algorithm_takes_over_as_a_rotation_does() {
    let origin = Origin::start().await;
    let before = Gate::in_front_of(&origin, &[]);
    let old = before.token().await;
    before.clock().advance(Duration::from_millis(1));
    let mut plan = before.plan.clone();
    plan.settings.push("clearance.algorithm=eddsa".to_owned());
    let gate = Gate::start(plan);
    assert_eq!(header(&gate.token().await)["alg"], "ES256", "until the new key is known everywhere");
    gate.clock().advance(PUBLISH_LEAD);
    let new = gate.token().await;
    assert_eq!(header(&new)["alg"], "EdDSA");
    for token in [&old, &new] {
        assert_eq!(gate.show(token, "/").await.status, 200);
    }
}

#[tokio::test]
async fn an_imported_key_is_the_next_one() {
    let gate = Gate::lowered();
    let file = gate.plan.keys.path().join("elsewhere.pem");
    let import = |algorithm, mode| {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        gate.key_folder().import(&file, algorithm, UnixMillis(gate.clock().now().0 + 1))
    };
    for algorithm in [keys::Algorithm::Es256, keys::Algorithm::EdDsa] {
        gate.clock().advance(Duration::from_millis(2));
        fs::write(&file, KeyMaterial::generate(algorithm).to_pem()).unwrap();
        assert!(matches!(import(algorithm, 0o644), Err(KeyFolderError::TooOpen { mode: 0o644, .. })));
        let other = import(keys::Algorithm::Hs256, 0o600).unwrap_err().to_string();
        assert!(other.contains("set clearance.algorithm"), "the next rotation would replace it: {other}");
        let ring = import(algorithm, 0o600).unwrap();
        assert_eq!(ring.newest().algorithm(), algorithm);
        assert!(matches!(import(algorithm, 0o600), Err(KeyFolderError::Known { .. })), "twice is once");
    }
    assert!(gate.clock().now() > START);
    fs::write(&file, "changeme").unwrap();
    let refused = import(keys::Algorithm::Es256, 0o600).unwrap_err().to_string();
    assert!(refused.contains("elsewhere.pem") && refused.contains("PKCS#8"), "{refused}");
}
