//! Signatures that are none.

use http::StatusCode;
use portcullis_tests::attacker::tokens::{self, Token};
use serde_json::json;

use super::Scene;

#[tokio::test]
async fn a_changed_token_keeps_no_signature() {
    let scene = Scene::set().await;
    let mut forged = Vec::new();
    for claims in [json!({ "exp": 9_999_999_999_u64 }), json!({ "net": "0.0.0.0/0" }), json!({ "lvl": 9 })] {
        forged.push((claims.to_string(), scene.token().claims_with(claims).to_string()));
    }
    for bit in 0..512 {
        let mut signature = scene.token().signature;
        signature[bit / 8] ^= 1 << (bit % 8);
        forged.push((format!("bit {bit} flipped"), scene.token().with_signature(signature).to_string()));
    }
    scene.assert_challenged(forged).await;
}

#[tokio::test]
async fn numbers_that_are_no_signature_are_refused() {
    let scene = Scene::set().await;
    let genuine = scene.token().signature;
    let (r, s) = genuine.split_at(32);
    let halves: [(&str, &[u8]); 5] =
        [("0", &[0; 32]), ("1", &ONE), ("n", &tokens::P256_ORDER), ("2^256 - 1", &[0xff; 32]), ("r", r)];
    let mut forged = Vec::new();
    for (first, r_value) in halves {
        for (second, s_value) in halves {
            let signature = [r_value, s_value].concat();
            forged.push((format!("r = {first}, s = {second}"), scene.token().with_signature(signature).to_string()));
        }
        for (what, signature) in [("r", [r_value, s].concat()), ("s", [r, r_value].concat())] {
            if signature != genuine {
                forged.push((format!("{what} = {first}"), scene.token().with_signature(signature).to_string()));
            }
        }
    }
    let other_lengths: [(&str, Vec<u8>); 9] = [
        ("nothing", vec![]),
        ("one byte", vec![0]),
        ("r alone", r.to_vec()),
        ("63 bytes", genuine[..63].to_vec()),
        ("65 bytes", [&genuine[..], &[0]].concat()),
        ("a leading zero", [&[0], &genuine[..]].concat()),
        ("96 bytes, as ES384", vec![1; 96]),
        ("twice", genuine.repeat(2)),
        ("DER", tokens::der(&genuine)),
    ];
    for (what, signature) in other_lengths {
        forged.push((what.to_owned(), scene.token().with_signature(signature).to_string()));
    }
    scene.assert_challenged(forged).await;
}

/// A signature (r, s) has a twin (r, n − s) that anyone can compute. Whether the verifier takes it gains nobody
/// anything: it signs the same bytes, so it is the same clearance under the same `jti`.
#[tokio::test]
async fn the_twin_of_a_signature_is_the_same_clearance_or_none() {
    let scene = Scene::set().await;
    let genuine = scene.token();
    let twin = genuine.with_signature(tokens::mirrored(&genuine.signature));
    assert_ne!(twin.signature, genuine.signature);
    assert_eq!(tokens::mirrored(&twin.signature), genuine.signature);
    let answer = scene.gate.show(&twin.to_string(), "/account").await;
    match answer.status {
        StatusCode::OK => assert_eq!(Token::parse(&twin.to_string()).claims, genuine.claims),
        _ => assert!(answer.is_page(), "{answer:?}"),
    }
    println!("the twin of a signature is answered {}", answer.status);
    // For any other claims it is as worthless as the signature itself.
    let other = twin.claims_with(json!({ "jti": "another" }));
    scene.assert_challenged([("the twin over other claims", other.to_string())]).await;
}

const ONE: [u8; 32] = {
    let mut one = [0; 32];
    one[31] = 1;
    one
};
